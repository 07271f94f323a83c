// auth0_connections.test.mjs: connections through the real clients, and users of each kind of them: databases, passwordless e-mail and text messages.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { AuthenticationClient, ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const database = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const unique = () => `${process.pid}${n++}`
const email = () => `conn-${unique()}@example.com`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      make: (body) => data(m.connections.create(body)), get: (id, query = {}) => data(m.connections.get({ id, ...query })), change: (id, body) => data(m.connections.update({ id }, body)),
      drop: (id) => m.connections.delete({ id }), list: (query) => data(m.connections.getAll(query)), dropUser: (id, address) => m.connections.deleteUserByEmail({ id, email: address }),
      clients: async (id) => (await data(m.connections.getEnabledClients({ id }))).clients, setClients: (id, body) => m.connections.updateEnabledClients({ id }, body),
      create: (body) => data(m.users.create(body)), user: (id) => data(m.users.get({ id })), update: (id, body) => data(m.users.update({ id }, body)), remove: (id) => m.users.delete({ id }),
      link: (id, body) => data(m.users.link({ id }, body)), unlink: (id, provider, user_id) => data(m.users.unlink({ id, provider, user_id })),
      search: (q) => data(m.users.getAll({ q })), of: (connection) => data(m.users.getAll({ connection })), byEmail: (address) => data(m.usersByEmail.getByEmail({ email: address })),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return {
      make: (body) => m.connections.create(body, plain), get: (id, query = {}) => m.connections.get(id, query, plain), change: (id, body) => m.connections.update(id, body, plain),
      drop: (id) => m.connections.delete(id, plain), list: async ({ page, per_page, include_totals, ...query }) => (await m.connections.list(query, plain)).data, dropUser: (id, address) => m.connections.users.deleteByEmail(id, { email: address }, plain),
      clients: async (id) => (await m.connections.clients.get(id, {}, plain)).data, setClients: (id, body) => m.connections.clients.update(id, body, plain),
      create: (body) => m.users.create(body, plain), user: (id) => m.users.get(id, {}, plain), update: (id, body) => m.users.update(id, body, plain), remove: (id) => m.users.delete(id, plain),
      link: (id, body) => m.users.identities.link(id, body, plain), unlink: (id, provider, user_id) => m.users.identities.delete(id, provider, user_id, plain),
      search: async (q) => (await m.users.list({ q }, plain)).data, of: async (connection) => (await m.users.list({ connection }, plain)).data, byEmail: (address) => m.users.listUsersByEmail({ email: address }, plain),
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
    describe(`connections: ${version} on ${store}`, () => {
      let server, m, auth
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        const { domain, clientId, clientSecret } = server.auth0
        m = face({ domain, clientId, clientSecret })
        auth = new AuthenticationClient({ domain, clientId, clientSecret })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      const signIn = (username, realm = database, secret = password) => auth.oauth.passwordGrant({ username, password: secret, realm, scope: 'openid' })

      test('three are there from the start', async () => {
        const all = await m.list({})
        assert.deepEqual(all.map((c) => [c.name, c.strategy]), [[database, 'auth0'], ['email', 'email'], ['sms', 'sms']])
        for (const one of all) assert.match(one.id, /^con_[A-Za-z0-9]{16}$/)
        assert.deepEqual([all[0].realms, all[0].enabled_clients, all[0].options.passwordPolicy], [[database], [server.auth0.clientId], 'low'])
      })

      test('one is made, shown, changed and deleted', async () => {
        const name = `db-${unique()}`
        const made = await m.make({ name, strategy: 'auth0', display_name: 'A database', options: { passwordPolicy: 'good', requires_username: true }, enabled_clients: [server.auth0.clientId], metadata: { a: 'b' } })
        assert.deepEqual([made.name, made.strategy, made.display_name, made.options, made.enabled_clients, made.metadata, made.realms, made.is_domain_connection],
          [name, 'auth0', 'A database', { passwordPolicy: 'good', requires_username: true }, [server.auth0.clientId], { a: 'b' }, [name], false])
        assert.deepEqual(await m.get(made.id), made)
        assert.deepEqual(await m.get(made.id, { fields: 'name,id', include_fields: true }), { id: made.id, name })
        const changed = await m.change(made.id, { options: { passwordPolicy: 'none' }, display_name: 'Other' })
        assert.deepEqual(changed, { ...made, options: { passwordPolicy: 'none' }, display_name: 'Other' }) // options come whole
        assert.deepEqual(await m.list({ name }), [changed])
        await m.drop(made.id)
        await m.drop(made.id)
        await refused(m.get(made.id), 404, 'inexistent_connection', 'The connection does not exist')
        await refused(m.change(made.id, { display_name: 'x' }), 404, 'inexistent_connection', 'The connection does not exist')
      })

      test('refused: a taken name, a bad one, an unknown strategy, options that exclude one another, the end of the default one', async () => {
        const name = `db-${unique()}`
        await m.make({ name, strategy: 'auth0' })
        await refused(m.make({ name, strategy: 'auth0' }), 409, 'connection_conflict', 'A connection with the same name already exists')
        for (const bad of ['-a', 'a-', 'a--b', 'a b', 'ä']) await refused(m.make({ name: bad, strategy: 'auth0' }), 400, 'invalid_body')
        await refused(m.make({ name: `x${unique()}`, strategy: 'nothing' }), 400, 'invalid_body', "Payload validation error: 'No enum match for: nothing' on property strategy (Kind of the connection).")
        await refused(m.make({ name: `x${unique()}`, strategy: 'auth0', options: { attributes: {}, requires_username: true } }), 400, 'invalid_body', 'Cannot set both options.attributes and options.requires_username')
        await refused(m.make({ strategy: 'auth0' }), 400, 'invalid_body', "Payload validation error: 'Missing required property: name'.")
        const [{ id }] = await m.list({ name: database })
        await refused(m.drop(id), 400, 'operation_not_supported', `The connection ${database} cannot be deleted.`)
      })

      test('lists: by strategy, by pages', async () => {
        const names = []
        for (let i = 0; i < 3; i++) names.push((await m.make({ name: `social-${unique()}`, strategy: 'github' })).name)
        assert.deepEqual((await m.list({ strategy: ['github'] })).map((c) => c.name), names)
        assert.deepEqual((await m.list({ strategy: ['sms', 'email'] })).map((c) => c.name), ['email', 'sms'])
        if (version === 'auth0 newest') return
        const page = await m.list({ strategy: ['github'], page: 1, per_page: 2, include_totals: true })
        assert.deepEqual([page.start, page.limit, page.total, page.connections.map((c) => c.name)], [2, 2, 3, names.slice(2)])
        const first = await m.list({ strategy: ['github'], take: 2 }), rest = await m.list({ strategy: ['github'], take: 2, from: first.next })
        assert.deepEqual([first.connections, rest.connections].map((list) => list.map((c) => c.name)), [names.slice(0, 2), names.slice(2)])
        assert.equal(rest.next, undefined)
        await refused(m.list({ take: 1, from: 'nonsense' }), 400, 'invalid_paging')
      })

      test('passwordless e-mail: an id of its own kind, no password', async () => {
        const address = email(), made = await m.create({ connection: 'email', email: address.toUpperCase(), email_verified: true, user_metadata: { a: 1 } })
        assert.match(made.user_id, /^email\|[0-9a-f]{24}$/)
        assert.deepEqual(made.identities, [{ connection: 'email', user_id: made.user_id.slice(6), provider: 'email', isSocial: false }])
        assert.deepEqual([made.email, made.email_verified, made.name], [address, true, address])
        assert.deepEqual(await m.user(made.user_id), made)
        await refused(m.create({ connection: 'email', email: address }), 409, 'auth0_idp_error', 'The user already exists.')
        await refused(m.create({ connection: 'email', email: email(), password }), 400, 'invalid_body', "Payload validation error: 'Additional properties not allowed: password'.")
        await refused(m.create({ connection: 'email', phone_number: '+4930123' }), 400, 'invalid_body', "Payload validation error: 'Missing required property: email'.")
        await refused(m.update(made.user_id, { password }), 400, 'operation_not_supported', 'Connection is not supported for this operation.')
        await refused(m.update(made.user_id, { username: 'someone' }), 400, 'operation_not_supported', 'Connection is not supported for this operation.')
        const moved = email(), now = await m.update(made.user_id, { email: moved, email_verified: true, user_metadata: { b: 2 } })
        assert.deepEqual([now.email, now.email_verified, now.user_metadata], [moved, true, { a: 1, b: 2 }])
        await assert.rejects(signIn(moved), (e) => e.statusCode === 403)
      })

      test('text messages: a number, and a chosen id', async () => {
        const phone = `+4930${unique()}`, made = await m.create({ connection: 'sms', phone_number: phone, phone_verified: true, user_id: `own-${unique()}` })
        assert.deepEqual([made.user_id.split('|')[0], made.phone_number, made.phone_verified, made.name, made.email], ['sms', phone, true, phone, undefined])
        assert.deepEqual(await m.user(made.user_id), made)
        await refused(m.create({ connection: 'sms', phone_number: phone }), 409, 'auth0_idp_error', 'The user already exists.')
        await refused(m.create({ connection: 'sms', email: email() }), 400, 'invalid_body', "Payload validation error: 'Missing required property: phone_number'.")
        await refused(m.update(made.user_id, { email_verified: true }), 400, 'operation_not_supported', 'The user does not have an email address.')
        assert.deepEqual((await m.update(made.user_id, { phone_verified: false })).phone_verified, false)
      })

      test('one address in two connections: two users, whoever is first', async () => {
        for (const order of [['email', database], [database, 'email']]) {
          const address = email(), made = {}
          for (const connection of order) made[connection] = await m.create({ connection, email: address, email_verified: connection === 'email', ...(connection === database ? { password } : {}) })
          assert.notEqual(made.email.user_id, made[database].user_id)
          for (const one of Object.values(made)) assert.deepEqual([(await m.user(one.user_id)).email, one.email], [address, address])
          assert.deepEqual((await m.byEmail(address)).map((u) => u.user_id).sort(), [made.email.user_id, made[database].user_id].sort())
          assert.equal((await signIn(address)).status, 200) // the one with the password
          for (const connection of order) await refused(m.create({ connection, email: address, ...(connection === database ? { password } : {}) }), 409, 'auth0_idp_error', 'The user already exists.')
          assert.equal((await m.update(made[order[1]].user_id, { email_verified: true })).email_verified, true)
          assert.equal((await m.user(made[order[0]].user_id)).email_verified, order[0] === 'email')
          const list = await m.link(made[database].user_id, { provider: 'email', user_id: made.email.user_id })
          assert.deepEqual(list.map((i) => [i.provider, i.connection]), [['auth0', database], ['email', 'email']])
          assert.equal(list[1].profileData.email, address)
          await refused(m.user(made.email.user_id), 404, 'inexistent_user')
          assert.equal((await m.unlink(made[database].user_id, 'email', made.email.user_id.slice(6))).length, 1)
          const back = await m.user(made.email.user_id)
          assert.deepEqual([back.email, back.identities[0].connection], [address, 'email'])
          assert.equal((await signIn(address)).status, 200)
        }
      })

      test('a database of its own: users, passwords by its rules, sign-in by its realm', async () => {
        const name = `db-${unique()}`, made = await m.make({ name, strategy: 'auth0', options: { passwordPolicy: 'good', password_complexity_options: { min_length: 10 } } }), address = email()
        await refused(m.create({ connection: name, email: address, password: 'Secret-pw' }), 400, undefined, 'PasswordStrengthError: Password is too weak')
        await refused(m.create({ connection: name, email: address, password: 'secretpasswords' }), 400, undefined, 'PasswordStrengthError: Password is too weak')
        await refused(m.create({ connection: name, username: 'someone', password }), 400, 'invalid_body', 'Cannot set username for connection without requires_username.')
        const one = await m.create({ connection: name, email: address, password }), other = await m.create({ connection: database, email: address, password: 'Other-pw-22' })
        assert.deepEqual([one.user_id.slice(0, 6), one.identities[0].connection], ['auth0|', name])
        assert.equal((await signIn(address, name)).status, 200)
        assert.equal((await signIn(address, database, 'Other-pw-22')).status, 200)
        await assert.rejects(signIn(address, name, 'Other-pw-22'), (e) => e.statusCode === 403)
        await assert.rejects(signIn(address, 'nowhere'), (e) => e.statusCode === 403 || e.statusCode === 400)
        await refused(m.update(one.user_id, { password: 'weak' }), 400, undefined, 'PasswordStrengthError: Password is too weak')
        assert.deepEqual((await m.search(`identities.connection:"${name}"`)).map((u) => u.user_id), [one.user_id])
        assert.deepEqual((await m.of(name)).map((u) => u.user_id), [one.user_id])
        assert.ok((await m.of(database)).some((u) => u.user_id === other.user_id) && !(await m.of(database)).some((u) => u.user_id === one.user_id))
        await m.change(made.id, { enabled_clients: [] })
        await refused(m.create({ connection: name, email: email(), password }), 400, 'invalid_body', 'Connection is disabled.')
        await refused(m.update(one.user_id, { email: email() }), 400, 'operation_not_supported', 'Cannot change email or password for users in a disabled connection.')
        await m.drop(made.id)
        await refused(m.user(one.user_id), 404, 'inexistent_user')
        assert.equal((await m.user(other.user_id)).email, address)
        await refused(m.create({ connection: name, email: email(), password }), 400, 'inexistent_connection', 'The connection does not exist.')
      })

      test('a user of a connection is deleted by e-mail', async () => {
        const [{ id }] = await m.list({ name: 'email' }), address = email()
        const one = await m.create({ connection: 'email', email: address }), other = await m.create({ connection: database, email: address, password })
        await m.dropUser(id, address)
        await refused(m.user(one.user_id), 404, 'inexistent_user')
        assert.equal((await m.user(other.user_id)).email, address)
        await m.dropUser(id, address)
        await refused(m.dropUser('con_0000000000000000', address), 404, 'inexistent_connection', 'The connection does not exist')
      })

      test('no users through the API: connections of other parties', async () => {
        const { name } = await m.make({ name: `gh-${unique()}`, strategy: 'github' })
        await refused(m.create({ connection: name, email: email() }), 400, 'invalid_body', 'Connection does not support user creation through the API. It must either be a database or passwordless connection.')
      })

      test('search by kind', async () => {
        const one = await m.create({ connection: 'email', email: email() }), two = await m.create({ connection: 'sms', phone_number: `+4931${unique()}` }), three = await m.create({ connection: database, email: email(), password })
        const has = async (q, u) => (await m.search(`(${q}) AND user_id:"${u.user_id}"`)).length === 1
        for (const [q, want] of [['identities.provider:email', [true, false, false]], ['identities.provider:sms', [false, true, false]], ['identities.provider:auth0', [false, false, true]], ['identities.connection:email', [true, false, false]], [`identities.connection:"${database}"`, [false, false, true]]])
          assert.deepEqual([await has(q, one), await has(q, two), await has(q, three)], want, q)
      })

      test('clients of a connection', async () => {
        const { id } = await m.make({ name: `db-${unique()}`, strategy: 'auth0' })
        assert.deepEqual(await m.clients(id), [{ client_id: server.auth0.clientId }])
        await m.setClients(id, [{ client_id: 'other', status: true }, { client_id: server.auth0.clientId, status: false }])
        assert.deepEqual(await m.clients(id), [{ client_id: 'other' }])
        assert.deepEqual((await m.get(id)).enabled_clients, ['other'])
        await refused(m.setClients('con_0000000000000000', [{ client_id: 'a', status: true }]), 404, 'inexistent_connection', 'The connection does not exist')
      })
    })
