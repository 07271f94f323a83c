// peers.test.mjs (O4, O5): hooks are called where the operator said, in a form that leaves no doubt, and nowhere else; and nobody is spoken to under TLS who does not
// prove the name.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import tls from 'node:tls'
import { sample, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { binary, sleep, start } from '../lib/server.mjs'
import { addresses, ended, scratch } from '../server/run.mjs'

const secret = `v1,whsec_${Buffer.from('a secret of hooks of 24 b').toString('base64')}`
const hook = (url) => ({ GOTRUE_HOOK_BEFORE_USER_CREATED_ENABLED: 'true', GOTRUE_HOOK_BEFORE_USER_CREATED_URI: url, GOTRUE_HOOK_BEFORE_USER_CREATED_SECRETS: secret, GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4' })
let n = 0
const signUp = (server) => fetch(`${server.gotrue.url}/signup`, { method: 'POST', body: JSON.stringify({ email: `peer-${process.pid}-${n++}@example.com`, password: 'secret-pw-1' }) })

// Keeps what it is sent, and answers with `answer`.
async function listener(answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')) {
  const kept = []
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    kept.push({ url: request.url, headers: request.headers, text })
    answer(response, kept.length)
  })
  let connections = 0
  server.on('connection', () => { connections++ })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, kept, connections: () => connections, stop: () => { server.close(); server.closeAllConnections() } }
}

// ---- O4 ----

const doubtful = (P) => [
  `http://2130706433:${P}/`, `http://0x7f000001:${P}/`, `http://017700000001:${P}/`, `http://0177.0.0.1:${P}/`, `http://127.1:${P}/`, `http://127.0.1:${P}/`, `http://127.0.0.2:${P}/`, `http://0:${P}/`, `http://0.0.0.0:${P}/`, `http://[::]:${P}/`, `http://[::ffff:127.0.0.1]:${P}/`,
  `http://[::ffff:7f00:1]:${P}/`, `http://[0:0:0:0:0:0:0:1]:${P}/`, `http://[::1%25lo]:${P}/`, `http://[fe80::1]:${P}/`, `http://169.254.169.254/latest/meta-data/`, `http://10.0.0.1:${P}/`, `http://192.168.0.1:${P}/`, `http://172.16.0.1:${P}/`, `http://100.64.0.1:${P}/`, `http://metadata.google.internal/`,
  `http://localhost.evil.example.net:${P}/`, `http://localhost%2eevil.example.net:${P}/`, `http://localhost.:${P}/`, `http://localhost@evil.example.net:${P}/`, `http://localhost:${P}@evil.example.net/`, `http://evil.example.net@localhost:${P}/`, `http://user:pass@127.0.0.1:${P}/`, `http://127.0.0.1:${P}\\@evil.example.net/`,
  `http://127.0.0.1.nip.io:${P}/`, `http://localtest.me:${P}/`, `http://app.localhost:${P}/`, `http://LOCALHOST:${P}/`, `HTTP://localhost:${P}/`, `http://①②⑦.⓪.⓪.①:${P}/`, `http://ｌocalhost:${P}/`, `http://127。0。0。1:${P}/`, `http:/127.0.0.1:${P}/`, `http:127.0.0.1:${P}/`, `//127.0.0.1:${P}/`, `127.0.0.1:${P}/`, ` http://127.0.0.1:${P}/`,
  `http://localhost#@evil.example.net:${P}/`, `http://localhost?@evil.example.net:${P}/`, `gopher://127.0.0.1:${P}/_x`, 'file:///etc/passwd', `ftp://127.0.0.1:${P}/`, `dict://127.0.0.1:${P}/x`, `ldap://127.0.0.1:${P}/`, `smtp://127.0.0.1:${P}/`, `tftp://127.0.0.1:${P}/`, `telnet://127.0.0.1:${P}/`, `ws://127.0.0.1:${P}/`, `unix:///tmp/x`,
  `pg-functions://postgres/public/x`, `javascript:alert(1)`, 'data:text/plain,x', `http://0x7f.1:${P}/`, `http://127.0.0.1%00.evil.example.net:${P}/`, `http://127.0.0.1%09:${P}/`, '',
]

test('addresses of hooks that leave a doubt stop the start', { skip: !whole, timeout: 300_000 }, async (t) => {
  const canary = await listener(), all = doubtful(canary.port)
  assert.ok(new Set(all).size === all.length && all.length >= 60)
  for (const url of sample(all, 20)) {
    const dir = mkdtempSync(join(tmpdir(), 'hecate-peers-'))
    const self = await ended(['serve'], { ...(await addresses(dir)), ...hook(url) })
    rmSync(dir, { recursive: true, force: true })
    assert.equal(self.code, 78, `${url}: ${self.code} ${self.err}`)
    assert.equal(self.lines().length, 1, self.err)
    assert.ok(!self.err.includes(secret.slice(10)), self.err)
  }
  assert.equal(canary.connections(), 0)
  canary.stop()
  figure(t, `${sample(all, 20).length} doubtful addresses, 0 started, 0 connections`)
})

test('a hook that leads on is not followed, and no key goes out', { skip: !whole, timeout: 120_000 }, async (t) => {
  const canary = await listener()
  const on = [301, 302, 303, 307, 308, 300].flatMap((status) => [`http://127.0.0.1:${canary.port}/`, `//127.0.0.1:${canary.port}/`].map((location) => [status, location])).concat([[302, 'file:///etc/passwd'], [302, `gopher://127.0.0.1:${canary.port}/_x`], [200, `http://127.0.0.1:${canary.port}/`]])
  let at = 0
  const leading = await listener((response) => response.writeHead(on[at][0], { location: on[at][1], refresh: `0;url=${on[at][1]}`, link: `<${on[at][1]}>`, 'alt-svc': `h2="127.0.0.1:${canary.port}"`, 'content-type': 'application/json' }).end('{}'))
  const server = await start({ env: hook(`http://127.0.0.1:${leading.port}/`) })
  try {
    for (at = 0; at < on.length; at++) assert.equal((await signUp(server)).status, on[at][0] === 200 ? 200 : 500, on[at].join(' '))
    assert.equal(canary.connections(), 0)
    assert.equal(leading.kept.length, on.length)
    for (const { headers, text } of leading.kept) {
      const all = JSON.stringify(headers) + text
      for (const key of [server.gotrue.serviceKey, server.gotrue.jwtSecret, server.clerk.secretKey, server.auth0.clientSecret, secret, 'secret-pw-1', 'authorization', 'cookie']) assert.ok(!all.includes(key), key)
    }
    figure(t, `${on.length} that lead on, 0 followed, 0 keys sent`)
  } finally {
    await server.stop()
    leading.stop()
    canary.stop()
  }
})

test('addresses that users bring are never asked for', { skip: !whole, timeout: 120_000 }, async (t) => {
  const canary = await listener(), server = await start({ env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4' } }), url = `http://127.0.0.1:${canary.port}/x.png`
  try {
    const json = { 'content-type': 'application/json' }, clerk = { ...json, authorization: `Bearer ${server.clerk.secretKey}` }
    const machine = (await (await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: json, body: JSON.stringify({ grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` }) })).json()).access_token
    const auth0 = { ...json, authorization: `Bearer ${machine}` }, service = { ...json, authorization: `Bearer ${server.gotrue.serviceKey}` }
    const post = (to, headers, body) => fetch(to, { method: 'POST', headers, body: JSON.stringify(body) }).then((answer) => answer.text())
    const answers = [
      await post(`${server.gotrue.url}/signup?redirect_to=${url}`, json, { email: 'brought-1@example.com', password: 'secret-pw-1', data: { avatar_url: url, picture: url } }),
      await post(`${server.gotrue.url}/admin/users`, service, { email: 'brought-2@example.com', user_metadata: { avatar_url: url }, app_metadata: { jwks_uri: url } }),
      await post(`${server.gotrue.url}/admin/generate_link`, service, { type: 'magiclink', email: 'brought-2@example.com', redirect_to: url }),
      await post(`${server.clerk.url}/v1/users`, clerk, { email_address: ['brought-3@example.com'], public_metadata: { image_url: url } }),
      await post(`${server.clerk.url}/v1/organizations`, clerk, { name: 'x', public_metadata: { logo_url: url } }),
      await post(`${server.clerk.url}/v1/invitations`, clerk, { email_address: 'brought-4@example.com', redirect_url: url }),
      await post(`${server.auth0.url}/api/v2/users`, auth0, { email: 'brought-5@example.com', connection: 'Username-Password-Authentication', password: 'Secret-pw-1', picture: url }),
      await post(`${server.auth0.url}/api/v2/organizations`, auth0, { name: 'brought', branding: { logo_url: url } }),
      await post(`${server.auth0.url}/api/v2/connections`, auth0, { name: 'brought', strategy: 'oidc', options: { discovery_url: url, jwks_uri: url, icon_url: url } }),
      await post(`${server.auth0.url}/api/v2/tickets/password-change`, auth0, { email: 'brought-5@example.com', connection_id: 'con_x', result_url: url }),
      await post(`${server.auth0.url}/oauth/token`, json, { grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: `${Buffer.from(JSON.stringify({ alg: 'RS256', jku: url })).toString('base64url')}.e30.x` }),
      ...(await Promise.all([['jku', url], ['x5u', url], ['jwk', { kty: 'RSA', x5u: url }], ['kid', url]].map(([name, value]) => fetch(`${server.gotrue.url}/user`, { headers: { authorization: `Bearer ${Buffer.from(JSON.stringify({ alg: 'RS256', [name]: value })).toString('base64url')}.e30.x` } }).then((answer) => answer.text())))),
    ]
    await sleep(500)
    assert.equal(canary.connections(), 0)
    figure(t, `${answers.length} addresses that users bring, 0 connections`)
  } finally {
    await server.stop()
    canary.stop()
  }
})

// ---- O5 ----

// Certificates of a CA that the server believes, as the operator's machine would: the list of the system gives way to ours where mount(8) lets it.
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
function authority(dir) {
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Test CA', '-keyout', join(dir, 'ca.key'), '-out', join(dir, 'ca.crt'))
  const make = (name, { host = 'localhost', days = ['-days', '30'], self = false } = {}) => {
    const [key, request, cert, more] = ['key', 'csr', 'crt', 'ext'].map((ext) => join(dir, `${name}.${ext}`))
    writeFileSync(more, `subjectAltName=${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}\n`)
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${host}`, '-keyout', key, '-out', request)
    openssl('x509', '-req', '-in', request, '-out', cert, '-extfile', more, ...days, ...(self ? ['-signkey', key] : ['-CA', join(dir, 'ca.crt'), '-CAkey', join(dir, 'ca.key'), '-CAcreateserial']))
    return { key: readFileSync(key), cert: readFileSync(cert) }
  }
  return { good: make('good'), 'another name': make('name', { host: 'other.example.com' }), 'an own signature': make('self', { self: true }), 'over': make('over', { days: ['-days', '-1'] }) }
}
const canMount = () => spawnSync('unshare', ['-m', 'mount', '--bind', '/etc/hostname', '/etc/hostname']).status === 0

// Speaks enough of each protocol for a client to send what is secret; `heard` is what came under TLS.
async function peer(kind, pair, old) {
  const heard = [], options = { ...pair, ...(old ? { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } : {}) }
  const secure = (socket) => {
    const inner = new tls.TLSSocket(socket, { isServer: true, ...options })
    inner.on('error', () => {}).on('data', (chunk) => {
      heard.push(chunk.toString('latin1'))
      if (kind === 'hook') inner.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
      if (kind === 'mail' || kind === 'mail at once') for (const line of chunk.toString('latin1').split('\r\n').filter(Boolean)) inner.write(line.startsWith('DATA') ? '354 go\r\n' : '250 ok\r\n')
    })
    return inner
  }
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    if (kind === 'hook') return secure(socket)
    if (kind === 'mail at once') return secure(socket).on('secure', function greet() { this.write('220 peer\r\n') })
    if (kind === 'mail') {
      socket.write('220 peer\r\n')
      const onData = (chunk) => {
        const text = chunk.toString('latin1')
        if (text.startsWith('EHLO')) socket.write('250-peer\r\n250 STARTTLS\r\n')
        else if (text.startsWith('STARTTLS')) { socket.removeListener('data', onData); socket.write('220 go\r\n', () => secure(socket)) }
        else { heard.push(`plain ${text}`); socket.write('250 ok\r\n') }
      }
      return socket.on('data', onData)
    }
    socket.once('data', () => socket.write('S', () => secure(socket))) // PostgreSQL's SSLRequest
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, heard: () => heard.join(''), stop: () => server.close() }
}

describe('peers under TLS', { skip: !whole }, () => {
  let dir, pairs, wrapper
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'hecate-tls-'))
    chmodSync(dir, 0o755)
    pairs = authority(dir)
    wrapper = join(dir, 'hecate')
    writeFileSync(wrapper, `#!/bin/sh\nexec unshare -m sh -c 'mount --bind ${join(dir, 'ca.crt')} /etc/ssl/certs/ca-certificates.crt && exec ${binary} "$@"' hecate "$@"\n`, { mode: 0o755 })
    mkdirSync(join(dir, 'data'), { mode: 0o700 })
  })
  after(() => rmSync(dir, { recursive: true }))

  const kinds = {
    'mail': (port) => ({ GOTRUE_SMTP_HOST: 'localhost', GOTRUE_SMTP_PORT: String(port), GOTRUE_SMTP_USER: 'user', GOTRUE_SMTP_PASS: 'canary-of-mail', GOTRUE_SMTP_ADMIN_EMAIL: 'admin@example.com', GOTRUE_SITE_URL: 'http://127.0.0.1:3000', HECATE_PASSWORD_HASH: 'bcrypt:4' }),
    'hook': (port) => hook(`https://localhost:${port}/`),
  }
  const mounts = canMount()
  for (const kind of Object.keys(kinds))
    for (const [what, pair, old] of [['good', 'good'], ['another name', 'another name'], ['an own signature', 'an own signature'], ['over', 'over'], ['TLS 1.1', 'good', true]])
      test(`${kind}: ${what}`, { skip: what === 'good' && !mounts }, async (t) => {
        const there = await peer(kind, pairs[pair], old)
        const server = await start({ env: kinds[kind](there.port), program: mounts ? wrapper : binary })
        try {
          const answer = await signUp(server)
          await sleep(kind === 'mail' ? 1500 : 0)
          const spoke = there.heard().length > 0
          assert.equal(spoke, what === 'good', `${answer.status} ${there.heard().slice(0, 300)}`)
          figure(t, `${kind}, ${what}: ${spoke ? 'spoken to' : 'refused'}`)
        } finally {
          await server.stop()
          there.stop()
        }
      })

  for (const [what, pair, old] of [['another name', 'another name'], ['an own signature', 'an own signature'], ['over', 'over'], ['TLS 1.1', 'good', true], ['good', 'good']])
    test(`PostgreSQL: ${what}`, async (t) => {
      const there = await peer('postgres', pairs[pair], old)
      const self = await ended(['serve'], { ...(await addresses(scratch(t))), HECATE_DB_WAIT: '1s', HECATE_DATABASE_URL: `postgres://user:canary@localhost:${there.port}/x?sslmode=verify-full&sslrootcert=${join(dir, 'ca.crt')}` })
      there.stop()
      assert.notEqual(self.code, 0)
      assert.equal(there.heard().length > 0, what === 'good', there.heard().slice(0, 300))
      figure(t, `PostgreSQL, ${what}: ${there.heard().length > 0 ? 'spoken to' : 'refused'}`)
    })
})
