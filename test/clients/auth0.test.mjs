// auth0.test.mjs: the users of the Management API through the real clients (4.37.1 and the newest), each effect seen by another call.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { GoTrueAdminApi } from '@supabase/auth-js'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { psql } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const email = () => `auth0-${process.pid}-${n++}@example.com`

// One face for both clients: `data` out of the answer, and errors with statusCode and errorCode.
const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      create: (body) => data(m.users.create(body)), get: (id, q = {}) => data(m.users.get({ id, ...q })), update: (id, body) => data(m.users.update({ id }, body)),
      remove: (id) => m.users.delete({ id }), byEmail: (q) => data(m.usersByEmail.getByEmail(q)), list: (q) => data(m.users.getAll(q)),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options)
    const plain = { maxRetries: 0 }
    return {
      create: (body) => m.users.create(body, plain), get: (id, q = {}) => m.users.get(id, q, plain), update: (id, body) => m.users.update(id, body, plain),
      remove: (id) => m.users.delete(id, plain), byEmail: (q) => m.users.listUsersByEmail(q, plain),
      list: async (q) => {
        const page = await m.users.list(q, plain)
        return q?.include_totals === true ? page.response : page.data
      },
    }
  },
}

async function refused(promise, status, code, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.equal(error.statusCode, status, `${error.message}`)
  assert.equal(body.statusCode, status)
  assert.equal(body.errorCode, code)
  if (message) assert.equal(body.message, message)
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`${version} on ${store}`, () => {
      let server, users
      before(async () => {
        server = await start({ store })
        users = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
      })
      after(() => server.stop())
      const make = (more = {}) => users.create({ connection, email: email(), password, ...more })

      test('create fills the profile, get shows the same', async () => {
        const address = email()
        const made = await users.create({ connection, email: address.toUpperCase(), password, user_metadata: { a: 1 }, app_metadata: { plan: 'pro' } })
        assert.match(made.user_id, /^auth0\|[0-9a-f]{32}$/)
        assert.equal(made.email, address)
        assert.equal(made.email_verified, false)
        assert.equal(made.name, address)
        assert.equal(made.nickname, address.split('@')[0])
        assert.equal(made.picture, `https://s.gravatar.com/avatar/${createHash('md5').update(address).digest('hex')}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2Fau.png`)
        assert.deepEqual(made.identities, [{ connection, user_id: made.user_id.slice(6), provider: 'auth0', isSocial: false }])
        assert.deepEqual(made.user_metadata, { a: 1 })
        assert.deepEqual(made.app_metadata, { plan: 'pro' })
        assert.equal(made.created_at, made.updated_at)
        assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        for (const absent of ['blocked', 'password', 'connection', 'verify_email', 'logins_count', 'last_login', 'username']) assert.ok(!(absent in made), absent)
        assert.deepEqual(await users.get(made.user_id), made)
      })

      test('create takes every field, and an id of the caller', async () => {
        const address = email(), id = `legacy-${process.pid}-${n++}`, username = `name_${process.pid}_${n++}`
        const made = await users.create({
          connection, email: address, password, username, user_id: id, phone_number: `+49151${process.pid}${n++}`, phone_verified: true, email_verified: true, blocked: false,
          verify_email: false, given_name: 'Ada', family_name: 'Lovelace', name: 'Ada Lovelace', nickname: 'ada', picture: 'https://example.com/a.png', user_metadata: {}, app_metadata: {},
        })
        assert.equal(made.user_id, `auth0|${id}`)
        assert.equal(made.identities[0].user_id, id)
        assert.deepEqual([made.email_verified, made.phone_verified, made.blocked, made.given_name, made.family_name, made.name, made.nickname, made.picture, made.username],
          [true, true, false, 'Ada', 'Lovelace', 'Ada Lovelace', 'ada', 'https://example.com/a.png', username])
        assert.match(made.phone_number, /^\+49151/)
        assert.deepEqual(await users.get(`auth0|${id}`), made)
        await refused(make({ user_id: id }), 409, 'auth0_idp_error', 'The user already exists.')
        await refused(make({ username: username.toUpperCase() }), 409, 'auth0_idp_error')
        await users.remove(`auth0|${id}`)
        await refused(users.get(`auth0|${id}`), 404, 'inexistent_user', 'The user does not exist.')
        assert.equal((await make({ user_id: id })).user_id, `auth0|${id}`)
      })

      test('create is refused', async () => {
        const address = email()
        await make({ email: address })
        await refused(make({ email: address }), 409, 'auth0_idp_error', 'The user already exists.')
        await refused(make({ connection: 'nowhere' }), 400, 'inexistent_connection', 'The connection does not exist.')
        await refused(make({ password: 'short' }), 400, undefined, 'PasswordStrengthError: Password is too weak')
        await refused(users.create({ connection, password }), 400, 'invalid_body', "Payload validation error: 'Missing required property: email'.")
        await refused(users.create({ connection, email: email() }), 400, 'invalid_body', "Payload validation error: 'Missing required property: password'.")
        await refused(make({ email: 'nobody' }), 400, 'invalid_body', "Payload validation error: 'Object didn't pass validation for format email: nobody' on property email (The user's email).")
      })

      test('get chooses fields', async () => {
        const { user_id, email: address } = await make()
        assert.deepEqual(await users.get(user_id, { fields: 'email,user_id', include_fields: true }), { email: address, user_id })
        const rest = await users.get(user_id, { fields: 'email,identities', include_fields: false })
        assert.ok(!('email' in rest) && !('identities' in rest) && rest.user_id === user_id)
        await refused(users.get('auth0|nobody'), 404, 'inexistent_user', 'The user does not exist.')
        await refused(users.get('nobody'), 400, 'invalid_uri')
      })

      test('update merges metadata by its first level', async () => {
        const { user_id } = await make({ user_metadata: { a: { x: 1, y: 2 }, b: 1, c: 1 }, app_metadata: { k: 1 } })
        const changed = await users.update(user_id, { user_metadata: { a: { x: 3 }, b: null, d: { e: null } }, app_metadata: { l: [1] } })
        assert.deepEqual(changed.user_metadata, { a: { x: 3 }, c: 1, d: { e: null } })
        assert.deepEqual(changed.app_metadata, { k: 1, l: [1] })
        assert.deepEqual(await users.get(user_id), changed)
        const cleared = await users.update(user_id, { user_metadata: {}, app_metadata: {} })
        assert.deepEqual(cleared.user_metadata, {})
        assert.ok(!('app_metadata' in cleared))
        assert.deepEqual(await users.get(user_id), cleared)
      })

      test('update changes root fields, null removes them', async () => {
        const made = await make()
        const changed = await users.update(made.user_id, { name: 'Ada', given_name: 'A', family_name: 'L', nickname: 'al', picture: 'https://example.com/b.png' })
        assert.deepEqual([changed.name, changed.given_name, changed.family_name, changed.nickname, changed.picture], ['Ada', 'A', 'L', 'al', 'https://example.com/b.png'])
        assert.ok(changed.updated_at > made.updated_at)
        assert.equal(changed.created_at, made.created_at)
        const removed = await users.update(made.user_id, { given_name: null, family_name: null, name: null })
        assert.ok(!('given_name' in removed) && !('family_name' in removed))
        assert.equal(removed.name, made.email)
        assert.deepEqual(await users.get(made.user_id), removed)
      })

      test('update of credentials: email, verification, password, username, phone', async () => {
        const { user_id } = await make({ email_verified: true })
        const moved = email()
        const changed = await users.update(user_id, { email: moved.toUpperCase() })
        assert.deepEqual([changed.email, changed.email_verified], [moved, false])
        assert.equal((await users.update(user_id, { email_verified: true })).email_verified, true)
        assert.equal((await users.update(user_id, { email: email(), email_verified: true })).email_verified, true)
        const reset = await users.update(user_id, { password: 'Another-pw-2', connection })
        assert.match(reset.last_password_reset, /Z$/)
        const username = `n${process.pid}x${n++}`
        assert.equal((await users.update(user_id, { username: username.toUpperCase() })).username, username)
        const phone = await users.update(user_id, { phone_number: `+4930${process.pid}${n++}`, verify_phone_number: false })
        assert.equal(phone.phone_verified, false)
        assert.equal((await users.update(user_id, { phone_verified: true })).phone_verified, true)
        assert.deepEqual(await users.update(user_id, {}), await users.get(user_id))
      })

      test('update is refused', async () => {
        const { user_id } = await make(), other = await make({ username: `taken${process.pid}${n++}` })
        await refused(users.update(user_id, { email: other.email }), 400, 'auth0_idp_error', 'The specified new email already exists')
        await refused(users.update(user_id, { username: other.username }), 400, 'auth0_idp_error', 'The specified new username already exists')
        await refused(users.update(user_id, { password: 'short' }), 400, undefined, 'PasswordStrengthError: Password is too weak')
        for (const [body, names] of [
          [{ password, email: email() }, 'password and email'], [{ password, email_verified: true }, 'password and email_verified'], [{ username: 'abc', email: email() }, 'username and email'],
          [{ username: 'abc', email_verified: true }, 'username and email_verified'], [{ username: 'abc', password }, 'username and password'],
        ]) await refused(users.update(user_id, body), 400, 'invalid_body', `Cannot update ${names} simultaneously`)
        await refused(users.update(user_id, { connection: 'nowhere', email: email() }), 400, 'inexistent_connection')
        await refused(users.update(user_id, { email: null }), 400, 'operation_not_supported')
        await refused(users.update(user_id, { user_id: 'x' }), 400, 'invalid_body')
        await refused(users.update(user_id, { app_metadata: { user_id: 1 } }), 400, 'invalid_body')
        await refused(users.update(user_id, { user_metadata: { 'a.b': 1 } }), 400, 'invalid_body')
        await refused(users.update('auth0|nobody', { name: 'x' }), 404, 'inexistent_user')
        assert.ok(!('user_metadata' in await users.get(user_id)))
      })

      test('blocked is GoTrue\'s ban', async () => {
        const { user_id } = await make()
        const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
        assert.equal((await users.update(user_id, { blocked: true })).blocked, true)
        const uuid = user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
        assert.match((await admin.getUserById(uuid)).data.user.banned_until, /^9999-/)
        assert.equal((await users.update(user_id, { blocked: false })).blocked, false)
        assert.equal((await admin.getUserById(uuid)).data.user.banned_until, undefined)
        await admin.updateUserById(uuid, { ban_duration: '1h' })
        assert.equal((await users.get(user_id)).blocked, true)
      })

      test('users of GoTrue are users here', async () => {
        const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
        const address = email()
        const { data } = await admin.createUser({ email: address, password, email_confirm: true, user_metadata: { x: 1 }, app_metadata: { plan: 'pro' } })
        const [user] = await users.byEmail({ email: address })
        assert.equal(user.user_id, `auth0|${data.user.id.replaceAll('-', '')}`)
        assert.equal(user.email_verified, true)
        assert.deepEqual(user.app_metadata, { plan: 'pro' })
        assert.deepEqual(user.identities, [{ connection, user_id: user.user_id.slice(6), provider: 'auth0', isSocial: false }])
        assert.equal(user.name, address)
        await users.update(user.user_id, { app_metadata: {} })
        assert.deepEqual((await admin.getUserById(data.user.id)).data.user.app_metadata, { provider: 'email', providers: ['email'] })
      })

      test('a password set here signs in there', async () => {
        const { user_id, email: address } = await make({ email_verified: true })
        const sign = (pw) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password: pw }) }).then((r) => r.status)
        assert.equal(await sign(password), 200)
        await users.update(user_id, { password: 'Another-pw-2' })
        assert.deepEqual([await sign(password), await sign('Another-pw-2')], [400, 200])
        assert.match((await users.get(user_id)).last_login, /Z$/)
        await users.update(user_id, { blocked: true })
        assert.notEqual(await sign('Another-pw-2'), 200)
      })

      test('at once: one creation wins, no change is lost', async () => {
        const address = email(), id = `race-${process.pid}-${n++}`
        const tries = await Promise.allSettled(Array.from({ length: 12 }, () => make({ email: address })))
        assert.equal(tries.filter((t) => t.status === 'fulfilled').length, 1)
        assert.ok(tries.every((t) => t.status === 'fulfilled' || t.reason.statusCode === 409))
        const same = await Promise.allSettled(Array.from({ length: 6 }, () => make({ user_id: id })))
        assert.equal(same.filter((t) => t.status === 'fulfilled').length, 1)
        assert.ok(same.every((t) => t.status === 'fulfilled' || t.reason.statusCode === 409))
        const { user_id } = await make()
        await Promise.all(Array.from({ length: 20 }, (_, i) => users.update(user_id, { user_metadata: { [`k${i}`]: i } })))
        assert.equal(Object.keys((await users.get(user_id)).user_metadata).length, 20)
        const [one, two] = [await make(), await make()], wanted = email()
        const moves = await Promise.allSettled([one, two].map((u) => users.update(u.user_id, { email: wanted })))
        assert.deepEqual(moves.map((m) => m.reason?.statusCode ?? 200).sort(), [200, 400])
        assert.equal((await users.byEmail({ email: wanted })).length, 1)
      })

      test('a social identity of GoTrue is a secondary one', async () => {
        const { user_id } = await make(), uuid = user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), sub = `1${process.pid}${n++}`
        const data = JSON.stringify({ sub, email: 'ada@gmail.example', email_verified: true, full_name: 'Ada G', avatar_url: 'https://example.com/g.png' })
        const values = `'${crypto.randomUUID()}', '${sub}', '${uuid}', '${data}', 'google'`
        if (store === 'postgres') psql(server.database, `INSERT INTO auth.identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at) VALUES (${values}, now(), now())`)
        else {
          const db = new DatabaseSync(`${server.dir}/hecate.db`)
          db.exec(`INSERT INTO auth_identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at) VALUES (${values}, 1, 1)`)
          db.close()
        }
        const { identities } = await users.get(user_id)
        assert.equal(identities[0].connection, connection)
        assert.deepEqual(identities.slice(1), [{
          profileData: { email: 'ada@gmail.example', email_verified: true, name: 'Ada G', picture: 'https://example.com/g.png' },
          connection: 'google-oauth2', user_id: sub, provider: 'google-oauth2', isSocial: true,
        }])
        for (const q of [{ q: 'identities.connection:"google-oauth2"' }, { q: 'identities.isSocial:true' }, { q: `identities.user_id:${sub}` }, { connection: 'google-oauth2' }, { connection: 'google-oauth2', q: 'email:*' }])
          assert.deepEqual((await users.list({ ...q, page: 0, per_page: 10, include_totals: true })).users.map((u) => u.user_id), [user_id], JSON.stringify(q))
        await refused(users.update(user_id, { connection: 'google-oauth2', email: email() }), 400, 'operation_not_supported')
        await users.remove(user_id)
      })

      test('banned and deleted in Clerk', async () => {
        const { user_id, email: address } = await make()
        const clerk = (method, path) => fetch(`${server.clerk.url}/v1${path}`, { method, headers: { authorization: `Bearer ${server.clerk.secretKey}` } }).then((r) => r.json())
        const [{ id }] = await clerk('GET', `/users?email_address=${address}`)
        await clerk('POST', `/users/${id}/ban`)
        assert.equal((await users.get(user_id)).blocked, true)
        await users.update(user_id, { blocked: false })
        assert.equal((await clerk('GET', `/users/${id}`)).banned, false)
        await clerk('DELETE', `/users/${id}`)
        await refused(users.get(user_id), 404, 'inexistent_user')
      })

      test('delete, also of nobody', async () => {
        const { user_id, email: address } = await make()
        await users.remove(user_id)
        await refused(users.get(user_id), 404, 'inexistent_user')
        await users.remove(user_id)
        assert.deepEqual(await users.byEmail({ email: address }), [])
        assert.equal((await make({ email: address })).email, address)
      })

      test('by email: exact, with case, chosen fields', async () => {
        const { user_id, email: address } = await make()
        assert.deepEqual((await users.byEmail({ email: address })).map((u) => u.user_id), [user_id])
        assert.deepEqual(await users.byEmail({ email: address.toUpperCase() }), [])
        assert.deepEqual(await users.byEmail({ email: address, fields: 'email', include_fields: true }), [{ email: address }])
      })

      test('users that GoTrue deleted softly are gone', async () => {
        const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
        const { user_id, email: address } = await make()
        assert.equal((await admin.deleteUser(user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), true)).error, null)
        await refused(users.get(user_id), 404, 'inexistent_user')
        await refused(users.update(user_id, { name: 'x' }), 404, 'inexistent_user')
        assert.deepEqual(await users.byEmail({ email: address }), [])
        assert.ok(!(await users.list({ per_page: 100, page: 0, include_totals: true })).users.some((u) => u.user_id === user_id))
      })

      test('list: every order', async () => {
        const marks = ['b', 'A', 'c'], made = []
        for (const mark of marks)
          made.push(await make({ name: `${mark} order`, nickname: `${mark}-order`, given_name: mark, family_name: mark, username: `${mark}-${process.pid}-${n++}`, phone_number: `+4940${process.pid}${n++}`, email: `${mark}-order-${process.pid}-${n++}@example.com` }))
        for (const [field, want] of [['name', [1, 0, 2]], ['nickname', [1, 0, 2]], ['given_name', [1, 0, 2]], ['family_name', [1, 0, 2]], ['username', [1, 0, 2]], ['email', [1, 0, 2]], ['created_at', [0, 1, 2]],
          ['updated_at', [0, 1, 2]], ['phone_number', [0, 1, 2]], ['logins_count', [0, 1, 2]], ['last_login', [0, 1, 2]]])
          for (const way of [1, -1]) {
            const seen = await users.list({ sort: `${field}:${way}`, per_page: 100, page: 0, include_totals: true })
            const order = seen.users.map((u) => made.findIndex((m) => m.user_id === u.user_id)).filter((i) => i >= 0)
            assert.deepEqual(order, way === 1 ? want : [...want].reverse(), `${field}:${way}`)
          }
      })

      test('list: pages, totals, order, fields', async () => {
        const made = []
        for (let i = 0; i < 5; i++) made.push(await make({ name: `Lister ${i}` }))
        const first = await users.list({ page: 0, per_page: 2, include_totals: true, sort: 'created_at:-1' })
        assert.deepEqual([first.start, first.limit, first.length], [0, 2, 2])
        assert.ok(first.total >= 5)
        assert.deepEqual(first.users.map((u) => u.user_id), [made[4].user_id, made[3].user_id])
        const second = await users.list({ page: 1, per_page: 2, sort: 'created_at:-1', fields: 'user_id', include_fields: true })
        assert.deepEqual(second, [{ user_id: made[2].user_id }, { user_id: made[1].user_id }])
        const last = await users.list({ page: 9, per_page: 100, include_totals: true })
        assert.deepEqual([last.users, last.start, last.length], [[], 900, 0])
        assert.deepEqual(await users.list({ page: 10, per_page: 100 }), []) // no cap, but by a setting
        await refused(users.list({ page: 0, per_page: 101 }), 400, 'invalid_query_string', "Query validation error: 'Value 101 is greater than maximum 100' on property per_page (Number of results per page).")
        await refused(users.list({ sort: 'user_metadata.x:1' }), 400, 'invalid_query_string')
        await refused(users.list({ q: 'email:*', search_engine: 'v2' }), 400, 'invalid_query_string', 'You are not allowed to use search_engine=v2. Use search_engine=v3 instead.')
      })
    })

describe('auth0 newest', () => {
  let server
  before(async () => { server = await start() })
  after(() => server.stop())

  test('for await over the list ends, and sees each once', async () => {
    const m = new Newest({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
    const made = new Set()
    for (let i = 0; i < 3; i++) made.add((await m.users.create({ connection, email: email(), password })).user_id)
    const seen = []
    for await (const user of await m.users.list()) seen.push(user.user_id)
    assert.deepEqual(new Set(seen), made)
    assert.equal(seen.length, 3)
  })

  test('the machine\'s other names are domains, too', async () => {
    const [, , port] = server.ports
    const m = new Newest({ domain: `127.0.0.1:${port}`, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
    const { user_id } = await m.users.create({ connection, email: email(), password })
    assert.equal((await m.users.get(user_id)).user_id, user_id)
    const four = new Four({ domain: `127.0.0.1:${port}`, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
    assert.equal((await four.users.get({ id: user_id })).data.user_id, user_id)
    await m.users.delete(user_id)
  })

  test('a wrong secret opens nothing', async () => {
    const m = new Newest({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: 'wrong' })
    await assert.rejects(m.users.get('auth0|x', {}, { maxRetries: 0 }))
    const four = new Four({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: 'wrong', retry: { enabled: false } })
    await assert.rejects(four.users.get({ id: 'auth0|x' }), (e) => e.statusCode === 401 && e.error === 'access_denied')
  })

  test('the token verifies against the published keys', async () => {
    const { auth0 } = server
    const answer = await (await fetch(`${auth0.url}/oauth/token`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: auth0.clientId, client_secret: auth0.clientSecret, audience: `${auth0.url}/api/v2/` }),
    })).json()
    const found = await (await fetch(`${auth0.url}/.well-known/openid-configuration`)).json()
    assert.equal(found.issuer, `${auth0.url}/`)
    const keys = createRemoteJWKSet(new URL(found.jwks_uri))
    const { payload, protectedHeader } = await jwtVerify(answer.access_token, keys, { issuer: found.issuer, audience: `${auth0.url}/api/v2/`, algorithms: ['RS256'] })
    assert.deepEqual([protectedHeader.typ, payload.sub, payload.gty, payload.azp, payload.exp - payload.iat], ['JWT', `${auth0.clientId}@clients`, 'client-credentials', auth0.clientId, 86400])
    assert.deepEqual([answer.expires_in, answer.token_type, answer.scope], [86400, 'Bearer', payload.scope])
  })
})
