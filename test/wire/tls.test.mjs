// tls.test.mjs: Auth0's listener: its client trusts the server's own CA under each name of the machine; who comes with another name, an old protocol or
// without TLS is refused cleanly; an operator's certificate changes under traffic and no request is lost.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { sleep, start } from '../lib/server.mjs'

let server
before(async () => { server = await start({ env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } }) })
after(() => server.stop())
const port = () => server.ports[2]
const healthy = async () => assert.equal((await fetch(`${server.auth0.url}/.well-known/jwks.json`)).status, 200)

// A program of its own, as the printed line starts it; it prints the class of an error.
const program = (name) => `import { ManagementClient } from '${name}'
const m = new ManagementClient({ domain: process.env.DOMAIN, clientId: process.env.ID, clientSecret: process.env.SECRET })
try { await (m.users.getAll ?? m.users.list).call(m.users, {}); console.log('ok') } catch (error) { console.log(String(error.cause?.code ?? error.cause?.cause?.code ?? error)) }`
const run = async (name, domain, ca) => {
  const env = { PATH: process.env.PATH, DOMAIN: domain, ID: server.auth0.clientId, SECRET: server.auth0.clientSecret, ...(ca ? { NODE_EXTRA_CA_CERTS: ca } : {}) }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program(name)], { env, cwd: join(import.meta.dirname, '..'), timeout: 30000 })
  return stdout.trim()
}

for (const name of ['auth0-4', 'auth0'])
  test(`${name} with NODE_EXTRA_CA_CERTS, under each name; not without`, async () => {
    for (const domain of [`localhost:${port()}`, `127.0.0.1:${port()}`]) assert.equal(await run(name, domain, server.auth0.ca), 'ok', domain)
    assert.notEqual(await run(name, `localhost:${port()}`), 'ok')
    await healthy()
  })

const handshake = (options) => new Promise((resolve) => {
  const socket = tls.connect({ port: port(), host: '127.0.0.1', servername: 'localhost', ca: readFileSync(server.auth0.ca), ...options }, () => {
    resolve(socket.getProtocol())
    socket.destroy()
  }).on('error', (error) => resolve(error.code))
})

test('a wrong name is the client\'s to refuse; the server goes on', async () => {
  assert.equal(await handshake({ servername: 'other.example' }), 'ERR_TLS_CERT_ALTNAME_INVALID')
  await healthy()
})

test('TLS 1.2 and 1.3, nothing older', async () => {
  assert.deepEqual([await handshake({ maxVersion: 'TLSv1.2' }), await handshake({ minVersion: 'TLSv1.3' })], ['TLSv1.2', 'TLSv1.3'])
  for (const version of ['TLSv1', 'TLSv1.1']) assert.match(await handshake({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }), /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|ALERT/, version)
  await healthy()
})

test('plain HTTP, other protocols and noise on the port are closed at once', async () => {
  for (const bytes of ['GET / HTTP/1.1\r\nhost: localhost\r\n\r\n', 'SSH-2.0-x\r\n', '\x00'.repeat(100), '\x16\x03\x01\xff\xff' + 'x'.repeat(200), '\x80\x2e\x01\x00\x02']) {
    const began = Date.now(), answer = await new Promise((resolve, reject) => {
      let got = Buffer.alloc(0)
      const socket = net.connect(port(), '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')))
      socket.on('data', (chunk) => { got = Buffer.concat([got, chunk]) }).on('close', () => resolve(got)).on('error', (error) => (error.code === 'ECONNRESET' ? resolve(got) : reject(error)))
    })
    assert.ok(Date.now() - began < 3000, bytes)
    assert.ok(answer.length === 0 || answer[0] === 0x15 || /^HTTP\/1\.1 4\d\d /.test(answer.toString('latin1')), answer.toString('latin1')) // an alert, or a refusal in words
  }
  await healthy()
  assert.ok(!/"level":"error"/.test(server.log()), server.log())
})

test('an operator\'s certificate changes under traffic: no request is lost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-tls-')), cert = join(dir, 'cert'), key = join(dir, 'key')
  const use = (name) => {
    copyFileSync(join(dir, `${name}.key`), key)
    copyFileSync(join(dir, `${name}.pem`), cert)
    execFileSync('chmod', ['600', key])
  }
  for (const name of ['one', 'two'])
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.pem`)], { stdio: 'ignore' })
  use('one')
  const own = await start({ env: { HECATE_TLS_CERT: cert, HECATE_TLS_KEY: key } })
  const agents = [new https.Agent({ keepAlive: true, maxSockets: 2, rejectUnauthorized: false }), new https.Agent({ keepAlive: false, maxSockets: 2, rejectUnauthorized: false })]
  const seen = new Set()
  const get = (agent) => new Promise((resolve, reject) => https.get({ port: own.ports[2], host: '127.0.0.1', servername: 'localhost', path: '/.well-known/jwks.json', agent }, (res) => {
    seen.add(res.socket.getPeerCertificate().subject?.CN)
    res.resume().on('end', () => resolve(res.statusCode))
  }).on('error', reject))
  try {
    let over = false, answered = 0
    const traffic = agents.flatMap((agent) => [0, 1].map(async () => {
      while (!over) {
        assert.equal(await get(agent), 200)
        answered++
      }
    }))
    for (let i = 1; i <= 6; i++) {
      const name = i % 2 ? 'two' : 'one', was = answered
      seen.delete(name) // a session that is resumed shows none
      use(name)
      process.kill(own.pid, 'SIGHUP')
      while (own.log().split('"reloaded"').length <= i) await sleep(20)
      for (const end = Date.now() + 30_000; Date.now() < end && !(seen.has(name) && answered > was + 5);) await Promise.race([sleep(20), Promise.all(traffic)])
      assert.ok(seen.has(name) && answered > was + 5, `${name}, ${answered - was} more`)
    }
    over = true
    await Promise.all(traffic)
  } finally {
    agents.forEach((agent) => agent.destroy())
    await own.stop()
    rmSync(dir, { recursive: true })
  }
})
