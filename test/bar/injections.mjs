// injections.mjs (P8): sqlmap looks in each dialect for a place where what is sent becomes SQL. It finds none, and nothing that it sends makes the server fail.
// HECATE_LEVEL: how much it tries (3).
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const LEVEL = process.env.HECATE_LEVEL ?? '3', engine = { sqlite: 'SQLite', postgres: 'PostgreSQL' }
const limits = Object.fromEntries(['OTP', 'VERIFY', 'TOKEN_REFRESH'].map((name) => [`GOTRUE_RATE_LIMIT_${name}`, '1000000']))

// What sqlmap says of one address: the places marked with * in path or body, and each parameter of the query.
async function sqlmap(t, store, url, headers = {}, body) {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-sqlmap-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const named = Object.entries(body ? { ...headers, 'content-type': 'application/json' } : headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  return new Promise((resolve) => {
    execFile('sqlmap', ['-u', url, ...named, ...(body ? ['--data', body] : []), '--batch', '--level', LEVEL, '--risk', '2', '--dbms', engine[store], '--output-dir', dir, '--skip', 'User-Agent,Referer,Host,Cookie',
      '--ignore-code', '*', '--threads', '4', '--time-sec', '3', '--timeout', '20', '--retries', '0', '--disable-coloring'], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => resolve(stdout + stderr))
  })
}

const body = (value) => JSON.stringify(value)
const places = {
  gotrue: ({ id }) => [['/admin/users?page=1&per_page=10&filter=one&sort=created_at'], ['/admin/audit?query=author:one&page=1'], [`/admin/users/${id}*`], ['/verify', body({ type: 'magiclink', token_hash: 'abc*' })],
    ['/admin/generate_link', body({ type: 'magiclink', email: 'one*@example.com' })], ['/token?grant_type=password', body({ email: 'one*@example.com', password: 'x*' })]],
  clerk: ({ clerkId }) => [['/v1/users?limit=10&order_by=-created_at&query=one'], ['/v1/users?email_address=one@example.com&user_id=user_1&username=one'], [`/v1/users/${clerkId}*`],
    ['/v1/organizations?query=one&order_by=name'], [`/v1/users/${clerkId}/verify_password`, body({ password: 'x*' })]],
  auth0: ({ id }) => [['/api/v2/users?q=email:one&sort=created_at:1&fields=email'], ['/api/v2/users-by-email?email=one@example.com'], [`/api/v2/users/auth0%7C${id}*`], ['/api/v2/roles?name_filter=one'],
    ['/dbconnections/change_password', body({ client_id: 'test-client', email: 'one*@example.com', connection: 'Username-Password-Authentication' })]],
}

// The ids of one user, and what opens each dialect.
async function house(t, store) {
  const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', ...limits } })
  t.after(() => server.stop())
  const { gotrue, clerk, auth0 } = server
  const keys = { gotrue: gotrue.serviceKey, clerk: clerk.secretKey }
  const ask = async (url, key, ...call) => {
    const wire = new Wire(url, key ? { authorization: `Bearer ${key}` } : {}, auth0.ca), answer = await wire.request(...call)
    wire.close()
    assert.equal(answer.status, 200, answer.text)
    return answer.json
  }
  const { id } = await ask(gotrue.url, keys.gotrue, 'POST', '/admin/users', { email: 'one@example.com', password: 'secret-pw-1', email_confirm: true })
  const [{ id: clerkId }] = await ask(clerk.url, keys.clerk, 'GET', '/v1/users')
  keys.auth0 = (await ask(auth0.url, undefined, 'POST', '/oauth/token', { client_id: auth0.clientId, client_secret: auth0.clientSecret, grant_type: 'client_credentials', audience: `${auth0.url}/api/v2/` })).access_token
  return { server, keys, user: { id, clerkId } }
}

for (const store of stores)
  describe(`sqlmap on ${store}`, { concurrency: 2 }, () => {
    for (const dialect of Object.keys(places))
      test(dialect, { timeout: 1_200_000 }, async (t) => {
        const { server, keys, user } = await house(t, store), list = places[dialect](user)
        for (const [path, text] of list) {
          const said = await sqlmap(t, store, server[dialect].url + path, { authorization: `Bearer ${keys[dialect]}` }, text), end = `${path}\n${said.slice(-4000)}`
          assert.match(said, /all tested parameters do not appear to be injectable/, end)
          assert.doesNotMatch(said, /\b5\d\d \([A-Z]|unable to connect/, end)
        }
        figure(t, `${list.length} places of ${dialect} (${store}), 0 found`)
      })
  })

test('sqlmap finds a place that is open', { timeout: 300_000 }, async (t) => {
  const db = new DatabaseSync(':memory:')
  db.exec("CREATE TABLE t (name TEXT); INSERT INTO t VALUES ('one'), ('two')")
  const open = createServer(({ url }, answer) => {
    const name = new URL(url, 'http://x').searchParams.get('name')
    try {
      answer.end(JSON.stringify(db.prepare(`SELECT name FROM t WHERE name = '${name}'`).all()))
    } catch {
      answer.writeHead(400).end('[]')
    }
  })
  await new Promise((resolve) => open.listen(0, '127.0.0.1', resolve))
  t.after(() => open.close())
  assert.match(await sqlmap(t, 'sqlite', `http://127.0.0.1:${open.address().port}/?name=one`), /identified the following injection point/)
})
