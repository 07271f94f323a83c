// clerk.test.mjs: UserAPI's methods of the first slice through the real clients, each effect seen by another call.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { createLocalJWKSet, SignJWT, generateKeyPair, jwtVerify } from 'jose'
import { psql } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
const argon2 = '$argon2id$v=19$m=1024,t=2,p=4$8PHy8/T19vf4+fr7/P3+/w$Pwc0rj41/nxkQ+VkVMl9Tk1G1A0MfsdWNsclbNlEuVY'
const digests = [
  ['bcrypt', '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W', 'correct horse battery staple'],
  ['argon2i', '$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQxNmJ5dGVzIQ$vkoNNWvcny4MfDDk+LmiWY1o70pAN1brZTpdoufjtsY', 'correct horse battery staple'],
  ['argon2id', argon2, 'pässwörd-日本語-🔐'],
  ['scrypt_firebase', 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$' +
    'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14', 'user1password'],
]

// The directory's UUID behind an id, and rows that other servers would write.
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
function uuidOf(id) {
  const hex = [...id.split('_')[1]].reduce((sum, c) => sum * 62n + BigInt(base62.indexOf(c)), 0n).toString(16).padStart(40, '0').slice(8)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
function insert(server, table, row) {
  const names = Object.keys(row), at = server.store === 'sqlite' ? Date.now() * 1000 : null
  const values = Object.values(row).map((value) => (value === 'NOW' ? (at === null ? 'now()' : at) : `'${value}'`))
  const name = table.includes('.') ? table : `auth.${table}`
  const sql = `INSERT INTO ${server.store === 'sqlite' ? name.replace('.', '_') : name} (${names}) VALUES (${values})`
  if (server.store === 'postgres') return psql(server.database, sql)
  const db = new DatabaseSync(join(server.dir, 'hecate.db'))
  db.exec(sql)
  db.close()
}

let n = 0
const email = () => `clerk-${process.pid}-${n++}@example.com`
const username = () => `name_${process.pid}_${n++}`
const phone = () => `+1555${String(process.pid % 1000).padStart(3, '0')}${String(n++).padStart(4, '0')}`
const wallet = () => `0x${process.pid.toString(16).padStart(8, '0')}${(n++).toString(16).padStart(32, 'A')}`

// What the call is refused with: class, status, code and parameter of each error.
async function refused(call, status, code, param) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.equal(error.constructor.name.replace('_', ''), 'ClerkAPIResponseError')
  assert.equal(error.clerkError, true)
  assert.equal(error.status, status, JSON.stringify(error.errors))
  assert.equal(error.errors[0].code, code)
  assert.equal(error.errors[0].meta?.paramName, param)
  assert.ok(error.errors[0].message && error.errors[0].longMessage)
  assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/)
  return error.errors[0]
}

for (const store of stores)
  for (const [version, create] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`@clerk/backend ${version} on ${store}`, () => {
      let server, users
      const client = (secretKey) => create({ secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      const signIn = (body) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify(body) })
      const refresh = (refresh_token) => fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token }) })

      before(async () => {
        server = await start({ store })
        users = client(server.clerk.secretKey).users
      })
      after(() => server.stop())

      test('createUser takes all attributes, getUser shows them', async () => {
        const [one, two] = [email(), email()], [mobile, name, coin] = [phone(), username(), wallet()]
        const createdAt = new Date('2020-02-03T04:05:06.789Z'), legalAcceptedAt = new Date('2021-01-01T00:00:00Z')
        const made = await users.createUser({
          emailAddress: [one.toUpperCase(), two], phoneNumber: [mobile], web3Wallet: [coin], username: name, externalId: `ext-${name}`, password, firstName: 'Ada',
          lastName: 'Lovelace', publicMetadata: { plan: { name: 'pro', seats: 3 }, keepCase: [1, null, 'é'] }, privateMetadata: { note_a: true }, unsafeMetadata: { x: 1.5 }, createdAt, legalAcceptedAt,
        })
        assert.match(made.id, /^user_[0-9A-Za-z]{27}$/)
        const user = await users.getUser(made.id)
        assert.deepEqual(user.raw ?? user, made.raw ?? made)
        assert.deepEqual(user.emailAddresses.map((address) => address.emailAddress), [one, two])
        assert.equal(user.primaryEmailAddressId, user.emailAddresses[0].id)
        assert.match(user.primaryEmailAddressId, /^idn_[0-9A-Za-z]{27}$/)
        for (const address of [...user.emailAddresses, ...user.phoneNumbers, ...user.web3Wallets]) {
          assert.equal(address.verification.status, 'verified')
          assert.equal(address.verification.strategy, 'admin')
        }
        assert.equal(user.phoneNumbers[0].phoneNumber, mobile)
        assert.equal(user.primaryPhoneNumberId, user.phoneNumbers[0].id)
        assert.equal(user.web3Wallets[0].web3Wallet, coin)
        assert.equal(user.primaryWeb3WalletId, user.web3Wallets[0].id)
        assert.deepEqual([user.username, user.externalId, user.firstName, user.lastName], [name, `ext-${name}`, 'Ada', 'Lovelace'])
        assert.deepEqual(user.publicMetadata, { plan: { name: 'pro', seats: 3 }, keepCase: [1, null, 'é'] })
        assert.deepEqual(user.privateMetadata, { note_a: true })
        assert.deepEqual(user.unsafeMetadata, { x: 1.5 })
        assert.deepEqual([user.createdAt, user.legalAcceptedAt], [createdAt.getTime(), legalAcceptedAt.getTime()])
        assert.ok(Math.abs(user.updatedAt - Date.now()) < 60000)
        assert.deepEqual([user.passwordEnabled, user.banned, user.locked, user.totpEnabled, user.twoFactorEnabled, user.hasImage], [true, false, false, false, false, false])
        assert.deepEqual([user.deleteSelfEnabled, user.createOrganizationEnabled, user.createOrganizationsLimit], [true, true, null])
        assert.ok(URL.canParse(user.imageUrl))
      })

      test('createUser needs one identifier of any kind', async () => {
        for (const identifier of [{ emailAddress: [email()] }, { phoneNumber: [phone()] }, { username: username() }, { web3Wallet: [wallet()] }]) {
          const user = await users.getUser((await users.createUser({ ...identifier, skipPasswordRequirement: true })).id)
          assert.equal(user.passwordEnabled, false)
          assert.equal(user.username, identifier.username ?? null)
        }
        const error = await refused(users.createUser({ password }), 422, 'form_data_missing', undefined)
        assert.match(error.longMessage, /data doesn't match user requirements set for this instance/)
      })

      test('createUser refuses what another user has', async () => {
        const taken = { emailAddress: [email()], phoneNumber: [phone()], username: username(), web3Wallet: [wallet()], externalId: `taken-${n++}` }
        await users.createUser(taken)
        const total = await users.getCount()
        for (const [name, wire, word] of [['emailAddress', 'email_address', 'email address'], ['phoneNumber', 'phone_number', 'phone number'], ['username', 'username', 'username'],
          ['web3Wallet', 'web3_wallet', 'web3 wallet'], ['externalId', 'external_id', 'external id']]) {
          const other = Array.isArray(taken[name]) ? [taken[name][0].toUpperCase().replace('0X', '0x')] : name === 'username' ? taken[name].toUpperCase() : taken[name]
          const error = await refused(users.createUser({ emailAddress: [email()], [name]: other }), 422, 'form_identifier_exists', wire)
          assert.equal(error.message, `That ${word} is taken. Please try another.`)
        }
        assert.equal(await users.getCount(), total)
      })

      test('createUser refuses bad values by name', async () => {
        const cases = [
          [{ emailAddress: ['nobody'] }, 'form_param_format_invalid', 'email_address'],
          [{ phoneNumber: ['12'] }, 'form_param_format_invalid', 'phone_number'],
          [{ phoneNumber: ['15551234567'] }, 'form_param_format_invalid', 'phone_number'],
          [{ web3Wallet: ['0x12'] }, 'form_param_format_invalid', 'web3_wallet'],
          [{ username: 'abc' }, 'form_username_invalid_length', 'username'],
          [{ username: 'a'.repeat(65) }, 'form_username_invalid_length', 'username'],
          [{ username: 'has blank' }, 'form_username_invalid_character', 'username'],
          [{ username: '123456' }, 'form_username_needs_non_number_char', 'username'],
          [{ username: '+15551234567' }, 'form_username_cannot_be_phone_number', 'username'],
          [{ password: 'short-1' }, 'form_password_length_too_short', 'password'],
          [{ password: 'x'.repeat(73) }, 'form_password_length_too_long', 'password'],
          [{ password: 'é'.repeat(40) }, 'form_password_size_in_bytes_exceeded', 'password'],
          [{ firstName: 'x'.repeat(257) }, 'form_param_max_length_exceeded', 'first_name'],
          [{ publicMetadata: { x: 'y'.repeat(8192) } }, 'form_param_exceeds_allowed_size', 'public_metadata'],
          [{ publicMetadata: 'no object' }, 'form_param_value_invalid', 'public_metadata'],
          [{ createdAt: 'yesterday' }, 'form_param_invalid_time', 'created_at'],
          [{ passwordDigest: argon2 }, 'form_conditional_param_missing', 'password_hasher'],
          [{ passwordHasher: 'bcrypt' }, 'form_conditional_param_missing', 'password_digest'],
          [{ password, passwordDigest: argon2, passwordHasher: 'argon2id' }, 'form_conditional_param_disallowed', 'password'],
          [{ passwordDigest: argon2, passwordHasher: 'rot13' }, 'form_param_value_invalid', 'password_hasher'],
          [{ passwordDigest: argon2, passwordHasher: 'bcrypt' }, 'form_password_digest_invalid_code', 'password_digest'],
          [{ passwordDigest: 'x', passwordHasher: 'argon2id' }, 'form_password_digest_invalid_code', 'password_digest'],
          [{ bogus: 1 }, 'form_param_unknown', 'bogus'],
          [{ firstName: 5 }, 'form_param_type_invalid', 'first_name'],
        ]
        const total = await users.getCount()
        for (const [value, code, param] of cases) await refused(users.createUser({ emailAddress: [email()], ...value }), 422, code, param)
        const address = email()
        await refused(users.createUser({ emailAddress: [address, address] }), 422, 'form_param_duplicate', 'email_address')
        await refused(users.createUser({ emailAddress: [address], password: address }), 422, 'form_password_matches_identifier', 'password')
        assert.equal(await users.getCount(), total)
        await users.createUser({ emailAddress: [email()], password: 'short', skipPasswordChecks: true })
      })

      test('imported digests verify', async () => {
        for (const [passwordHasher, passwordDigest, right] of digests) {
          const { id, passwordEnabled } = await users.createUser({ emailAddress: [email()], passwordDigest, passwordHasher })
          assert.equal(passwordEnabled, true)
          assert.deepEqual(await users.verifyPassword({ userId: id, password: right }), { verified: true })
          await refused(users.verifyPassword({ userId: id, password: `${right}!` }), 422, 'incorrect_password', undefined)
        }
      })

      test('verifyPassword says which way it failed', async () => {
        const { id } = await users.createUser({ emailAddress: [email()], password })
        assert.deepEqual(await users.verifyPassword({ userId: id, password }), { verified: true })
        await refused(users.verifyPassword({ userId: id, password: 'wrong-pw-1' }), 422, 'incorrect_password', undefined)
        await refused(users.verifyPassword({ userId: id, password: '' }), 422, 'form_param_nil', 'password')
        const { id: none } = await users.createUser({ emailAddress: [email()] })
        await refused(users.verifyPassword({ userId: none, password }), 400, 'no_password_set', undefined)
      })

      test('getUser knows no user that is not there', async () => {
        for (const id of ['user_29w83sxmDNGwOuEthce5gg56FcC', 'user_', 'user_zzzzzzzzzzzzzzzzzzzzzzzzzzz', 'nobody']) {
          const error = await refused(users.getUser(id), 404, 'resource_not_found', undefined)
          assert.equal(error.longMessage, `No user was found with id ${id}`)
        }
        const { id } = await users.createUser({ emailAddress: [email()] })
        const flipped = id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A')
        await refused(users.getUser(flipped), 404, 'resource_not_found', undefined)
      })

      test('keys: none, wrong, of another dialect', async () => {
        await refused(client('sk_test_wrong').users.getUserList(), 401, 'clerk_key_invalid', undefined)
        await refused(client(server.gotrue.serviceKey).users.getUserList(), 401, 'clerk_key_invalid', undefined)
        await refused(client(server.auth0.clientSecret).users.createUser({ emailAddress: [email()] }), 401, 'clerk_key_invalid', undefined)
        const admin = await fetch(`${server.gotrue.url}/admin/users`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })
        assert.ok(admin.status >= 400)
      })

      test('updateUser changes what is given and nothing else', async () => {
        const made = await users.createUser({ emailAddress: [email()], username: username(), firstName: 'Ada', lastName: 'L', password, publicMetadata: { a: 1 }, unsafeMetadata: { u: 1 } })
        const name = username()
        const changed = await users.updateUser(made.id, { firstName: 'Grace', username: name, externalId: name, createOrganizationsLimit: 0, deleteSelfEnabled: false })
        const user = await users.getUser(made.id)
        assert.deepEqual([user.firstName, user.lastName, user.username, user.externalId, user.createOrganizationsLimit, user.deleteSelfEnabled], ['Grace', 'L', name, name, 0, false])
        assert.deepEqual([user.publicMetadata, user.unsafeMetadata, user.createOrganizationEnabled], [{ a: 1 }, { u: 1 }, true])
        assert.ok(changed.updatedAt >= made.updatedAt)
        const cleared = await users.updateUser(made.id, { firstName: null, lastName: '', username: null, externalId: null, createOrganizationsLimit: null })
        assert.deepEqual([cleared.firstName, cleared.lastName, cleared.username, cleared.externalId, cleared.createOrganizationsLimit], [null, null, null, null, null])
        assert.deepEqual((await users.updateUser(made.id, {})).emailAddresses.length, 1)
        assert.equal((await users.verifyPassword({ userId: made.id, password })).verified, true)
      })

      test('updateUser replaces metadata whole, and the other dialects keep theirs', async () => {
        const address = email()
        const { id } = await users.createUser({ emailAddress: [address], password, publicMetadata: { a: { b: 1 }, provider: 'evil' }, privateMetadata: { p: 1 }, unsafeMetadata: { u: 1 } })
        const user = await users.updateUser(id, { publicMetadata: { c: 2 }, privateMetadata: {}, unsafeMetadata: { v: 2 } })
        assert.deepEqual([user.publicMetadata, user.privateMetadata, user.unsafeMetadata], [{ c: 2 }, {}, { v: 2 }])
        const { user: theirs } = await (await signIn({ email: address, password })).json()
        assert.deepEqual(theirs.app_metadata, { c: 2, provider: 'email', providers: ['email'] })
        assert.deepEqual(theirs.user_metadata, { v: 2 })
      })

      test('updateUser moves the primary e-mail address', async () => {
        const [one, two] = [email(), email()]
        const made = await users.createUser({ emailAddress: [one, two], password })
        const [a, b] = made.emailAddresses.map((address) => address.id)
        await users.updateUser(made.id, { primaryEmailAddressID: b })
        const moved = await users.getUser(made.id)
        assert.equal(moved.primaryEmailAddressId, b)
        assert.deepEqual(Object.fromEntries(moved.emailAddresses.map((address) => [address.id, address.emailAddress])), { [a]: one, [b]: two })
        assert.equal((await signIn({ email: two, password })).status, 200)
        assert.equal((await users.updateUser(made.id, { primaryEmailAddressID: a })).primaryEmailAddressId, a)
        const other = await users.createUser({ emailAddress: [email()] })
        await refused(users.updateUser(made.id, { primaryEmailAddressID: other.primaryEmailAddressId }), 422, 'form_resource_not_found', 'primary_email_address_id')
        await refused(users.updateUser(made.id, { primaryPhoneNumberID: a }), 422, 'form_resource_not_found', 'primary_phone_number_id')
        await refused(users.updateUser(made.id, { primaryEmailAddressID: 'idn_x' }), 422, 'form_resource_not_found', 'primary_email_address_id')
      })

      test('updateUser moves the primary phone number and wallet', async () => {
        const made = await users.createUser({ phoneNumber: [phone(), phone()], web3Wallet: [wallet(), wallet()] })
        const user = await users.updateUser(made.id, { primaryPhoneNumberID: made.phoneNumbers[1].id, primaryWeb3WalletID: made.web3Wallets[1].id })
        assert.deepEqual([user.primaryPhoneNumberId, user.primaryWeb3WalletId], [made.phoneNumbers[1].id, made.web3Wallets[1].id])
        assert.deepEqual((await users.getUser(made.id)).web3Wallets.map((coin) => coin.id), made.web3Wallets.map((coin) => coin.id))
      })

      test('updateUser refuses bad values and changes nothing', async () => {
        const taken = await users.createUser({ emailAddress: [email()], username: username(), externalId: `taken-${n++}` })
        const made = await users.createUser({ emailAddress: [email()], username: username(), password })
        const before = await users.getUser(made.id)
        for (const [value, code, param, status] of [
          [{ username: taken.username }, 'form_identifier_exists', 'username'],
          [{ externalId: taken.externalId }, 'form_identifier_exists', 'external_id'],
          [{ username: 'abc' }, 'form_username_invalid_length', 'username'],
          [{ firstName: 'Half', password: 'short' }, 'form_password_length_too_short', 'password'],
          [{ emailAddress: [email()] }, 'form_param_unknown', 'email_address'],
          [{ createOrganizationsLimit: 'many' }, 'form_param_type_invalid', 'create_organizations_limit'],
          [{ profileImageID: 'img_x' }, 'image_not_found', 'profile_image_id', 404],
        ]) await refused(users.updateUser(made.id, value), status ?? 422, code, param)
        assert.deepEqual(await users.getUser(made.id), before)
        const only = await users.createUser({ username: username() })
        await refused(users.updateUser(only.id, { username: null }), 400, 'identification_deletion_failed', undefined)
      })

      test('updateUser sets a password, and signs out only when asked to', async () => {
        const address = email()
        const { id } = await users.createUser({ emailAddress: [address], password })
        const session = await (await signIn({ email: address, password })).json()
        await users.updateUser(id, { password: 'another-pw-2' })
        await refused(users.verifyPassword({ userId: id, password }), 422, 'incorrect_password', undefined)
        assert.deepEqual(await users.verifyPassword({ userId: id, password: 'another-pw-2' }), { verified: true })
        const kept = await refresh(session.refresh_token)
        assert.equal(kept.status, 200)
        await users.updateUser(id, { password: 'a-third-pw-3', signOutOfOtherSessions: true })
        assert.equal((await refresh((await kept.json()).refresh_token)).status, 400)
        await users.updateUser(id, { passwordDigest: digests[0][1], passwordHasher: 'bcrypt' })
        assert.deepEqual(await users.verifyPassword({ userId: id, password: digests[0][2] }), { verified: true })
      })

      test('updateUserMetadata merges deep', async () => {
        const { id } = await users.createUser({ emailAddress: [email()], publicMetadata: { a: { b: 1, c: { d: 1 } }, list: [1, 2], gone: 1 }, privateMetadata: { p: 1 } })
        await users.updateUserMetadata(id, { publicMetadata: { a: { c: { e: 2 }, b: null }, list: [3], gone: null, never: null, fresh: { x: null, y: 1 } } })
        const user = await users.getUser(id)
        assert.deepEqual(user.publicMetadata, { a: { c: { d: 1, e: 2 } }, list: [3], fresh: { y: 1 } })
        assert.deepEqual(user.privateMetadata, { p: 1 })
        assert.deepEqual((await users.updateUserMetadata(id, { publicMetadata: {}, unsafeMetadata: { u: true } })).publicMetadata, user.publicMetadata)
        await refused(users.updateUserMetadata(id, { privateMetadata: [1] }), 422, 'form_param_value_invalid', 'private_metadata')
        await users.updateUserMetadata(id, { privateMetadata: { half: 'x'.repeat(5000) } })
        await refused(users.updateUserMetadata(id, { privateMetadata: { rest: 'x'.repeat(5000) } }), 422, 'form_param_exceeds_allowed_size', 'private_metadata')
        assert.deepEqual(Object.keys((await users.getUser(id)).privateMetadata), ['p', 'half'])
      })

      test('many at once: one wins an address, no merge is lost', async () => {
        const address = email(), name = username()
        const made = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => users.createUser(i % 2 ? { emailAddress: [address] } : { username: name, emailAddress: [email()] })))
        assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 2)
        for (const { reason } of made.filter(({ status }) => status === 'rejected')) assert.deepEqual([reason.status, reason.errors[0].code], [422, 'form_identifier_exists'])
        const { id } = await users.createUser({ emailAddress: [email()] })
        await Promise.all(Array.from({ length: 12 }, (_, i) =>
          users.updateUserMetadata(id, i % 3 === 0 ? { publicMetadata: { [`k${i}`]: i } } : i % 3 === 1 ? { privateMetadata: { [`k${i}`]: i } } : { unsafeMetadata: { [`k${i}`]: i } })))
        const user = await users.getUser(id)
        for (const metadata of [user.publicMetadata, user.privateMetadata, user.unsafeMetadata]) assert.equal(Object.keys(metadata).length, 4)
      })

      test('banUser ends sessions and sign-in, unbanUser opens again', async () => {
        const address = email()
        const { id } = await users.createUser({ emailAddress: [address], password })
        const session = await (await signIn({ email: address, password })).json()
        assert.equal((await users.banUser(id)).banned, true)
        assert.equal((await users.getUser(id)).banned, true)
        assert.equal((await refresh(session.refresh_token)).status, 400)
        assert.equal((await signIn({ email: address, password })).status, 400)
        assert.deepEqual(await users.verifyPassword({ userId: id, password }), { verified: true })
        assert.equal((await users.unbanUser(id)).banned, false)
        assert.equal((await signIn({ email: address, password })).status, 200)
        await refused(users.banUser('user_29w83sxmDNGwOuEthce5gg56FcC'), 404, 'resource_not_found', undefined)
      })

      test('lockUser keeps sign-in out and sessions alive, unlockUser opens again', async () => {
        const address = email()
        const { id } = await users.createUser({ emailAddress: [address], password })
        const session = await (await signIn({ email: address, password })).json()
        const locked = await users.lockUser(id)
        assert.equal(locked.locked, true)
        const { lockout_expires_in_seconds: left } = await (await fetch(`${server.clerk.url}/v1/users/${id}`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()
        assert.ok(left > 3500 && left <= 3600, `${left} s`)
        assert.equal((await signIn({ email: address, password })).status, 400)
        assert.equal((await refresh(session.refresh_token)).status, 200)
        assert.deepEqual(await users.verifyPassword({ userId: id, password }), { verified: true })
        assert.equal((await users.unlockUser(id)).locked, false)
        assert.equal((await users.getUser(id)).locked, false)
        assert.equal((await signIn({ email: address, password })).status, 200)
      })

      test('external accounts: shown, found, deleted', async () => {
        const address = email()
        const { id } = await users.createUser({ emailAddress: [address], publicMetadata: { a: 1 } })
        const subject = `google-${n++}`
        insert(server, 'identities', { id: randomUUID(), provider_id: subject, user_id: uuidOf(id), provider: 'google', created_at: 'NOW', updated_at: 'NOW',
          identity_data: JSON.stringify({ email: address, email_verified: true, given_name: 'Ada', family_name: 'L', picture: 'https://example.com/a.png' }) })
        const user = await users.getUser(id), [account] = user.externalAccounts
        assert.equal(user.externalAccounts.length, 1)
        assert.match(account.id, /^eac_/)
        assert.deepEqual([account.provider, account.emailAddress, account.firstName, account.imageUrl, account.verification.status],
          ['oauth_google', address, 'Ada', 'https://example.com/a.png', 'verified'])
        assert.equal(account.externalId ?? account.providerUserId, subject)
        assert.deepEqual(user.emailAddresses[0].linkedTo.map(({ type }) => type), ['oauth_google'])
        await refused(users.getUserOauthAccessToken(id, 'google'), 422, 'oauth_missing_access_token', undefined)
        const gone = await users.deleteUserExternalAccount({ userId: id, externalAccountId: account.id })
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['external_account', account.id, true])
        const left = await users.getUser(id)
        assert.deepEqual([left.externalAccounts, left.emailAddresses[0].linkedTo, left.publicMetadata], [[], [], { a: 1 }])
        await refused(users.deleteUserExternalAccount({ userId: id, externalAccountId: account.id }), 404, 'external_account_not_found', undefined)
        await refused(users.deleteUserExternalAccount({ userId: id, externalAccountId: 'eac_x' }), 404, 'external_account_not_found', undefined)
      })

      test('deleteUserWeb3Wallet: the oldest other one becomes primary, the last identifier stays', async () => {
        const { id, web3Wallets } = await users.createUser({ web3Wallet: [wallet(), wallet()] })
        const [one, two] = web3Wallets.map((coin) => coin.id)
        await users.updateUser(id, { primaryWeb3WalletID: two })
        const gone = await users.deleteUserWeb3Wallet({ userId: id, web3WalletIdentificationId: two })
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['web3_wallet', two, true])
        const user = await users.getUser(id)
        assert.deepEqual([user.web3Wallets.map((coin) => coin.id), user.primaryWeb3WalletId], [[one], one])
        await refused(users.deleteUserWeb3Wallet({ userId: id, web3WalletIdentificationId: two }), 404, 'resource_not_found', undefined)
        await refused(users.deleteUserWeb3Wallet({ userId: id, web3WalletIdentificationId: one }), 400, 'identification_deletion_failed', undefined)
        const other = await users.createUser({ emailAddress: [email()] })
        await refused(users.deleteUserWeb3Wallet({ userId: other.id, web3WalletIdentificationId: one }), 404, 'resource_not_found', undefined)
      })

      test('disableUserMFA, deleteUserTOTP, deleteUserBackupCodes', async () => {
        for (const method of ['disableUserMFA', 'deleteUserTOTP']) {
          const { id } = await users.createUser({ emailAddress: [email()] })
          insert(server, 'mfa_factors', { id: randomUUID(), user_id: uuidOf(id), factor_type: 'totp', status: 'verified', secret: 'x', created_at: 'NOW', updated_at: 'NOW' })
          const before = await users.getUser(id)
          assert.deepEqual([before.totpEnabled, before.twoFactorEnabled], [true, true])
          assert.deepEqual(await users[method](id), { user_id: id })
          const after = await users.getUser(id)
          assert.deepEqual([after.totpEnabled, after.twoFactorEnabled], [false, false])
          assert.deepEqual(await users[method](id), { user_id: id })
        }
        const { id } = await users.createUser({ emailAddress: [email()] })
        assert.deepEqual(await users.deleteUserBackupCodes(id), { user_id: id })
      })

      test('lists of what there is none of', async () => {
        const { id } = await users.createUser({ emailAddress: [email()] })
        for (const list of [users.getOrganizationMembershipList({ userId: id }), users.getOrganizationInvitationList({ userId: id, status: 'pending' }), users.getUserOauthAccessToken(id, 'google')])
          assert.deepEqual(await list.then(({ data, totalCount }) => ({ data, totalCount })), { data: [], totalCount: 0 })
        assert.deepEqual((await users.deleteUserProfileImage(id)).hasImage, false)
        await refused(users.deleteUserPasskey({ userId: id, passkeyIdentificationId: 'idn_x' }), 404, 'passkey_not_registered', undefined)
      })

      test('users of GoTrue: found, shown, changed, gone', async () => {
        const admin = (method, path, body) => fetch(`${server.gotrue.url}/admin/users${path}`, { method, headers: { authorization: `Bearer ${server.gotrue.serviceKey}` }, body: JSON.stringify(body) })
        const address = email(), number = phone().slice(1)
        const theirs = await (await admin('POST', '', { email: address, phone: number, password, user_metadata: { u: 1 }, app_metadata: { role: 'x' } })).json()
        const [found] = (await users.getUserList({ emailAddress: [address] })).data
        assert.equal(uuidOf(found.id), theirs.id)
        const user = await users.getUser(found.id)
        assert.deepEqual([user.emailAddresses[0].emailAddress, user.emailAddresses[0].verification, user.phoneNumbers[0].phoneNumber], [address, null, `+${number}`])
        assert.deepEqual([user.publicMetadata, user.unsafeMetadata, user.privateMetadata, user.passwordEnabled], [{ role: 'x' }, { u: 1 }, {}, true])
        assert.deepEqual([user.deleteSelfEnabled, user.createOrganizationEnabled, user.createOrganizationsLimit, user.username], [true, true, null, null])
        await users.updateUserMetadata(user.id, { publicMetadata: { role: null, more: 1 }, privateMetadata: { p: 1 } })
        const changed = await (await admin('GET', `/${theirs.id}`)).json()
        assert.deepEqual([changed.app_metadata, changed.user_metadata], [{ more: 1, provider: 'email', providers: ['email', 'phone'] }, { u: 1 }])
        await admin('PUT', `/${theirs.id}`, { ban_duration: '1h', email_confirm: true })
        const banned = await users.getUser(user.id)
        assert.deepEqual([banned.banned, banned.emailAddresses[0].verification.status, banned.emailAddresses[0].id], [true, 'verified', user.emailAddresses[0].id])
        assert.equal((await users.unbanUser(user.id)).banned, false)
        assert.equal((await (await admin('GET', `/${theirs.id}`)).json()).banned_until ?? null, null)
        await admin('DELETE', `/${theirs.id}`, { should_soft_delete: true })
        await refused(users.getUser(user.id), 404, 'resource_not_found', undefined)
        assert.equal((await users.getUserList({ userId: [user.id] })).totalCount, 0)
      })

      test('an address that only a connection of Auth0 has is not seen here', async () => {
        const address = email()
        const { id } = await users.createUser({ username: username() })
        insert(server, 'hecate.addresses', { id: randomUUID(), user_id: uuidOf(id), kind: 'email', value: address, value_key: address, connection: 'other', created_at: 'NOW', updated_at: 'NOW' })
        assert.deepEqual((await users.getUser(id)).emailAddresses, [])
        assert.equal((await users.getUserList({ emailAddress: [address] })).totalCount, 0)
        assert.equal((await users.getUserList({ query: address })).totalCount, 0)
      })

      test('deleteUser leaves nothing behind', async () => {
        const identity = { emailAddress: [email(), email()], phoneNumber: [phone()], username: username(), web3Wallet: [wallet()], externalId: `gone-${n++}` }
        const { id } = await users.createUser({ ...identity, password })
        const gone = await users.deleteUser(id)
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['user', id, true])
        await refused(users.getUser(id), 404, 'resource_not_found', undefined)
        await refused(users.deleteUser(id), 404, 'resource_not_found', undefined)
        await users.createUser(identity)
      })

      describe('lists', () => {
        const tag = `l${Math.random().toString(36).slice(2, 8)}`
        let made
        const ids = async (query) => (await users.getUserList({ query: tag, ...query })).data.map((user) => made.findIndex((one) => one.id === user.id))
        before(async () => {
          made = []
          for (let i = 0; i < 5; i++)
            made.push(await users.createUser({
              emailAddress: [`${tag}-${'edcba'[i]}@example.com`, `${tag}-more-${i}@example.com`], username: `${tag}_${i}`, phoneNumber: [phone()], web3Wallet: [wallet()],
              firstName: ['Zoë', 'yara', 'Xena', 'Émile', 'Victor'][i], ...(i % 2 ? { lastName: ['', 'Adler', '', 'berg'][i] } : {}), ...(i % 3 ? {} : { password }), externalId: `${tag}-ext-${i}`, createdAt: new Date(Date.UTC(2020, i, 1)),
            }))
          await users.banUser(made[2].id)
        })

        test('getUserList: newest first, pages, total', async () => {
          const { data, totalCount } = await users.getUserList({ query: tag, limit: 2 })
          assert.deepEqual(data.map((user) => user.id), [made[4].id, made[3].id])
          assert.equal(totalCount, 5)
          assert.deepEqual(await ids({ limit: 2, offset: 2 }), [2, 1])
          assert.deepEqual(data[0].emailAddresses, made[4].emailAddresses)
          assert.equal(await users.getCount({ query: tag }), 5)
        })

        test('getUserList: orders', async () => {
          assert.deepEqual(await ids({ orderBy: 'created_at' }), [0, 1, 2, 3, 4])
          assert.deepEqual(await ids({ orderBy: '+created_at' }), [0, 1, 2, 3, 4])
          assert.deepEqual(await ids({ orderBy: '-created_at' }), [4, 3, 2, 1, 0])
          assert.deepEqual(await ids({ orderBy: 'email_address' }), [4, 3, 2, 1, 0])
          assert.deepEqual(await ids({ orderBy: '-username' }), [4, 3, 2, 1, 0])
          assert.deepEqual(await ids({ orderBy: 'phone_number' }), [0, 1, 2, 3, 4])
          assert.deepEqual(await ids({ orderBy: '-web3wallet' }), [4, 3, 2, 1, 0])
          assert.deepEqual(await ids({ orderBy: 'first_name' }), [4, 2, 1, 0, 3])
          assert.equal((await ids({ orderBy: '-updated_at' }))[0], 2)
          assert.equal((await ids({ orderBy: 'updated_at' }))[4], 2)
          // Who lacks what is sorted by stands last, the newest first in descending order.
          assert.deepEqual(await ids({ orderBy: 'last_name' }), [1, 3, 0, 2, 4])
          assert.deepEqual(await ids({ orderBy: '-last_name' }), [3, 1, 4, 2, 0])
          const session = (user_id) => fetch(`${server.clerk.url}/v1/sessions`, { method: 'POST', headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }, body: JSON.stringify({ user_id }) })
          for (const i of [3, 0]) {
            assert.equal((await signIn({ email: made[i].emailAddresses[0].emailAddress, password })).status, 200)
            assert.equal((await session(made[i].id)).status, 200)
          }
          for (const order of ['last_sign_in_at', 'last_active_at']) {
            assert.deepEqual(await ids({ orderBy: order }), [3, 0, 1, 2, 4], order)
            assert.deepEqual(await ids({ orderBy: `-${order}` }), [0, 3, 4, 2, 1], order)
          }
          await refused(users.getUserList({ orderBy: 'shoe_size' }), 422, 'form_param_value_invalid', 'order_by')
        })

        test('getUserList: conditions', async () => {
          const mail = (i, k = 0) => made[i].emailAddresses[k].emailAddress
          assert.deepEqual(await ids({ emailAddress: [mail(1), mail(3).toUpperCase(), 'nobody@example.com'] }), [3, 1])
          assert.deepEqual(await ids({ emailAddress: [mail(2, 1)] }), [2])
          assert.deepEqual(await ids({ phoneNumber: [made[0].phoneNumbers[0].phoneNumber] }), [0])
          assert.deepEqual(await ids({ username: [`${tag.toUpperCase()}_4`] }), [4])
          assert.deepEqual(await ids({ web3Wallet: [made[1].web3Wallets[0].web3Wallet.toLowerCase()] }), [1])
          assert.deepEqual(await ids({ userId: [made[1].id, `+${made[2].id}`] }), [2, 1])
          assert.deepEqual(await ids({ userId: [`-${made[1].id}`, `-${made[2].id}`] }), [4, 3, 0])
          assert.deepEqual(await ids({ userId: ['user_none'] }), [])
          assert.deepEqual(await ids({ externalId: [`${tag}-ext-0`, `+${tag}-ext-3`] }), [3, 0])
          assert.deepEqual(await ids({ externalId: [`-${tag}-ext-0`] }), [4, 3, 2, 1])
          assert.deepEqual(await ids({ organizationId: ['org_x'] }), [])
          assert.deepEqual(await ids({ organizationId: ['-org_x'] }), [4, 3, 2, 1, 0])
          assert.deepEqual(await ids({ last_active_at_since: 1 }), [3, 0])
          assert.equal(await users.getCount({ query: tag, userId: [`-${made[0].id}`] }), 4)
          assert.equal(await users.getCount({ query: tag, last_active_at_since: 1 }), 2)
        })

        test('getUserList: searches', async () => {
          const found = async (query) => (await users.getUserList({ query, limit: 500 })).data.filter((user) => made.some((one) => one.id === user.id)).length
          for (const [query, count] of [[tag.toUpperCase(), 5], [`${tag}-more-2`, 1], [`${tag}_`, 5], ['ÉMILE'.replace('É', 'É'), 1], ['%', 0], [made[0].id, 1], [made[3].phoneNumbers[0].phoneNumber, 1],
            [made[3].web3Wallets[0].web3Wallet.slice(4), 1]])
            assert.equal(await found(query), count, query)
        })

        test('getUserList refuses wrong pages', async () => {
          await refused(users.getUserList({ limit: 501 }), 422, 'form_param_value_too_large', 'limit')
          await refused(users.getUserList({ limit: -1 }), 422, 'form_param_value_invalid', 'limit')
          await refused(users.getUserList({ offset: -1 }), 422, 'form_param_value_invalid', 'offset')
          await refused(users.getUserList({ limit: 'x' }), 422, 'form_param_type_invalid', 'limit')
          await refused(users.getUserList({ last_active_at_since: Date.now() + 3600000 }), 422, 'form_disallow_future_date', 'last_active_at_since')
          await refused(users.getUserList({ emailAddress: Array.from({ length: 101 }, (_, i) => `${i}@example.com`) }), 422, 'form_param_array_size_exceeded', 'email_address')
          const hundred = Array.from({ length: 100 }, (_, i) => `${i}@example.com`)
          assert.equal((await users.getUserList({ emailAddress: hundred, externalId: hundred })).totalCount, 0)
        })

        if (create === newest)
          test('getUserList: times (3.x)', async () => {
            const at = (i) => made[i].createdAt
            assert.deepEqual(await ids({ createdAtAfter: at(2) }), [4, 3])
            assert.deepEqual(await ids({ createdAtBefore: at(2) }), [1, 0])
            assert.deepEqual(await ids({ createdAtAfter: at(1) - 1, createdAtBefore: at(2) + 1 }), [2, 1])
            const seen = (await users.getUser(made[3].id)).lastSignInAt
            assert.deepEqual(await ids({ lastSignInAtAfter: 1 }), [3, 0])
            assert.deepEqual(await ids({ lastSignInAtAfter: seen + 1 }), [0])
            assert.deepEqual(await ids({ lastSignInAtBefore: seen + 2 }), [3])
            assert.deepEqual(await ids({ lastSignInAtBefore: at(4) }), [])
            assert.deepEqual(await ids({ lastActiveAtBefore: Date.now() }), [3, 0])
          })
      })

      if (create === newest) {
        test('createUser takes reserved addresses, locale and a ban (3.x)', async () => {
          const [one, two] = [email(), email()]
          const user = await users.createUser({ emailAddress: [one, two], emailAddressIdentificationStatus: ['verified', 'reserved'], locale: 'de-CH', banned: true })
          assert.deepEqual([user.locale, user.banned], ['de-CH', true])
          assert.deepEqual(user.emailAddresses.map((address) => address.verification?.status ?? null), ['verified', null])
          await refused(users.updateUser(user.id, { primaryEmailAddressID: user.emailAddresses[1].id }), 422, 'form_verification_needed', 'primary_email_address_id')
          await refused(users.createUser({ emailAddress: [two] }), 422, 'form_identifier_exists', 'email_address')
          await refused(users.createUser({ emailAddress: [email()], emailAddressIdentificationStatus: [] , locale: '-' }), 422, 'form_param_format_invalid', 'locale')
          await refused(users.createUser({ emailAddress: [email()], emailAddressIdentificationStatus: ['verified', 'verified'] }), 422, 'form_param_array_length_mismatch',
            'email_address_identification_status')
        })

        test('removePassword takes it away, and sessions only when asked to (3.x)', async () => {
          const address = email()
          const { id } = await users.createUser({ emailAddress: [address], password })
          const session = await (await signIn({ email: address, password })).json()
          const user = await users.removePassword(id)
          assert.equal(user.passwordEnabled, false)
          await refused(users.verifyPassword({ userId: id, password }), 400, 'no_password_set', undefined)
          assert.equal((await signIn({ email: address, password })).status, 400)
          assert.equal((await users.removePassword(id)).updatedAt, user.updatedAt)
          const kept = await refresh(session.refresh_token)
          assert.equal(kept.status, 200)
          await users.updateUser(id, { password })
          await users.removePassword(id, { signOutOfOtherSessions: true })
          assert.equal((await refresh((await kept.json()).refresh_token)).status, 400)
        })

        test('replaceUserMetadata replaces the given ones (3.x)', async () => {
          const { id } = await users.createUser({ emailAddress: [email()], publicMetadata: { a: 1 }, privateMetadata: { p: 1 } })
          await users.replaceUserMetadata(id, { publicMetadata: { b: 2 } })
          const user = await users.getUser(id)
          assert.deepEqual([user.publicMetadata, user.privateMetadata], [{ b: 2 }, { p: 1 }])
          assert.deepEqual((await users.replaceUserMetadata(id, { publicMetadata: {} })).publicMetadata, {})
          const cleared = await users.replaceUserMetadata(id, { privateMetadata: null })
          assert.deepEqual([cleared.publicMetadata, cleared.privateMetadata], [{}, {}])
          assert.deepEqual((await users.updateUser(id, { unsafeMetadata: { u: 1 } })).unsafeMetadata, { u: 1 })
          assert.deepEqual((await users.updateUser(id, { firstName: 'Ada', unsafeMetadata: null })).unsafeMetadata, {})
        })
      }

      test('JWKS: one RSA key of 2048 bits that jose takes', async () => {
        const { keys } = await client(server.clerk.secretKey).jwks.getJwks().catch(async () => (await fetch(`${server.clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json())
        assert.equal(keys.length, 1)
        assert.deepEqual(Object.keys(keys[0]), ['use', 'kty', 'kid', 'alg', 'n', 'e'])
        assert.deepEqual([keys[0].use, keys[0].kty, keys[0].alg, keys[0].e], ['sig', 'RSA', 'RS256', 'AQAB'])
        assert.match(keys[0].kid, /^ins_/)
        assert.equal(Buffer.from(keys[0].n, 'base64url').length, 256)
        const { privateKey } = await generateKeyPair('RS256')
        const forged = await new SignJWT({ sub: 'user_x' }).setProtectedHeader({ alg: 'RS256', kid: keys[0].kid }).setExpirationTime('1m').sign(privateKey)
        await assert.rejects(jwtVerify(forged, createLocalJWKSet({ keys })), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
      })
    })
