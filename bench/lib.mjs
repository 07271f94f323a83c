// lib.mjs: what the figures are made of: CPU and memory of server and database, loads, rows of the table, and the table itself.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { psql, root } from '../test/lib/pg.mjs'

process.env.HECATE_TEST_BINARY ??= join(root, 'build/release/hecate')
export const build = join(root, 'build/release/bench')
export const option = (name, fallback) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : fallback)
export const seconds = option('--seconds', 4), CONNECTIONS = 32
export const dir = mkdtempSync(join(tmpdir(), 'hecate-bench-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

// CPU seconds that a process (or all processes of a PostgreSQL server) has used: by its threads, to the nanosecond, where the kernel tells.
export function cpu(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9
  } catch { /* no such file, or a thread that ended */ }
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}
export function memory(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)[1]) / 1024
}
// Backends come and go, many of them as a load ends: those that ended are in the postmaster's count of its children, and all is counted again if one came or
// ended between the two looks at who is there.
let postmaster
export function postgresCpu() {
  postmaster ??= Number(psql(process.env.HECATE_TEST_PG, "SELECT (regexp_match(pg_read_file('postmaster.pid'), '^[0-9]+'))[1]"))
  const children = () => execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
  for (;;) {
    const running = children(), own = readFileSync(`/proc/${postmaster}/stat`, 'utf8').split(') ')[1].split(' ')
    let sum = (Number(own[11]) + Number(own[12]) + Number(own[13]) + Number(own[14])) / ticks
    try {
      for (const pid of running.trim().split(/\s+/)) sum += cpu(pid)
      if (children() === running) return sum
    } catch { /* one ended */ }
  }
}
export const spent = (server) => [cpu(server.pid), server.store === 'postgres' ? postgresCpu() : 0]

export const run = (command, args) => new Promise((resolve, reject) => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  child.on('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(`${command} ${args.join(' ')}: exit ${code}`))))
})

let files = 0
export async function load(port, kind, lines, { connections = CONNECTIONS, rate = 0, time = seconds } = {}) {
  const file = join(dir, `requests-${files++}`)
  writeFileSync(file, lines.join('\n') + '\n')
  return JSON.parse(await run(join(build, 'bench-load'), [String(port), String(connections), String(time), String(rate), kind, file]))
}

// A load with the CPU it cost: server and database, in µs a request.
export async function measure(server, ...args) {
  if (args[1] === 'plain') await load(args[0], args[1], args[2], { ...args[3], time: 1 }) // warm; others would use up what they are given
  const before = spent(server)
  const result = await load(...args)
  const after = spent(server)
  return { ...result, server_us: ((after[0] - before[0]) * 1e6) / result.requests, database_us: ((after[1] - before[1]) * 1e6) / result.requests }
}

// ---- users and requests

const PASSWORD = 'correct horse battery staple'
const jsonOf = (i) => JSON.stringify({ email: `seed-${i}@example.com`, password: PASSWORD })

// Makes users with that password, a hundred at a time; their ids. PostgreSQL then knows its tables, as it would a minute later by itself: a plan of its guesses
// costs some servers four times as much.
export async function seed(server, n) {
  const headers = { authorization: `Bearer ${server.gotrue.serviceKey}`, 'content-type': 'application/json' }
  const hash = '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'
  const ids = []
  for (let at = 0; at < n; at += 100)
    ids.push(...(await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const answer = await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: `seed-${at + i}@example.com`, password_hash: hash, email_confirm: true, user_metadata: { name: `Seed ${at + i}`, plan: 'pro' } }) })
      return (await answer.json()).id
    }))))
  if (server.store === 'postgres') psql(server.database, 'ANALYZE')
  return ids
}

export const signIn = async (server, i) => (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: jsonOf(i) })).json()
export async function signInMany(server) {
  const sessions = []
  for (let i = 0; i < CONNECTIONS; i++) sessions.push(await signIn(server, i))
  return sessions
}

// Lines for bench-load.
export const reading = (server, ids) => ids.slice(0, 4000).map((id) => `GET /admin/users/${id} HTTP/1.1|Host: localhost|Authorization: Bearer ${server.gotrue.serviceKey}||`)
export const signing = Array.from({ length: 64 }, (_, i) => `POST /token?grant_type=password HTTP/1.1|Host: localhost|Content-Type: application/json|Content-Length: ${jsonOf(i).length}||${jsonOf(i)}`)

// Calls `once(i)` one after another for a while; the CPU of one call in ms.
export async function measureCalls(server, once, { calls = 60, time = 2000 } = {}) {
  for (let i = 0; i < 3; i++) await once(i)
  const before = spent(server), begun = performance.now()
  let n = 0
  for (; n < calls && (n < 5 || performance.now() - begun < time); n++) await once(n + 3)
  const after = spent(server)
  const parts = after.map((value, i) => ((value - before[i]) * 1e3) / n)
  return { n, server_ms: parts[0], database_ms: parts[1], ms: parts[0] + parts[1] }
}

const rows = []
export function row(figure, value, aim = '', unit = '') {
  rows.push([figure, `${value}${unit}`, aim])
  console.log(`${figure}: ${value}${unit}${aim ? ` (aim ${aim})` : ''}`)
}
export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
export const fixed = (number, digits = 2) => Number(number.toFixed(digits))
export const nameOf = (store) => (store === 'sqlite' ? 'SQLite' : 'PostgreSQL')

// Puts the rows of this run into the table of docs/performance.md: those of the same name are replaced, new ones stand at the end.
export function writeRows() {
  const path = join(root, 'docs/performance.md'), text = readFileSync(path, 'utf8')
  const old = text.match(/<!-- figures -->\n([\s\S]*)\n<!-- end -->/)[1].split('\n').slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
  const fresh = new Map(rows.map((cells) => [cells[0], cells]))
  const all = [...old.map((cells) => fresh.get(cells[0]) ?? cells), ...rows.filter(([figure]) => !old.some((cells) => cells[0] === figure))]
  const table = ['| figure | measured | aim |', '| --- | --- | --- |', ...all.map((cells) => `| ${cells.join(' | ')} |`)].join('\n')
  writeFileSync(path, text.replace(/<!-- figures -->[\s\S]*<!-- end -->/, () => `<!-- figures -->\n${table}\n<!-- end -->`))
}
