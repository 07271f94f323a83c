// mail.test.mjs: no acknowledged message is lost with the process, and none is sent for what was not committed; what a mail server does not take is tried
// again, later each time. HECATE_KILLS: how often the server is killed.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { broken, query } from '../lib/tables.mjs'

const KILLS = Number(process.env.HECATE_KILLS ?? 5)
const password = 'secret-pw-1'
let n = 0
const email = () => `mail-${process.pid}-${n++}@example.com`
const times = (count, fn) => Array.from({ length: count }, (_, i) => fn(i))

const settings = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error' }

function caller(server) {
  return async (method, path, body, token) => {
    const answer = await fetch(`${server.gotrue.url}${path}`, { method, redirect: 'manual', headers: token ? { authorization: `Bearer ${token}` } : {}, body: body && JSON.stringify(body) })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text }
  }
}

async function until(what, ms = 30_000) {
  for (const end = Date.now() + ms; ; await sleep(25)) {
    const found = await what()
    if (found) return found
    assert.ok(Date.now() < end, `not in ${ms} ms: ${what}`)
  }
}

// What stands in the outbox; times in ms.
async function outbox(server) {
  const ms = (column) => (server.store === 'postgres' ? `extract(epoch FROM ${column}) * 1000` : `${column} / 1000`)
  const rows = await query(server, `SELECT id, kind, state, tries, ${ms('next_at')} AS next_at, ${ms('created_at')} AS created_at FROM hecate.outbox ORDER BY id`)
  return rows.map((row) => ({ ...row, tries: Number(row.tries), next_at: Number(row.next_at), created_at: Number(row.created_at) }))
}
const at = (server, ms) => (server.store === 'postgres' ? `to_timestamp(${ms / 1000})` : String(Math.round(ms * 1000)))
const set = (server, assignments) => query(server, `UPDATE hecate.outbox SET ${assignments} WHERE state = 'waiting' RETURNING id`, true)

for (const store of stores)
  test(`killed ${KILLS} times between commit and sending, on ${store}: mail and database agree`, { timeout: 600_000 }, async () => {
    const mail = await sink(), dir = mkdtempSync(join(tmpdir(), 'hecate-mail-'))
    const database = store === 'postgres' ? newDatabase() : undefined
    const run = () => start({ store, data: dir, database: database?.url, env: { ...mail.env, ...settings, GOTRUE_SMTP_MAX_FREQUENCY: '1h', HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2) } })
    const acknowledged = new Set(), asked = new Set()

    for (let i = 0; i < KILLS; i++) {
      mail.hold(i % 2 === 0) // every other time the server can connect, and gets no answer
      const server = await run(), call = caller(server), one = email()
      const sign = async (address) => {
        asked.add(address)
        try {
          if ((await call('POST', '/signup', { email: address, password })).status === 200) acknowledged.add(address)
        } catch { /* it was killed before it answered */ }
      }
      const calls = [...times(8, () => sign(email())), ...times(8, () => sign(one))] // of the last, all but one roll back
      await sleep(10 + Math.random() * 200)
      if (i === KILLS - 1) await until(() => acknowledged.size > 0) // on a slow machine there may be none so far
      await server.kill()
      await Promise.all(calls)
    }
    mail.hold(false)
    const last = await run()
    if (!process.env.HECATE_KILLS) await set(last, `next_at = ${at(last, Date.now())}`) // else what a killed process had in hand is waited for
    await until(async () => (await outbox(last)).length === 0, 120_000)
    const users = new Set((await query(last, 'SELECT email FROM auth.users')).map((row) => row.email))
    const count = (address) => mail.all.filter(({ recipients }) => recipients[0] === address).length
    assert.ok(acknowledged.size > 0)
    for (const address of acknowledged) assert.ok(count(address) >= 1, `${address} signed up, and no mail came`)
    for (const address of asked) {
      assert.ok(count(address) <= 2, `${count(address)} mails to ${address}`)
      assert.equal(count(address) > 0, users.has(address), `${address}: ${count(address)} mails, user: ${users.has(address)}`)
    }
    assert.equal(broken(last), '')
    await last.stop()
    mail.stop()
    database?.drop()
    rmSync(dir, { recursive: true, force: true })
  })

// A server with a mail sink, stopped when the test ends.
async function begin(t, store, env = {}) {
  const mail = await sink()
  t.after(() => mail.stop())
  const server = await start({ store, env: { ...mail.env, ...settings, ...env } })
  t.after(() => server.stop())
  return { mail, server, call: caller(server) }
}

for (const store of stores)
  test(`a mail that is not taken is tried again, later each time, for a day (${store})`, { timeout: 300_000 }, async (t) => {
    const { mail, server, call } = await begin(t, store)
    const address = email()
    mail.refuse('451 not now')
    await call('POST', '/signup', { email: address, password })
    for (const [i, seconds] of [10, 20, 40, 80, 160, 320, 640, 900, 900].entries()) {
      const row = await until(async () => (await outbox(server)).find(({ tries, next_at }) => tries === i + 1 && Math.abs(next_at - Date.now() - seconds * 1000) < 3000))
      assert.equal(row.state, 'waiting')
      await set(server, `next_at = ${at(server, Date.now())}`)
      await call('POST', '/signup', { email: email(), password }) // the sender looks when a letter was committed
    }
    await set(server, `created_at = ${at(server, Date.now() - 86_500_000)}, next_at = ${at(server, Date.now())}`)
    await call('POST', '/signup', { email: email(), password })
    await until(async () => (await outbox(server)).some(({ state }) => state === 'failed'))
    assert.equal(mail.all.length, 0)
    assert.equal(broken(server), '')
  })

test('a mail server that refuses for good is not asked again, one that is away is', { timeout: 300_000 }, async (t) => {
  const { mail, server, call } = await begin(t, 'sqlite', { HECATE_LOG_LEVEL: 'info' })
  const never = email(), later = email()
  mail.refuse('550 no such box')
  await call('POST', '/signup', { email: never, password })
  await until(async () => (await outbox(server)).some(({ state }) => state === 'failed'))
  mail.refuse('451 not now')
  await call('POST', '/signup', { email: later, password })
  await until(async () => (await outbox(server)).some(({ tries, state }) => tries === 1 && state === 'waiting'))
  mail.refuse(undefined)
  await set(server, `next_at = ${at(server, Date.now())}`)
  await mail.next(later, 30_000)
  assert.equal(mail.to(never).length, 0)
  assert.doesNotMatch(server.log(), new RegExp(`${never}|${later}`))
})

for (const store of stores)
  test(`what waits for a user goes with the user (${store})`, async (t) => {
    const { mail, server, call } = await begin(t, store)
    mail.refuse('451 not now')
    for (const body of [undefined, { should_soft_delete: true }]) {
      const { id } = (await call('POST', '/signup', { email: email(), password })).body
      await until(async () => (await outbox(server)).some(({ tries, next_at }) => tries === 1 && next_at - Date.now() < 20_000))
      assert.equal((await call('DELETE', `/admin/users/${id}`, body, server.gotrue.serviceKey)).status, 200)
      assert.deepEqual(await outbox(server), [])
    }
  })
