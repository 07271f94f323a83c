// floors.mjs: what Hecate is set beside on the same machine: a bare loop that sends the same bytes, pgbench, raw bcrypt.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { freePort, newDatabase, sleep } from '../test/lib/server.mjs'
import { build, dir, load, run, seconds } from './lib.mjs'

const threads = String(cpus().length)

// Verifications a second of raw bcrypt on all cores; `behind`: at the priority that Hecate's hashing threads have.
export const rawHashes = async (time) => Number(await run(join(build, 'bench-hash'), [threads, String(time)]))
export const rawHashesBehind = (time) => run('nice', ['-n', '10', join(build, 'bench-hash'), threads, String(time)])

// ---- the bare loop

export const anything = [`GET /x HTTP/1.1|Host: localhost|Authorization: Bearer ${'x'.repeat(150)}||`]

// Lets `once(port)` ask a bare loop that sends these bytes.
export async function bare(bytes, once) {
  const port = await freePort(), file = join(dir, 'answer')
  writeFileSync(file, bytes)
  const child = spawn(join(build, 'bench-bare'), [String(port), file, threads], { stdio: 'inherit' })
  try {
    await sleep(300)
    return await once(port)
  } finally {
    child.kill()
  }
}
export async function bareRate(port) {
  await load(port, 'plain', anything, { connections: 64, time: 1 })
  return (await load(port, 'plain', anything, { connections: 64 })).rate
}

// ---- pgbench

const pgbench = (url, ...args) => execFileSync('pgbench', [...args, url], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

// A database for it: its URL and how to drop it.
export function pgbenchDatabase() {
  const database = newDatabase()
  pgbench(database.url, '-i', '-q', '-s', '10')
  return database
}
export const pgbenchRate = (url) => Number(pgbench(url, '-S', '-M', 'prepared', '-c', '16', '-j', '2', '-T', String(seconds)).match(/tps = ([\d.]+)/)[1])

// The p99 of 200 reads/s in µs. Its log says for each what it took, and in that by how much it began late.
export function pgbenchTail(url) {
  const prefix = `pgbench-${performance.now()}`
  pgbench(url, '-S', '-M', 'prepared', '-n', '-c', '16', '-R', '200', '-T', String(seconds), '-l', `--log-prefix=${join(dir, prefix)}`)
  const lines = readdirSync(dir).filter((name) => name.startsWith(prefix)).flatMap((name) => readFileSync(join(dir, name), 'utf8').trim().split('\n'))
  const times = lines.map((line) => line.split(' ')).map((cells) => Number(cells[2]) - Number(cells[6])).sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)]
}
