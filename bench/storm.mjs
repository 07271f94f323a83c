// storm.mjs: how much longer the slowest reads and refreshes take beside sign-ins that use all cores than alone, and what raw bcrypt on as many threads does to reads that
// have nothing to do with Hecate. A tail of a thousand requests differs twofold from turn to turn: medians of five are compared.
import { readFileSync } from 'node:fs'
import { sleep, start } from '../test/lib/server.mjs'
import { anything, bare, pgbenchDatabase, pgbenchTail, rawHashes, rawHashesBehind } from './floors.mjs'
import { fixed, load, median, nameOf, reading, row, seconds, seed, signIn, signInMany, signing } from './lib.mjs'

const TURNS = 5

// The tail of `once` alone, and beside `storm`.
async function tail(storm, once) {
  const idle = await once(), storming = storm()
  await sleep(1000)
  const beside = await once()
  await storming
  return { idle, beside }
}
const ratioOf = (turns) => fixed(median(turns.map(({ beside }) => beside)) / median(turns.map(({ idle }) => idle)))

// A kernel that does so lets nice values count within a session alone, and a database's processes, which are another's, may wait for seconds behind two threads that burn.
function groups() {
  try {
    return readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim()
  } catch {
    return '0'
  }
}

const slowly = (port, kind, lines) => load(port, kind, lines, { rate: 200, connections: 16 })

export async function benchStorm(store) {
  const server = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_LOG_LEVEL: 'error' } })
  const name = nameOf(store), port = server.ports[0], time = seconds + 2
  const database = store === 'postgres' ? pgbenchDatabase() : undefined
  const answered = [], asked = []
  const once = async (kind, lines) => {
    const result = await slowly(port, kind, lines)
    answered.push((result.requests - result.bad) / (200 * result.seconds))
    return result.p99_us
  }
  try {
    const read = reading(server, await seed(server, 100))
    const tokens = []
    for (let i = 0; i < TURNS; i++) tokens.push(...(await signInMany(server)).map(({ refresh_token }) => refresh_token))
    const capacity = await rawHashes(1), turns = { saturating: [], reads: [], refreshes: [], machine: [] }
    const saturating = () => load(port, 'plain', signing, { connections: 8, time })
    const tenfold = async () => {
      asked.push(await load(port, 'storm', signing, { connections: 400, rate: capacity * 10, time }))
      while ((await signIn(server, 0)).access_token === undefined) await sleep(500) // what waits still is hashed before what comes next
    }
    const behind = () => rawHashesBehind(time)
    for (let i = 0; i < TURNS; i++) {
      turns.saturating.push(await tail(saturating, () => once('plain', read)))
      turns.reads.push(await tail(tenfold, () => once('plain', read)))
      turns.refreshes.push(await tail(tenfold, () => once('refresh', tokens.splice(0, 16))))
      turns.machine.push(await (database ? tail(behind, () => pgbenchTail(database.url)) : bare('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', (at) => tail(behind, async () => (await slowly(at, 'plain', anything)).p99_us))))
    }
    row(`${name}: 200 reads/s beside saturating sign-ins, p99 to idle`, ratioOf(turns.saturating), '≤ 2')
    row(`${name}: 200 reads/s beside sign-ins at ten times what can be hashed, p99 to idle`, ratioOf(turns.reads), '≤ 2')
    row(`${name}: 200 refreshes/s beside these, p99 to idle`, ratioOf(turns.refreshes), '≤ 2')
    row(`${name}: 200 reads/s of ${database ? 'pgbench' : 'a bare loop'} beside raw bcrypt, p99 to idle`, ratioOf(turns.machine))
    row('Beside sign-ins: sessions were scheduled as groups (kernel.sched_autogroup_enabled)', groups())
    row(`${name}: of these reads and refreshes answered`, fixed(Math.min(...answered), 3), '1')
    row(`${name}: of the sign-ins at ten times refused; the slowest answer`, `${fixed(median(asked.map(({ bad, requests }) => bad / requests)))}; ${fixed(Math.max(...asked.map(({ most_us }) => most_us)) / 1e6, 1)} s`)
  } finally {
    await server.stop()
    database?.drop()
  }
}
