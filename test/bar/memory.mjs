// memory.mjs (S3, P6): what stays in the server's memory. A second after the answers no password that came in stands anywhere in it; and after very many requests of
// all kinds it holds no more than after the first of them. HECATE_REQUESTS: how many.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { test } from 'node:test'
import { admins, refresh, signIn } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const bearer = (token) => ({ authorization: `Bearer ${token}` })
const quiet = { HECATE_LOG_LEVEL: 'error', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1000000000', GOTRUE_RATE_LIMIT_OTP: '1000000000', HECATE_LOCKOUT_ATTEMPTS: '1000000' }

// ---- canaries ----

// The places in the memory of a process where one of these texts stands, as it is or in UTF-16: names of the texts.
function found(pid, texts) {
  const needles = Object.entries(texts).flatMap(([name, text]) => [[name, Buffer.from(text)], [`${name} (UTF-16)`, Buffer.from(text, 'utf16le')]])
  const file = openSync(`/proc/${pid}/mem`, 'r'), hits = []
  let bytes = 0
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from, to, mode, what] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line) ?? []
    if (!from || mode[0] !== 'r' || mode[1] !== 'w' || /^\[v/.test(what)) continue
    const size = Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)), text = Buffer.alloc(size)
    const n = read(file, text, BigInt(`0x${from}`))
    bytes += n
    for (const [name, needle] of needles)
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1))
        hits.push(`${name} in ${what || 'memory'} + ${at.toString(16)}: ${JSON.stringify(text.toString('latin1', Math.max(0, at - 60), at + needle.length + 40))}`)
  }
  closeSync(file)
  return { hits, bytes }
}
function read(file, text, from) {
  let n = 0
  try {
    while (n < text.length) {
      const got = readSync(file, text, n, Math.min(1 << 20, text.length - n), from + BigInt(n))
      if (got === 0) break
      n += got
    }
  } catch { /* the end of what can be read */ }
  return n
}

let n = 0
const email = () => `memory-${process.pid}-${n++}@example.com`

// Passwords of their own kind each way in which one comes, over connections that stay and one that is closed half-way: name to password.
async function waysIn(server, wires) {
  const canaries = {}
  const canary = (name) => (canaries[name] = `Canary-${name.replaceAll(' ', '-')}-${Math.random().toString(36).slice(2)}`)
  const all = await admins(server), oauth = (body, headers) => wires.auth0.request('POST', '/oauth/token', { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body }, headers)
  const good = async (asked) => { const answer = await asked; assert.ok(answer.status < 300, `${answer.status} ${answer.text}`); return answer.json }

  const mine = email(), first = canary('sign-up')
  const { access_token } = await good(wires.gotrue.request('POST', '/signup', { email: mine, password: first, data: { note: 'x'.repeat(3000) } }))
  await good(wires.gotrue.request(...signIn(mine, first)))
  await good(wires.gotrue.request('PUT', '/user', { password: canary('own change') }, bearer(access_token)))
  assert.equal((await wires.gotrue.request(...signIn(mine, canary('wrong')))).status, 400)
  assert.equal((await wires.gotrue.request(...signIn(email(), canary('nobody')))).status, 400)
  await wires.gotrue.request('POST', '/signup', { email: 'none', password: canary('bad address') })
  await wires.gotrue.request('POST', '/signup', { email: email(), password: canary('too long').padEnd(5000, 'x') })
  await wires.gotrue.request('POST', '/nowhere', { password: canary('no such path') })
  await wires.gotrue.request('POST', `/token?grant_type=password&password=${canary('in the query')}`, {})
  for (const name of Object.keys(all)) {
    const wire = all[name].wire(), address = email()
    const id = all[name].id(await good(wire.request(...all[name].create({ email: address, password: canary(`${name} creation`) }))))
    await good(wire.request(...all[name].password(id, canary(`${name} change`))))
    if (name === 'clerk') await good(wire.request('POST', `/v1/users/${id}/verify_password`, { password: canaries['clerk change'] }))
    if (name === 'auth0') await good(oauth({ grant_type: 'password', username: address, password: canaries['auth0 change'], scope: 'openid' }))
    wires[`${name} admin`] = wire
  }
  await wires.auth0.request('POST', '/dbconnections/signup', { client_id: server.auth0.clientId, email: email(), password: canary('auth0 sign-up'), connection: 'Username-Password-Authentication' })
  const half = net.connect(server.ports[0], '127.0.0.1').on('error', () => {})
  await new Promise((resolve) => half.write(`POST /signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"password":"${canary('half a body')}"`, resolve))
  await sleep(100)
  half.destroy()
  return canaries
}

for (const store of stores)
  test(`no password stays in memory on ${store}`, { skip: process.getuid() !== 0 && 'only root reads the memory of others', timeout: 120_000 }, async (t) => {
    const server = await start({ store, env: quiet })
    const wires = { gotrue: new Wire(server.gotrue.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
    try {
      const canaries = await waysIn(server, wires)
      await sleep(1000)
      assert.ok(found(server.pid, { secret: server.gotrue.jwtSecret }).hits.length > 0, 'what is there is found')
      const { hits, bytes } = found(server.pid, { ...canaries, 'a part of one': 'Canary-' })
      assert.deepEqual(hits, [])
      assert.ok(bytes > 1 << 20, `${bytes} bytes were read`)
      assert.match(readFileSync(`/proc/${server.pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/)
      figure(t, `${store}: ${Object.keys(canaries).length} passwords, 0 in ${Math.round(bytes / 1048576)} MiB`)
    } finally {
      Object.values(wires).forEach((wire) => wire.close())
      await server.stop()
    }
  })

// ---- leaks ----

// By the first count all caches are full.
const REQUESTS = Number(process.env.HECATE_REQUESTS ?? 120_000), FIRST = Math.max(REQUESTS / 10, 60_000)

// The server's own memory in KiB and its open files, when nothing is asked of it.
async function state(pid) {
  await sleep(1500)
  const anon = Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)[1])
  return { anon, files: readdirSync(`/proc/${pid}/fd`).length }
}

// A client that goes away in the middle of its request.
const abort = (port, text) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(text, () => { socket.destroy(); resolve() })).on('error', resolve)
})

// The requests of one client, over and over: every third makes, shows and deletes a user; others refresh, err and break off. ask() counts.
async function rounds(server, all, name, ask, more) {
  const admin = all[name], wire = admin.wire(), plain = new Wire(server.gotrue.url)
  const address = email(), half = 'POST /signup HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{"email":'
  await wire.request(...admin.create({ email: address, password: 'Right-pw-1' }))
  let session = (await plain.request(...signIn(address, 'Right-pw-1'))).json
  for (let i = 0; more(); i++) {
    const made = await ask(wire, ...admin.create({ email: email(), password: 'Right-pw-1', mark: i }))
    const id = admin.id(made.json)
    for (const call of [admin.read(id), admin.mark(id, 'y'.repeat(i % 500)), admin.read(`${id}0`), admin.create({ email: address, password: 'Right-pw-1' }), admin.ban(id, true), admin.remove(id), admin.read(id)]) await ask(wire, ...call)
    session = (await ask(plain, ...refresh(session.refresh_token))).json
    await ask(plain, 'GET', '/user', undefined, bearer(session.access_token))
    await ask(plain, ...signIn(address, i % 2 ? 'wrong' : 'Right-pw-1'))
    await ask(plain, 'GET', `/nowhere/${i}`)
    await ask(plain, 'POST', '/token?grant_type=password', 'no object')
    await ask(plain, 'GET', '/user', undefined, bearer(`${session.access_token.slice(0, -5)}${i % 10}AAAA`))
    if (i % 10 === 0) await abort(server.ports[i % 3], half.slice(0, 1 + i % half.length))
    if (i % 50 === 49) wire.close()
  }
  wire.close()
  plain.close()
}

for (const store of stores)
  test(`${REQUESTS} requests leave no more than the first ${FIRST} on ${store}`, { timeout: 7_200_000 }, async (t) => {
    const server = await start({ store, env: quiet })
    try {
      const all = await admins(server)
      let done = 0, wrong = 0
      const ask = async (...call) => {
        const answer = await call[0].request(...call.slice(1))
        done++
        if (answer.status >= 500) wrong++
        return answer
      }
      const upTo = (count) => Promise.all(['gotrue', 'clerk', 'auth0', 'gotrue', 'clerk', 'auth0'].map((name) => rounds(server, all, name, ask, () => done < count)))
      await upTo(FIRST)
      const before = await state(server.pid)
      await upTo(REQUESTS)
      const after = await state(server.pid)
      assert.equal(wrong, 0, `${wrong} answers of 500 and above`)
      assert.equal(after.files, before.files)
      figure(t, `${store}: ${done} requests, ${(before.anon / 1024).toFixed(1)} MiB after ${FIRST}, ${(after.anon / 1024).toFixed(1)} MiB after all, ${after.files} files`)
      assert.ok(after.anon <= before.anon * 1.02, `${before.anon} KiB after ${FIRST}, ${after.anon} KiB after all`)
    } finally {
      await server.stop()
    }
  })
