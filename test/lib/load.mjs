// load.mjs: writers and readers of the three dialects beside a fault, and the account of what was acknowledged.
import assert from 'node:assert/strict'
import { admins } from './admins.mjs'
import { sleep } from './server.mjs'

// The longest that a server may refuse after its database is back.
export const RECOVERY_MS = 5000
const names = ['gotrue', 'clerk', 'auth0']
// The shape of a refusal in each dialect.
export const shapes = {
  gotrue: (status, json) => json.code === status && typeof json.error_code === 'string' && typeof json.msg === 'string',
  clerk: (status, json) => typeof json.errors[0].code === 'string' && typeof json.errors[0].long_message === 'string' && /^[0-9a-f]{32}$/.test(json.clerk_trace_id),
  auth0: (status, json) => json.statusCode === status && typeof json.error === 'string' && typeof json.message === 'string',
}

let n = 0

// Two writers and a reader of each dialect. people: what a writer made, with the last mark that was acknowledged.
export async function crew(server) {
  const all = await admins(server)
  const one = (name) => ({ name, admin: all[name], wire: all[name].wire(), people: [] })
  const writers = [...names, ...names].map(one)
  return { writers, readers: writers.slice(0, 3).map((writer) => ({ ...writer, wire: writer.admin.wire() })) }
}

export const hangUp = ({ writers, readers }) => [...writers, ...readers].forEach(({ wire }) => wire.close())

function refused(name, answer, life, counts) {
  assert.ok(answer.status >= 500, answer.text)
  assert.ok(shapes[name](answer.status, answer.json), answer.text)
  counts[name]++
  life.statuses.add(answer.status)
}

// Creates users and changes them until life ends.
async function write({ admin, wire, name, people }, life) {
  while (life.on) {
    const person = people.at(-1)
    const [call, made] = person && person.mark < 3
      ? [admin.mark(person.id, person.mark + 1), () => { person.mark++ }]
      : [admin.create({ email: `load-${process.pid}-${n++}@example.com`, password: 'Secret-pw-1' }), ({ json }) => people.push({ id: admin.id(json), mark: 0 })]
    const answer = await wire.request(...call)
    if (answer.status < 300) {
      made(answer)
      life.written++
    } else {
      refused(name, answer, life, life.writesRefused)
      await sleep(5)
    }
  }
}

async function read({ admin, wire, name, people }, life) {
  while (life.on) {
    if (people.length > 0) {
      const answer = await wire.request(...admin.read(people[0].id))
      if (answer.status === 200) {
        assert.equal(admin.id(answer.json), people[0].id, 'the answer to another request')
        life.read++
      } else refused(name, answer, life, life.readsRefused)
    }
    await sleep(2)
  }
}

// Runs `fault(rest, life)` under load; rest(ms) waits while all is well with the load. Gives the counts.
export async function underLoad({ writers, readers }, fault) {
  const none = () => ({ gotrue: 0, clerk: 0, auth0: 0 })
  const life = { on: true, written: 0, read: 0, writesRefused: none(), readsRefused: none(), statuses: new Set() }
  const all = Promise.all([...writers.map((one) => write(one, life)), ...readers.map((one) => read(one, life))])
  try {
    await fault((ms) => Promise.race([sleep(ms), all]), life)
  } finally {
    life.on = false
  }
  await all
  return life
}

// The answer to a read. A loop whose own connection to the database is not back yet, for others were answered first, may refuse it until `until`.
async function answered(wire, call, until) {
  const answer = await wire.request(...call)
  if (answer.status !== 503 || Date.now() > until) return answer
  await sleep(20)
  return answered(wire, call, until)
}

// Everything acknowledged is there.
export async function present({ writers }) {
  const until = Date.now() + RECOVERY_MS
  for (const { admin, wire, people } of writers)
    for (const { id, mark } of people) {
      const answer = await answered(wire, admin.read(id), until)
      assert.equal(answer.status, 200, `${id} is lost: ${answer.text}`)
      assert.equal(admin.id(answer.json), id)
      assert.ok(admin.state(answer.json).mark >= mark, `a change of ${id} is lost`)
    }
}

export const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0)
