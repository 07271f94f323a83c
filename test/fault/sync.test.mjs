// sync.test.mjs: no reply to a change leaves before the log that holds it was synced: the order of the system calls under strace. (A SIGKILL cannot show
// this: the kernel writes out what a killed process had written.)
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admins, refresh, signIn, signOut } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { start } from '../lib/server.mjs'
import { attach, calls, remotePorts } from '../lib/trace.mjs'
import { race } from '../lib/wire.mjs'

const names = ['gotrue', 'clerk', 'auth0']
const FLAGS = ['-y', '-s', '33000', '-e', 'trace=read,recvfrom,write,writev,sendto,sendmsg,pwrite64,fdatasync,fsync']

let n = 0
const unique = () => `sync-${process.pid}-${n++}-end`

// What was sent, per connection in the order of its requests: { what, marker }; the marker, if any, stands in the rows that the change wrote.
class Book {
  constructor() {
    this.pages = new Map()
  }

  get length() {
    return [...this.pages.values()].flat().length
  }

  add(wire, what, marker) {
    const port = wire.socket.localPort
    if (!this.pages.has(port)) this.pages.set(port, [])
    this.pages.get(port).push({ what, marker })
  }

  async ask(wire, what, call, marker) {
    const answer = await wire.request(...call)
    assert.ok(answer.status < 300, `${what}: ${answer.status} ${answer.text}`)
    this.add(wire, what, marker)
    return answer
  }
}

// Each change that the dialects know, one after another.
async function oneByOne(book, name, admin, wire, tokens) {
  const email = `${unique()}@example.com`, password = 'Secret-pw-1'
  const id = admin.id((await book.ask(wire, `${name} create`, admin.create({ email, password }), email)).json)
  const { json } = await book.ask(tokens, 'sign-in', signIn(email, password))
  const { json: next } = await book.ask(tokens, 'refresh', refresh(json.refresh_token))
  await book.ask(tokens, 'refresh again', refresh(json.refresh_token))
  await book.ask(tokens, 'sign-out', signOut(next.access_token))
  const mark = unique()
  await book.ask(wire, `${name} metadata`, admin.mark(id, mark), mark)
  await book.ask(wire, `${name} ban`, admin.ban(id, true))
  await book.ask(wire, `${name} unban`, admin.ban(id, false))
  await book.ask(wire, `${name} password`, admin.password(id, 'Secret-pw-2'))
  await book.ask(wire, `${name} delete`, admin.remove(id))
}

// Creations, changes and refreshes that share commits.
async function atOnce(book, all, crowd, tokens) {
  const people = crowd.map(({ name, wire }) => ({ name, wire, admin: all[name], email: `${unique()}@example.com`, mark: unique() }))
  const made = await race(people.map(({ admin, wire, email }) => [wire, ...admin.create({ email, password: 'Secret-pw-1' })]))
  people.forEach((one, i) => book.add(one.wire, `${one.name} create`, one.email))
  const signed = await race(people.slice(0, tokens.length).map(({ email }, i) => [tokens[i], ...signIn(email, 'Secret-pw-1')]))
  signed.forEach((answer, i) => book.add(tokens[i], 'sign-in', answer.json.refresh_token))
  const answers = await race([
    ...people.map(({ admin, wire, mark }, i) => [wire, ...admin.mark(admin.id(made[i].json), mark)]),
    ...tokens.map((wire, i) => [wire, ...refresh(signed[i].json.refresh_token)]),
  ])
  people.forEach((one) => book.add(one.wire, `${one.name} metadata`, one.mark))
  tokens.forEach((wire, i) => book.add(wire, 'refresh', answers[people.length + i].json.refresh_token))
  for (const answer of [...made, ...signed, ...answers]) assert.ok(answer.status < 300, answer.text)
}

// Per connection, by the client's port, the requests that the server read: { read, reply }, the lines of the last read and of the first write of the answer.
function exchanges(trace, portOf) {
  const ports = new Map()
  for (const { name, args, result, from, to } of trace) {
    const port = portOf.get(/^\d+/.exec(args)?.[0])
    if (!port || result <= 0) continue
    if (!ports.has(port)) ports.set(port, [])
    const list = ports.get(port)
    if (/^(read|recvfrom)$/.test(name)) {
      if (list.length === 0 || list.at(-1).reply !== undefined) list.push({})
      list.at(-1).read = to
    } else if (list.length > 0) list.at(-1).reply ??= from
  }
  return ports
}

// What is wrong with one reply; '' when the log that holds its change was synced before it left.
function unsynced({ what, marker }, { read, reply }, writes, syncs) {
  const mine = writes.filter((write) => write.to < reply && (marker ? write.args.includes(marker) : write.from > read))
  if (mine.length === 0) return `${what}: nothing of it was written before its reply`
  const written = marker ? mine[0].to : mine.at(-1).to
  return syncs.some((sync) => sync.result === 0 && sync.from > written && sync.to < reply) ? '' : `${what}: its reply left before the sync`
}

test('no reply leaves before its sync', async (t) => {
  const server = await start({ env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
  const wires = [], reads = []
  try {
    const all = await admins(server)
    const open = async (name) => {
      const wire = await all[name].wire().open()
      wires.push(wire)
      const read = () => wire.request(...all[name].read(name === 'auth0' ? 'auth0|0' : '0'))
      reads.push(read)
      await read() // the handshake is over
      return wire
    }
    const crowd = []
    for (let i = 0; i < 36; i++) crowd.push({ name: names[i % 3], wire: await open(names[i % 3]) })
    const tokens = []
    for (let i = 0; i < 12; i++) tokens.push(await open('gotrue'))

    const portOf = remotePorts(server.pid)
    assert.ok(wires.every((wire) => [...portOf.values()].includes(wire.socket.localPort)))
    const strace = await attach(server.pid, FLAGS)
    const book = new Book()
    let lines, changes
    try {
      for (let i = 0; i < 12; i++) await oneByOne(book, names[i % 3], all[names[i % 3]], crowd[i % 3].wire, tokens[0])
      changes = book.length
      for (let i = 0; i < 2; i++) await atOnce(book, all, crowd, tokens)
      // An answer may be here before strace has seen its call end; where the connection's thread answers once more, it has.
      for (const read of reads) await read()
    } finally {
      lines = await strace.stop()
    }

    const trace = calls(lines)
    const ports = exchanges(trace, portOf)
    const log = trace.filter(({ args }) => /^\d+<[^>]*hecate\.db-wal>/.test(args))
    const writes = log.filter(({ name }) => name === 'pwrite64'), syncs = log.filter(({ name }) => /sync$/.test(name))
    const wrong = []
    for (const [port, list] of book.pages)
      list.forEach((item, i) => {
        const exchange = ports.get(port)?.[i]
        assert.ok(exchange?.reply, `the trace lacks the reply to ${item.what}`)
        wrong.push(unsynced(item, exchange, writes, syncs))
      })
    assert.deepEqual(wrong.filter((text) => text !== ''), [])
    figure(t, `${book.length} replies, ${changes} of them one by one, ${syncs.length} syncs`)
    assert.ok(changes >= 100 && book.length - changes >= 100)
    assert.ok(syncs.length >= changes && syncs.length < book.length, 'changes that meet share a sync')
  } finally {
    wires.forEach((wire) => wire.close())
    await server.stop()
  }
})
