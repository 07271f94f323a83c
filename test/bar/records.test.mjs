// records.test.mjs (S4, S7): a log line is one line of one request whatever anybody sends, and what happens to an account stands in the audit trail once.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sample, stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query } from '../lib/tables.mjs'
import { totp } from '../lib/totp.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `record-${process.pid}-${n++}@example.com`
const bearer = (token) => ({ authorization: `Bearer ${token}` })
const path = ({ link }) => link.replace(/^https?:\/\/[^/]+/, '')

// ---- S4 ----

const evils = ['\n{"level":"error","event":"forged"}', '\r\n2026-01-01T00:00:00Z error forged', '\u001b[2J\u001b[31mforged', '\u001b]0;title\u0007', '\u009b31m', '\u202egnp.exe', '\u2066x\u2069', '"}\n{"event":"forged"}', '","status":200,"x":"', '\\', '\\"', '\u0000forged', '\u0008\u0008\u0008', '\u007f', '\u2028forged', '\u0085forged',
  ' status=200 user=admin', 'a'.repeat(6000), '%s%s%n%x', '${jndi:ldap://127.0.0.1/x}', '$(id)', '<script>alert(1)</script>', '=cmd|x', '\ud83d\ude00'.repeat(300), '\\u000aforged', '%0aforged', '\t\tforged', '\u200b\ufeff', "'; DROP TABLE log; --", '\u061c']

for (const form of ['json', 'text'])
  test(`log lines cannot be forged: ${form}`, { skip: !whole, timeout: 120_000 }, async (t) => {
    const server = await start({ env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_FORMAT: form, HECATE_LOG_LEVEL: 'debug', GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_TRUSTED_PROXIES: '127.0.0.0/8' } })
    let asked = 0, refused = 0
    try {
      const wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      const service = bearer(server.gotrue.serviceKey), clerk = bearer(server.clerk.secretKey)
      const latin = (text) => Buffer.from(text, 'utf8').toString('latin1')
      // Bytes that may stand in a header; the rest would only be refused by the reader of headers.
      const header = (evil) => latin(evil).replace(/[\0\r\n]/g, '')
      const ask = async (dialect, method, where, body, headers) => {
        const answer = await wires[dialect].request(method, where, body, headers).catch(() => undefined)
        if (!answer || /^text\/plain/.test(answer.headers['content-type']) && answer.headers.connection === 'close') refused++ // before it was a request
        else asked++
        wires[dialect].close()
      }
      await sleep(100)
      const before = server.log().length
      for (const evil of sample(evils, 3)) {
        const quoted = encodeURIComponent(evil)
        await ask('gotrue', 'GET', `/${quoted}`)
        await ask('gotrue', 'GET', `/admin/users/${quoted}`, undefined, service)
        await ask('gotrue', 'POST', '/token?grant_type=password', { email: `x${evil}@example.com`, password: evil })
        await ask('gotrue', 'POST', `/token?grant_type=${quoted}`, {})
        await ask('gotrue', 'POST', '/signup', { email: email(), password, data: { name: evil } }, { 'user-agent': header(evil), 'x-forwarded-for': header(evil).slice(0, 500), 'x-request-id': header(evil).slice(0, 500), 'x-client-info': header(evil).slice(0, 500), referer: header(evil).slice(0, 500), forwarded: `for="${header(evil).slice(0, 300).replaceAll('"', '')}"` })
        await ask('clerk', 'GET', `/v1/users/${quoted}`, undefined, clerk)
        await ask('clerk', 'GET', `/v1/users?query=${quoted}`, undefined, { ...clerk, 'clerk-api-version': header(evil).slice(0, 200) })
        await ask('auth0', 'POST', '/oauth/token', { grant_type: evil, client_id: evil, client_secret: evil })
        await ask('auth0', 'GET', `/api/v2/users/${quoted}`, undefined, { authorization: `Bearer ${header(evil).slice(0, 300)}` })
      }
      for (const wire of Object.values(wires)) wire.close()
      await sleep(500)
      const text = server.log().slice(before), lines = text.split('\n').filter(Boolean), requests = lines.filter((line) => (form === 'json' ? JSON.parse(line).event : line.split(' ')[2]) === 'request')
      assert.ok(asked > 50)
      assert.equal(requests.length, asked)
      for (const line of lines) {
        assert.ok(!/[^\x20-\x7e]/.test(line), JSON.stringify(line).slice(0, 500))
        if (form === 'json') assert.equal(typeof JSON.parse(line).event, 'string')
        else assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z (debug|info|warn|error) \S/)
        assert.ok(!/"event":"forged"|Z error forged/.test(line), line)
      }
      figure(t, `${asked} requests, ${requests.length} lines, ${refused} refused before (${form}), 0 forged, 0 control bytes`)
    } finally {
      await server.stop()
    }
  })

// ---- S7 ----

for (const store of stores)
  test(`what happens to an account is on record, once (${store})`, { skip: !whole, timeout: 300_000 }, async (t) => {
    const mail = await sink()
    const server = await start({ store, env: { ...mail.env, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_SUBJECTS_MAGIC_LINK: '{{ .Token }}', GOTRUE_MAILER_SUBJECTS_REAUTHENTICATION: '{{ .Token }}', GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true', GOTRUE_RATE_LIMIT_ANONYMOUS_USERS: '1000' } })
    const gotrue = new Wire(server.gotrue.url), clerk = new Wire(server.clerk.url, bearer(server.clerk.secretKey)), auth0 = new Wire(server.auth0.url, {}, server.auth0.ca)
    const service = bearer(server.gotrue.serviceKey), client = { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }
    const machine = bearer((await auth0.request('POST', '/oauth/token', { ...client, grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` })).json.access_token)
    const trail = async () => (await query(server, 'SELECT id, payload FROM auth.audit_log_entries ORDER BY created_at, id')).map(({ id, payload }) => ({ id, ...(typeof payload === 'string' ? JSON.parse(payload) : payload) }))
    const good = async (asked) => { const answer = await asked; assert.ok(answer.status < 400, `${answer.status} ${answer.text}`); return answer.text ? answer.json : undefined }
    const known = async () => { const address = email(), json = await good(gotrue.request('POST', '/admin/users', { email: address, password, email_confirm: true }, service)); return { address, id: json.id } }
    const signIn = (p) => good(gotrue.request('POST', '/token?grant_type=password', { email: p.address, password }))
    const clerkId = async (p) => (await good(clerk.request('GET', `/v1/users?email_address=${p.address}`)))[0].id
    const auth0Id = async (p) => (await good(auth0.request('GET', `/api/v2/users-by-email?email=${p.address}`, undefined, machine)))[0].user_id
    const held = async () => { const p = await known(); return { p, s: await signIn(p) } }
    const factor = async () => {
      const { p, s } = await held(), made = await good(gotrue.request('POST', '/factors', { factor_type: 'totp', friendly_name: 'a' }, bearer(s.access_token)))
      const { id } = await good(gotrue.request('POST', `/factors/${made.id}/challenge`, {}, bearer(s.access_token)))
      return { p, s, id: made.id, challenge: id, secret: made.totp.secret }
    }
    const verified = async () => { const f = await factor(); f.high = await good(gotrue.request('POST', `/factors/${f.id}/verify`, { challenge_id: f.challenge, code: totp(f.secret) }, bearer(f.s.access_token))); return f }
    const verifier = 'v'.repeat(43), flow = { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 's256' }

    // Each: what it makes ready, what is done, and the row that must be there once. One that fails leaves none.
    const events = {
      'sign-up': ['user_confirmation_requested', async () => email(), (address) => gotrue.request('POST', '/signup', { email: address, password })],
      'sign-up again': ['user_repeated_signup', known, (p) => gotrue.request('POST', '/signup', { email: p.address, password })],
      'sign-up confirmed by a link': ['user_signedup', async () => { const address = email(); await gotrue.request('POST', '/signup', { email: address, password }); return path(await mail.next(address)) }, (link) => gotrue.request('GET', link)],
      'sign-up at Auth0': ['user_signedup', async () => email(), (address) => auth0.request('POST', '/dbconnections/signup', { client_id: client.client_id, connection: 'Username-Password-Authentication', email: address, password: 'Secret-pw-1' })],
      'password': ['login', known, (p) => gotrue.request('POST', '/token?grant_type=password', { email: p.address, password })],
      'password at Auth0': ['login', known, (p) => auth0.request('POST', '/oauth/token', { ...client, grant_type: 'password', username: p.address, password, scope: 'openid' })],
      'magic link asked for': ['user_recovery_requested', known, (p) => gotrue.request('POST', '/magiclink', { email: p.address })],
      'code asked for': ['user_recovery_requested', known, (p) => gotrue.request('POST', '/otp', { email: p.address })],
      'magic link opened': ['login', async () => { const p = await known(); await gotrue.request('POST', '/otp', { email: p.address }); return path(await mail.next(p.address)) }, (link) => gotrue.request('GET', link)],
      'code used': ['login', async () => { const p = await known(); await gotrue.request('POST', '/otp', { email: p.address }); return { p, otp: (await mail.next(p.address)).otp } }, ({ p, otp }) => gotrue.request('POST', '/verify', { type: 'email', email: p.address, token: otp })],
      'flow exchanged': ['login', async () => {
        const p = await known()
        await gotrue.request('POST', '/otp', { email: p.address, ...flow })
        return new URL((await gotrue.request('GET', path(await mail.next(p.address)))).headers.location).searchParams.get('code')
      }, (code) => gotrue.request('POST', '/token?grant_type=pkce', { auth_code: code, code_verifier: verifier })],
      'recovery asked for': ['user_recovery_requested', known, (p) => gotrue.request('POST', '/recover', { email: p.address })],
      'refresh': ['token_refreshed', held, ({ s }) => gotrue.request('POST', '/token?grant_type=refresh_token', { refresh_token: s.refresh_token })],
      'refresh, the old one': ['token_revoked', held, ({ s }) => gotrue.request('POST', '/token?grant_type=refresh_token', { refresh_token: s.refresh_token })],
      'sign-out': ['logout', held, ({ s }) => gotrue.request('POST', '/logout', {}, bearer(s.access_token))],
      'sign-out here': ['logout', held, ({ s }) => gotrue.request('POST', '/logout?scope=local', {}, bearer(s.access_token))],
      'sign-out elsewhere': ['logout', held, ({ s }) => gotrue.request('POST', '/logout?scope=others', {}, bearer(s.access_token))],
      'sessions ended by an administrator': ['logout', held, ({ p }) => gotrue.request('DELETE', `/admin/users/${p.id}/sessions`, undefined, service)],
      'session revoked by Clerk': ['logout', async () => { const { p } = await held(); return (await good(clerk.request('GET', `/v1/sessions?user_id=${await clerkId(p)}`)))[0].id }, (id) => clerk.request('POST', `/v1/sessions/${id}/revoke`, {})],
      'session of Clerk': ['login', async () => clerkId(await known()), (id) => clerk.request('POST', '/v1/sessions', { user_id: id })],
      'own metadata': ['user_modified', held, ({ s }) => gotrue.request('PUT', '/user', { data: { a: 1 } }, bearer(s.access_token))],
      'own password': ['user_updated_password', held, ({ s }) => gotrue.request('PUT', '/user', { password: 'another-pw-2' }, bearer(s.access_token))],
      'reauthentication asked for': ['user_reauthenticate_requested', held, ({ s }) => gotrue.request('GET', '/reauthenticate', undefined, bearer(s.access_token))],
      'factor begun': ['factor_in_progress', held, ({ s }) => gotrue.request('POST', '/factors', { factor_type: 'totp', friendly_name: 'a' }, bearer(s.access_token))],
      'factor challenged': ['challenge_created', factor, (f) => gotrue.request('POST', `/factors/${f.id}/challenge`, {}, bearer(f.s.access_token))],
      'factor verified': ['verification_attempted', factor, (f) => gotrue.request('POST', `/factors/${f.id}/verify`, { challenge_id: f.challenge, code: totp(f.secret) }, bearer(f.s.access_token))],
      'factor given up': ['factor_unenrolled', verified, (f) => gotrue.request('DELETE', `/factors/${f.id}`, undefined, bearer(f.high.access_token))],
      'factor taken by an administrator': ['factor_deleted', verified, (f) => gotrue.request('DELETE', `/admin/users/${f.p.id}/factors/${f.id}`, undefined, service)],
      'factor renamed by an administrator': ['factor_updated', verified, (f) => gotrue.request('PUT', `/admin/users/${f.p.id}/factors/${f.id}`, { friendly_name: 'b' }, service)],
      'created by GoTrue': ['user_signedup', async () => email(), (address) => gotrue.request('POST', '/admin/users', { email: address, password }, service)],
      'created by Clerk': ['user_signedup', async () => email(), (address) => clerk.request('POST', '/v1/users', { email_address: [address] })],
      'created by Auth0': ['user_signedup', async () => email(), (address) => auth0.request('POST', '/api/v2/users', { email: address, password: 'Secret-pw-1', connection: 'Username-Password-Authentication' }, machine)],
      'changed by GoTrue': ['user_modified', known, (p) => gotrue.request('PUT', `/admin/users/${p.id}`, { user_metadata: { a: 1 } }, service)],
      'changed by Clerk': ['user_modified', async () => clerkId(await known()), (id) => clerk.request('PATCH', `/v1/users/${id}`, { first_name: 'A' })],
      'changed by Auth0': ['user_modified', async () => auth0Id(await known()), (id) => auth0.request('PATCH', `/api/v2/users/${encodeURIComponent(id)}`, { user_metadata: { a: 1 } }, machine)],
      'banned by Clerk': ['user_modified', async () => clerkId(await known()), (id) => clerk.request('POST', `/v1/users/${id}/ban`, {})],
      'deleted by GoTrue': ['user_deleted', known, (p) => gotrue.request('DELETE', `/admin/users/${p.id}`, {}, service)],
      'deleted by Clerk': ['user_deleted', async () => clerkId(await known()), (id) => clerk.request('DELETE', `/v1/users/${id}`)],
      'deleted by Auth0': ['user_deleted', async () => auth0Id(await known()), (id) => auth0.request('DELETE', `/api/v2/users/${encodeURIComponent(id)}`, undefined, machine)],
      'invited': ['user_invited', async () => email(), (address) => gotrue.request('POST', '/invite', { email: address }, service)],
      'organization': ['organization_created', async () => clerkId(await known()), (id) => clerk.request('POST', '/v1/organizations', { name: `o${n++}`, created_by: id })],
    }
    const failures = {
      'a wrong password': async () => gotrue.request('POST', '/token?grant_type=password', { email: (await known()).address, password: 'wrong' }), 'an unknown name': () => gotrue.request('POST', '/token?grant_type=password', { email: email(), password }),
      'a wrong password at Auth0': async () => auth0.request('POST', '/oauth/token', { ...client, grant_type: 'password', username: (await known()).address, password: 'wrong' }), 'a wrong code': async () => gotrue.request('POST', '/verify', { type: 'email', email: (await known()).address, token: '000000' }),
      'a wrong refresh token': () => gotrue.request('POST', '/token?grant_type=refresh_token', { refresh_token: 'abcdefghijkl' }), 'a wrong link': () => gotrue.request('GET', '/verify?type=recovery&token=x'), 'a wrong verifier': () => gotrue.request('POST', '/token?grant_type=pkce', { auth_code: '00000000-0000-4000-8000-000000000001', code_verifier: 'x'.repeat(43) }),
      'nobody signed out': () => gotrue.request('POST', '/logout', {}, bearer('x.y.z')), 'a wrong key': () => gotrue.request('DELETE', '/admin/users/00000000-0000-4000-8000-000000000001', {}, bearer(server.gotrue.anonKey)), 'a wrong key of Clerk': () => clerk.request('DELETE', '/v1/users/user_x', undefined, bearer('sk_test_x')),
      'a bad body': () => gotrue.request('POST', '/signup', { email: 5 }), 'a taken address': async () => gotrue.request('POST', '/admin/users', { email: (await known()).address }, service), 'a taken address at Clerk': async () => clerk.request('POST', '/v1/users', { email_address: [(await known()).address] }),
      'a wrong factor': async () => { const f = await factor(); return gotrue.request('POST', `/factors/${f.id}/verify`, { challenge_id: f.challenge, code: '000000' }, bearer(f.s.access_token)) },
    }
    try {
      if (whole) assert.ok(Object.keys(events).length >= 40)
      let now = await trail()
      for (const [name, [action, prepare, act]] of sample(Object.entries(events), 6)) {
        const ready = await prepare()
        const before = new Set((await trail()).map(({ id }) => id)), answer = await act(ready)
        assert.ok(answer.status < 400, `${name}: ${answer.status} ${answer.text}`)
        now = await trail()
        const made = now.filter(({ id }) => !before.has(id))
        assert.equal(made.filter((row) => row.action === action).length, 1, `${name}: ${JSON.stringify(made.map((row) => row.action))}`)
        for (const row of made) assert.ok(row.actor_id !== undefined && row.log_type, JSON.stringify(row))
      }
      for (const [name, act] of sample(Object.entries(failures), 6)) {
        await sleep(0)
        const since = server.log().length
        let answer
        const before = async () => (await trail()).length
        // what the failure itself makes ready is on record; the failure is not, but in the log
        answer = await act()
        const after = await before()
        assert.ok(answer.status >= 400 || /error=/.test(answer.headers.location ?? ''), `${name}: ${answer.status}`)
        await sleep(50)
        const line = server.log().slice(since).split('\n').filter(Boolean).map((text) => { try { return JSON.parse(text) } catch { return {} } }).filter((one) => one.event === 'request').at(-1)
        assert.equal(line?.status, answer.status, `${name} in the log: ${JSON.stringify(line)}`)
        assert.equal(await before(), after)
      }
      figure(t, `${sample(Object.entries(events), 6).length} events with a row each, ${sample(Object.entries(failures), 6).length} failures with a line each (${store})`)
    } finally {
      for (const wire of [gotrue, clerk, auth0]) wire.close()
      await server.stop()
      mail.stop()
    }
  })
