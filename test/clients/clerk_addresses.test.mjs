// clerk_addresses.test.mjs: e-mail addresses and phone numbers through the real clients: each effect seen by another call, in GoTrue and in Auth0.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `address-${process.pid}-${n++}@example.com`
const phone = () => `+1555${String(process.pid % 1000).padStart(3, '0')}${String(n++).padStart(4, '0')}`

async function refused(call, status, code, param) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.equal(error.status, status, JSON.stringify(error.errors))
  assert.equal(error.errors[0].code, code)
  assert.equal(error.errors[0].meta?.paramName, param)
}

for (const store of stores)
  for (const [version, create] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`@clerk/backend ${version} on ${store}`, () => {
      let server, clerk
      const gotrue = async (path, options = {}) => (await fetch(`${server.gotrue.url}${path}`, { ...options, headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()
      const core = async (address) => {
        const found = (await gotrue('/admin/users?per_page=1000')).users.find((user) => user.email === address)
        return found && gotrue(`/admin/users/${found.id}`)
      }
      const signIn = async (body) => (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify(body) })).status
      const raw = async (method, path, body) => {
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' } })
        return { status: answer.status, body: await answer.json() }
      }

      before(async () => {
        server = await start({ store })
        clerk = create({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      })
      after(() => server.stop())

      test('an address is made, read, verified, made primary and taken away', async () => {
        const [one, two] = [email(), email()]
        const user = await clerk.users.createUser({ emailAddress: [one], password })
        const made = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: two.toUpperCase() })
        assert.match(made.id, /^idn_[0-9A-Za-z]{27}$/)
        assert.deepEqual([made.emailAddress, made.verification, made.linkedTo], [two, null, []])
        assert.deepEqual(await clerk.emailAddresses.getEmailAddress(made.id), made)
        await refused(clerk.emailAddresses.updateEmailAddress(made.id, { primary: true }), 422, 'form_verification_needed', 'primary')
        await refused(clerk.users.updateUser(user.id, { primaryEmailAddressID: made.id }), 422, 'form_verification_needed', 'primary_email_address_id')

        const verified = await clerk.emailAddresses.updateEmailAddress(made.id, { verified: true })
        assert.deepEqual([verified.verification.status, verified.verification.strategy], ['verified', 'admin'])
        assert.equal((await clerk.users.getUser(user.id)).primaryEmailAddressId, user.primaryEmailAddressId)
        assert.equal(await signIn({ email: two, password }), 400)

        await clerk.emailAddresses.updateEmailAddress(made.id, { primary: true })
        const moved = await clerk.users.getUser(user.id)
        assert.equal(moved.primaryEmailAddressId, made.id)
        assert.deepEqual(moved.emailAddresses.map((address) => address.emailAddress).sort(), [one, two].sort())
        assert.equal((await core(two)).identities[0].identity_data.email, two)
        assert.equal(await core(one), undefined)
        assert.equal(await signIn({ email: two, password }), 200)

        const gone = await clerk.emailAddresses.deleteEmailAddress(made.id)
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['email_address', made.id, true])
        await refused(clerk.emailAddresses.getEmailAddress(made.id), 404, 'resource_not_found')
        const back = await clerk.users.getUser(user.id)
        assert.deepEqual([back.primaryEmailAddressId, back.emailAddresses.length], [user.primaryEmailAddressId, 1])
        assert.equal((await core(one)).identities[0].identity_data.email, one)
        assert.equal(await signIn({ email: one, password }), 200)
        await refused(clerk.emailAddresses.deleteEmailAddress(user.primaryEmailAddressId), 400, 'identification_deletion_failed')
        assert.equal((await clerk.users.getUser(user.id)).emailAddresses.length, 1)
      })

      test('a first address goes to GoTrue, the last one leaves it', async () => {
        const [one, mobile] = [email(), phone()]
        const user = await clerk.users.createUser({ username: `name_${process.pid}_${n++}`, password })
        const made = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: one, verified: true })
        const known = await core(one)
        assert.deepEqual([known.app_metadata.providers, known.identities.map((identity) => identity.provider)], [['email'], ['email']])
        assert.ok(known.email_confirmed_at)
        assert.equal((await clerk.users.getUser(user.id)).primaryEmailAddressId, made.id)
        const number = await clerk.phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: mobile })
        assert.deepEqual([number.phoneNumber, number.verification, number.reservedForSecondFactor], [mobile, null, false])
        assert.deepEqual((await core(one)).app_metadata.providers, ['email', 'phone'])
        assert.equal((await core(one)).phone, mobile.slice(1))
        assert.ok(!(await core(one)).phone_confirmed_at)
        await clerk.emailAddresses.deleteEmailAddress(made.id)
        assert.equal(await core(one), undefined)
        const left = await clerk.users.getUser(user.id)
        assert.deepEqual([left.primaryEmailAddressId, left.emailAddresses, left.primaryPhoneNumberId], [null, [], number.id])
        await clerk.users.createUser({ emailAddress: [one] }) // it is free again
      })

      test('addresses are unique in the whole directory', async () => {
        const [one, two, three] = [email(), email(), email()], mobile = phone()
        const user = await clerk.users.createUser({ emailAddress: [one, two], phoneNumber: [mobile] })
        const other = await clerk.users.createUser({ emailAddress: [three] })
        for (const taken of [one, two.toUpperCase()]) await refused(clerk.emailAddresses.createEmailAddress({ userId: other.id, emailAddress: taken }), 422, 'form_identifier_exists', 'email_address')
        await refused(clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: two }), 422, 'form_identifier_exists', 'email_address')
        await refused(clerk.phoneNumbers.createPhoneNumber({ userId: other.id, phoneNumber: mobile }), 422, 'form_identifier_exists', 'phone_number')
        const added = await clerk.emailAddresses.createEmailAddress({ userId: user.id, emailAddress: email(), verified: true })
        const answer = await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', body: JSON.stringify({ email: added.emailAddress }), headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
        assert.equal((await answer.json()).error_code, 'email_exists')
      })

      test('a phone number becomes a second factor, in GoTrue as well, and stops being one', async () => {
        const [one, two] = [phone(), phone()]
        const user = await clerk.users.createUser({ emailAddress: [email()], phoneNumber: [one] })
        await refused(clerk.phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: two, reservedForSecondFactor: true }), 400, 'identification_create_second_factor_unverified', 'reserved_for_second_factor')
        const made = await clerk.phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: two, verified: true, reservedForSecondFactor: true })
        assert.equal(made.reservedForSecondFactor, true)
        const strong = await clerk.users.getUser(user.id)
        assert.deepEqual([strong.twoFactorEnabled, strong.mfaEnabledAt ?? strong.raw.mfa_enabled_at], [true, strong.updatedAt])
        const { factors } = await core(user.emailAddresses[0].emailAddress)
        assert.deepEqual(factors.map((factor) => [factor.factor_type, factor.status]), [['phone', 'verified']])
        await clerk.phoneNumbers.updatePhoneNumber(made.id, { primary: true })
        const moved = await clerk.users.getUser(user.id)
        assert.deepEqual([moved.primaryPhoneNumberId, moved.twoFactorEnabled], [made.id, true])
        await clerk.phoneNumbers.updatePhoneNumber(made.id, { reservedForSecondFactor: false })
        const weak = await clerk.users.getUser(user.id)
        assert.deepEqual([weak.twoFactorEnabled, weak.phoneNumbers.some((number) => number.reservedForSecondFactor)], [false, false])
        const other = user.phoneNumbers[0]
        await clerk.phoneNumbers.updatePhoneNumber(other.id, { reservedForSecondFactor: true })
        await clerk.users.disableUserMFA(user.id)
        assert.equal((await clerk.phoneNumbers.getPhoneNumber(other.id)).reservedForSecondFactor, false)
        await clerk.phoneNumbers.updatePhoneNumber(other.id, { verified: false })
        await refused(clerk.phoneNumbers.updatePhoneNumber(other.id, { reservedForSecondFactor: true }), 400, 'identification_update_second_factor_unverified', 'reserved_for_second_factor')
        const gone = await clerk.phoneNumbers.deletePhoneNumber(made.id)
        assert.deepEqual([gone.object, gone.deleted], ['phone_number', true])
        assert.equal((await clerk.users.getUser(user.id)).primaryPhoneNumberId, null) // no other is verified
      })

      test('one address takes the place of all', async () => {
        const [one, two, three] = [email(), email(), email()]
        const user = await clerk.users.createUser({ emailAddress: [one, two], phoneNumber: [phone()], password })
        const put = async (path, body) => raw('PUT', `/users/${user.id}/${path}`, body)
        const { status, body } = await put('email_address', { email_address: three })
        assert.equal(status, 200, JSON.stringify(body))
        assert.deepEqual([body.email_address, body.verification.status], [three, 'verified'])
        const now = await clerk.users.getUser(user.id)
        assert.deepEqual([now.emailAddresses.map((address) => address.emailAddress), now.primaryEmailAddressId], [[three], body.id])
        assert.equal(await signIn({ email: three, password }), 200)
        for (const free of [one, two]) assert.equal((await clerk.users.getUserList({ emailAddress: [free] })).totalCount, 0)
        assert.equal((await core(three)).identities.length, 2)
        assert.equal((await put('email_address', { email_address: one, identification_status: 'unverified' })).body.verification, null)
        assert.equal(await signIn({ email: one, password }), 400)
        assert.equal((await put('email_address', { email_address: one })).body.verification.status, 'verified')
        const reserved = (await put('email_address', { email_address: one, identification_status: 'reserved' })).body
        assert.deepEqual([reserved.reserved, reserved.verification], [true, null])
        assert.equal(await core(one), undefined)
        await clerk.phoneNumbers.updatePhoneNumber(user.phoneNumbers[0].id, { reservedForSecondFactor: true })
        assert.equal((await put('phone_number', { phone_number: phone() })).body.reserved_for_second_factor, false)
        assert.equal((await clerk.users.getUser(user.id)).twoFactorEnabled, false)
        assert.equal((await put('email_address', { email_address: one, identification_status: 'x' })).body.errors[0].code, 'form_param_value_invalid')
      })

      if (version === '3.25.0')
        test('the methods of the newest client', async () => {
          const [one, two] = [email(), email()], mobile = phone()
          const user = await clerk.users.createUser({ emailAddress: [one] })
          assert.equal((await clerk.users.replaceUserEmailAddress(user.id, { emailAddress: two })).emailAddress, two)
          assert.equal((await clerk.users.replaceUserPhoneNumber(user.id, { phoneNumber: mobile })).phoneNumber, mobile)
        })
    })
