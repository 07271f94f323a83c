// browser.mjs: what browsers are told: origins, preflights, caches, methods.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { start } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const origins = ['https://evil.example', 'http://evil.example', 'null', 'https://localhost.evil.example', 'https://evil.example:443', 'http://127.0.0.1.evil.example', 'file://', 'https://localhost:3000.evil.example',
  'http://localhost:3000@evil.example', 'https://EVIL.example', 'chrome-extension://abcdef', 'https://evil.example/', 'https://evil.example%00', 'http://[::1]', 'data:text/html,x', 'https://sub.localhost',
  'https://xn--evil-example', 'http://localhost:3000 https://evil.example', '*', 'https://a.b.c.d.evil.example']

test('browsers', { timeout: 120_000 }, async (t) => {
  const server = await start({ env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error' } })
  const wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
  const paths = { gotrue: ['/settings', '/token?grant_type=password', '/user', '/verify', '/admin/users'], clerk: ['/v1/users', '/v1/jwks'], auth0: ['/oauth/token', '/userinfo', '/api/v2/users', '/dbconnections/signup'] }
  let asked = 0
  try {
    for (const [dialect, wire] of Object.entries(wires))
      for (const path of paths[dialect])
        for (const origin of origins)
          for (const [method, headers] of [['GET', {}], ['OPTIONS', { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }]]) {
            const { headers: said } = await wire.request(method, path, undefined, { origin, ...headers })
            asked++
            assert.ok(!(said['access-control-allow-credentials'] === 'true' && origin !== '*' && said['access-control-allow-origin'] === origin), `${dialect} ${method} ${path} from ${origin}: ${JSON.stringify(said)}`)
            assert.equal(said['set-cookie'], undefined, 'there is no cookie to ride on')
          }

    // Replies with tokens are kept by nobody.
    const password = 'Secret-pw-1', email = 'browser@example.com'
    const up = await wires.gotrue.request('POST', '/signup', { email, password })
    const inn = await wires.gotrue.request('POST', '/token?grant_type=password', { email, password })
    const on = await wires.gotrue.request('POST', '/token?grant_type=refresh_token', { refresh_token: inn.json.refresh_token })
    const { clientId, clientSecret, domain } = server.auth0
    const machine = await wires.auth0.request('POST', '/oauth/token', { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience: `https://${domain}/api/v2/` })
    for (const answer of [up, inn, on, machine]) {
      assert.equal(answer.status, 200, answer.text)
      assert.match(answer.headers['cache-control'] ?? '', /no-store/, answer.text.slice(0, 60))
    }

    // A form of another site carries neither a key nor a token, and changes nothing.
    for (const [dialect, path] of [['gotrue', '/admin/users'], ['gotrue', '/logout'], ['gotrue', '/user'], ['clerk', '/v1/users'], ['auth0', '/api/v2/users']]) {
      const answer = await wires[dialect].request('POST', path, undefined, { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' })
      assert.ok(answer.status >= 400 && answer.status < 500, `${dialect} ${path}: ${answer.status}`)
    }
    for (const [dialect, wire] of Object.entries(wires)) {
      const answer = await wire.request('TRACE', paths[dialect][0], undefined, { 'x-secret': 'canary-of-trace' })
      assert.ok(answer.status >= 400 && !answer.text.includes('canary'), `${dialect} TRACE: ${answer.status}`)
    }
    figure(t, `${asked} requests of ${origins.length} origins: 0 with credentials, 4 replies with tokens not stored, 5 forms and TRACE refused`)
  } finally {
    Object.values(wires).forEach((wire) => wire.close())
    await server.stop()
  }
})
