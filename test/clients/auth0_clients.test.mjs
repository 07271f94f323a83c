// auth0_clients.test.mjs: programs that ask the token endpoint, through the real clients: made, changed, their secrets, keys and grants; what each may ask for.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { AuthenticationClient, ManagementClient as Four } from 'auth0-4'
import { SignJWT, decodeJwt, decodeProtectedHeader, importPKCS8 } from 'jose'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const connection = 'Username-Password-Authentication', password = 'Secret-pw-1', realmGrant = 'http://auth0.com/oauth/grant-type/password-realm'
let n = 0
const unique = () => `${process.pid}-${n++}`
const pair = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })

const key = pair(), other = pair(), small = pair(1024)

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } }), data = async (promise) => (await promise).data
    return {
      m, create: (body) => data(m.clients.create(body)), get: (id, q) => data(m.clients.get({ client_id: id, ...q })), update: (id, body) => data(m.clients.update({ client_id: id }, body)),
      rotate: (id) => data(m.clients.rotateClientSecret({ client_id: id })), remove: (id) => m.clients.delete({ client_id: id }), list: async (q) => (await data(m.clients.getAll({ include_totals: true, ...q }))).clients,
      keys: (id) => data(m.clients.getCredentials({ client_id: id })), key: (id, key) => data(m.clients.getCredential({ client_id: id, credential_id: key })), addKey: (id, body) => data(m.clients.createCredential({ client_id: id }, body)),
      setKey: (id, key, body) => data(m.clients.updateCredential({ client_id: id, credential_id: key }, body)), dropKey: (id, key) => m.clients.deleteCredential({ client_id: id, credential_id: key }),
      grant: (body) => data(m.clientGrants.create(body)), grants: async (q) => (await data(m.clientGrants.getAll({ include_totals: true, ...q }))).client_grants, setGrant: (id, body) => data(m.clientGrants.update({ id }, body)), dropGrant: (id) => m.clientGrants.delete({ id }),
      server: (body) => data(m.resourceServers.create(body)), dropServer: (id) => m.resourceServers.delete({ id }), user: (body) => data(m.users.create(body)), sessions: async (id) => (await data(m.users.getSessions({ user_id: id }))).sessions,
      tokens: async (id) => (await data(m.users.getRefreshTokens({ user_id: id }))).tokens, permit: (id, permissions) => m.users.assignPermissions({ id }, { permissions }), organization: (name) => data(m.organizations.create({ name })), join: (id, users) => m.organizations.addMembers({ id }, { members: users }),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return {
      m, create: (body) => m.clients.create(body, plain), get: (id, q) => m.clients.get(id, q ?? {}, plain), update: (id, body) => m.clients.update(id, body, plain), rotate: (id) => m.clients.rotateSecret(id, plain), remove: (id) => m.clients.delete(id, plain),
      list: async (q) => (await m.clients.list(q ?? {}, plain)).data, keys: (id) => m.clients.credentials.list(id, plain), key: (id, key) => m.clients.credentials.get(id, key, plain), addKey: (id, body) => m.clients.credentials.create(id, body, plain),
      setKey: (id, key, body) => m.clients.credentials.update(id, key, body, plain), dropKey: (id, key) => m.clients.credentials.delete(id, key, plain), grant: (body) => m.clientGrants.create(body, plain), grants: async (q) => (await m.clientGrants.list(q ?? {}, plain)).data,
      setGrant: (id, body) => m.clientGrants.update(id, body, plain), dropGrant: (id) => m.clientGrants.delete(id, plain), server: (body) => m.resourceServers.create(body, plain), dropServer: (id) => m.resourceServers.delete(id, plain), user: (body) => m.users.create(body, plain),
      sessions: async (id) => (await m.users.sessions.list(id, {}, plain)).data, tokens: async (id) => (await m.users.refreshToken.list(id, {}, plain)).data, permit: (id, permissions) => m.users.permissions.create(id, { permissions }, plain), organization: (name) => m.organizations.create({ name }, plain), join: (id, users) => m.organizations.members.create(id, { members: users }, plain),
    }
  },
}

async function refused(promise, status, code, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body.errorCode], [status, code], JSON.stringify(body))
  if (message) assert.equal(body.message, message)
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`clients: ${version} on ${store}`, () => {
      let server, c, management
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        c = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        management = `${server.auth0.url}/api/v2/`
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      // POST /oauth/token as the client itself; [status, body].
      const ask = async (path, body, headers = {}) => {
        const answer = await fetch(server.auth0.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
        const text = await answer.text()
        return [answer.status, text === '' ? undefined : JSON.parse(text)]
      }
      const token = (client, body) => ask('/oauth/token', { client_id: client.client_id, client_secret: client.client_secret, ...body })
      const good = async (...args) => {
        const [status, body] = await token(...args)
        assert.equal(status, 200, JSON.stringify(body))
        return body
      }
      const says = async (answer, status, error, description) => assert.deepEqual(await answer, [status, { error, error_description: description }])
      const api = async (scopes = ['read:x', 'write:x'], more = {}) => c.server({ identifier: `https://api.example/${unique()}`, name: 'API', scopes: scopes.map((value) => ({ value })), ...more })
      const user = (more = {}) => c.user({ connection, email: `client-${unique()}@example.com`, password, ...more })

      test('a client is made, shown, changed and deleted', async () => {
        const made = await c.create({ name: 'Shop', description: 'sells', app_type: 'regular_web', callbacks: ['https://shop.example/cb'], client_metadata: { a: 'b' } })
        assert.match(made.client_id, /^[A-Za-z0-9]{32}$/)
        assert.match(made.client_secret, /^[A-Za-z0-9]{64}$/)
        assert.deepEqual([made.name, made.app_type, made.callbacks, made.is_first_party, made.token_endpoint_auth_method, made.jwt_configuration.alg, made.jwt_configuration.lifetime_in_seconds, made.client_metadata],
          ['Shop', 'regular_web', ['https://shop.example/cb'], true, 'client_secret_post', 'RS256', 36000, { a: 'b' }])
        assert.deepEqual(made.grant_types, ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'])
        assert.deepEqual(await c.get(made.client_id), made)
        assert.deepEqual(await c.get(made.client_id, { fields: 'name,client_id' }), { name: 'Shop', client_id: made.client_id })
        const changed = await c.update(made.client_id, { name: 'Store', description: null, grant_types: ['client_credentials'], client_metadata: { c: 'd' } })
        assert.deepEqual([changed.name, changed.description, changed.grant_types, changed.client_metadata, changed.client_secret], ['Store', undefined, ['client_credentials'], { c: 'd' }, made.client_secret])
        assert.deepEqual(await c.get(made.client_id), changed)
        await c.remove(made.client_id)
        await c.remove(made.client_id)
        await refused(c.get(made.client_id), 404, 'inexistent_client', 'The client does not exist')
        await refused(c.update(made.client_id, { name: 'x' }), 404, 'inexistent_client')
        await refused(c.rotate(made.client_id), 404, 'inexistent_client')
      })

      test('what follows from the kind of program', async () => {
        for (const [app_type, method, grants] of [['spa', 'none', 3], ['native', 'none', 3], ['non_interactive', 'client_secret_post', 1], [undefined, 'client_secret_post', 4]]) {
          const made = await c.create({ name: 'Kind', ...(app_type ? { app_type } : {}) })
          assert.deepEqual([made.app_type, made.token_endpoint_auth_method, made.grant_types.length], [app_type, method, grants])
          await c.remove(made.client_id)
        }
      })

      test('refused: bodies', async () => {
        for (const [body, message] of [
          [{}, "'Missing required property: name'."], [{ name: '' }, "'String is too short (0 chars), minimum 1' on property name (Name of this client)."], [{ name: 'x', app_type: 'toy' }, "'No enum match for: toy' on property app_type (The type of application this client represents)."],
          [{ name: 'x', grant_types: ['magic'] }, "'No enum match for: magic' on property grant_types[0]."], [{ name: 'x', colour: 'red' }, "'Additional properties not allowed: colour'."], [{ name: 'x', jwt_configuration: { alg: 'none' } }, "'No enum match for: none' on property jwt_configuration.alg."],
          [{ name: 'x', callbacks: 'https://x' }, "'Expected type array but found type string' on property callbacks (Comma-separated list of URLs)."], [{ name: 'x', is_first_party: 1 }, "'Expected type boolean but found type integer' on property is_first_party (Whether this client a first party client)."],
        ])
          await refused(c.create(body), 400, 'invalid_body', `Payload validation error: ${message}`)
        await refused(c.create({ name: 'x', token_endpoint_auth_method: 'none', client_authentication_methods: { private_key_jwt: { credentials: [] } } }), 400, 'invalid_body')
        await refused(c.create({ name: 'x', client_metadata: { a: 'x'.repeat(70000) } }), 400, 'invalid_body')
      })

      test('the client of the settings is listed, and stays', async () => {
        const own = server.auth0.clientId, seen = await c.get(own)
        assert.deepEqual([seen.client_id, seen.app_type, seen.client_secret], [own, 'non_interactive', undefined])
        for (const change of [() => c.update(own, { name: 'x' }), () => c.remove(own), () => c.rotate(own)]) await refused(change(), 400, 'operation_not_supported', "The client of the server's settings stays as it is.")
      })

      test('lists: pages, kinds', async () => {
        const made = []
        for (let i = 0; i < 3; i++) made.push(await c.create({ name: `List ${i}`, app_type: i === 2 ? 'spa' : 'native', is_first_party: i > 0 }))
        const ids = async (q) => (await c.list(q)).map((one) => one.client_id)
        const all = await ids({ per_page: 100 })
        assert.equal(all[0], server.auth0.clientId)
        for (const one of made) assert.equal(all.filter((id) => id === one.client_id).length, 1)
        const pages = []
        for (let page = 0; page * 2 < all.length; page++) pages.push(...await ids({ page, per_page: 2 }))
        assert.deepEqual(pages, all)
        assert.deepEqual(await ids({ app_type: 'spa' }), [made[2].client_id])
        assert.ok((await ids({ app_type: 'spa,non_interactive' })).includes(server.auth0.clientId))
        assert.deepEqual(await ids({ is_first_party: false }), [made[0].client_id])
        assert.deepEqual(await ids({ is_global: true }), [])
        assert.deepEqual(Object.keys((await c.list({ fields: 'client_id' }))[0]), ['client_id'])
        for (const one of made) await c.remove(one.client_id)
      })

      test('client credentials by a grant, within its scopes', async () => {
        const client = await c.create({ name: 'Machine', app_type: 'non_interactive' }), one = await api(), credentials = { grant_type: 'client_credentials', audience: one.identifier }
        const missing = `Client is not authorized to access "${one.identifier}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`
        await says(token(client, credentials), 403, 'access_denied', missing)
        const grant = await c.grant({ client_id: client.client_id, audience: one.identifier, scope: ['read:x'] })
        assert.match(grant.id, /^cgr_[A-Za-z0-9]{16}$/)
        assert.deepEqual(grant, { id: grant.id, client_id: client.client_id, audience: one.identifier, scope: ['read:x'] })
        const answer = await good(client, credentials), claims = decodeJwt(answer.access_token)
        assert.deepEqual([answer.scope, answer.expires_in, claims.sub, claims.azp, claims.aud, claims.scope, claims.gty], ['read:x', 86400, `${client.client_id}@clients`, client.client_id, one.identifier, 'read:x', 'client-credentials'])
        await says(token(client, { ...credentials, scope: 'write:x' }), 403, 'access_denied', 'Client has not been granted scopes: write:x')
        assert.deepEqual((await c.setGrant(grant.id, { scope: ['read:x', 'write:x'] })).scope, ['read:x', 'write:x'])
        assert.equal((await good(client, { ...credentials, scope: 'write:x' })).scope, 'write:x')
        await refused(c.grant({ client_id: client.client_id, audience: one.identifier, scope: [] }), 409, 'client_grant_conflict')
        await refused(c.grant({ client_id: 'nobody', audience: one.identifier, scope: [] }), 404, 'inexistent_client')
        await refused(c.grant({ client_id: client.client_id, audience: 'https://nowhere', scope: [] }), 404, 'inexistent_resource_server')
        await refused(c.setGrant(grant.id, { scope: ['fly:x'] }), 400, 'invalid_body')
        await refused(c.setGrant('cgr_aaaaaaaaaaaaaaaa', { scope: [] }), 404, 'inexistent_client_grant')
        assert.deepEqual(await c.grants({ client_id: client.client_id }), [{ ...grant, scope: ['read:x', 'write:x'] }])
        assert.deepEqual((await c.grants({ audience: one.identifier })).map((g) => g.id), [grant.id])
        await c.dropGrant(grant.id)
        await c.dropGrant(grant.id)
        await says(token(client, credentials), 403, 'access_denied', missing)
        await c.remove(client.client_id)
        await says(token(client, credentials), 401, 'access_denied', 'Unauthorized')
      })

      test('a grant at the Management API: its token does what its scopes say, until the client is gone', async () => {
        const client = await c.create({ name: 'Reader', app_type: 'non_interactive' }), credentials = { grant_type: 'client_credentials', audience: management }
        await c.grant({ client_id: client.client_id, audience: management, scope: ['read:users', 'read:clients', 'read:client_summary'] })
        const { access_token } = await good(client, credentials), get = (path, bearer = access_token) => fetch(management + path, { headers: { authorization: `Bearer ${bearer}` } })
        assert.equal((await get('users')).status, 200)
        assert.equal((await get('roles')).status, 403)
        const seen = await (await get(`clients/${client.client_id}`)).json()
        assert.deepEqual([seen.name, seen.client_secret, seen.grant_types], ['Reader', undefined, ['client_credentials']])
        const few = (await good(client, { ...credentials, scope: 'read:client_summary' })).access_token
        assert.deepEqual(await (await get(`clients/${client.client_id}`, few)).json(), { name: 'Reader', client_id: client.client_id, app_type: 'non_interactive' })
        await c.remove(client.client_id)
        assert.equal((await get('users')).status, 401)
        assert.deepEqual(await c.grants({ client_id: client.client_id }), [])
      })

      test('a grant goes with its API', async () => {
        const client = await c.create({ name: 'x', app_type: 'non_interactive' }), one = await api()
        await c.grant({ client_id: client.client_id, audience: one.identifier, scope: [] })
        await c.dropServer(one.id)
        assert.deepEqual(await c.grants({ client_id: client.client_id }), [])
        await says(token(client, { grant_type: 'client_credentials', audience: one.identifier }), 403, 'access_denied', `Service not found: ${one.identifier}`)
      })

      test('a secret is rotated: the old one is over', async () => {
        const client = await c.create({ name: 'Turn', app_type: 'non_interactive' }), one = await api()
        await c.grant({ client_id: client.client_id, audience: one.identifier, scope: ['read:x'] })
        const next = await c.rotate(client.client_id), credentials = { grant_type: 'client_credentials', audience: one.identifier }
        assert.notEqual(next.client_secret, client.client_secret)
        await says(token(client, credentials), 401, 'access_denied', 'Unauthorized')
        await good(next, credentials)
        const [status] = await ask('/oauth/token', credentials, { authorization: `Basic ${Buffer.from(`${client.client_id}:${next.client_secret}`).toString('base64')}` })
        assert.equal(status, 200)
        assert.ok(!server.log().includes(next.client_secret))
      })

      test('who it is: secrets, kinds of grants, public clients', async () => {
        const u = await user(), web = await c.create({ name: 'Web', grant_types: ['password', 'refresh_token'] }), app = await c.create({ name: 'App', app_type: 'native', grant_types: ['password', realmGrant, 'refresh_token', 'client_credentials'] })
        const login = { grant_type: 'password', username: u.email, password, scope: 'openid offline_access' }
        for (const secret of [undefined, '', 'x', app.client_secret]) await says(token({ ...web, client_secret: secret }, login), 401, 'access_denied', 'Unauthorized')
        await says(token(web, { ...login, grant_type: realmGrant, realm: connection }), 403, 'unauthorized_client', `Grant type '${realmGrant}' not allowed for the client.`)
        await says(token(web, { grant_type: 'client_credentials', audience: management }), 403, 'unauthorized_client', "Grant type 'client_credentials' not allowed for the client.")
        const open = { client_id: app.client_id }, tokens = await good(open, login)
        await good(open, { ...login, grant_type: realmGrant, realm: connection })
        await says(token(open, { grant_type: 'client_credentials', audience: management }), 401, 'access_denied', 'Unauthorized')
        assert.deepEqual([decodeJwt(tokens.id_token).aud, decodeJwt(tokens.access_token).azp], [app.client_id, app.client_id])
        await says(token(web, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }), 403, 'invalid_grant', 'Unknown or invalid refresh token.')
        const turned = await good(open, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
        assert.deepEqual((await c.sessions(u.user_id)).map((s) => s.clients), [[{ client_id: app.client_id }], [{ client_id: app.client_id }]])
        assert.equal((await c.tokens(u.user_id))[0].client_id, app.client_id)
        assert.deepEqual(await ask('/oauth/revoke', { client_id: web.client_id, client_secret: web.client_secret, token: turned.refresh_token }), [200, undefined]) // another's token is none
        await good(open, { grant_type: 'refresh_token', refresh_token: turned.refresh_token })
      })

      test('a refresh token says what it is for', async () => {
        const u = await user(), one = await api(), client = await c.create({ name: 'For', grant_types: ['password'] })
        await good(client, { grant_type: 'password', username: u.email, password, scope: 'read:x offline_access', audience: one.identifier })
        assert.deepEqual((await c.tokens(u.user_id)).map((t) => [t.client_id, t.resource_servers]), [[client.client_id, [{ audience: one.identifier, scopes: 'read:x offline_access' }]]])
      })

      test('ID tokens: HS256 by the secret, and their life', async () => {
        const u = await user(), client = await c.create({ name: 'HS', grant_types: ['password'], jwt_configuration: { alg: 'HS256', lifetime_in_seconds: 600 } })
        const { id_token } = await good(client, { grant_type: 'password', username: u.email, password, scope: 'openid' }), [head, body, mac] = id_token.split('.')
        assert.deepEqual([decodeProtectedHeader(id_token).alg, decodeJwt(id_token).exp - decodeJwt(id_token).iat, mac], ['HS256', 600, createHmac('sha256', client.client_secret).update(`${head}.${body}`).digest('base64url')])
        const auth = new AuthenticationClient({ domain: server.auth0.domain, clientId: client.client_id, clientSecret: client.client_secret, idTokenSigningAlg: 'HS256' })
        assert.equal((await auth.oauth.passwordGrant({ username: u.email, password, scope: 'openid' })).status, 200)
      })

      test('keys in the place of a secret', async () => {
        const one = await api(), audience = one.identifier, domain = server.auth0.domain
        const client = await c.create({ name: 'Signs', app_type: 'non_interactive', client_authentication_methods: { private_key_jwt: { credentials: [{ credential_type: 'public_key', name: 'first', pem: key.publicKey }] } } })
        await c.grant({ client_id: client.client_id, audience, scope: ['read:x'] })
        assert.equal(client.token_endpoint_auth_method, undefined)
        const [stored] = await c.keys(client.client_id)
        assert.deepEqual([stored.name, stored.alg, client.client_authentication_methods.private_key_jwt.credentials], ['first', 'RS256', [{ id: stored.id }]])
        assert.match(stored.id, /^cred_[A-Za-z0-9]{16}$/)
        const by = (privateKey, alg) => new AuthenticationClient({ domain, clientId: client.client_id, clientAssertionSigningKey: privateKey, ...(alg ? { clientAssertionSigningAlg: alg } : {}) }).oauth.clientCredentialsGrant({ audience })
        assert.equal((await by(key.privateKey)).data.scope, 'read:x')
        await assert.rejects(by(other.privateKey), (e) => e.statusCode === 401)
        await says(token(client, { grant_type: 'client_credentials', audience }), 401, 'access_denied', 'Unauthorized')
        for (const alg of ['RS384', 'PS256']) {
          const added = await c.addKey(client.client_id, { credential_type: 'public_key', pem: other.publicKey, alg })
          await assert.rejects(by(other.privateKey, alg), (e) => e.statusCode === 401) // not named yet
          await c.update(client.client_id, { client_authentication_methods: { private_key_jwt: { credentials: [{ id: stored.id }, { id: added.id }] } } })
          assert.equal((await by(other.privateKey, alg)).status, 200)
          await assert.rejects(by(other.privateKey, 'RS256'), (e) => e.statusCode === 401)
          assert.equal((await c.setKey(client.client_id, added.id, { expires_at: '2020-01-01T00:00:00.000Z' })).expires_at, '2020-01-01T00:00:00.000Z')
          await assert.rejects(by(other.privateKey, alg), (e) => e.statusCode === 401)
          await c.dropKey(client.client_id, added.id)
          await refused(c.key(client.client_id, added.id), 404, 'inexistent_credential')
        }
        assert.deepEqual(await c.key(client.client_id, stored.id), stored)
        await refused(c.rotate(client.client_id), 400, 'operation_not_supported')
        await refused(c.addKey(client.client_id, { credential_type: 'public_key', pem: small.publicKey }), 400, 'invalid_body')
        await refused(c.addKey(client.client_id, { credential_type: 'public_key', pem: key.privateKey }), 400, 'invalid_body')
        await refused(c.update(client.client_id, { client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'cred_aaaaaaaaaaaaaaaa' }] } } }), 400, 'invalid_body')
      })

      test('assertions: each claim counts, and each is good once', async () => {
        const one = await api(), issuer = `${server.auth0.url}/`, signer = await importPKCS8(key.privateKey, 'RS256'), now = Math.floor(Date.now() / 1000)
        const client = await c.create({ name: 'Signs', app_type: 'non_interactive', client_authentication_methods: { private_key_jwt: { credentials: [{ credential_type: 'public_key', pem: key.publicKey }] } } }), id = client.client_id
        await c.grant({ client_id: id, audience: one.identifier, scope: [] })
        const assertion = (claims = {}) => new SignJWT({ iss: id, sub: id, aud: issuer, jti: unique(), iat: now, exp: now + 120, ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(signer)
        const send = async (text, more = {}) => (await ask('/oauth/token', { grant_type: 'client_credentials', audience: one.identifier, client_id: id, client_assertion: text, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', ...more }))[0]
        const once = await assertion()
        assert.equal(await send(once), 200)
        assert.equal(await send(once), 401)
        const twice = await assertion()
        assert.deepEqual((await Promise.all([send(twice), send(twice), send(twice)])).sort(), [200, 401, 401])
        assert.equal(await send(await assertion({ aud: [issuer] })), 200)
        for (const claims of [{ iss: 'x' }, { sub: 'x' }, { aud: 'https://elsewhere/' }, { exp: now - 1 }, { exp: now + 3600 }, { exp: undefined }, { jti: undefined }, { jti: 'x'.repeat(65) }]) assert.equal(await send(await assertion(claims)), 401, JSON.stringify(claims))
        for (const text of ['x', 'a.b.c', `${once}x`, '']) assert.equal(await send(text), 401)
        assert.equal(await send(await assertion(), { client_assertion_type: 'x' }), 400)
        assert.equal(await send(await assertion(), { client_id: server.auth0.clientId }), 401)
      })

      test('permissions: an API that enforces them gives no more', async () => {
        const u = await user(), one = await api(['read:x', 'write:x'], { enforce_policies: true, token_dialect: 'access_token_authz' }), client = await c.create({ name: 'R', grant_types: ['password', 'refresh_token'] })
        const login = { grant_type: 'password', username: u.email, password, audience: one.identifier, scope: 'openid read:x write:x offline_access' }
        const none = await good(client, login)
        assert.deepEqual([none.scope, decodeJwt(none.access_token).permissions], ['openid offline_access', []])
        await c.permit(u.user_id, [{ resource_server_identifier: one.identifier, permission_name: 'read:x' }])
        const some = await good(client, login)
        assert.deepEqual([some.scope, decodeJwt(some.access_token).permissions], ['openid read:x offline_access', ['read:x']])
        assert.equal((await good(client, { grant_type: 'refresh_token', refresh_token: none.refresh_token })).scope, 'openid read:x offline_access') // a refresh looks again
      })

      test('organizations: of a user, of a machine', async () => {
        const u = await user(), org = await c.organization(`org-${unique()}`), away = await c.organization(`org-${unique()}`), one = await api()
        await c.join(org.id, [u.user_id])
        const client = await c.create({ name: 'Org', grant_types: ['password', 'refresh_token', 'client_credentials'], organization_usage: 'allow' }), login = { grant_type: 'password', username: u.email, password, scope: 'openid offline_access' }
        const tokens = await good(client, { ...login, organization: org.id })
        assert.deepEqual([decodeJwt(tokens.id_token).org_id, decodeJwt(tokens.access_token).org_id], [org.id, org.id])
        assert.equal(decodeJwt((await good(client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).id_token).org_id, org.id)
        assert.equal(decodeJwt((await good(client, login)).id_token).org_id, undefined)
        const before = (await c.sessions(u.user_id)).length
        await says(token(client, { ...login, organization: away.id }), 403, 'access_denied', `user is not part of the ${away.id} organization`)
        assert.equal((await c.sessions(u.user_id)).length, before)
        const bearer = (await good({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }, { grant_type: 'client_credentials', audience: management })).access_token
        const leave = async (id, member) => assert.ok((await fetch(`${management}organizations/${id}${member ? '/members' : ''}`, { method: 'DELETE', headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, body: member && JSON.stringify({ members: [member] }) })).ok)
        await c.join(away.id, [u.user_id])
        for (const [place, member] of [[away, u.user_id], [away, undefined]]) { // who leaves it, and when it is gone
          const left = (await good(client, { ...login, organization: place.id })).refresh_token
          await leave(place.id, member)
          await says(token(client, { grant_type: 'refresh_token', refresh_token: left }), 403, 'access_denied', `user is not part of the ${place.id} organization`)
          await says(token(client, { grant_type: 'refresh_token', refresh_token: left }), 403, 'invalid_grant', 'Unknown or invalid refresh token.')
          if (member) await c.join(place.id, [member])
        }
        await says(token(client, { ...login, organization: 'org_nowhere' }), 400, 'invalid_request', 'parameter organization is invalid')
        await c.update(client.client_id, { organization_usage: 'require' })
        await says(token(client, login), 400, 'invalid_request', 'parameter organization is required for this client')
        await c.update(client.client_id, { organization_usage: 'deny' })
        await says(token(client, { ...login, organization: org.id }), 400, 'invalid_request', 'parameter organization is not allowed for this client')
        const credentials = { grant_type: 'client_credentials', audience: one.identifier, organization: org.id }, grant = await c.grant({ client_id: client.client_id, audience: one.identifier, scope: ['read:x'] })
        await says(token(client, credentials), 403, 'access_denied', 'The client grant is not for this organization.')
        assert.deepEqual(await c.setGrant(grant.id, { organization_usage: 'allow', allow_any_organization: true }), { ...grant, organization_usage: 'allow', allow_any_organization: true })
        assert.equal(decodeJwt((await good(client, credentials)).access_token).org_id, org.id)
        assert.equal(decodeJwt((await good(client, { ...credentials, organization: undefined })).access_token).org_id, undefined)
      })

      test('a connection is open to the clients that it names', async () => {
        const u = await user(), client = await c.create({ name: 'Out', grant_types: ['password'] }), login = { grant_type: 'password', username: u.email, password }
        await good(client, login)
        const listed = async () => (await (await fetch(`${management}connections/con_sSHimetotxjkm4lf/clients`, { headers: { authorization: `Bearer ${bearer}` } })).json()).clients.map((one) => one.client_id)
        const set = (ids) => fetch(`${management}connections/con_sSHimetotxjkm4lf`, { method: 'PATCH', headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, body: JSON.stringify({ enabled_clients: ids }) })
        const bearer = (await good({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }, { grant_type: 'client_credentials', audience: management })).access_token
        const all = await listed()
        assert.ok([server.auth0.clientId, client.client_id].every((id) => all.includes(id))) // everybody's, as long as nobody says
        await set([server.auth0.clientId])
        await says(token(client, login), 403, 'unauthorized_client', 'The connection is not enabled for the client.')
        const own = (id) => ({ client_id: id, connection, email: `client-${unique()}@example.com`, password })
        for (const path of ['/dbconnections/signup', '/dbconnections/change_password']) { // nor is there a way in by what needs no secret
          const [status, body] = await ask(path, { ...own(client.client_id), ...(path.endsWith('change_password') && { password: undefined }) })
          assert.deepEqual([status, body.errorCode], [403, 'unauthorized_client'], path)
        }
        assert.equal((await ask('/dbconnections/signup', own(server.auth0.clientId)))[0], 200)
        await set([server.auth0.clientId, client.client_id])
        await good(client, login)
      })
    })
