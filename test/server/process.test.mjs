// process.test.mjs: start, loops, users, reload and end of a live server.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import tls from 'node:tls'
import { binary, mint, newDatabase, sleep, stores } from '../lib/server.mjs'
import { addresses, command, end, ended, scratch, serve, until, url } from './run.mjs'

const isRoot = process.getuid() === 0
const status = async (address) => (await fetch(address)).status

test('SIGTERM under load answers what it has read and exits 0', async (t) => {
  const env = await addresses(scratch(t)), self = await serve(t, env)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 })
  const seen = { good: 0, bad: [], refused: 0 }
  let going = true
  const client = async () => {
    while (going)
      await new Promise((resolve) => {
        const req = http.get(`${url(env, 'gotrue')}/settings`, { agent }, (res) => {
          res.resume().on('end', () => { res.statusCode === 200 ? seen.good++ : seen.bad.push(res.statusCode); resolve() })
        })
        req.on('error', (error) => { error.code === 'ECONNREFUSED' ? seen.refused++ : 0; going = going && error.code !== 'ECONNREFUSED'; resolve() })
      })
  }
  const clients = Array.from({ length: 20 }, client)
  await until('load', () => seen.good > 300)
  const begun = Date.now(), code = await end(self)
  going = false
  await Promise.all(clients)
  agent.destroy()
  assert.equal(code, 0)
  assert.ok(Date.now() - begun < 10000)
  assert.deepEqual(seen.bad, [])
  assert.ok(!/Sanitizer|runtime error/.test(self.err), self.err)
})

test('SIGTERM does not wait for clients that dawdle', async (t) => {
  const env = await addresses(scratch(t)), self = await serve(t, env)
  const [host, port] = env.HECATE_LISTEN_GOTRUE.split(':'), sockets = []
  for (const text of ['', 'GET /health HTTP/1.1\r\nHost: a', 'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf'])
    await new Promise((resolve) => {
      const socket = connect(Number(port), host, () => { if (text) socket.write(text); setTimeout(resolve, 50) }).on('error', () => {})
      sockets.push(socket)
    })
  const begun = Date.now()
  assert.equal(await end(self), 0)
  assert.ok(Date.now() - begun < 10000, String(Date.now() - begun))
  for (const socket of sockets) socket.destroy()
})

test('SIGTERM and SIGHUP during the start are kept until somebody listens', async (t) => {
  for (const ms of [0, 5, 20, 50, 120]) {
    const self = command(['serve'], await addresses(scratch(t)))
    await until('begun', () => readFileSync(`/proc/${self.child.pid}/status`, 'utf8').match(/SigBlk:\s*0*[1-9]/)).catch(() => 0)
    await sleep(ms)
    self.child.kill('SIGHUP')
    self.child.kill('SIGTERM')
    assert.equal(await self.exit, 0, self.err)
  }
})

test('readiness goes false before the listeners close', async (t) => {
  const env = { ...(await addresses(scratch(t))), HECATE_DRAIN_DELAY: '3s' }, self = await serve(t, env)
  assert.equal(await status(`${url(env, 'ops')}/readyz`), 200)
  assert.equal(await status(`${url(env, 'ops')}/healthz`), 200)
  const exit = end(self)
  await until('not ready', async () => (await status(`${url(env, 'ops')}/readyz`)) === 503)
  assert.equal(await status(`${url(env, 'gotrue')}/health`), 503)
  assert.equal(await status(`${url(env, 'gotrue')}/settings`), 200) // still served
  assert.equal(await exit, 0)
  await assert.rejects(fetch(`${url(env, 'gotrue')}/health`))
})

test('several loops have their own sockets and all serve', async (t) => {
  const env = { ...(await addresses(scratch(t))), HECATE_LOOPS: '3' }, self = await serve(t, env)
  const port = Number(env.HECATE_LISTEN_GOTRUE.split(':')[1]).toString(16).toUpperCase().padStart(4, '0')
  const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').filter((line) => line.includes(`0100007F:${port} 00000000:0000 0A`))
  assert.equal(listening.length, 3)
  const answers = await Promise.all(Array.from({ length: 60 }, () => new Promise((resolve, reject) =>
    http.get(`${url(env, 'gotrue')}/health`, { agent: false }, (res) => { res.resume(); resolve(res.statusCode) }).on('error', reject))))
  assert.deepEqual([...new Set(answers)], [200])
  assert.equal(await end(self), 0)
})

test('another process can empty the log of a server that rests', async (t) => {
  const env = { ...(await addresses(scratch(t))), HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_JWT_SECRET: '3'.repeat(40) }, self = await serve(t, env)
  const headers = { authorization: `Bearer ${mint({ role: 'service_role' }, '3'.repeat(40))}`, 'content-type': 'application/json' }
  const made = await fetch(`${url(env, 'gotrue')}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: 'a@example.com' }) }), { id } = await made.json()
  for (let i = 0; i < 20; i++) assert.equal((await fetch(`${url(env, 'gotrue')}/admin/users/${id}`, { headers })).status, 200)
  for (let i = 0; i < 5; i++) { // it looks at its keys now and then
    const said = execFileSync('sqlite3', [join(env.HECATE_DATA, 'hecate.db'), 'PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint(TRUNCATE)'], { encoding: 'utf8' })
    assert.match(said, /^0\|0\|0$/m)
    await sleep(250)
  }
  assert.equal((await fetch(`${url(env, 'gotrue')}/admin/users/${id}`, { headers })).status, 200)
  assert.equal(await end(self), 0)
})

test('a unix socket is served', async (t) => {
  const dir = scratch(t), path = join(dir, 'gotrue.sock')
  const env = { ...(await addresses(dir)), HECATE_LISTEN_GOTRUE: `unix:${path}`, HECATE_LOOPS: '2' }, self = await serve(t, env)
  const code = await new Promise((resolve, reject) => http.get({ socketPath: path, path: '/health' }, (res) => { res.resume(); resolve(res.statusCode) }).on('error', reject))
  assert.equal(code, 200)
  assert.equal(await end(self), 0)
})

function procStatus(pid) {
  return Object.fromEntries(readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n').map((line) => line.split(/:\s*/, 2)))
}

test('root becomes HECATE_USER, without privileges', { skip: !isRoot }, async (t) => {
  const dir = scratch(t), env = { ...(await addresses(dir)), HECATE_USER: 'nobody' }
  execFileSync('chmod', ['755', dir])
  const self = await serve(t, env), now = procStatus(self.child.pid)
  assert.match(now.Uid, /^65534\s+65534\s+65534\s+65534$/)
  assert.match(now.Gid, /^65534\s+65534\s+65534\s+65534$/)
  assert.equal(now.Groups.trim(), '65534')
  assert.equal(now.CapEff, '0000000000000000')
  assert.equal(now.NoNewPrivs, '1')
  if (!/asan/.test(binary)) assert.equal(now.Seccomp, '2') // the sanitizers need calls that the filter forbids
  assert.match(readFileSync(`/proc/${self.child.pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/)
  for (const file of readdirSync(env.HECATE_DATA)) {
    const st = statSync(join(env.HECATE_DATA, file))
    assert.equal(st.uid, 65534, file)
    assert.equal(st.mode & 0o077 & (file === 'ca.pem' || file === 'server.pem' ? 0 : 0o077), 0, file)
  }
  assert.equal(statSync(env.HECATE_DATA).mode & 0o777, 0o700)
  assert.ok(!self.err.includes('running as root'))
  assert.equal(await end(self), 0)
})

test('root becomes the owner of the data directory', { skip: !isRoot }, async (t) => {
  const dir = scratch(t), env = await addresses(dir)
  execFileSync('chmod', ['755', dir])
  mkdirSync(env.HECATE_DATA, { mode: 0o700 })
  chownSync(env.HECATE_DATA, 65534, 65534)
  const self = await serve(t, env)
  assert.match(procStatus(self.child.pid).Uid, /^65534\s/)
  assert.equal(await end(self), 0)
})

test('root stays root with a warning', { skip: !isRoot }, async (t) => {
  const self = await serve(t, await addresses(scratch(t)))
  assert.match(self.err, /running as root/)
  assert.equal(await end(self), 0)
})

function certificate(dir, name) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.pem`)], { stdio: 'ignore' })
}

const subject = (port) => new Promise((resolve, reject) => {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().subject.CN)
    socket.end()
  }).on('error', reject)
})

test('SIGHUP takes a new certificate; connections that are up go on', async (t) => {
  const dir = scratch(t), cert = join(dir, 'cert'), key = join(dir, 'key')
  certificate(dir, 'first')
  certificate(dir, 'second')
  const use = (name) => {
    copyFileSync(join(dir, `${name}.pem`), cert)
    copyFileSync(join(dir, `${name}.key`), key)
    execFileSync('chmod', ['600', key])
  }
  use('first')
  const env = { ...(await addresses(dir)), HECATE_TLS_CERT: cert, HECATE_TLS_KEY: key }, self = await serve(t, env)
  const port = Number(env.HECATE_LISTEN_AUTH0.split(':')[1]), agent = new https.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  const get = () => new Promise((resolve, reject) => https.get({ port, host: '127.0.0.1', path: '/.well-known/jwks.json', agent }, (res) => {
    const { localPort } = res.socket
    res.resume().on('end', () => resolve([res.statusCode, localPort]))
  }).on('error', reject))
  const [, before] = await get()
  assert.equal(await subject(port), 'first')
  use('second')
  self.child.kill('SIGHUP')
  await until('reloaded', () => self.err.includes('"reloaded"'))
  assert.equal(await subject(port), 'second')
  assert.equal((await get())[1], before)
  writeFileSync(cert, 'nonsense')
  self.child.kill('SIGHUP')
  await until('refused', () => self.err.includes('certificates not reloaded'))
  assert.equal(await subject(port), 'second')
  agent.destroy()
  assert.equal(await end(self), 0)
})

test('SIGHUP reads the file and the secrets again; an error leaves all as it was', async (t) => {
  const dir = scratch(t), conf = join(dir, 'conf'), secretFile = join(dir, 'secret'), one = '1'.repeat(40), two = '2'.repeat(40)
  const env = { ...(await addresses(dir)), GOTRUE_JWT_SECRET_FILE: secretFile }
  writeFileSync(conf, 'GOTRUE_DISABLE_SIGNUP=false\n')
  writeFileSync(secretFile, `${one}\n`, { mode: 0o600 })
  const self = await serve(t, env, ['serve', '--config', conf])
  const signupOff = async () => (await (await fetch(`${url(env, 'gotrue')}/settings`)).json()).disable_signup
  const admin = (secret) => fetch(`${url(env, 'gotrue')}/admin/users`, { headers: { authorization: `Bearer ${mint({ role: 'service_role' }, secret)}` } }).then((res) => res.status)
  const hup = async (what) => {
    const at = self.err.length
    self.child.kill('SIGHUP')
    await until(what, () => self.err.slice(at).includes(what))
  }
  assert.equal(await signupOff(), false)
  assert.equal(await admin(one), 200)
  writeFileSync(conf, 'GOTRUE_DISABLE_SIGNUP=true\nHECATE_LOOPS=7\n')
  writeFileSync(secretFile, two)
  await hup('"reloaded"')
  assert.match(self.err, /these options need a restart: HECATE_LOOPS/)
  assert.equal(await signupOff(), true)
  assert.equal(await admin(two), 200)
  assert.notEqual(await admin(one), 200)
  writeFileSync(conf, 'GOTRUE_DISABLE_SIGNUP=maybe\n')
  await hup('not reloaded')
  assert.equal(await signupOff(), true)
  assert.equal(await end(self), 0)
})

test('reloads drop no request', async (t) => {
  const env = await addresses(scratch(t)), self = await serve(t, env)
  let going = true, n = 0
  const load = Promise.all(Array.from({ length: 8 }, async () => {
    while (going) {
      assert.equal(await status(`${url(env, 'gotrue')}/health`), 200)
      n++
    }
  }))
  for (let i = 1; i <= 10; i++) {
    self.child.kill('SIGHUP')
    await until('reloaded', () => self.err.split('"reloaded"').length > i)
    await Promise.race([load, until('load', () => n > 10 * i)])
  }
  going = false
  await load
  assert.equal(await end(self), 0)
})

test('credentials are made once, printed once, and open their dialects', async (t) => {
  const env = await addresses(scratch(t)), first = await serve(t, env)
  const [, gotrue] = first.out.match(/service role\): +createClient\('[^']*', '([^']*)'\)/)
  const [, clerk] = first.out.match(/createClerkClient\(\{ apiUrl: '[^']*', secretKey: '([^']*)' \}\)/)
  const [, domain, id, secret] = first.out.match(/new ManagementClient\(\{ domain: '([^']*)', clientId: '([^']*)', clientSecret: '([^']*)' \}\)/)
  const [, ca] = first.out.match(/export NODE_EXTRA_CA_CERTS=(.*)/)
  assert.equal(await end(first), 0)
  const second = await serve(t, env)
  assert.equal(second.out, '')
  const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } })
  assert.equal((await fetch(`${url(env, 'gotrue')}/admin/users`, bearer(gotrue))).status, 200)
  assert.equal((await fetch(`${url(env, 'clerk')}/v1/users`, bearer(clerk))).status, 200)
  assert.notEqual((await fetch(`${url(env, 'clerk')}/v1/users`, bearer(`${clerk}x`))).status, 200)
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret, audience: `https://${domain}/api/v2/` })
  const token = await new Promise((resolve, reject) => {
    const req = https.request(`https://${domain}/oauth/token`, { method: 'POST', ca: readFileSync(ca), headers: { 'content-type': 'application/json' } }, (res) => {
      let text = ''
      res.on('data', (chunk) => { text += chunk }).on('end', () => resolve(JSON.parse(text)))
    }).on('error', reject)
    req.end(body)
  })
  assert.ok(token.access_token, JSON.stringify(token))
  for (const text of [first.err, second.err]) for (const value of [gotrue, clerk, secret]) assert.ok(!text.includes(value))
  assert.equal(await end(second), 0)
})

test('one request cannot take more memory than it may, and the dialect says so', async (t) => {
  const env = { ...(await addresses(scratch(t))), HECATE_REQUEST_MEMORY: '1MiB', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_JWT_SECRET: '3'.repeat(40) }, self = await serve(t, env)
  const headers = { authorization: `Bearer ${mint({ role: 'service_role' }, '3'.repeat(40))}`, 'content-type': 'application/json' }
  const add = (n) => fetch(`${url(env, 'gotrue')}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: `u${n}@example.com`, user_metadata: { a: 'x'.repeat(60000) } }) })
  for (const made of await Promise.all(Array.from({ length: 30 }, (_, n) => add(n)))) assert.equal(made.status, 200)
  const res = await fetch(`${url(env, 'gotrue')}/admin/users`, { headers })
  assert.equal(res.status, 500)
  assert.match(res.headers.get('content-type'), /json/)
  assert.ok((await res.json()).msg)
  assert.equal(await status(`${url(env, 'gotrue')}/health`), 200)
  assert.equal(await end(self), 0)
})

test('metrics count requests, durations and connections', async (t) => {
  const env = await addresses(scratch(t)), self = await serve(t, env)
  for (let i = 0; i < 3; i++) await status(`${url(env, 'gotrue')}/health`)
  await status(`${url(env, 'gotrue')}/nowhere`)
  const res = await fetch(`${url(env, 'ops')}/metrics`), text = await res.text()
  assert.match(res.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  assert.match(text, /^hecate_requests_total\{dialect="gotrue",method="GET",route="\/health",status="200"\} 3$/m)
  assert.match(text, /^hecate_requests_total\{dialect="gotrue",method="",route="",status="404"\} 1$/m)
  assert.match(text, /^hecate_request_seconds_count\{dialect="gotrue"\} 4$/m)
  assert.match(text, /^hecate_request_seconds_bucket\{dialect="gotrue",le="\+Inf"\} 4$/m)
  assert.match(text, /^hecate_connections\{listener="ops"\} [1-9]/m)
  assert.match(text, /^hecate_hash_waiting 0$/m)
  assert.match(text, /^hecate_db_calls_total \d+$/m)
  for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [0-9.e+-]+)$/)
  assert.equal(await status(`${url(env, 'ops')}/nowhere`), 404)
  assert.equal(await end(self), 0)
})

test('with a token, metrics ask for it and health does not', async (t) => {
  const token = '7'.repeat(40), env = { ...(await addresses(scratch(t))), HECATE_OPS_TOKEN: token }, self = await serve(t, env)
  const metrics = (value) => fetch(`${url(env, 'ops')}/metrics`, value ? { headers: { authorization: `Bearer ${value}` } } : {}).then((res) => res.status)
  assert.deepEqual([await metrics(), await metrics(`${token}8`), await metrics(token.slice(1)), await metrics(token)], [401, 401, 401, 200])
  assert.equal(await status(`${url(env, 'ops')}/readyz`), 200)
  assert.equal(await end(self), 0)
})

test('dev serves from a directory that is gone when it ends', async (t) => {
  const dir = scratch(t), { HECATE_DATA, ...env } = await addresses(dir)
  const self = await serve(t, { ...env, TMPDIR: dir }, ['dev'])
  const [, data] = self.out.match(/data in (.*)\)/)
  assert.ok(data.startsWith(dir) && existsSync(data))
  const [, address, anon] = self.out.match(/anonymous\): +createClient\('([^']*)', '([^']*)'\)/)
  const res = await fetch(`${address}/auth/v1/signup`, { method: 'POST', headers: { apikey: anon, 'content-type': 'application/json' }, body: JSON.stringify({ email: 'a@example.com', password: 'secret-pw-1' }) })
  assert.ok(res.status === 200 && (await res.json()).access_token, String(res.status))
  assert.equal(await end(self), 0)
  assert.deepEqual(readdirSync(dir), [])
  assert.equal(HECATE_DATA, join(dir, 'data'))
})

test('a data key that is given leaves no file and opens what it sealed', async (t) => {
  const env = { ...(await addresses(scratch(t))), HECATE_DATA_KEY: '0f'.repeat(32) }
  assert.equal(await end(await serve(t, env)), 0)
  assert.ok(!existsSync(join(env.HECATE_DATA, 'data.key')))
  assert.equal(await end(await serve(t, { ...env, HECATE_DATA_KEY: Buffer.alloc(32, 0x0f).toString('base64') })), 0)
})

test('a list of keys signs with the one that may, and verifies with all', async (t) => {
  const jwk = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' })
  const ec = jwk('ec', { namedCurve: 'P-256' }), old = jwk('ec', { namedCurve: 'P-256' }), secret = '4'.repeat(40)
  const keys = [{ ...ec, alg: 'ES256', kid: 'new', key_ops: ['sign', 'verify'] }, { ...old, alg: 'ES256', kid: 'old', key_ops: ['verify'] }]
  const env = { ...(await addresses(scratch(t))), GOTRUE_JWT_KEYS: JSON.stringify(keys), GOTRUE_JWT_SECRET: secret, GOTRUE_JWT_VALID_METHODS: 'ES256,HS256', GOTRUE_MAILER_AUTOCONFIRM: 'true' }
  const self = await serve(t, env)
  const jwks = await (await fetch(`${url(env, 'gotrue')}/.well-known/jwks.json`)).json()
  assert.deepEqual(jwks.keys.map((key) => key.kid), ['new', 'old'])
  assert.ok(jwks.keys.every((key) => key.d === undefined))
  const token = (kid, key) => {
    const text = [{ alg: 'ES256', kid, typ: 'JWT' }, { role: 'service_role', exp: Math.floor(Date.now() / 1000) + 60 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${sign('sha256', Buffer.from(text), { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const admin = async (value) => (await fetch(`${url(env, 'gotrue')}/admin/users`, { headers: { authorization: `Bearer ${value}` } })).status
  assert.equal(await admin(token('new', ec)), 200)
  assert.equal(await admin(token('old', old)), 200)
  assert.notEqual(await admin(token('old', ec)), 200)
  assert.equal(await admin(mint({ role: 'service_role' }, secret)), 200)
  const made = await fetch(`${url(env, 'gotrue')}/signup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'a@example.com', password: 'secret-pw-1' }) })
  const header = JSON.parse(Buffer.from((await made.json()).access_token.split('.')[0], 'base64url'))
  assert.deepEqual([header.alg, header.kid], ['ES256', 'new'])
  assert.equal(await end(self), 0)
})

test('an inherited socket is served', async (t) => {
  const env = await addresses(scratch(t)), script = `
    import os, socket, sys
    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(64)
    os.set_inheritable(s.fileno(), True)
    os.environ['HECATE_LISTEN_GOTRUE'] = 'fd:%d' % s.fileno()
    print(s.getsockname()[1], flush=True)
    os.execv(sys.argv[1], [sys.argv[1], 'serve'])`.replace(/^ {4}/gm, '')
  const child = spawn('python3', ['-c', script, binary], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = '', err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text })
  child.stderr.setEncoding('utf8').on('data', (text) => { err += text })
  const exit = new Promise((resolve) => child.on('close', resolve))
  await until('ready', () => err.includes('"ready"'))
  assert.equal(await status(`http://127.0.0.1:${out.split('\n')[0]}/health`), 200)
  child.kill('SIGTERM')
  assert.equal(await exit, 0)
})

test('two servers that start at once in one directory make one key', async (t) => {
  const dir = scratch(t), a = command(['serve'], await addresses(dir)), b = command(['serve'], await addresses(dir))
  const first = await Promise.race([a.exit, b.exit])
  assert.equal(first, 73)
  const winner = a.child.exitCode === null ? a : b
  await until('ready', () => winner.err.includes('"ready"'))
  assert.equal(await end(winner), 0)
  const again = await ended(['check'], { HECATE_DATA: join(dir, 'data') })
  assert.equal(again.code, 0)
})

test('two nodes on one PostgreSQL share keys made at the first start', { skip: !stores.includes('postgres') }, async (t) => {
  const database = newDatabase()
  t.after(() => database.drop())
  const shared = { HECATE_DATABASE_URL: database.url, HECATE_DATA_KEY: '5a'.repeat(32), HECATE_LOOPS: '2' }
  const a = { ...(await addresses(scratch(t))), ...shared }, b = { ...(await addresses(scratch(t))), ...shared }
  const first = await serve(t, a), second = await serve(t, b)
  const [, token] = first.out.match(/service role\): +createClient\('[^']*', '([^']*)'\)/)
  assert.equal(second.out, '')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const made = await fetch(`${url(a, 'gotrue')}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: 'a@example.com', email_confirm: true }) })
  assert.equal(made.status, 200)
  const seen = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url(b, 'gotrue')}/admin/users/`, { headers }).then((res) => res.json())))
  assert.ok(seen.every((list) => list.users.length === 1))
  second.child.kill('SIGHUP')
  await until('reloaded', () => second.err.includes('"reloaded"'))
  const check = await ended(['check'], { DATABASE_URL: database.url })
  assert.deepEqual([check.code, check.out], [0, '0\n'], check.err)
  assert.equal(await end(first), 0)
  assert.equal(await end(second), 0)
})
