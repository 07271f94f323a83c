// auth0_linking.test.mjs: accounts become identities of another user, and come back; through the real clients, the effects seen in every dialect.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { admins } from '../lib/admins.mjs'
import { start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { race } from '../lib/wire.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4' }
let n = 0
const email = () => `link-${process.pid}-${n++}@example.com`
const bare = (id) => id.slice('auth0|'.length)
const uuid = (id) => bare(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      create: (body) => data(m.users.create(body)), get: (id) => data(m.users.get({ id })), update: (id, body) => data(m.users.update({ id }, body)), remove: (id) => m.users.delete({ id }),
      list: (q) => data(m.users.getAll({ q, per_page: 100, page: 0 })), link: (id, body) => data(m.users.link({ id }, body)),
      unlink: (id, provider, user_id) => data(m.users.unlink({ id, provider, user_id })), connection: (body) => data(m.connections.create(body)),
      verify: async (body) => (await data(m.tickets.verifyEmail(body))).ticket, reset: async (body) => (await data(m.tickets.changePassword(body))).ticket,
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return {
      create: (body) => m.users.create(body, plain), get: (id) => m.users.get(id, {}, plain), update: (id, body) => m.users.update(id, body, plain), remove: (id) => m.users.delete(id, plain),
      list: async (q) => (await m.users.list({ q, per_page: 100, page: 0 }, plain)).data, link: (id, body) => m.users.identities.link(id, body, plain),
      unlink: (id, provider, user_id) => m.users.identities.delete(id, provider, user_id, plain), connection: (body) => m.connections.create(body, plain),
      verify: async (body) => (await m.tickets.verifyEmail(body, plain)).ticket, reset: async (body) => (await m.tickets.changePassword(body, plain)).ticket,
    }
  },
}

async function refused(promise, status, code, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body.errorCode, message && body.message], [status, code, message], JSON.stringify(body))
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`linking: ${version} on ${store}`, () => {
      let server, users, them
      before(async () => {
        server = await start({ store, env })
        users = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        them = await admins(server)
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      const make = (more = {}) => users.create({ connection, email: email(), password, ...more })
      const link = (one, other) => users.link(one.user_id, { provider: 'auth0', user_id: other.user_id })
      const ask = async (name, [method, path, body, headers]) => {
        const wire = them[name].wire()
        const answer = await wire.request(method, path, body, headers)
        wire.close()
        return answer
      }
      const signIn = (address, secret = password) => ask('gotrue', ['POST', '/token?grant_type=password', { email: address, password: secret }])
      const identity = (user, more = {}) => ({ connection, user_id: bare(user.user_id), provider: 'auth0', isSocial: false, ...more })

      test('by provider and full id: the new list, the primary profile stays', async () => {
        const one = await make({ user_metadata: { a: 1 }, app_metadata: { b: 1 } }), two = await make({ name: 'Two', given_name: 'T', user_metadata: { z: 1 }, app_metadata: { y: 1 } })
        const list = await link(one, two)
        assert.deepEqual(list, [identity(one), {
          profileData: { email: two.email, email_verified: false, name: 'Two', given_name: 'T', nickname: two.nickname, picture: two.picture }, ...identity(two),
        }])
        const { updated_at, identities, ...rest } = await users.get(one.user_id), { updated_at: old, identities: [only], ...before } = one
        assert.deepEqual(rest, before)
        assert.deepEqual(identities, list)
        assert.ok(updated_at > old && only)
      })

      test('by provider and bare id', async () => {
        const one = await make(), two = await make({ user_id: `own-${process.pid}-${n++}` })
        const list = await users.link(one.user_id, { provider: 'auth0', user_id: bare(two.user_id) })
        assert.deepEqual(list.map((i) => i.user_id), [bare(one.user_id), bare(two.user_id)])
      })

      test('the secondary user is gone everywhere', async () => {
        const one = await make(), two = await make({ email_verified: true })
        await link(one, two)
        await refused(users.get(two.user_id), 404, 'inexistent_user', 'The user does not exist.')
        await refused(users.update(two.user_id, { name: 'x' }), 404, 'inexistent_user')
        assert.deepEqual(await users.list(`email:"${two.email}"`), [])
        assert.deepEqual(await users.list(`user_id:"${two.user_id}"`), [])
        assert.equal((await ask('gotrue', them.gotrue.read(uuid(two.user_id)))).status, 404)
        await users.remove(two.user_id)
        assert.equal((await users.get(one.user_id)).identities.length, 2)
      })

      test('sessions and refresh tokens of the secondary end, those of the primary go on', async () => {
        const one = await make({ email_verified: true }), two = await make({ email_verified: true })
        const [first, second] = [(await signIn(one.email)).json, (await signIn(two.email)).json]
        await link(one, two)
        assert.equal((await ask('gotrue', ['POST', '/token?grant_type=refresh_token', { refresh_token: second.refresh_token }])).status, 400)
        assert.equal((await ask('gotrue', ['POST', '/token?grant_type=refresh_token', { refresh_token: first.refresh_token }])).status, 200)
        assert.equal((await ask('gotrue', ['GET', '/user', undefined, { authorization: `Bearer ${second.access_token}` }])).status, 403)
      })

      test('GoTrue shows the identity, and its provider', async () => {
        const one = await make(), two = await make()
        await link(one, two)
        const user = (await ask('gotrue', them.gotrue.read(uuid(one.user_id)))).json
        assert.deepEqual(user.app_metadata.providers, ['email', 'auth0'])
        const found = user.identities.find((i) => i.provider === 'auth0')
        assert.deepEqual([found.id, found.identity_data.email, user.identities.length], [two.user_id, two.email, 2])
        assert.equal((await users.get(one.user_id)).app_metadata, undefined)
      })

      test('Clerk shows the address as a further one', async () => {
        const one = await make(), two = await make({ email_verified: true })
        await link(one, two)
        const [user] = (await ask('clerk', ['GET', `/v1/users?email_address=${one.email}`])).json
        assert.deepEqual(user.email_addresses.map((a) => a.email_address), [one.email, two.email])
        assert.equal(user.email_addresses[1].verification.status, 'verified')
        assert.equal((await ask('clerk', ['GET', `/v1/users?email_address=${two.email}`])).json[0].id, user.id)
      })

      test('what the secondary was known by stays taken', async () => {
        const username = `kept_${process.pid}_${n++}`, phone_number = `+4955${process.pid}${n++}`, id = `kept-${process.pid}-${n++}`
        const one = await make(), two = await make({ username, phone_number, user_id: id }), three = await make()
        await link(one, two)
        await refused(make({ email: two.email }), 409, 'auth0_idp_error', 'The user already exists.')
        await refused(make({ username }), 409, 'auth0_idp_error')
        await refused(make({ phone_number }), 409, 'auth0_idp_error')
        await refused(make({ user_id: id }), 409, 'auth0_idp_error')
        await refused(users.update(three.user_id, { email: two.email }), 400, 'auth0_idp_error', 'The specified new email already exists')
        await refused(users.update(three.user_id, { username }), 400, 'auth0_idp_error', 'The specified new username already exists')
        assert.equal((await ask('gotrue', them.gotrue.create({ email: two.email, password }))).status, 422)
        assert.equal((await ask('clerk', them.clerk.create({ email: email(), username, password }))).status, 422)
        assert.equal(broken(server), '')
      })

      test('a plain id stays taken, too', async () => {
        const one = await make(), two = await make()
        await link(one, two)
        await refused(make({ user_id: bare(two.user_id) }), 409, 'auth0_idp_error')
        assert.equal((await ask('gotrue', ['POST', '/admin/users', { id: uuid(two.user_id), email: email() }])).status >= 400, true)
      })

      test('linking twice, to the same and to another', async () => {
        const one = await make(), two = await make(), three = await make()
        await link(one, two)
        await refused(link(one, two), 409, 'identity_conflict', 'Specified identity already exists.')
        await refused(link(three, two), 409, 'identity_conflict', 'Specified identity already exists.')
      })

      test('a user with linked accounts is linked: all of them come along', async () => {
        const one = await make(), two = await make(), three = await make()
        await link(two, three)
        const list = await link(one, two)
        assert.deepEqual(new Set(list.map((i) => i.user_id)), new Set([one, two, three].map((u) => bare(u.user_id))))
        assert.equal(list[0].user_id, bare(one.user_id))
        await users.unlink(one.user_id, 'auth0', bare(three.user_id))
        assert.equal((await users.get(three.user_id)).email, three.email)
        assert.equal(broken(server), '')
      })

      test('refused: itself, nobody, a provider that is not served', async () => {
        const one = await make()
        await refused(link(one, one), 400, 'invalid_body', 'Main identity and the new one are the same.')
        await refused(users.link(one.user_id, { provider: 'auth0', user_id: 'nobody' }), 400, 'invalid_body', 'Linking to an inexistent identity is not allowed.')
        await refused(users.link(one.user_id, { provider: 'google-oauth2', user_id: '123' }), 400, 'invalid_body', 'Linking to an inexistent identity is not allowed.')
        await refused(users.link(one.user_id, { provider: 'auth0', user_id: 'x', connection_id: 'con_aaaaaaaaaaaaaaaa' }), 400, 'inexistent_connection', 'The provider/connection is not configured.')
        await refused(users.link('auth0|nobody', { provider: 'auth0', user_id: bare(one.user_id) }), 404, 'inexistent_user', 'The user does not exist.')
        await refused(users.link('nobody', { provider: 'auth0', user_id: 'x' }), 400, 'invalid_uri')
      })

      test('refused: bodies', async () => {
        const one = await make()
        for (const [body, message] of [
          [{}, 'Too few properties defined (0), minimum 1'], [{ provider: 'auth0' }, 'Missing required property: user_id'], [{ user_id: 'x' }, 'Missing required property: provider'],
          [{ provider: 'nowhere', user_id: 'x' }, "No enum match for: nowhere' on property provider (Identity provider"], [{ provider: 5, user_id: 'x' }, "Expected type string but found type integer' on property provider (Identity provider"],
          [{ provider: 'auth0', user_id: true }, "Expected type string but found type boolean' on property user_id (Id of the secondary account"],
          [{ provider: 'auth0', user_id: '' }, "String is too short (0 chars), minimum 1' on property user_id (Id of the secondary account"],
          [{ provider: 'auth0', user_id: 'x', connection_id: 'con_1' }, "String does not match pattern ^con_[A-Za-z0-9]{16}$: con_1' on property connection_id (Id of the connection"],
          [{ provider: 'auth0', user_id: 'x', more: 1 }, 'Additional properties not allowed: more'], [{ link_with: 'a.b.c', provider: 'auth0', user_id: 'x' }, "Data is valid against more than one schema from 'oneOf'"],
        ]) await refused(ask('auth0', ['POST', `/api/v2/users/${encodeURIComponent(one.user_id)}/identities`, body]).then((a) => { throw { statusCode: a.status, body: a.json } }), 400, 'invalid_body', `Payload validation error: '${message}${message.includes(' on property ') ? ').' : "'."}`)
        assert.equal((await users.get(one.user_id)).identities.length, 1)
      })

      test('by the id of the connection', async () => {
        const name = `linked-${process.pid}-${n++}`, { id } = await users.connection({ name, strategy: 'auth0' }), one = await make(), two = await users.create({ connection: name, email: email(), password })
        await refused(users.link(one.user_id, { provider: 'auth0', user_id: bare((await make()).user_id), connection_id: id }), 400, 'invalid_body', 'Linking to an inexistent identity is not allowed.')
        const list = await users.link(one.user_id, { provider: 'auth0', user_id: bare(two.user_id), connection_id: id })
        assert.deepEqual(list.map((i) => [i.connection, i.user_id]), [[connection, bare(one.user_id)], [name, bare(two.user_id)]])
        await refused(users.get(two.user_id), 404, 'inexistent_user')
      })

      test('an id may be a number', async () => {
        const one = await make(), two = await make({ user_id: `${process.pid}${n++}` })
        assert.equal((await users.link(one.user_id, { provider: 'auth0', user_id: Number(bare(two.user_id)) }))[1].user_id, bare(two.user_id))
      })

      test('unlink gives the user back: id, address, name, password; no metadata', async () => {
        const one = await make(), two = await make({ email_verified: true, name: 'Two', username: `u${process.pid}_${n++}`, phone_number: `+4956${process.pid}${n++}`, user_metadata: { a: 1 }, app_metadata: { b: 1 } })
        await link(one, two)
        assert.deepEqual(await users.unlink(one.user_id, 'auth0', bare(two.user_id)), [identity(one)])
        const back = await users.get(two.user_id)
        assert.deepEqual([back.email, back.email_verified, back.name, back.username, back.phone_number, back.phone_verified, back.nickname, back.picture],
          [two.email, true, 'Two', two.username, two.phone_number, false, two.nickname, two.picture])
        assert.deepEqual([back.user_metadata, back.app_metadata, back.identities], [undefined, undefined, [identity(two)]])
        assert.equal((await signIn(two.email)).status, 200)
        assert.equal((await signIn(one.email)).json.error_code, 'email_not_confirmed')
        assert.equal((await ask('gotrue', them.gotrue.read(uuid(two.user_id)))).json.email, two.email)
        assert.deepEqual((await ask('gotrue', them.gotrue.read(uuid(one.user_id)))).json.app_metadata, { provider: 'email', providers: ['email'] })
        assert.equal(broken(server), '')
        await link(one, two)
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        assert.equal((await users.get(two.user_id)).email, two.email)
      })

      test('unlink of a user with a chosen id', async () => {
        const one = await make(), two = await make({ user_id: `back-${process.pid}-${n++}` })
        await link(one, two)
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        assert.deepEqual((await users.get(two.user_id)).identities, [identity(two)])
        await users.remove(two.user_id)
        await refused(users.get(two.user_id), 404, 'inexistent_user')
      })

      test('unlink is refused', async () => {
        const one = await make()
        await refused(users.unlink(one.user_id, 'auth0', bare(one.user_id)), 400, 'operation_not_supported', 'Main identity cannot be removed.')
        await refused(users.unlink(one.user_id, 'auth0', 'nobody'), 404, 'inexistent_identity')
        await refused(users.unlink(one.user_id, 'google-oauth2', '1'), 404, 'inexistent_identity')
        await refused(users.unlink(one.user_id, 'email', uuid(one.user_id)), 404, 'inexistent_identity')
        await refused(users.unlink(one.user_id, 'nowhere', 'x'), 400, 'invalid_uri', "Path validation error: 'No enum match for: nowhere' on property provider (Identity provider).")
        await refused(users.unlink('auth0|nobody', 'auth0', 'x'), 404, 'inexistent_user')
      })

      // A user with an account of another database linked to it: `connection` names that one.
      const withSecond = async (more = {}) => {
        const name = `db-${process.pid}-${n++}`
        await users.connection({ name, strategy: 'auth0', options: { requires_username: true, passwordPolicy: 'good' } })
        const one = await make(), two = await users.create({ connection: name, email: email(), password, ...more })
        await link(one, two)
        return { one, two, name, second: async () => (await users.get(one.user_id)).identities[1], update: (body) => users.update(one.user_id, { connection: name, ...body }) }
      }
      const enter = async (realm, username, secret = password) => {
        const answer = await fetch(`${server.auth0.url}/oauth/token`, {
          method: 'POST', headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ grant_type: 'http://auth0.com/oauth/grant-type/password-realm', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, realm, username, password: secret, scope: 'openid' }),
        })
        const { id_token } = await answer.json()
        return [answer.status, id_token && JSON.parse(Buffer.from(id_token.split('.')[1], 'base64url')).sub]
      }

      test('credentials of a secondary identity change by its connection; the profile of the user stays', async () => {
        const { one, two, name, second, update } = await withSecond({ email_verified: true }), before = await users.get(one.user_id)
        const address = email(), after = await update({ email: address.toUpperCase() })
        assert.deepEqual([after.email, after.email_verified, after.name, after.identities[0]], [before.email, before.email_verified, before.name, before.identities[0]])
        assert.deepEqual([after.identities[1].profileData.email, after.identities[1].profileData.email_verified, after.identities[1].connection], [address, false, name])
        assert.deepEqual(await enter(name, address), [200, one.user_id])
        assert.equal((await enter(name, two.email))[0], 403)
        await make({ email: two.email }) // the old address is free
        await update({ email_verified: true })
        assert.equal((await second()).profileData.email_verified, true)
        await update({ password: 'Another-Pw-2' })
        assert.deepEqual([(await enter(name, address))[0], (await enter(name, address, 'Another-Pw-2'))[0], (await enter(connection, one.email))[0]], [403, 200, 200])
        await update({ username: `Second_${process.pid}_${n}`, user_metadata: { a: 1 } })
        assert.equal((await second()).profileData.username, `second_${process.pid}_${n}`)
        assert.deepEqual([(await users.get(one.user_id)).username, (await users.get(one.user_id)).user_metadata], [undefined, { a: 1 }])
        await update({ phone_number: `+4930${process.pid}${n}`, phone_verified: true })
        assert.deepEqual([(await second()).profileData.phone_number, (await second()).profileData.phone_verified], [`+4930${process.pid}${n}`, true])
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        const back = await users.get(two.user_id)
        assert.deepEqual([back.email, back.email_verified, back.username, back.phone_number], [address, true, `second_${process.pid}_${n}`, `+4930${process.pid}${n}`])
        assert.deepEqual(await enter(name, address, 'Another-Pw-2'), [200, two.user_id])
      })

      test('a secondary identity signs in by its own connection alone', async () => {
        const username = `two_${process.pid}_${n++}`, { one, two, name } = await withSecond({ username })
        for (const id of [two.email, username]) {
          assert.deepEqual(await enter(name, id), [200, one.user_id])
          assert.equal((await enter(connection, id))[0], 403)
        }
        const other = await withSecond({ email: two.email }) // the same address in another database: each has its own password
        await other.update({ password: 'Another-Pw-2' })
        assert.deepEqual([await enter(name, two.email), await enter(other.name, two.email, 'Another-Pw-2')], [[200, one.user_id], [200, other.one.user_id]])
        assert.deepEqual([(await enter(name, two.email, 'Another-Pw-2'))[0], (await enter(other.name, two.email))[0]], [403, 403])
      })

      test('unlinking ends the sessions, one of which may have begun with the account', async () => {
        const { one, two, name } = await withSecond(), client = { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }
        const grant = async (body) => (await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...client, ...body }) })).json()
        const { access_token, refresh_token } = await grant({ grant_type: 'http://auth0.com/oauth/grant-type/password-realm', realm: name, username: two.email, password, scope: 'openid offline_access' })
        const who = async () => (await fetch(`${server.auth0.url}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).json()
        assert.equal((await who()).sub, one.user_id)
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        assert.deepEqual([(await who()).sub, (await grant({ grant_type: 'refresh_token', refresh_token })).error], [undefined, 'invalid_grant'])
        assert.deepEqual(await enter(name, two.email), [200, two.user_id])
      })

      test('unlinking an account that nobody signs in by ends no session', async () => {
        const one = await make({ email_verified: true }), two = await users.create({ connection: 'email', email: email() })
        await users.link(one.user_id, { provider: 'email', user_id: two.user_id.slice('email|'.length) })
        const { refresh_token } = (await signIn(one.email)).json
        await users.unlink(one.user_id, 'email', two.user_id.slice('email|'.length))
        assert.equal((await ask('gotrue', ['POST', '/token?grant_type=refresh_token', { refresh_token }])).status, 200)
      })

      test('refused: what a secondary identity cannot change', async () => {
        const { one, name, second, update } = await withSecond(), other = await make({ username: `has_${process.pid}_${n++}`, phone_number: `+4931${process.pid}${n}` }), before = await users.get(one.user_id), profile = await second()
        for (const field of ['name', 'nickname', 'given_name', 'family_name']) await refused(update({ [field]: 'x' }), 400, 'operation_not_supported', `The following user attributes cannot be updated: ${field}. The specified connection belongs to a secondary identity.`)
        await refused(update({ picture: 'https://x.example/p' }), 400, 'operation_not_supported', 'The following user attributes cannot be updated: picture. The specified connection belongs to a secondary identity.')
        await refused(update({ email: other.email }), 400, 'auth0_idp_error', 'The specified new email already exists')
        await refused(update({ username: other.username }), 400, 'auth0_idp_error', 'The specified new username already exists')
        await refused(update({ phone_number: other.phone_number }), 400, 'auth0_idp_error', 'The specified new phone number already exists')
        await refused(update({ password: 'abcdefghi' }), 400, undefined, 'PasswordStrengthError: Password is too weak') // the rules of its own connection
        await refused(update({ password: 'Another-Pw-2', email: email() }), 400, 'invalid_body', 'Cannot update password and email simultaneously')
        await refused(update({ phone_verified: true }), 400, 'operation_not_supported', 'The user does not have a phone number.')
        await refused(users.update(one.user_id, { connection: 'email', email: email() }), 400, 'inexistent_connection')
        assert.deepEqual([await users.get(one.user_id), await second(), name], [before, profile, profile.connection])
        assert.equal((await update({})).updated_at, before.updated_at)
      })

      test('tickets for a secondary identity', async () => {
        const { one, two, name, second } = await withSecond(), identity = { provider: 'auth0', user_id: bare(two.user_id) }
        const open = async (ticket) => fetch(ticket.replace(/#$/, ''), { redirect: 'manual' })
        const verify = await users.verify({ user_id: one.user_id, identity })
        assert.equal((await open(verify)).status, 200)
        assert.deepEqual([(await second()).profileData.email_verified, (await users.get(one.user_id)).email_verified], [true, false])
        assert.equal((await open(verify)).status, 400) // once
        const reset = await users.reset({ user_id: one.user_id, identity }), url = new URL(reset.replace(/#$/, ''))
        const send = (secret) => fetch(`${server.auth0.url}/u/reset-password`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ticket: url.searchParams.get('ticket'), password: secret, password_again: secret }) })
        assert.equal((await send('abcdefghi')).status, 400)
        assert.equal((await send('Another-Pw-3')).status, 200)
        assert.deepEqual([(await enter(name, two.email, 'Another-Pw-3'))[0], (await enter(name, two.email))[0], (await enter(connection, one.email))[0]], [200, 403, 200])
        const stale = await users.verify({ user_id: one.user_id, identity })
        await users.update(one.user_id, { connection: name, email: email() })
        assert.equal((await open(stale)).status, 400) // for the address that it had
        await refused(users.verify({ user_id: one.user_id, identity: { provider: 'auth0', user_id: 'nobody' } }), 400, undefined, 'The user exists, but does not contain the given identity.')
      })

      test('deleting the primary deletes all', async () => {
        const one = await make(), two = await make()
        await link(one, two)
        await users.remove(one.user_id)
        await refused(users.get(two.user_id), 404, 'inexistent_user')
        assert.equal((await make({ email: two.email })).email, two.email)
        assert.deepEqual(await query(server, `SELECT former_id FROM hecate.linked WHERE former_id = '${uuid(two.user_id)}'`), [])
      })

      test('the address became the primary one of the other: unlink leaves it there', async () => {
        const one = await make(), two = await make()
        await link(one, two)
        assert.equal((await users.update(one.user_id, { email: two.email })).email, two.email)
        assert.equal(broken(server), '')
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        const back = await users.get(two.user_id)
        assert.deepEqual([back.email, (await users.get(one.user_id)).email], [two.email, two.email])
        assert.equal((await ask('gotrue', them.gotrue.read(uuid(two.user_id)))).json.email, '')
        assert.equal(broken(server), '')
        await link(one, two)
        await users.unlink(one.user_id, 'auth0', bare(two.user_id))
        assert.equal(broken(server), '')
      })

      test('an identity of GoTrue is unlinked: a user of its own, which can be linked again', async () => {
        const one = await make(), sub = `7${process.pid}${n++}`, address = email()
        const data = JSON.stringify({ sub, email: address, email_verified: true, full_name: 'Ada G' })
        if (store === 'postgres') {
          const { psql } = await import('../lib/pg.mjs')
          psql(server.database, `INSERT INTO auth.identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at) VALUES ('${crypto.randomUUID()}', '${sub}', '${uuid(one.user_id)}', '${data}', 'google', now(), now())`)
        } else {
          const { DatabaseSync } = await import('node:sqlite'), db = new DatabaseSync(`${server.dir}/hecate.db`)
          db.exec(`INSERT INTO auth_identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at) VALUES ('${crypto.randomUUID()}', '${sub}', '${uuid(one.user_id)}', '${data}', 'google', 1, 1)`)
          db.close()
        }
        assert.deepEqual(await users.unlink(one.user_id, 'google-oauth2', sub), [identity(one)])
        const back = await users.get(`google-oauth2|${sub}`)
        assert.deepEqual(back.identities, [{ connection: 'google-oauth2', user_id: sub, provider: 'google-oauth2', isSocial: true }])
        assert.deepEqual([back.email, back.email_verified, back.user_id], [address, true, `google-oauth2|${sub}`])
        const list = await users.link(one.user_id, { provider: 'google-oauth2', user_id: sub })
        assert.deepEqual([list.length, list[1].provider, list[1].user_id, list[1].isSocial], [2, 'google-oauth2', sub, true])
        await refused(users.get(`google-oauth2|${sub}`), 404, 'inexistent_user')
        await refused(users.link((await make()).user_id, { provider: 'google-oauth2', user_id: sub }), 409, 'identity_conflict')
        await users.unlink(one.user_id, 'google-oauth2', sub)
        assert.equal((await users.get(`google-oauth2|${sub}`)).email, address)
        assert.equal(broken(server), '')
      })

      test('search finds linked accounts by their id', async () => {
        const one = await make(), two = await make({ user_id: `find-${process.pid}-${n++}` })
        await link(one, two)
        assert.deepEqual((await users.list(`identities.user_id:"${bare(two.user_id)}"`)).map((u) => u.user_id), [one.user_id])
        assert.ok(!(await users.list('identities.isSocial:true')).some((u) => u.user_id === one.user_id))
      })
    })

// Many at once: one winner, and whole tables.
for (const store of stores)
  describe(`linking: races on ${store}`, () => {
    let server, them
    const wires = []
    before(async () => {
      server = await start({ store, env })
      them = await admins(server)
      for (let i = 0; i < 16; i++) wires.push(them.auth0.wire())
    })
    after(async () => {
      wires.forEach((wire) => wire.close())
      await server.stop()
    })
    const ask = (call) => wires[0].request(...call)
    const make = async () => (await ask(them.auth0.create({ email: email(), password }))).json
    const path = (user, rest = '') => `/api/v2/users/${encodeURIComponent(user.user_id)}${rest}`
    const link = (one, two) => ['POST', path(one, '/identities'), { provider: 'auth0', user_id: two.user_id }]
    const unlink = (one, two) => ['DELETE', path(one, `/identities/auth0/${bare(two.user_id)}`)]
    const run = (calls) => race(calls.map((call, i) => [wires[i], ...call]))
    const statuses = (answers) => answers.map((a) => a.status).sort()
    const there = async (user) => (await ask(['GET', path(user)])).status === 200
    const owners = (user) => query(server, `SELECT user_id FROM auth.identities WHERE provider = 'auth0' AND provider_id = '${user.user_id}'`)

    test('two links of one secondary account', async () => {
      for (let i = 0; i < 15; i++) {
        const two = await make(), many = [await make(), await make(), await make(), await make()]
        const answers = await run(many.map((one) => link(one, two)))
        assert.deepEqual(statuses(answers), [201, 409, 409, 409], answers.map((a) => a.text).join('\n'))
        assert.equal((await owners(two)).length, 1)
      }
      assert.equal(broken(server), '')
    })

    test('two users link each other', async () => {
      for (let i = 0; i < 15; i++) {
        const one = await make(), two = await make()
        const answers = await run([link(one, two), link(two, one)])
        assert.equal(answers.filter((a) => a.status === 201).length, 1, answers.map((a) => a.text).join('\n'))
        assert.ok(answers.every((a) => [201, 404, 409].includes(a.status)), statuses(answers).join())
        assert.deepEqual([await there(one), await there(two)].sort(), [false, true])
      }
      assert.equal(broken(server), '')
    })

    test('link meets delete of either', async () => {
      for (let i = 0; i < 15; i++) {
        const one = await make(), two = await make(), gone = i % 2 ? one : two
        const answers = await run([link(one, two), ['DELETE', path(gone)]])
        assert.equal(answers[1].status, 204)
        assert.ok([201, 400, 404].includes(answers[0].status), answers[0].text)
        assert.equal(await there(gone), false)
        assert.equal((await owners(two)).length, answers[0].status === 201 && gone === two ? 1 : 0)
      }
      assert.equal(broken(server), '')
    })

    test('unlink meets link elsewhere, and unlink', async () => {
      for (let i = 0; i < 15; i++) {
        const one = await make(), two = await make(), three = await make()
        assert.equal((await ask(link(one, two))).status, 201)
        const answers = await run([unlink(one, two), link(three, two), unlink(one, two)])
        assert.equal(answers.filter((a, k) => k !== 1 && a.status === 200).length, 1, answers.map((a) => a.text).join('\n'))
        assert.ok([201, 409].includes(answers[1].status), answers[1].text)
        assert.equal(await there(two), answers[1].status === 409)
        assert.equal((await owners(two)).length, answers[1].status === 409 ? 0 : 1)
      }
      assert.equal(broken(server), '')
    })

    test('link meets a creation with what it keeps', async () => {
      for (let i = 0; i < 15; i++) {
        const one = await make(), two = await make()
        const answers = await run([link(one, two), them.auth0.create({ email: two.email, password }), ['POST', '/api/v2/users', { connection, email: email(), password, user_id: bare(two.user_id) }]])
        assert.deepEqual(answers.map((a) => a.status), [201, 409, 409], answers.map((a) => a.text).join('\n'))
      }
      assert.equal(broken(server), '')
    })
  })
