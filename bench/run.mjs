// run.mjs [--write] [--seconds N]: the figures of docs/performance.md, all from one run, as ratios. `make bench` builds what it needs. HECATE_TEST_PG is the URL of a
// PostgreSQL server (tools/with-postgres.sh); PEER, the command of another GoTrue server (peer.mjs), beside which the costs are set then.
import { spawn, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../test/lib/pg.mjs'
import { CONNECTIONS, dir, fixed, load, measure, median, memory, nameOf, option, reading, row, seed, signInMany, signing, writeRows } from './lib.mjs'

const { startPeer } = await import('./peer.mjs') // after lib.mjs, which says what binary is measured
const { bare, bareRate, pgbenchDatabase, pgbenchRate, rawHashes } = await import('./floors.mjs')
const { benchStorm } = await import('./storm.mjs')
const { freePort, sleep, start, stores } = await import('../test/lib/server.mjs')
const USERS = option('--users', 10000)

const creating = (server) => Array.from({ length: CONNECTIONS }, (_, i) => `bench-${i}-${Date.now()}|${server.gotrue.serviceKey}`)

// A refresh where tokens are of version 2: counted, and not kept.
const COUNTED = 'refresh, tokens of version 2'
async function counting(begin) {
  const server = await begin({ GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION: '2' })
  try {
    await seed(server, USERS / 10)
    return await measure(server, server.ports[0], 'refresh', (await signInMany(server)).map(({ refresh_token }) => refresh_token))
  } finally {
    await server.stop()
  }
}

// The costs of reading, refreshing and creating at a peer, in µs of server + database; undefined without one.
async function benchPeer() {
  if (!process.env.PEER) return undefined
  const peer = await startPeer(), port = peer.ports[0]
  try {
    const ids = await seed(peer, USERS), sessions = await signInMany(peer)
    const costs = {
      read: await measure(peer, port, 'plain', reading(peer, ids), { connections: 64 }),
      refresh: await measure(peer, port, 'refresh', sessions.map(({ refresh_token }) => refresh_token)),
      create: await measure(peer, port, 'create', creating(peer)),
      [COUNTED]: await counting(startPeer),
    }
    row('The peer: a second start to the first answer', fixed(peer.started, 1), '', ' ms')
    row('The peer: anonymous memory, under load', fixed(memory(peer.pid), 1), '', ' MiB')
    for (const [kind, cost] of Object.entries(costs)) costRow('The peer', kind, cost)
    return costs
  } finally {
    await peer.stop()
  }
}

// What a request of one kind costs, and beside the peer if there is one; `share` of the peer's is the aim, `most` its µs on the machine of the first table.
function costRow(name, kind, cost, { most, share, peer } = {}) {
  const whole = ({ server_us, database_us }) => server_us + database_us
  row(`${name}: ${kind}, CPU of server + database`, `${fixed(cost.server_us, 0)} + ${fixed(cost.database_us, 0)}`, most ? `≤ ${most} in all` : '', ' µs')
  if (peer) row(`${name}: ${kind}, CPU to the peer's`, `1/${fixed(whole(peer[kind]) / whole(cost), 1)}`, share ? `≤ 1/${share}` : '')
}

async function benchStore(store, peer) {
  const server = await start({ store, log: join(dir, `log-${store}`), env: { GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
  const port = server.ports[0], name = nameOf(store), database = store === 'postgres' ? pgbenchDatabase() : undefined
  try {
    await sleep(500)
    row(`${name}: anonymous memory, idle`, fixed(memory(server.pid), 1), '≤ 4 MiB', ' MiB')
    const ids = await seed(server, USERS)
    const read = reading(server, ids)
    const one = await fetch(`${server.gotrue.url}/admin/users/${ids[0]}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
    const body = await one.text()
    const bytes = `HTTP/1.1 200 OK\r\n${[...one.headers].map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n${body}`

    // What is compared is measured in turns, three times: the machine may change its mind in between.
    const floor = () => (database ? pgbenchRate(database.url) : bare(bytes, bareRate))
    const ratios = []
    let reads
    for (let i = 0; i < 3; i++) {
      reads = await measure(server, port, 'plain', read, { connections: 64 })
      ratios.push(reads.rate / (await floor()))
    }
    row(`${name}: GET /admin/users/{id}`, fixed(reads.rate, 0), '', '/s')
    costRow(name, 'read', reads, { ...(store === 'sqlite' ? { most: 28, share: 30 } : { most: 71, share: 12 }), peer })
    if (store === 'sqlite') row('SQLite: reads, to a bare loop that sends the same bytes', fixed(median(ratios)), '≥ 0.3')
    else row('PostgreSQL: reads, to pgbench -S -M prepared -c 16', fixed(median(ratios)), '≥ 0.4')
    row(`${name}: anonymous memory, under load`, fixed(memory(server.pid), 1), '', ' MiB')

    const sessions = await signInMany(server)
    const own = await measure(server, port, 'plain', sessions.map(({ access_token }) => `GET /user HTTP/1.1|Host: localhost|Authorization: Bearer ${access_token}||`), { connections: 64 })
    row(`${name}: GET /user with a user's token`, fixed(own.rate, 0), '', '/s')
    row(`${name}: GET /user, CPU of server + database`, `${fixed(own.server_us, 0)} + ${fixed(own.database_us, 0)}`, '', ' µs')
    const refresh = await measure(server, port, 'refresh', sessions.map(({ refresh_token }) => refresh_token))
    row(`${name}: refresh`, fixed(refresh.rate, 0), '', '/s')
    costRow(name, 'refresh', refresh, { ...(store === 'sqlite' ? { most: 68, share: 80 } : { most: 218, share: 25 }), peer })

    const create = await measure(server, port, 'create', creating(server))
    row(`${name}: create`, fixed(create.rate, 0), '', '/s')
    costRow(name, 'create', create, { peer })
    costRow(name, COUNTED, await counting((env) => start({ store, log: join(dir, `log-${store}-counted`), env })), { peer })

    // A sign-up hashes its password: beside raw hashing, it says what the rest costs.
    const signups = []
    for (let i = 0; i < 3; i++) {
      const { rate } = await load(port, 'signup', Array.from({ length: 8 }, (_, k) => `sign-up-${i}-${k}-${Date.now()}`), { connections: 8 })
      signups.push([rate / (await rawHashes(4)), rate])
    }
    row(`${name}: sign-up`, fixed(median(signups.map(([, rate]) => rate)), 1), '', '/s')
    row(`${name}: sign-ups, to raw bcrypt`, fixed(median(signups.map(([ratio]) => ratio))), '≥ 0.9')

    const signed = []
    for (let i = 0; i < 3; i++) {
      const { rate } = await load(port, 'plain', signing, { connections: 8, time: 4 })
      signed.push(rate / (await rawHashes(4)))
    }
    row(`${name}: sign-ins, to raw bcrypt`, fixed(median(signed)), '≥ 0.95')
  } finally {
    await server.stop()
    database?.drop()
  }
}

// How far the time of a refused sign-in tells one kind of user from nobody: the worst kind, as bench/signin.mjs prints it last.
async function benchRefusals() {
  const { stdout } = spawnSync(process.execPath, [join(root, 'bench/signin.mjs'), '1000', 'bcrypt:8', 'known', 'without a password', 'bcrypt of cost 4', 'banned', 'unconfirmed', 'locked', 'md5', 'pbkdf2 of 10,000 rounds'], { encoding: 'utf8' })
  row('SQLite: refused sign-ins of a kind of user, by their time, to those of nobody: area under the curve, n = 1,000', stdout.trim().split('\n').at(-1), '0.5 ± 0.05')
}

async function benchStart() {
  const data = join(dir, 'start')
  await (await start({ data })).stop()
  const times = []
  for (let i = 0; i < 7; i++) {
    const begun = performance.now()
    const port = await freePort()
    const child = spawn(process.env.HECATE_TEST_BINARY, ['serve'], { env: { HECATE_DATA: data, HECATE_LISTEN_GOTRUE: `127.0.0.1:${port}`, HECATE_LISTEN_CLERK: 'off', HECATE_LISTEN_AUTH0: 'off', HECATE_LISTEN_OPS: 'off', GOTRUE_JWT_SECRET: 'a-secret-for-tests-of-forty-characters-0' }, stdio: 'ignore' })
    for (;;)
      try {
        if ((await fetch(`http://127.0.0.1:${port}/health`)).ok) break
      } catch { await sleep(1) }
    times.push(performance.now() - begun)
    child.kill('SIGTERM')
    await new Promise((resolve) => child.on('exit', resolve))
  }
  row('SQLite: a second start to the first answer, median of 7', fixed(times.sort((a, b) => a - b)[3], 1), '≤ 20 ms', ' ms')
}

// --storm: tails beside sign-ins alone (storm.mjs); --million: lists, searches and counts of a million users alone (million.mjs); --dialects: the same operations in each dialect (dialects.mjs).
const alone = { '--storm': benchStorm, '--million': async (store) => (await import('./million.mjs')).benchMillion(store), '--dialects': async (store) => (await import('./dialects.mjs')).benchDialects(store) }
const chosen = Object.keys(alone).filter((name) => process.argv.includes(name))
for (const name of chosen) for (const store of stores) await alone[name](store)
if (chosen.length > 0) {
  if (process.argv.includes('--write')) writeRows()
  process.exit(0)
}

try {
  const peer = await benchPeer()
  await benchStart()
  for (const store of stores) {
    await benchStore(store, peer)
    await benchStorm(store)
    if (store === 'sqlite') await benchRefusals()
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

if (process.argv.includes('--write')) writeRows()
