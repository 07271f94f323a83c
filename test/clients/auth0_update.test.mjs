// auth0_update.test.mjs: PATCH /users/{id} through the real clients: a case for each field, each rule of the merge and each combination that is refused, the
// effect seen by another call.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const unique = () => `${process.pid}${n++}`
const email = () => `update-${unique()}@example.com`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    return { create: async (body) => (await m.users.create(body)).data, get: async (id) => (await m.users.get({ id })).data, update: async (id, body) => (await m.users.update({ id }, body)).data }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return { create: (body) => m.users.create(body, plain), get: (id) => m.users.get(id, {}, plain), update: (id, body) => m.users.update(id, body, plain) }
  },
}

const hint = ' (consider storing them in app_metadata or user_metadata. See "Users Metadata" in https://auth0.com/docs/api/v2/changes for more details)'
const payload = (what) => `Payload validation error: '${what}'.`

// What the body is, what then differs from before, and what the user was made with. A member that is undefined is to be absent.
const good = {
  'name': [{ name: 'Ada' }, { name: 'Ada' }], 'name null: the default': [{ name: null }, (u) => ({ name: u.email }), { name: 'X' }],
  'nickname': [{ nickname: 'al' }, { nickname: 'al' }], 'nickname null: the default': [{ nickname: null }, (u) => ({ nickname: u.email.split('@')[0] }), { nickname: 'x' }],
  'picture': [{ picture: 'https://example.com/p.png' }, { picture: 'https://example.com/p.png' }], 'picture null: the default': [{ picture: null }, (u, d) => ({ picture: d.picture }), { picture: 'https://example.com/x' }],
  'given_name': [{ given_name: 'A' }, { given_name: 'A' }], 'given_name null': [{ given_name: null }, { given_name: undefined }, { given_name: 'A' }],
  'family_name': [{ family_name: 'L' }, { family_name: 'L' }], 'family_name null': [{ family_name: null }, { family_name: undefined }, { family_name: 'L' }],
  'email: not verified any more, the name stays': [() => ({ email: `new-${unique()}@example.com` }), (u, d, b) => ({ email: b.email, email_verified: false }), { email_verified: true }],
  'email in upper case': [() => ({ email: `NEW-${unique()}@EXAMPLE.com` }), (u, d, b) => ({ email: b.email.toLowerCase(), email_verified: false })],
  'email and email_verified': [() => ({ email: email(), email_verified: true }), (u, d, b) => ({ email: b.email, email_verified: true })],
  'the same email again': [(u) => ({ email: u.email }), { email_verified: false }, { email_verified: true }],
  'email_verified true': [{ email_verified: true }, { email_verified: true }], 'email_verified false': [{ email_verified: false }, { email_verified: false }, { email_verified: true }],
  'verify_email is not stored': [{ verify_email: false }, {}], 'phone_number': [() => ({ phone_number: `+4911${unique()}` }), (u, d, b) => ({ phone_number: b.phone_number, phone_verified: false })],
  'phone_number and phone_verified': [() => ({ phone_number: `+4912${unique()}`, phone_verified: true }), (u, d, b) => ({ phone_number: b.phone_number, phone_verified: true })],
  'phone_verified': [{ phone_verified: true }, { phone_verified: true }, () => ({ phone_number: `+4913${unique()}` })], 'verify_phone_number': [{ verify_phone_number: false }, {}],
  'username': [() => ({ username: `USER_${unique()}` }), (u, d, b) => ({ username: b.username.toLowerCase() })],
  'username with phone_number': [() => ({ username: `u_${unique()}`, phone_number: `+4914${unique()}` }), (u, d, b) => ({ username: b.username, phone_number: b.phone_number, phone_verified: false })],
  'password: its time is shown': [{ password: 'Another-pw-2' }, (u, d, b, now) => ({ last_password_reset: now.last_password_reset ?? 'missing' })],
  'password and connection': [{ password: 'Another-pw-3', connection }, (u, d, b, now) => ({ last_password_reset: now.last_password_reset ?? 'missing' })],
  'password and app_metadata': [{ password: 'Another-pw-4', app_metadata: { a: 1 } }, (u, d, b, now) => ({ last_password_reset: now.last_password_reset ?? 'missing', app_metadata: { a: 1 } })],
  'blocked': [{ blocked: true }, { blocked: true }], 'blocked false': [{ blocked: false }, { blocked: false }, { blocked: true }], 'blocked false, never set': [{ blocked: false }, { blocked: false }],
  'user_metadata: keys are set, others stay': [{ user_metadata: { b: 2 } }, { user_metadata: { a: 1, b: 2 } }, { user_metadata: { a: 1 } }],
  'user_metadata: null takes a key away': [{ user_metadata: { a: null } }, { user_metadata: { b: 1 } }, { user_metadata: { a: 1, b: 1 } }],
  'user_metadata: objects are replaced whole': [{ user_metadata: { a: { y: 2 } } }, { user_metadata: { a: { y: 2 } } }, { user_metadata: { a: { x: 1 } } }],
  'user_metadata: null further down is kept': [{ user_metadata: { a: { b: null } } }, { user_metadata: { a: { b: null } } }], 'user_metadata {} clears': [{ user_metadata: {} }, { user_metadata: {} }, { user_metadata: { a: 1 } }],
  'user_metadata null clears': [{ user_metadata: null }, { user_metadata: {} }, { user_metadata: { a: 1 } }], 'user_metadata: arrays and numbers': [{ user_metadata: { a: [1, 'x', null], b: 1.5 } }, { user_metadata: { a: [1, 'x', null], b: 1.5 } }],
  'app_metadata: keys are set, others stay': [{ app_metadata: { b: 2 } }, { app_metadata: { a: 1, b: 2 } }, { app_metadata: { a: 1 } }],
  'app_metadata: null takes a key away': [{ app_metadata: { a: null } }, { app_metadata: { b: 1 } }, { app_metadata: { a: 1, b: 1 } }], 'app_metadata {} clears': [{ app_metadata: {} }, { app_metadata: undefined }, { app_metadata: { a: 1 } }],
  'app_metadata null clears': [{ app_metadata: null }, { app_metadata: undefined }, { app_metadata: { a: 1 } }], 'connection alone': [{ connection }, {}], 'client_id with email': [() => ({ email: email(), client_id: 'any' }), (u, d, b) => ({ email: b.email, email_verified: false })],
  'nothing': [{}, {}], 'root fields together': [{ name: 'N', given_name: 'G', family_name: 'F', picture: 'https://example.com/q' }, { name: 'N', given_name: 'G', family_name: 'F', picture: 'https://example.com/q' }],
  'both documents and a field': [{ user_metadata: { a: 1 }, app_metadata: { b: 1 }, nickname: 'q' }, { user_metadata: { a: 1 }, app_metadata: { b: 1 }, nickname: 'q' }],
}

const combo = (names) => [400, 'invalid_body', `Cannot update ${names} simultaneously`]
const kept = (name) => [{ [name]: null }, 400, 'operation_not_supported']
const unknown = (name, value) => [{ [name]: value }, 400, 'invalid_body', payload(`Additional properties not allowed: ${name}${hint}`)]
const bad = {
  'password and email': [{ password, email: 'x@example.com' }, ...combo('password and email')], 'password and email_verified': [{ password, email_verified: true }, ...combo('password and email_verified')],
  'username and email': [{ username: 'abc', email: 'x@example.com' }, ...combo('username and email')], 'username and email_verified': [{ username: 'abc', email_verified: false }, ...combo('username and email_verified')],
  'username and password': [{ username: 'abc', password }, ...combo('username and password')],
  'email null': kept('email'), 'username null': kept('username'), 'password null': kept('password'), 'phone_number null': kept('phone_number'),
  'email that another has': [(o) => ({ email: o.email.toUpperCase() }), 400, 'auth0_idp_error', 'The specified new email already exists'], 'username that another has': [(o) => ({ username: o.username }), 400, 'auth0_idp_error', 'The specified new username already exists'],
  'phone that another has': [(o) => ({ phone_number: o.phone_number }), 400, 'auth0_idp_error', 'The specified new phone number already exists'],
  'a weak password': [{ password: 'short' }, 400, undefined, 'PasswordStrengthError: Password is too weak'], 'a password of 73 bytes': [{ password: 'x'.repeat(73) }, 400, undefined, 'PasswordStrengthError: Password is too long'],
  'a connection that is none': [{ connection: 'nowhere', email: 'x@example.com' }, 400, 'inexistent_connection', 'The connection does not exist.'], 'phone_verified without a phone': [{ phone_verified: true }, 400, 'operation_not_supported', 'The user does not have a phone number.'],
  'user_id': unknown('user_id', 'x'), 'identities': unknown('identities', []), 'created_at': unknown('created_at', '2020-01-01'), 'updated_at': unknown('updated_at', '2020-01-01'), 'last_login': unknown('last_login', '2020-01-01'), 'last_ip': unknown('last_ip', '::1'), 'logins_count': unknown('logins_count', 1),
  'app_metadata with a name of the service': [{ app_metadata: { email: 1 } }, 400, 'invalid_body'], 'metadata with a dot': [{ user_metadata: { 'a.b': 1 } }, 400, 'invalid_body'], 'metadata with a dollar': [{ user_metadata: { $a: 1 } }, 400, 'invalid_body'], 'metadata that is too large': [{ user_metadata: { a: 'x'.repeat(66000) } }, 400, 'invalid_body'],
  'blocked null': [{ blocked: null }, 400, 'invalid_body'], 'email_verified null': [{ email_verified: null }, 400, 'invalid_body'], 'a name that is too long': [{ name: 'x'.repeat(301) }, 400, 'invalid_body'], 'a picture that is no URI': [{ picture: 'x' }, 400, 'invalid_body'],
}

const volatile = ['updated_at']
const value = (given, ...args) => (typeof given === 'function' ? given(...args) : given)

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`update: ${version} on ${store}`, () => {
      let server, users, plain, other
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        users = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        other = await users.create({ connection, email: email(), password, username: `taken_${unique()}`, phone_number: `+4915${unique()}` })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })

      for (const [name, [body, change, made]] of Object.entries(good))
        test(name, async () => {
          const address = email()
          const before = await users.create({ connection, email: address, password, ...value(made) })
          plain = { picture: before.picture }
          if (made && 'picture' in value(made)) plain = { picture: (await users.update(before.user_id, { picture: null })).picture }
          if (made && 'picture' in value(made)) await users.update(before.user_id, value(made))
          const sent = value(body, before), now = await users.update(before.user_id, sent)
          const want = { ...before, ...value(change, before, plain, sent, now) }
          for (const key of [...volatile, ...Object.keys(want).filter((key) => want[key] === undefined)]) delete want[key]
          if (now.updated_at > before.updated_at) want.user_metadata ??= {} // empty metadata shows once a user was changed
          const seen = await users.get(before.user_id)
          assert.deepEqual(seen, now)
          const { updated_at, ...rest } = now
          assert.deepEqual(rest, want)
          assert.ok(name === 'nothing' || name === 'connection alone' || name.startsWith('verify_') ? updated_at === before.updated_at : updated_at > before.updated_at, `${updated_at} ${before.updated_at}`)
          for (const hidden of ['password', 'connection', 'client_id', 'verify_email', 'verify_phone_number']) assert.ok(!(hidden in now))
        })

      for (const [name, [body, status, code, message]] of Object.entries(bad))
        test(`refused: ${name}`, async () => {
          const before = await users.create({ connection, email: email(), password })
          const error = await users.update(before.user_id, value(body, other)).then(() => assert.fail('was not refused'), (e) => e)
          const said = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
          assert.deepEqual([error.statusCode, said.errorCode], [status, code], JSON.stringify(said))
          if (message) assert.equal(said.message, message)
          assert.deepEqual(await users.get(before.user_id), before)
        })

      test('refused: nobody, and no id', async () => {
        await assert.rejects(users.update('auth0|nobody', { name: 'x' }), (e) => e.statusCode === 404)
        await assert.rejects(users.update('nobody', { name: 'x' }), (e) => e.statusCode === 400)
      })
    })
