// auth0_routes.test.mjs: every route of the Management API: nothing opens without its scope, and hostile ids, queries and bodies never end in a 5xx.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { binary, start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const all = JSON.parse(spawnSync(binary, ['routes', '--json'], { encoding: 'utf8' }).stdout)
const routes = (Array.isArray(all) ? all : all.routes).filter((r) => r.dialect === 'auth0' && r.path.startsWith('/api/v2/'))

const ids = ['auth0|nobody', 'nobody', "auth0|' OR 1=1 --", 'auth0|%', `auth0|${'x'.repeat(300)}`, 'auth0|ä', '..', '|', 'rol_x', '00000000-0000-0000-0000-000000000000', 'totp|dev_0000000000000000000000', 'totp|dev_zzzzzzzzzzzzzzzzzzzzzz']
const bodies = ['', '{}', '[]', 'null', '"x"', '{', '{"roles":[1]}', '{"roles":[""]}', '{"roles":"x"}', '{"roles":["\\u0000"]}', '{"users":["x",""]}', '{"permissions":[[]]}', '{"permissions":[{"permission_name":5,"resource_server_identifier":"x"}]}',
  '{"permissions":[{"permission_name":"a","resource_server_identifier":"b","c":1}]}', '{"name":""}', `{"name":"${'x'.repeat(5000)}"}`, '{"name":"a\\u0000b"}', '{"identifier":"x","scopes":[{"value":5}]}', '{"identifier":"y","scopes":[{"value":"a"},{"value":"a"}]}',
  '{"identifier":"z","token_lifetime":1e300}', '{"type":"totp","totp_secret":"not base32!"}', '{"type":"phone","phone_number":"x1"}', '{"type":"email","email":"a@b"}', '[{"type":"email"}]', '[1,2]', '{"provider":"auth0","user_id":"\'"}', '{"link_with":"."}',
  '{"provider":"auth0","user_id":"auth0|"}', '{"connection":"x","assessors":[]}', `{"a":${'['.repeat(80)}${']'.repeat(80)}}`, '{"session_id":"x"}']
const queries = ['', '?page=1&per_page=1&include_totals=true', '?page=99999999', '?take=1', '?from=x', '?from=MSww&take=1', "?from=JyBPUiAxPTE", '?per_page=-1', '?name_filter=%25_%5C', '?identifier=%27%20OR%201', '?identifier=%2B1', '?sort=x', '?x=1']

for (const store of stores)
  describe(`routes on ${store}`, () => {
    let server, token, weak, user
    const ask = async (method, path, bearer, body) => {
      const answer = await fetch(server.auth0.url + path, { method, headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) }, body: body || undefined })
      return { status: answer.status, text: await answer.text() }
    }
    const grant = async (more = {}) => {
      const answer = await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({
        grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/`, ...more }) })
      return (await answer.json()).access_token
    }
    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      token = await grant()
      weak = await grant({ scope: 'delete:users_app_metadata' })
      user = JSON.parse((await ask('POST', '/api/v2/users', token, JSON.stringify({ connection: 'Username-Password-Authentication', email: 'a@example.com', password: 'Secret-pw-1' }))).text).user_id
    })
    after(async () => {
      assert.equal(broken(server), '')
      await server.stop()
    })
    const fill = (path, id) => path.replace(/\{\w+\}/g, encodeURIComponent(id))

    test('there are many', () => assert.ok(routes.length >= 60, `${routes.length}`))

    test('without a token 401, without the scope 403', async () => {
      for (const { method, path } of routes) {
        assert.equal((await ask(method, fill(path, user))).status, 401, `${method} ${path}`)
        const refused = await ask(method, fill(path, user), weak)
        assert.deepEqual([refused.status, JSON.parse(refused.text).errorCode], [403, 'insufficient_scope'], `${method} ${path}`)
      }
    })

    test('hostile ids and bodies', async () => {
      for (const { method, path } of routes)
        for (const [i, id] of [user, ...ids].entries())
          for (const body of method === 'GET' ? [''] : i < 2 ? bodies : bodies.slice(0, 3)) {
            if (path === '/api/v2/users/{id}' && id === user && method === 'DELETE') continue
            const { status, text } = await ask(method, fill(path, id), token, body)
            assert.ok(status < 500, `${method} ${path} ${id} ${body}: ${status} ${text}`)
            if (status >= 400) assert.equal(JSON.parse(text).statusCode, status, text)
          }
    })

    test('hostile queries', async () => {
      for (const { method, path } of routes.filter((r) => r.method === 'GET'))
        for (const query of queries) {
          const { status, text } = await ask(method, fill(path, user) + query, token)
          assert.ok(status < 500, `${path}${query}: ${status} ${text}`)
          JSON.parse(text)
        }
    })
  })
