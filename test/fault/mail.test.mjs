// mail.test.mjs: no acknowledged message is lost with the process, and none is sent for what was not committed. HECATE_KILLS: how often it is killed.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

const KILLS = Number(process.env.HECATE_KILLS ?? 6)
const password = 'secret-pw-1'
let n = 0
const email = () => `mail-${process.pid}-${n++}@example.com`

const settings = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error' }

function caller(server) {
  return async (method, path, body, token) => {
    const answer = await fetch(`${server.gotrue.url}${path}`, { method, redirect: 'manual', headers: token ? { authorization: `Bearer ${token}` } : {}, body: body && JSON.stringify(body) })
    const text = await answer.text()
    return { status: answer.status, location: answer.headers.get('location'), body: text.startsWith('{') ? JSON.parse(text) : text }
  }
}

for (const store of stores)
  test(`killed between commit and sending, ${KILLS} times, on ${store}: the mail comes after the restart`, { timeout: 240_000 }, async () => {
    const mail = await sink(), dir = mkdtempSync(join(tmpdir(), 'hecate-mail-'))
    const database = store === 'postgres' ? newDatabase() : undefined
    const run = () => start({ store, data: dir, database: database?.url, env: { ...mail.env, ...settings } })
    const acknowledged = []

    mail.hold() // the server can connect, and gets no answer
    for (let i = 0; i < KILLS; i++) {
      const server = await run(), call = caller(server)
      const calls = Array.from({ length: 8 }, async () => {
        const address = email()
        try {
          if ((await call('POST', '/signup', { email: address, password })).status === 200) acknowledged.push(address)
        } catch { /* it was killed before it answered */ }
      })
      await sleep(20 + 60 * i)
      await server.kill()
      await Promise.all(calls)
    }
    mail.hold(false)
    const last = await run()
    for (const address of acknowledged) await mail.next(address, 90_000)
    const users = (await caller(last)('GET', '/admin/users?per_page=1000', undefined, last.gotrue.serviceKey)).body.users.map((user) => user.email)
    assert.ok(acknowledged.length > 0)
    for (const { recipients } of mail.all) assert.ok(users.includes(recipients[0]), `a mail to ${recipients[0]}, who is no user`)
    await last.stop()
    mail.stop()
    database?.drop()
    rmSync(dir, { recursive: true, force: true })
  })

test('a mail server that refuses for good is not asked again, one that is away is', { timeout: 60_000 }, async () => {
  const mail = await sink()
  const server = await start({ env: { ...mail.env, ...settings } }), call = caller(server)
  const never = email(), later = email()
  mail.refuse('550 no such box')
  await call('POST', '/signup', { email: never, password })
  await sleep(1500)
  mail.refuse('451 not now')
  await call('POST', '/signup', { email: later, password })
  await sleep(1500)
  mail.refuse(undefined)
  await mail.next(later, 30_000)
  assert.equal(mail.to(never).length, 0)
  assert.doesNotMatch(server.log(), new RegExp(`${never}|${later}`))
  await server.stop()
  mail.stop()
})

