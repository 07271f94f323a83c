// auth0_limits.test.mjs: how often an address may sign in, sign up and show second factors at Auth0's routes that anybody may call.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { start, stores } from '../lib/server.mjs'

const connection = 'Username-Password-Authentication'

for (const store of stores)
  describe(`limits by address on ${store}`, () => {
    let server, app, users = 0
    const post = (path, body, ip, headers = {}) => fetch(server.auth0.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...(ip ? { 'x-forwarded-for': ip } : {}), ...headers }, body: JSON.stringify(body.grant_type?.includes('password') ? { username: `nobody${users++}@example.com`, ...body } : body) })
    const tries = async (n, path, body, ip, headers) => {
      const counts = {}
      for (let i = 0; i < n; i++) {
        const { status } = await post(path, body, ip, typeof headers === 'function' ? headers(i) : headers)
        counts[status] = (counts[status] ?? 0) + 1
      }
      return counts
    }
    const us = () => ({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret })
    before(async () => {
      server = await start({ store, env: { HECATE_TRUSTED_PROXIES: '127.0.0.1', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_RATE_LIMIT_HEADER: 'x-real-ip',
        HECATE_AUTH0_RATE_LIMIT_SIGN_IN: '1', HECATE_AUTH0_RATE_LIMIT_SIGN_UP: '1', HECATE_AUTH0_RATE_LIMIT_MFA: '1' } })
      const grant = await (await post('/oauth/token', { ...us(), grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` })).json()
      app = async (more) => (await post('/api/v2/clients', { name: 'app', app_type: 'regular_web', grant_types: ['password'], ...more }, undefined, { authorization: `Bearer ${grant.access_token}` })).json()
    })
    after(() => server.stop())

    for (const grant_type of ['password', 'http://auth0.com/oauth/grant-type/password-realm'])
      test(`sign-ins by ${grant_type}`, async () => {
        const ip = grant_type === 'password' ? '203.0.113.1' : '203.0.113.2'
        const body = { ...us(), grant_type, realm: connection, password: 'Wrong-pw-1' }
        assert.deepEqual(await tries(33, '/oauth/token', body, ip), { 403: 30, 429: 3 })
        assert.deepEqual(await tries(1, '/oauth/token', body, '203.0.113.3'), { 403: 1 })
        assert.deepEqual(await tries(33, '/oauth/token', body), { 403: 33 }, 'a private network has no limit')
      })

    test('second factors', async () => {
      for (const [kind, more] of [['otp', { otp: '000000' }], ['recovery-code', { recovery_code: 'x' }], ['oob', { oob_code: 'x', binding_code: '1' }]])
        assert.equal((await post('/oauth/token', { ...us(), grant_type: `http://auth0.com/oauth/grant-type/mfa-${kind}`, mfa_token: 'x', ...more }, '203.0.113.4')).status, 403)
      assert.deepEqual(await tries(30, '/oauth/token', { ...us(), grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token: 'x', otp: '000000' }, '203.0.113.4'), { 403: 27, 429: 3 })
      assert.deepEqual(await tries(33, '/mfa/challenge', { ...us(), mfa_token: 'x' }, '203.0.113.4'), { 403: 30, 429: 3 })
      assert.deepEqual(await tries(33, '/mfa/associate', { authenticator_types: ['otp'] }, '203.0.113.4', { authorization: 'Bearer x' }), { 403: 30, 429: 3 })
    })

    test('sign-ups and forgotten passwords', async () => {
      assert.deepEqual(await tries(33, '/dbconnections/signup', { client_id: server.auth0.clientId, connection, email: 'x@example.com', password: 'x' }, '203.0.113.5'), { 400: 30, 429: 3 })
      assert.deepEqual(await tries(33, '/dbconnections/change_password', { client_id: server.auth0.clientId, connection, email: 'nobody@example.com' }, '203.0.113.5'), { 200: 30, 429: 3 })
    })

    test('what has a secret that nobody guesses is not limited', async () => {
      assert.deepEqual(await tries(35, '/oauth/token', { ...us(), grant_type: 'refresh_token', refresh_token: 'x' }, '203.0.113.6'), { 403: 35 })
      assert.deepEqual(await tries(35, '/oauth/token', { ...us(), grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` }, '203.0.113.6'), { 200: 35 })
    })

    test('the header of the settings names the address', async () => {
      const body = { ...us(), grant_type: 'password', password: 'Wrong-pw-1' }
      assert.deepEqual(await tries(33, '/oauth/token', body, undefined, { 'x-real-ip': 'one' }), { 403: 30, 429: 3 })
      assert.deepEqual(await tries(1, '/oauth/token', body, undefined, { 'x-real-ip': 'two' }), { 403: 1 })
    })

    test('a trusted client names the address of its user', async () => {
      const trusted = await app({ is_token_endpoint_ip_header_trusted: true, token_endpoint_auth_method: 'client_secret_post' }), other = await app({ token_endpoint_auth_method: 'client_secret_post' })
      const body = ({ client_id, client_secret }) => ({ client_id, client_secret, grant_type: 'password', password: 'Wrong-pw-1' })
      const from = (i) => ({ 'auth0-forwarded-for': `198.51.100.${i}` })
      assert.deepEqual(await tries(33, '/oauth/token', body(trusted), '203.0.113.8', from), { 403: 33 })
      assert.deepEqual(await tries(33, '/oauth/token', body(trusted), undefined, { 'auth0-forwarded-for': '198.51.100.200' }), { 403: 30, 429: 3 })
      assert.deepEqual(await tries(33, '/oauth/token', body(other), '203.0.113.9', from), { 403: 30, 429: 3 })
    })

    test('the answers are exact', async () => {
      const body = { ...us(), grant_type: 'password', password: 'Wrong-pw-1' }
      const first = await post('/oauth/token', body, '203.0.113.10')
      assert.deepEqual([first.status, first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')], [403, '30', '29'])
      await tries(29, '/oauth/token', body, '203.0.113.10')
      const over = await post('/oauth/token', body, '203.0.113.10'), after = Number(over.headers.get('retry-after'))
      assert.deepEqual([over.status, over.headers.get('x-ratelimit-limit'), over.headers.get('x-ratelimit-remaining')], [429, '30', '0'])
      assert.ok(after > 250 && after <= 300, `${after}`)
      assert.ok(Math.abs(Number(over.headers.get('x-ratelimit-reset')) - Date.now() / 1000 - after) < 5)
      assert.deepEqual(await over.json(), { error: 'too_many_requests', error_description: 'Global limit has been reached' })
      assert.equal((await post('/oauth/token', { ...body, password: undefined }, '203.0.113.11')).headers.get('x-ratelimit-remaining'), '29')
    })
  })
