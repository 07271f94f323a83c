// crash.test.mjs: SIGKILL at random moments under writes from three dialects. What was answered with 2xx is there after the restart, what was under way is
// there whole or not at all, and nothing that was taken away comes back. HECATE_KILLS: how often.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { admins, refresh, signIn, signOut } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

const WRITERS = 9
const KILLS = process.env.HECATE_KILLS
const cycles = { sqlite: Number(KILLS ?? 50), postgres: Number(KILLS ?? 15) }
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error' }
const names = ['gotrue', 'clerk', 'auth0']
const NOBODY = { alive: false, mark: -1, banned: false, password: undefined, token: undefined }

let n = 0
const email = () => `crash-${process.pid}-${n++}@example.com`
const pick = (list) => list[randomInt(list.length)]

// A user as it was last acknowledged (`now`) and as it will be when what is under way succeeds (`next`).
class Person {
  constructor(name) {
    Object.assign(this, { name, email: email(), now: NOBODY })
  }

  // Sends one change; an answer with 2xx makes it so.
  async change(wire, call, next, endsSessions = false) {
    this.next = { ...this.now, ...next, ...(endsSessions ? { token: undefined } : {}) }
    const answer = await wire.request(...call)
    assert.ok(answer.status < 300, `${call[0]} ${call[1]}: ${answer.status} ${answer.text}`)
    this.now = this.next
    this.next = undefined
    if (!this.now.token) this.dead = this.token
    return answer
  }

  // The tokens of a sign-in or a refresh.
  took({ refresh_token, access_token }) {
    this.token = refresh_token
    this.access = access_token
    this.now = { ...this.now, token: refresh_token }
  }
}

// What ends a user's sessions in its dialect: a new password in GoTrue and Auth0, a ban in Clerk and Auth0.
const ends = { gotrue: { password: true }, clerk: { ban: true }, auth0: { password: true, ban: true } }

// ---- what writers do: rows of weight, whom it suits, and what it sends ----

const verbs = [
  [5, (p) => p.now.alive, (p, { admin, wire }) => p.change(wire, admin.mark(p.id, p.now.mark + 1), { mark: p.now.mark + 1 })],
  [2, (p) => p.now.alive, (p, { admin, wire }) => p.change(wire, admin.ban(p.id, !p.now.banned), { banned: !p.now.banned }, ends[p.name].ban && !p.now.banned)],
  [1, (p) => p.now.alive, (p, { admin, wire }) => {
    const password = `Secret-pw-${n++}`
    return p.change(wire, admin.password(p.id, password), { password }, ends[p.name].password)
  }],
  [1, (p) => p.now.alive, (p, { admin, wire }) => p.change(wire, admin.remove(p.id), NOBODY)],
  [4, (p) => p.now.alive && !p.now.banned, async (p, { tokens }) => p.took((await p.change(tokens, signIn(p.email, p.now.password), {})).json)],
  [5, (p) => p.now.token && !p.now.banned, async (p, { tokens }) => p.took((await p.change(tokens, refresh(p.now.token), {})).json)],
  [1, (p) => p.now.token && !p.now.banned, (p, { tokens }) => p.change(tokens, signOut(p.access), {}, true)],
].flatMap(([weight, ...verb]) => Array(weight).fill(verb))

async function create(writer) {
  const person = new Person(writer.name)
  writer.people.push(person)
  const password = `Secret-pw-${n++}`
  const { json } = await person.change(writer.wire, writer.admin.create({ email: person.email, password }), { alive: true, mark: 0, password })
  person.id = writer.admin.id(json)
}

// Changes its own users one after another until the server is gone. True at the end: it was the server's death that ended it.
async function write(writer, life) {
  try {
    while (life.on) {
      const person = randomInt(4) === 0 || writer.people.length === 0 ? undefined : pick(writer.people.slice(-20))
      const [suits, act] = pick(verbs)
      if (!person) await create(writer)
      else if (suits(person)) await act(person, writer)
      if (person) person.touched = true
      life.done++
    }
  } catch (error) {
    if (life.on || error instanceof assert.AssertionError) throw error
  }
}

// ---- what is there afterwards ----

const same = (seen) => (state) => state.alive === seen.alive && (!seen.alive || (state.mark === seen.mark && state.banned === seen.banned))

async function seen(person, { admin, wire }) {
  const answer = await wire.request(...admin.read(person.id))
  if (answer.status === 404) return { alive: false }
  assert.equal(answer.status, 200, answer.text)
  return { alive: true, ...admin.state(answer.json) }
}

// A creation without an answer: a whole user who can sign in, or none, and then the address is free.
async function verifyUnmade(person, { admin, wire, tokens }) {
  const { password } = person.next
  const made = (await tokens.request(...signIn(person.email, password))).status === 200
  const again = await wire.request(...admin.create({ email: person.email, password }))
  if (made) assert.equal(admin.taken.email(again), '')
  else assert.ok(again.status < 300, `${person.name} ${person.email}: neither there nor free: ${again.text}`)
}

// Tells which of the two states it is; fails when it is neither.
async function verify(person, writer) {
  const { tokens } = writer
  const had = await seen(person, writer)
  let states = [person.now, ...(person.next ? [person.next] : [])].filter(same(had))
  const lost = (what) => assert.fail(`${what} of a user of ${person.name}: is ${JSON.stringify(had)}, was ${JSON.stringify(person.now)}, under way ${JSON.stringify(person.next)}`)
  if (states.length === 0) lost('the state')
  if (had.alive && !had.banned) {
    const works = []
    for (const password of new Set(states.map((state) => state.password)))
      if ((await tokens.request(...signIn(person.email, password))).status === 200) works.push(password)
    states = states.filter((state) => works.includes(state.password))
    if (works.length !== 1 || states.length === 0) lost('the password')
  }
  if (person.token && person.token !== person.dead) {
    const works = (await tokens.request(...refresh(person.token))).status === 200
    states = states.filter((state) => works === (state.alive && !state.banned && state.token === person.token))
    if (states.length === 0) lost(`the refresh token (${works ? 'works' : 'is refused'})`)
  }
  if (person.dead) assert.equal((await tokens.request(...refresh(person.dead))).status, 400)
  person.unsure = states.some((state) => state.password !== states[0].password) // banned with a password under way: nobody can tell
  person.now = states.at(-1)
  person.next = undefined
  if (!person.now.token) person.dead = person.token
}

async function verifyAll(writer, people) {
  for (const person of people) {
    await (person.id ? verify(person, writer) : verifyUnmade(person, writer))
    person.touched = false
  }
  writer.people = writer.people.filter((person) => person.id && !person.unsure)
}

// ---- the cycles ----

// A busy machine is given longer, so that there is something to lose.
async function randomly(life) {
  const least = 11 + randomInt(5)
  await sleep(randomInt(20, 300))
  for (let i = 0; i < 500 && life.done < least; i++) await sleep(randomInt(20))
}

async function cycle(open, writers) {
  const server = await open()
  const life = { on: true, done: 0 }
  const all = Promise.all(writers.map((writer) => write(writer, life)))
  try {
    await Promise.race([randomly(life), all])
  } finally {
    life.on = false
    await server.kill('SIGKILL')
  }
  await all
  writers.forEach(({ wire, tokens }) => [wire, tokens].forEach((one) => one.close()))
  return { life, log: server.log() }
}

async function check(open, writers, which) {
  const server = await open()
  try {
    await Promise.all(writers.map((writer) => verifyAll(writer, writer.people.filter(which))))
    assert.equal(broken(server), '')
    if (server.store === 'sqlite') assert.deepEqual(await query(server, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
  } finally {
    writers.forEach(({ wire, tokens }) => [wire, tokens].forEach((one) => one.close()))
    await server.stop()
  }
}

for (const store of stores)
  test(`${cycles[store]} kills under writes on ${store}`, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'hecate-crash-'))
    const database = store === 'postgres' ? newDatabase() : undefined
    let ports
    const open = async () => {
      const server = await start({ store, data, database: database?.url, ports, env })
      ports = server.ports
      return server
    }
    try {
      const first = await open()
      const all = await admins(first)
      await first.stop()
      const writers = Array.from({ length: WRITERS }, (_, i) => {
        const admin = all[names[i % 3]]
        return { name: names[i % 3], admin, wire: admin.wire(), tokens: all.gotrue.wire(), people: [] }
      })
      let done = 0
      for (let i = 0; i < cycles[store]; i++) {
        const { life, log } = await cycle(open, writers)
        assert.doesNotMatch(log, /Sanitizer|runtime error:/)
        done += life.done
        await check(open, writers, (person) => person.touched || person.next || !person.id)
      }
      await check(open, writers, () => true)
      figure(t, `${cycles[store]} kills on ${store}, ${done} acknowledged changes, ${writers.flatMap(({ people }) => people).length} users, 0 lost`)
      assert.ok(done > cycles[store] * 10, `only ${done} changes`)
    } finally {
      database?.drop()
      rmSync(data, { recursive: true, force: true })
    }
  })
