// clerk_carry.test.mjs: what is set through Clerk shows in GoTrue and Auth0, and the other way round: locks, addresses and their verified state, second factors.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { GoTrueAdminApi } from '@supabase/auth-js'
import { ManagementClient } from 'auth0'
import { totp } from '../lib/totp.mjs'
import { start, stores } from '../lib/server.mjs'

const testPhone = '+491700000001', password = 'secret-pw-1', secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
let n = 0
const email = () => `carry-${process.pid}-${n++}@example.com`
const phone = () => `+4917${String(process.pid).padStart(7, '0')}${String(n++).padStart(3, '0')}`.slice(0, 15)

for (const store of stores)
  describe(`what one dialect sets, the others show, on ${store}`, () => {
    let server, clerk, gotrue, auth0
    // A user's three names; `see` reads it in all three dialects.
    const make = async (more = {}) => {
      const address = email(), user = await clerk.users.createUser({ emailAddress: [address], password, ...more })
      const uuid = (await gotrue.listUsers({ perPage: 1000 })).data.users.find((one) => one.email === address).id
      return { address, clerk: user.id, gotrue: uuid, auth0: `auth0|${uuid.replaceAll('-', '')}` }
    }
    const see = async (id) => [await clerk.users.getUser(id.clerk), (await gotrue.getUserById(id.gotrue)).data.user, await auth0.users.get(id.auth0)]
    const signIn = async (address) => (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password }) })).status
    const grant = async (username) => (await (await fetch(`${server.auth0.url}/oauth/token`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'password', username, password, client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }),
    })).json()).error ?? 'ok'

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true', GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true', GOTRUE_SMS_TEST_OTP: `${testPhone}:123456` } })
      clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      gotrue = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
      const { domain, clientId, clientSecret } = server.auth0
      auth0 = new ManagementClient({ domain, clientId, clientSecret })
    })
    after(() => server.stop())

    test('a ban of any dialect', async () => {
      const id = await make()
      const sets = [[() => clerk.users.banUser(id.clerk), () => clerk.users.unbanUser(id.clerk)], [() => auth0.users.update(id.auth0, { blocked: true }), () => auth0.users.update(id.auth0, { blocked: false })],
        [() => gotrue.updateUserById(id.gotrue, { ban_duration: '24h' }), () => gotrue.updateUserById(id.gotrue, { ban_duration: 'none' })]]
      for (const [ban, unban] of sets) {
        const one = await clerk.sessions.createSession({ userId: id.clerk })
        await ban()
        const [ck, gt, a0] = await see(id)
        assert.deepEqual([ck.banned, Date.parse(gt.banned_until) > Date.now(), a0.blocked], [true, true, true])
        assert.deepEqual([await signIn(id.address), await grant(id.address)], [400, 'unauthorized'])
        await clerk.sessions.getToken(one.id).then(() => assert.fail('a token was given'), (error) => assert.ok([401, 403, 404].includes(error.status)))
        await unban()
        assert.deepEqual([await signIn(id.address), await grant(id.address), (await clerk.users.getUser(id.clerk)).banned], [200, 'ok', false])
      }
    })

    test('a lock is a block of Auth0', async () => {
      const id = await make()
      await clerk.users.lockUser(id.clerk)
      assert.deepEqual((await auth0.userBlocks.list(id.auth0)).blocked_for.map((one) => one.identifier), [id.address])
      assert.deepEqual([await signIn(id.address), await grant(id.address)], [400, 'too_many_attempts'])
      const [ck, gt, a0] = await see(id)
      assert.deepEqual([ck.locked, ck.banned, gt.banned_until ?? null, a0.blocked ?? false], [true, false, null, false])
      await auth0.userBlocks.delete(id.auth0)
      assert.deepEqual([(await clerk.users.getUser(id.clerk)).locked, await signIn(id.address)], [false, 200])
    })

    test('addresses, the primary ones and whether they are verified', async () => {
      const id = await make(), second = email(), number = phone()
      const made = await clerk.emailAddresses.createEmailAddress({ userId: id.clerk, emailAddress: second, verified: true })
      assert.deepEqual((await see(id)).slice(1).map((one) => one.email), [id.address, id.address]) // a further one is no sign-in address yet
      await clerk.users.updateUser(id.clerk, { primaryEmailAddressID: made.id })
      let [ck, gt, a0] = await see(id)
      assert.deepEqual([ck.primaryEmailAddressId, gt.email, a0.email, a0.email_verified, gt.email_confirmed_at !== null], [made.id, second, second, true, true])
      assert.deepEqual([await signIn(second), await signIn(id.address)], [200, 400])
      await clerk.phoneNumbers.createPhoneNumber({ userId: id.clerk, phoneNumber: number, verified: true })
      ;[ck, gt, a0] = await see(id)
      assert.deepEqual([ck.phoneNumbers[0].phoneNumber, gt.phone, a0.phone_number, a0.phone_verified], [number, number.slice(1), number, true])
      // the other way round
      const third = email()
      await auth0.users.update(id.auth0, { email: third, email_verified: false, connection: 'Username-Password-Authentication' })
      ;[ck, gt, a0] = await see(id)
      const primary = ck.emailAddresses.find((one) => one.id === ck.primaryEmailAddressId)
      assert.deepEqual([primary.emailAddress, primary.verification?.status === 'verified', gt.email, gt.email_confirmed_at ?? null, a0.email_verified], [third, false, third, null, false])
      await gotrue.updateUserById(id.gotrue, { email_confirm: true })
      ;[ck, gt, a0] = await see(id)
      assert.deepEqual([ck.emailAddresses.find((one) => one.id === ck.primaryEmailAddressId).verification.status, a0.email_verified], ['verified', true])
    })

    test('names and metadata', async () => {
      const id = await make({ publicMetadata: { plan: 1 }, privateMetadata: { note: 'hidden' }, unsafeMetadata: { colour: 'red' }, username: `carry_${process.pid}_${n++}` })
      const [ck, gt, a0] = await see(id)
      assert.deepEqual([gt.app_metadata.plan, a0.app_metadata.plan, gt.user_metadata.colour, a0.user_metadata.colour, a0.username], [1, 1, 'red', 'red', ck.username])
      assert.ok(!JSON.stringify([gt, a0]).includes('hidden'))
      assert.deepEqual([await signIn(id.address), await grant(ck.username)], [200, 'ok'])
    })

    const removers = {
      clerk: (id) => clerk.users.deleteUserTOTP(id.clerk),
      'clerk, all of them': (id) => clerk.users.disableUserMFA(id.clerk),
      gotrue: async (id) => { for (const factor of (await gotrue.mfa.listFactors({ userId: id.gotrue })).data.factors) await gotrue.mfa.deleteFactor({ userId: id.gotrue, id: factor.id }) },
      auth0: async (id) => { for (const method of (await auth0.users.authenticationMethods.list(id.auth0)).data) if (method.type === 'totp') await auth0.users.authenticationMethods.delete(id.auth0, method.id) },
    }
    for (const [dialect, remove] of Object.entries(removers))
      test(`a TOTP secret imported through Clerk, taken away by ${dialect}`, async () => {
        const id = await make({ totpSecret: secret })
        const factors = async () => (await gotrue.mfa.listFactors({ userId: id.gotrue })).data.factors.map((factor) => [factor.factor_type, factor.status])
        const methods = async () => (await auth0.users.authenticationMethods.list(id.auth0)).data.filter((method) => method.type === 'totp').map((method) => method.confirmed)
        assert.deepEqual([await factors(), await methods()], [[['totp', 'verified']], [true]])
        assert.equal((await clerk.users.getUser(id.clerk)).totpEnabled, true)
        assert.equal((await clerk.users.verifyTOTP({ userId: id.clerk, code: totp(secret) })).verified, true)
        await remove(id)
        assert.deepEqual([await factors(), await methods()], [[], []])
        assert.deepEqual([(await clerk.users.getUser(id.clerk)).totpEnabled, (await clerk.users.getUser(id.clerk)).twoFactorEnabled], [false, false])
      })

    // A phone number as a second factor, as each dialect says it.
    const strong = async (id, number) => {
      const { twoFactorEnabled, phoneNumbers } = await clerk.users.getUser(id.clerk)
      const factors = (await gotrue.mfa.listFactors({ userId: id.gotrue })).data.factors.map((factor) => [factor.factor_type, factor.status])
      const methods = (await auth0.users.authenticationMethods.list(id.auth0)).data.filter((method) => method.type === 'phone')
      const enrolled = (await auth0.users.enrollments.get(id.auth0)).filter((one) => one.auth_method === 'sms')
      return { clerk: [twoFactorEnabled, phoneNumbers.some((one) => one.phoneNumber === number && one.reservedForSecondFactor)], factors, methods: methods.map((method) => method.confirmed), numbers: methods.map((method) => method.phone_number.slice(-3) === number.slice(-3)), enrolled: enrolled.map((one) => one.status) }
    }
    const on = { clerk: [true, true], factors: [['phone', 'verified']], methods: [true], numbers: [true], enrolled: ['confirmed'] }
    const off = { clerk: [false, false], factors: [], methods: [], numbers: [], enrolled: [] }
    const phoneMakers = {
      clerk: (id, made) => clerk.phoneNumbers.updatePhoneNumber(made.id, { reservedForSecondFactor: true }),
      auth0: (id, made) => auth0.users.authenticationMethods.create(id.auth0, { type: 'phone', name: 'mine', phone_number: made.phoneNumber, preferred_authentication_method: 'sms' }),
      gotrue: async (id) => { // of the one number whose code is fixed
        const call = async (method, path, token, body) => {
          const answer = await fetch(`${server.gotrue.url}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
          assert.equal(answer.status, 200)
          return answer.json()
        }
        const { access_token: token } = await call('POST', '/token?grant_type=password', server.gotrue.anonKey, { email: id.address, password })
        const factor = await call('POST', '/factors', token, { factor_type: 'phone', phone: testPhone, friendly_name: 'mine' })
        const challenge = await call('POST', `/factors/${factor.id}/challenge`, token, {})
        await call('POST', `/factors/${factor.id}/verify`, token, { challenge_id: challenge.id, code: '123456' })
      },
    }
    const phoneRemovers = {
      clerk: (id, made) => clerk.phoneNumbers.updatePhoneNumber(made.id, { reservedForSecondFactor: false }),
      'clerk, all of them': (id) => clerk.users.disableUserMFA(id.clerk),
      'clerk, with the number': (id, made) => clerk.phoneNumbers.deletePhoneNumber(made.id),
      gotrue: removers.gotrue,
      auth0: async (id) => { for (const method of (await auth0.users.authenticationMethods.list(id.auth0)).data) if (method.type === 'phone') await auth0.users.authenticationMethods.delete(id.auth0, method.id) },
      'auth0, all of them': (id) => auth0.users.authenticationMethods.deleteAll(id.auth0),
    }
    for (const [maker, make2] of Object.entries(phoneMakers))
      test(`a phone number that ${maker} makes a second factor, taken away by each`, async () => {
        for (const [dialect, remove] of Object.entries(phoneRemovers)) {
          const id = await make(), number = maker === 'gotrue' ? testPhone : phone()
          const made = await clerk.phoneNumbers.createPhoneNumber({ userId: id.clerk, phoneNumber: number, verified: true })
          assert.deepEqual(await strong(id, number), off, dialect)
          await make2(id, made)
          assert.deepEqual(await strong(id, number), on, dialect)
          await remove(id, made)
          assert.deepEqual(await strong(id, number), off, dialect)
          await clerk.users.deleteUser(id.clerk)
        }
      })

    test('a second factor whose number is no address of the user counts, and goes with the others', async () => {
      const id = await make(), number = phone()
      await auth0.users.authenticationMethods.create(id.auth0, { type: 'phone', name: 'mine', phone_number: number, preferred_authentication_method: 'sms' })
      assert.deepEqual(await strong(id, number), { ...on, clerk: [true, false] })
      await clerk.users.disableUserMFA(id.clerk)
      assert.deepEqual(await strong(id, number), off)
    })

    test('a password of any dialect verifies in all', async () => {
      const id = await make()
      for (const [i, set] of [(to) => clerk.users.updateUser(id.clerk, { password: to }), (to) => gotrue.updateUserById(id.gotrue, { password: to }), (to) => auth0.users.update(id.auth0, { password: to, connection: 'Username-Password-Authentication' })].entries()) {
        const to = `another-pw-${i}-x`
        await set(to)
        assert.equal((await clerk.users.verifyPassword({ userId: id.clerk, password: to })).verified, true)
        assert.equal((await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: id.address, password: to }) })).status, 200)
      }
    })
  })
