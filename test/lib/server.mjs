// server.mjs: a Hecate under test: start() gives a running server with the address and the credentials of each dialect.
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { psql, root, withDatabase } from './pg.mjs'

export const binary = process.env.HECATE_TEST_BINARY ?? join(root, 'build/asan/hecate')
// The stores that can be tested here. `make test` brings both.
export const stores = process.env.HECATE_TEST_PG ? ['sqlite', 'postgres'] : ['sqlite']

const JWT_SECRET = 'a-secret-for-tests-of-forty-characters-0'
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

// A token signed with HS256; `claims` win over role, iat and exp.
export function mint(claims, secret = JWT_SECRET) {
  const now = Math.floor(Date.now() / 1000)
  const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ iat: now, exp: now + 3600, ...claims })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

setDefaultAutoSelectFamilyAttemptTimeout(10_000) // a busy machine may need more than the quarter of a second after which Node gives up an address of localhost

const claims = new Set()
process.on('exit', () => claims.forEach((file) => rmSync(file, { force: true })))

// Is the port this process's from now on? Two that probe it at the same time would both find it free, and one would ask the other's server.
function claim(port) {
  const file = join(tmpdir(), `hecate-test-port-${port}`)
  try {
    writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  claims.add(file)
  return true
}

// A port that nobody listens on, below those that outgoing connections are given, so that none of them takes it meanwhile.
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 22000)
    const free = claim(port) && await new Promise((resolve) => {
      const probe = createServer().on('error', () => resolve(false)).listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let databases = 0
// A new, empty PostgreSQL database: its URL and how to drop it.
export function newDatabase() {
  const server = process.env.HECATE_TEST_PG
  const name = `hecate_test_${process.pid}_${databases++}`
  psql(server, `CREATE DATABASE ${name}`)
  return { url: withDatabase(server, name), drop: () => psql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

async function waitReady(child, url, log, ca) {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (url.startsWith('https')) trust(ca)
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended at its start (${child.exitCode}):\n${log()}`)
    try {
      if ((await fetch(`${url}/health`)).ok) return
    } catch { /* not yet */ }
    await sleep(25)
  }
  throw new Error(`the server is not ready after 60 s:\n${log()}`)
}

// Lets Node's TLS in this process believe the server's own CA, as NODE_EXTRA_CA_CERTS does from the start.
function trust(file) {
  if (existsSync(file)) tls.setDefaultCACertificates?.([...tls.getCACertificates('default'), readFileSync(file, 'utf8')])
}

const reports = /ERROR: (Address|Leak|Undefined\w*)Sanitizer|runtime error:/

// Options: store ('sqlite' or 'postgres'), env (further variables), data (a data directory that stays), database (a URL that stays), args, log (a file that
// takes what it prints, so that a measurement does not read it), program (what is run instead of the binary), together (all three dialects on one
// listener, hence with TLS).
export async function start({ store = 'sqlite', env = {}, data, database, args = ['serve'], ports, log: logFile, program = binary, together = false } = {}) {
  const dir = data ?? mkdtempSync(join(tmpdir(), 'hecate-test-'))
  const fresh = store === 'postgres' && !database ? newDatabase() : undefined
  const auth0 = ports?.[2] ?? await freePort(), [gotrue, clerk] = together ? [auth0, auth0] : ports ?? [await freePort(), await freePort()]
  const plain = together ? `https://localhost:${auth0}/auth/v1` : `http://127.0.0.1:${gotrue}`
  const clientId = 'test-client', clientSecret = 'a-client-secret-for-tests-of-forty-chars', secretKey = 'sk_test_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
  let text = ''
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH, HECATE_DATA: dir, HECATE_LISTEN_GOTRUE: `127.0.0.1:${gotrue}`, HECATE_LISTEN_CLERK: `127.0.0.1:${clerk}`,
      HECATE_LISTEN_AUTH0: `127.0.0.1:${auth0}`, HECATE_LISTEN_OPS: 'off', GOTRUE_JWT_SECRET: JWT_SECRET, GOTRUE_JWT_AUD: 'authenticated',
      GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated', HECATE_CLERK_SECRET_KEY: secretKey, HECATE_AUTH0_CLIENT_ID: clientId,
      HECATE_AUTH0_CLIENT_SECRET: clientSecret, HECATE_AUTH0_DOMAIN: `localhost:${auth0}`,
      ...(store === 'postgres' ? { HECATE_DATABASE_URL: database ?? fresh.url } : {}), ...env,
    },
    stdio: logFile ? ['ignore', openSync(logFile, 'a'), openSync(logFile, 'a')] : ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr].filter(Boolean)) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
  const log = () => text
  const clean = () => {
    if (!data) rmSync(dir, { recursive: true, force: true })
    fresh?.drop()
  }
  try {
    await waitReady(child, plain, log, join(dir, 'ca.pem'))
  } catch (error) {
    child.kill('SIGKILL')
    await ended
    clean()
    throw error
  }
  trust(join(dir, 'ca.pem'))
  return {
    pid: child.pid, dir, store, log, ended, database: database ?? fresh?.url ?? `sqlite:${join(dir, 'hecate.db')}`, ports: [gotrue, clerk, auth0],
    gotrue: { url: plain, serviceKey: mint({ role: 'service_role' }), anonKey: mint({ role: 'anon' }), jwtSecret: JWT_SECRET },
    clerk: { url: together ? `https://localhost:${auth0}` : `http://127.0.0.1:${clerk}`, secretKey },
    auth0: { url: `https://localhost:${auth0}`, domain: `localhost:${auth0}`, clientId, clientSecret, ca: join(dir, 'ca.pem') },
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal)
      return ended
    },
    // Ends it as an operator would; a bad exit or a sanitizer's report fails the test.
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const late = new Promise((resolve) => setTimeout(() => resolve('still running'), 15_000).unref()) // it does not hold up the end of the tests
      const code = await Promise.race([ended, late])
      if (code === 'still running') child.kill('SIGKILL')
      clean()
      if (code !== 0 || reports.test(text)) throw new Error(`the server ended with ${code}:\n${text.slice(-8000)}`)
    },
  }
}

// Two servers of one domain on one new PostgreSQL database. The first one makes the tables and keys.
export async function startTwo(env) {
  const database = newDatabase()
  const one = await start({ store: 'postgres', database: database.url, env })
  const other = await start({ store: 'postgres', database: database.url, env: { ...env, HECATE_AUTH0_DOMAIN: one.auth0.domain } })
  const { stop } = other
  other.auth0.domain = one.auth0.domain
  other.stop = () => stop().finally(() => database.drop())
  return [one, other]
}
