// run.mjs [--write] [--seconds N]: the figures of docs/performance.md, all from one run, as ratios. `make bench` builds what it needs. HECATE_TEST_PG is the URL of a
// PostgreSQL server (tools/with-postgres.sh); PEER, the command of another GoTrue server that reads PORT, DATABASE_URL and GOTRUE_* from its environment.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { root } from '../test/lib/pg.mjs'
import { CONNECTIONS, build, dir, fixed, load, measure, median, memory, option, row, run, seconds, writeRows } from './lib.mjs'

const { freePort, newDatabase, sleep, start, stores } = await import('../test/lib/server.mjs')
const USERS = option('--users', 10000)

async function seed(server) {
  const headers = { authorization: `Bearer ${server.gotrue.serviceKey}`, 'content-type': 'application/json' }
  const hash = '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'
  const ids = []
  for (let at = 0; at < USERS; at += 100)
    ids.push(...(await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const answer = await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: `seed-${at + i}@example.com`, password_hash: hash, email_confirm: true, user_metadata: { name: `Seed ${at + i}`, plan: 'pro' } }) })
      return (await answer.json()).id
    }))))
  return ids
}

const signIn = async (server, i) => (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: `seed-${i}@example.com`, password: 'correct horse battery staple' }) })).json()

async function benchStore(store, floors) {
  const server = await start({ store, log: join(dir, `log-${store}`), env: { GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
  const port = server.ports[0], name = store === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  try {
    await sleep(500)
    row(`${name}: anonymous memory, idle`, fixed(memory(server.pid), 1), '≤ 4 MiB', ' MiB')
    const ids = await seed(server)
    const read = ids.slice(0, 4000).map((id) => `GET /admin/users/${id} HTTP/1.1|Host: localhost|Authorization: Bearer ${server.gotrue.serviceKey}||`)
    const one = await fetch(`${server.gotrue.url}/admin/users/${ids[0]}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
    const body = await one.text()
    const bytes = `HTTP/1.1 200 OK\r\n${[...one.headers].map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n${body}`

    // What is compared is measured in turns, three times: the machine may change its mind in between.
    const floor = () => (store === 'sqlite' ? bare(bytes, floors.loops) : pgbench(floors.pgbench))
    const ratios = []
    let reads
    for (let i = 0; i < 3; i++) {
      reads = await measure(server, port, 'plain', read, { connections: 64 })
      ratios.push(reads.rate / (await floor()))
    }
    row(`${name}: GET /admin/users/{id}`, fixed(reads.rate, 0), '', '/s')
    row(`${name}: read, CPU of server + database`, `${fixed(reads.server_us, 0)} + ${fixed(reads.database_us, 0)}`, store === 'sqlite' ? '≤ 28 in all' : '≤ 71 in all', ' µs')
    if (store === 'sqlite') row('SQLite: reads, to a bare loop that sends the same bytes', fixed(median(ratios)), '≥ 0.3')
    else row('PostgreSQL: reads, to pgbench -S -M prepared -c 16', fixed(median(ratios)), '≥ 0.4')
    row(`${name}: anonymous memory, under load`, fixed(memory(server.pid), 1), '', ' MiB')

    const sessions = []
    for (let i = 0; i < CONNECTIONS; i++) sessions.push(await signIn(server, i))
    const own = await measure(server, port, 'plain', sessions.map(({ access_token }) => `GET /user HTTP/1.1|Host: localhost|Authorization: Bearer ${access_token}||`), { connections: 64 })
    row(`${name}: GET /user with a user's token`, fixed(own.rate, 0), '', '/s')
    row(`${name}: GET /user, CPU of server + database`, `${fixed(own.server_us, 0)} + ${fixed(own.database_us, 0)}`, '', ' µs')
    const refresh = await measure(server, port, 'refresh', sessions.map(({ refresh_token }) => refresh_token))
    row(`${name}: refresh`, fixed(refresh.rate, 0), '', '/s')
    row(`${name}: refresh, CPU of server + database`, `${fixed(refresh.server_us, 0)} + ${fixed(refresh.database_us, 0)}`, store === 'sqlite' ? '≤ 68 in all' : '≤ 218 in all', ' µs')

    const create = await measure(server, port, 'create', Array.from({ length: CONNECTIONS }, (_, i) => `bench-${store}-${i}-${Date.now()}|${server.gotrue.serviceKey}`))
    row(`${name}: create`, fixed(create.rate, 0), '', '/s')
    row(`${name}: create, CPU of server + database`, `${fixed(create.server_us, 0)} + ${fixed(create.database_us, 0)}`, '', ' µs')

    // A sign-up hashes its password: beside raw hashing, it says what the rest costs.
    const signups = []
    for (let i = 0; i < 3; i++) {
      const { rate } = await load(port, 'signup', Array.from({ length: 8 }, (_, k) => `sign-up-${i}-${k}-${Date.now()}`), { connections: 8 })
      signups.push([rate / Number(await run(join(build, 'bench-hash'), [String(floors.loops), '4'])), rate])
    }
    row(`${name}: sign-up`, fixed(median(signups.map(([, rate]) => rate)), 1), '', '/s')
    row(`${name}: sign-ups, to raw bcrypt`, fixed(median(signups.map(([ratio]) => ratio))), '≥ 0.9')

    const body_of = (i) => JSON.stringify({ email: `seed-${i}@example.com`, password: 'correct horse battery staple' })
    const signing = Array.from({ length: 64 }, (_, i) => `POST /token?grant_type=password HTTP/1.1|Host: localhost|Content-Type: application/json|Content-Length: ${body_of(i).length}||${body_of(i)}`)
    const signed = []
    for (let i = 0; i < 3; i++) {
      const { rate } = await load(port, 'plain', signing, { connections: 8, time: 4 })
      signed.push(rate / Number(await run(join(build, 'bench-hash'), [String(floors.loops), '4'])))
    }
    row(`${name}: sign-ins, to raw bcrypt`, fixed(median(signed)), '≥ 0.95')

    const tails = [], answered = []
    for (let i = 0; i < 3; i++) {
      const idle = await load(port, 'plain', read, { rate: 200, connections: 16 })
      const storm = load(port, 'plain', signing, { connections: 8, time: seconds + 2 })
      await sleep(1000)
      const beside = await load(port, 'plain', read, { rate: 200, connections: 16 })
      await storm
      tails.push(beside.p99_us / idle.p99_us)
      answered.push(beside.requests / (200 * beside.seconds))
    }
    row(`${name}: 200 reads/s beside saturating sign-ins, p99 to idle`, fixed(median(tails)), '≤ 2')
    row(`${name}: of these answered`, fixed(Math.min(...answered), 3), '1')
  } finally {
    await server.stop()
  }
}

// How far the time of a refused sign-in tells one kind of user from nobody: the worst kind, as bench/signin.mjs prints it last.
async function benchRefusals() {
  const { stdout } = spawnSync(process.execPath, [join(root, 'bench/signin.mjs'), '1000', 'bcrypt:8', 'known', 'without a password', 'bcrypt of cost 4', 'banned', 'unconfirmed', 'locked', 'md5', 'pbkdf2 of 10,000 rounds'], { encoding: 'utf8' })
  row('SQLite: refused sign-ins of a kind of user, by their time, to those of nobody: area under the curve, n = 1,000', stdout.trim().split('\n').at(-1), '0.5 ± 0.05')
}

async function bare(bytes, loops) {
  const port = await freePort(), file = join(dir, 'answer')
  writeFileSync(file, bytes)
  const child = spawn(join(build, 'bench-bare'), [String(port), file, String(loops)], { stdio: 'inherit' })
  try {
    await sleep(300)
    const line = [`GET /x HTTP/1.1|Host: localhost|Authorization: Bearer ${'x'.repeat(150)}||`]
    await load(port, 'plain', line, { connections: 64, time: 1 })
    return (await load(port, 'plain', line, { connections: 64 })).rate
  } finally {
    child.kill()
  }
}

const pgbenchTool = (url, args) => execFileSync('pgbench', [...args, url], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
const pgbench = (url) => Number(pgbenchTool(url, ['-S', '-M', 'prepared', '-c', '16', '-j', '2', '-T', String(seconds)]).match(/tps = ([\d.]+)/)[1])

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

// --million: lists, searches and counts of a million users alone (million.mjs); --dialects: the same operations in each dialect (dialects.mjs).
const alone = { '--million': async (store) => (await import('./million.mjs')).benchMillion(store), '--dialects': async (store) => (await import('./dialects.mjs')).benchDialects(store) }
const chosen = Object.keys(alone).filter((name) => process.argv.includes(name))
for (const name of chosen) for (const store of stores) await alone[name](store)
if (chosen.length > 0) {
  if (process.argv.includes('--write')) writeRows()
  process.exit(0)
}

try {
  const loops = cpus().length
  const floors = { loops }
  await benchStart()
  await benchStore('sqlite', floors)
  await benchRefusals()
  if (process.env.HECATE_TEST_PG) {
    const database = newDatabase()
    pgbenchTool(database.url, ['-i', '-q', '-s', '10'])
    await benchStore('postgres', { loops, pgbench: database.url })
    database.drop()
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}

if (process.argv.includes('--write')) writeRows()
