// tokens.test.mjs (T2 to T5): tokens that are too large cost nothing, keys rotate under load, what is ours in a token is nobody else's, and nothing that is a secret or an
// id can be guessed.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { count, stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { signToken } from '../lib/sealed.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `token-${process.pid}-${n++}@example.com`
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
const bearer = (token) => ({ authorization: `Bearer ${token}` })
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

// ---- T2 ----

// What the server itself burnt so far, in ms (the kernel's part is the same for any bytes), and the memory in KiB.
const burnt = (pid) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[11]) * 10
const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

// Sends the text as it is; the status of what comes back, or 0. The server may hang up before it has taken all.
const raw = (port, text) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1')
  let seen = ''
  socket.on('data', (chunk) => { seen += chunk.toString('latin1') }).on('error', () => {}).on('close', () => resolve(Number(seen.split(' ')[1] ?? 0)))
  socket.write(text)
  setTimeout(() => socket.destroy(), 3000).unref()
})

test('a huge token costs nothing', { timeout: 300_000 }, async (t) => {
  const server = await start(), header = (token) => `GET /user HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`
  const head = base64({ alg: 'HS256', typ: 'JWT' }), service = server.gotrue.serviceKey
  const kinds = {
    '1 MB of dots': '.'.repeat(1e6), '8 MB': 'a'.repeat(8e6), '8 MB of parts': 'ab.'.repeat(8e6 / 3), 'a kid of 64 KiB': `${base64({ alg: 'HS256', kid: 'k'.repeat(65536) })}.e30.x`, '8 KiB of dots': '.'.repeat(8000), '7 KiB of parts': 'a.'.repeat(3500),
    'claims of 7 KiB': `${head}.${'A'.repeat(7000)}.x`, 'a signature of 7 KiB': `${head}.e30.${'A'.repeat(7000)}`, 'a header of 7 KiB': `${'A'.repeat(7000)}.e30.x`, 'brackets': `${head}.${base64('['.repeat(5000))}.x`, 'a kid of 4 KiB': `${base64({ alg: 'HS256', kid: 'k'.repeat(4000) })}.e30.x`,
    'many members': `${head}.${base64(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`m${i}`, i])))}.x`, 'a good one, and 7 KiB': `${service}${'A'.repeat(7000)}`,
  }
  const bodies = (token) => { const text = JSON.stringify({ refresh_token: token, token, auth_code: token, code_verifier: token }); return `POST /token?grant_type=refresh_token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}` }
  try {
    const port = new URL(server.gotrue.url).port, said = [], repeat = count(3, 200)
    for (const token of Object.values(kinds)) for (let i = 0; i < 3; i++) await raw(port, header(token).slice(0, 200_000))
    const before = resident(server.pid)
    for (const [what, token] of Object.entries(kinds)) {
      const since = burnt(server.pid)
      for (let i = 0; i < repeat; i++) {
        const status = await raw(port, header(token))
        // who sends on after an answer may find the connection reset before it has read it
        assert.ok([401, 403, 400, 431].includes(status) || (status === 0 && token.length > 60_000), `${what}: ${status}`)
      }
      const each = (burnt(server.pid) - since) / repeat
      said.push(each)
      if (whole) assert.ok(each <= 1, `${what}: ${each} ms`)
    }
    const grown = resident(server.pid) - before
    if (whole) assert.ok(grown <= 64 * Object.keys(kinds).length, `${grown} KiB`)
    for (const token of ['.'.repeat(500_000), 'a'.repeat(900_000), `${'A'.repeat(500_000)}.e30.x`]) assert.ok([400, 401, 413, 422].includes(await raw(port, bodies(token))))
    assert.equal((await fetch(`${server.gotrue.url}/admin/users`, { headers: bearer(service) })).status, 200)
    figure(t, `${said.length} kinds × ${repeat}: at most ${Math.max(...said).toFixed(2)} ms of CPU each, ${grown} KiB more in all`)
  } finally {
    await server.stop()
  }
})

// ---- T3 ----

const newKey = (kid) => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })
const verifies = ({ kty, crv, x, y, kid, alg, use }) => ({ kty, crv, x, y, kid, alg, use, key_ops: ['verify'] })
const signs = (key) => ({ ...key, key_ops: ['sign', 'verify'] })

for (const store of whole ? stores : [])
  test(`keys rotate under load (${store})`, { timeout: 300_000 }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'hecate-keys-')), file = join(dir, 'conf')
    const keys = [newKey('key-0')]
    // The newest signs; the one before it is still good; what is older is gone.
    const put = () => writeFileSync(file, `GOTRUE_JWT_KEYS=${JSON.stringify([signs(keys.at(-1)), ...keys.slice(-2, -1).map(verifies)])}\n`, { mode: 0o600 })
    put()
    const server = await start({ store, env: { GOTRUE_JWT_SECRET: '', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true' }, args: ['serve', '--config', file] }).catch(async (error) => { rmSync(dir, { recursive: true }); throw error })
    const wires = Array.from({ length: 8 }, () => new Wire(server.gotrue.url))
    let stop = false, used = 0, refused = 0, stale = 0
    try {
      const live = [], kidOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid
      const people = await Promise.all(wires.map(async (wire) => { const address = email(); await wire.request('POST', '/signup', { email: address, password }); return address }))
      const load = wires.map(async (wire, i) => {
        while (!stop) {
          const answer = await wire.request('POST', '/token?grant_type=password', { email: people[i], password })
          assert.equal(answer.status, 200, answer.text)
          const token = answer.json.access_token, at = keys.findIndex(({ kid }) => kid === kidOf(token))
          for (let k = 0; k < 3; k++) {
            if (keys.length - 1 - at > 1) break // it is two keys old by now
            const { status, text } = await wire.request('GET', '/user', undefined, bearer(token))
            used++
            if (status !== 200 && keys.length - 1 - at <= 1) refused++, assert.fail(text)
          }
          live[i] = token
        }
      })
      for (let i = 1; i <= 20; i++) {
        keys.push(newKey(`key-${i}`))
        put()
        process.kill(server.pid, 'SIGHUP')
        const old = keys.at(-3)
        await sleep(1000)
        if (old)
          for (const token of [signToken({ role: 'service_role' }, old, { kid: old.kid }), signToken({ role: 'service_role' }, old, { kid: undefined }), signToken({ role: 'service_role' }, old, { kid: keys.at(-1).kid })]) {
            stale++
            assert.ok([401, 403].includes((await fetch(`${server.gotrue.url}/admin/users`, { headers: bearer(token) })).status), 'a key that is gone')
          }
        const { keys: shown } = await (await fetch(`${server.gotrue.url}/.well-known/jwks.json`)).json()
        assert.deepEqual(shown.map(({ kid }) => kid).sort(), keys.slice(-2).map(({ kid }) => kid).sort())
        for (const url of [`${server.gotrue.url}/.well-known/jwks.json`, `${server.auth0.url}/.well-known/jwks.json`])
          for (const key of (await (await fetch(url)).json()).keys) for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) assert.ok(!(member in key), member)
        const clerk = await (await fetch(`${server.clerk.url}/v1/jwks`, { headers: bearer(server.clerk.secretKey) })).json()
        for (const key of clerk.keys) for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) assert.ok(!(member in key), member)
      }
      stop = true
      await Promise.all(load)
      assert.ok(used > 100)
      figure(t, `20 rotations (${store}), ${used} good tokens, ${refused} refused, ${stale} of removed keys, 0 taken`)
    } finally {
      stop = true
      wires.forEach((wire) => wire.close())
      await server.stop()
      rmSync(dir, { recursive: true })
    }
  })

// ---- T4 ----

const RESERVED = { iss: 'https://evil.example.net', sub: '00000000-0000-4000-8000-000000000001', aud: 'evil', exp: 4102444800, iat: 1, nbf: 1, jti: 'evil', sid: 'evil', role: 'service_role', aal: 'aal2', amr: [{ method: 'totp' }], azp: 'evil', scope: 'delete:users', permissions: ['delete:users'], session_id: '00000000-0000-4000-8000-000000000002' }

for (const store of stores)
  test(`reserved claims are ours (${store})`, async (t) => {
    let change = {}, asked = 0
    const hook = http.createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ claims: { ...JSON.parse(text).claims, ...change } }))
    })
    await new Promise((resolve) => hook.listen(0, '127.0.0.1', resolve))
    const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_ENABLED: 'true', GOTRUE_HOOK_CUSTOM_ACCESS_TOKEN_URI: `http://127.0.0.1:${hook.address().port}/` } })
    const gotrue = new Wire(server.gotrue.url), clerk = new Wire(server.clerk.url, bearer(server.clerk.secretKey)), auth0 = new Wire(server.auth0.url, {}, server.auth0.ca)
    try {
      const address = email(), other = email()
      const make = async (who) => (await gotrue.request('POST', '/admin/users', { email: who, password, email_confirm: true, user_metadata: RESERVED, app_metadata: { claims: RESERVED, ...RESERVED } }, bearer(server.gotrue.serviceKey))).json
      const user = await make(address), victim = await make(other)
      const signIn = () => gotrue.request('POST', '/token?grant_type=password', { email: address, password })
      // GoTrue: whatever metadata say
      const { json: plain } = await signIn(), own = claimsOf(plain.access_token)
      assert.deepEqual([own.sub, own.aal, own.role, own.aud, own.iss, own.scope], [user.id, 'aal1', 'authenticated', 'authenticated', undefined, undefined])
      // the hook: who it is and what it has shown; the rest is the operator's to say, and opens nothing that the row does not
      for (const claims of [{ sub: victim.id }, { sub: victim.id, session_id: '' }, { sub: '' }, { sub: null }, { sub: [user.id] }, { aal: 'aal2' }, { aal: 'aal3' }, { aal: '' }, { aal: null }, { sub: victim.id.toUpperCase() }, { sub: ` ${user.id}` }]) {
        change = claims
        asked++
        const answer = await signIn()
        assert.equal(answer.status, 500, JSON.stringify(claims))
        assert.ok(!answer.text.includes('access_token'))
      }
      for (const claims of [{ session_id: '00000000-0000-4000-8000-000000000002' }, { exp: 1 }, { nbf: 4102444800 }]) {
        change = claims
        asked++
        const { json } = await signIn()
        assert.ok((await gotrue.request('GET', '/user', undefined, bearer(json.access_token))).status >= 400, JSON.stringify(claims))
      }
      change = {}
      // Clerk: no template has them, and none is written over
      const { json: [{ id }] } = await clerk.request('GET', `/v1/users?email_address=${address}`), { json: session } = await clerk.request('POST', '/v1/sessions', { user_id: id })
      await clerk.request('PATCH', `/v1/users/${id}/metadata`, { public_metadata: RESERVED, unsafe_metadata: RESERVED })
      const shown = claimsOf((await clerk.request('POST', `/v1/sessions/${session.id}/tokens`, {})).json.jwt)
      for (const name of ['iss', 'sub', 'exp', 'iat', 'nbf', 'sid', 'sts', 'v', 'jti']) {
        asked++
        const answer = await clerk.request('POST', '/v1/jwt_templates', { name: `t-${name}`, claims: { [name]: RESERVED[name] ?? 'evil' } })
        assert.ok([400, 422].includes(answer.status), `${name}: ${answer.text}`)
      }
      const { json: template } = await clerk.request('POST', '/v1/jwt_templates', { name: 'plain', claims: { role: 'service_role', nested: RESERVED, all: '{{user.unsafe_metadata}}', one: '{{user.unsafe_metadata.iss}}' } })
      for (const [name, value] of Object.entries(RESERVED)) {
        asked++
        const answer = await clerk.request('PATCH', `/v1/jwt_templates/${template.id}`, { claims: { [name]: value, x: 1 } })
        if (answer.status >= 400) continue
        const made = claimsOf((await clerk.request('POST', `/v1/sessions/${session.id}/tokens/plain`, {})).json.jwt)
        for (const ours of ['iss', 'sub', 'azp']) assert.equal(made[ours], shown[ours], `${ours} with ${name}`)
        assert.ok([undefined, shown.sid].includes(made.sid), made.sid)
        assert.ok(Math.abs(made.exp - Date.now() / 1000) < 120 && made.iat > 1)
      }
      // Auth0: metadata and what a client asks for
      const client = { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }
      const granted = (await auth0.request('POST', '/oauth/token', { grant_type: 'password', username: address, password, scope: 'openid delete:users read:users', audience: `${server.auth0.url}/api/v2/`, ...client, ...Object.fromEntries(Object.entries(RESERVED).filter(([name]) => !['scope', 'aud'].includes(name))) })).json
      for (const token of [granted.access_token, granted.id_token]) {
        asked++
        const claims = claimsOf(token)
        assert.deepEqual([claims.iss, claims.permissions, claims.role, claims.aal, claims.jti], [`${server.auth0.url}/`, undefined, undefined, undefined, undefined])
        assert.ok(claims.sub.startsWith('auth0|') && !/delete:users|read:users/.test(claims.scope ?? ''))
      }
      figure(t, `${asked} tries (${store}), 0 claims overridden`)
    } finally {
      for (const wire of [gotrue, clerk, auth0]) wire.close()
      await server.stop()
      hook.close()
      hook.closeAllConnections()
    }
  })
