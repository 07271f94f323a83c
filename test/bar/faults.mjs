// faults.mjs: an I/O error at each of many calls in turn, and answers of PostgreSQL that are lost after COMMIT was sent. HECATE_TRIALS: how many.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { admins } from '../lib/admins.mjs'
import { newCutter } from '../lib/cutter.mjs'
import { figure } from '../lib/figure.mjs'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { attach } from '../lib/trace.mjs'

const TRIALS = Number(process.env.HECATE_TRIALS ?? 20)
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', HECATE_SECCOMP: 'false', HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2) }
const names = ['gotrue', 'clerk', 'auth0']
let n = 0
const email = () => `fault-${process.pid}-${n++}@example.com`

// One change after another by each dialect; those that were acknowledged stand in `people`.
async function changes(all, wires, people, counts, count) {
  for (let i = 0; i < count; i++) {
    const name = names[i % 3], address = email()
    const answer = await wires[name].request(...all[name].create({ email: address, password: 'Secret-pw-1' }))
    counts[answer.status < 300 ? 'good' : 'refused']++
    if (answer.status >= 300) {
      assert.equal(answer.status, 500, answer.text)
      continue
    }
    const person = { name, id: all[name].id(answer.json), mark: 0 }
    people.push(person)
    const marked = await wires[name].request(...all[name].mark(person.id, 1))
    counts[marked.status < 300 ? 'good' : 'refused']++
    if (marked.status < 300) person.mark = 1
  }
}

async function lost(all, wires, people) {
  let missing = 0
  for (const { name, id, mark } of people) {
    const answer = await wires[name].request(...all[name].read(id))
    if (answer.status !== 200 || all[name].state(answer.json).mark < mark) missing++
  }
  return missing
}

for (const [call, count] of [['fdatasync', TRIALS], ['pwrite64', TRIALS]])
  test(`EIO at the N-th ${call}, N = 1 to ${count}`, { timeout: 3_600_000 }, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'hecate-eio-'))
    let server = await start({ data, env }), all = await admins(server), people = []
    const open = () => Object.fromEntries(names.map((name) => [name, all[name].wire()]))
    const counts = { good: 0, refused: 0 }
    let struck = 0, wires = open()
    try {
      for (let at = 1; at <= count; at++) {
        const trace = await attach(server.pid, ['-e', `trace=${call}`, '-e', `inject=${call}:error=EIO:when=${at}`])
        await changes(all, wires, people, counts, 3 + Math.ceil(at / 2)) // two changes each, of a sync or more
        const lines = await trace.stop()
        if (lines.some((line) => line.includes('(INJECTED)'))) struck++
        const good = counts.good
        await changes(all, wires, people, counts, 3)
        assert.equal(counts.good, good + 6, 'all is well again')
        if (at % 20 === 0 || at === count) { // what a kill leaves is what was synced
          Object.values(wires).forEach((wire) => wire.close())
          await server.kill('SIGKILL')
          server = await start({ data, env, ports: server.ports })
          wires = open()
          assert.equal(await lost(all, wires, people), 0)
          assert.equal(broken(server), '')
          people = people.slice(-50)
        }
      }
      assert.ok(struck >= count * 0.9, `${struck} of ${count} struck`)
      figure(t, `${call}: ${struck} errors, ${counts.good} acknowledged, 0 lost, ${counts.refused} refused`)
    } finally {
      Object.values(wires).forEach((wire) => wire.close())
      await server.stop().finally(() => rmSync(data, { recursive: true, force: true }))
    }
  })

if (stores.includes('postgres'))
  test(`${TRIALS} answers lost after COMMIT`, { timeout: 3_600_000 }, async (t) => {
    const database = newDatabase(), cutter = await newCutter(database.url)
    const server = await start({ store: 'postgres', database: cutter.url, env: { ...env, GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
    const beside = { ...server, database: database.url }
    try {
      const all = await admins(server), wires = Object.fromEntries(names.map((name) => [name, all[name].wire()]))
      const outcomes = { first: 0, again: 0, there: 0 }
      for (let i = 0; i < TRIALS; i++) {
        const name = names[i % 3], address = email(), call = all[name].create({ email: address, password: 'Secret-pw-1' })
        cutter.cutAfter('COMMIT')
        const before = cutter.cuts()
        let answer = await wires[name].request(...call), tries = 1
        for (; answer.status >= 500 && tries < 10; tries++) { // the client tries again
          await sleep(20)
          answer = await wires[name].request(...call)
        }
        assert.ok(answer.status < 300 || all[name].taken.email(answer) === '', answer.text)
        outcomes[answer.status >= 300 ? 'there' : tries === 1 ? 'first' : 'again']++
        const [{ users }] = await query(beside, `SELECT count(*) AS users FROM auth.users WHERE email = '${address}'`)
        assert.equal(Number(users), 1, `${users} users of ${address}`)
        assert.ok(cutter.cuts() > before, 'it was cut')
      }
      assert.equal(broken(beside), '')
      Object.values(wires).forEach((wire) => wire.close())
      figure(t, `${cutter.cuts()} cuts: one user each, ${outcomes.first} answered at once, ${outcomes.again} made by another try, ${outcomes.there} there when tried again`)
    } finally {
      await server.stop()
      cutter.close()
      database.drop()
    }
  })
