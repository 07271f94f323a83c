// mail.test.mjs: a code or link works once, whatever comes at once; and no acknowledged message is lost with the process, none is sent for what was not committed.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

const REQUESTS = 50, TRIALS = Number(process.env.HECATE_TRIALS ?? 4), KILLS = Number(process.env.HECATE_KILLS ?? 6)
const password = 'secret-pw-1'
let n = 0
const email = () => `once-${process.pid}-${n++}@example.com`

const settings = {
  HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error',
  ...Object.fromEntries(['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'EMAIL_CHANGE', 'INVITE'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, `${name} {{ .Token }}`])),
}

function caller(server) {
  return async (method, path, body, token) => {
    const answer = await fetch(`${server.gotrue.url}${path}`, { method, redirect: 'manual', headers: token ? { authorization: `Bearer ${token}` } : {}, body: body && JSON.stringify(body) })
    const text = await answer.text()
    return { status: answer.status, location: answer.headers.get('location'), body: text.startsWith('{') ? JSON.parse(text) : text }
  }
}

// Is this answer one of a winner: a session, or a redirect with one or with a code for one?
const won = ({ status, location, body }) => (status === 200 && Boolean(body.access_token)) || (status === 303 && /[?#&](access_token|code)=/.test(location))

for (const store of stores)
  describe(`once, on ${store}`, () => {
    let server, mail, call

    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, ...settings } })
      call = caller(server)
    })
    after(async () => {
      await server.stop()
      mail.stop()
    })

    const service = (method, path, body) => call(method, path, body, server.gotrue.serviceKey)
    const known = async () => {
      const address = email()
      await service('POST', '/admin/users', { email: address, password, email_confirm: true })
      return address
    }
    const link = (letter) => letter.link.replace(/^https?:\/\/[^/]+/, '')

    // Each gives one request to be sent by all at once.
    const kinds = {
      'link of a sign-up': async () => {
        const address = email()
        await call('POST', '/signup', { email: address, password })
        return ['GET', link(await mail.next(address))]
      },
      'code of a sign-up': async () => {
        const address = email()
        await call('POST', '/signup', { email: address, password })
        return ['POST', '/verify', { type: 'signup', email: address, token: (await mail.next(address)).otp }]
      },
      'link to a new password': async () => {
        const address = await known()
        await call('POST', '/recover', { email: address })
        return ['GET', link(await mail.next(address))]
      },
      'magic link': async () => {
        const address = await known()
        await call('POST', '/otp', { email: address })
        return ['GET', link(await mail.next(address))]
      },
      'code to sign in': async () => {
        const address = await known()
        await call('POST', '/otp', { email: address })
        return ['POST', '/verify', { type: 'email', email: address, token: (await mail.next(address)).otp }]
      },
      'invitation': async () => {
        const address = email()
        await service('POST', '/invite', { email: address })
        return ['GET', link(await mail.next(address))]
      },
      'second agreement to another address': async () => {
        const address = await known(), moved = email()
        const { body } = await call('POST', '/token?grant_type=password', { email: address, password })
        await call('PUT', '/user', { email: moved }, body.access_token)
        await call('GET', link(await mail.next(address)))
        return ['GET', link(await mail.next(moved))]
      },
      'code of a PKCE flow': async () => {
        const address = await known(), verifier = randomBytes(32).toString('hex')
        await call('POST', '/recover', { email: address, code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 's256' })
        const { location } = await call('GET', link(await mail.next(address)))
        return ['POST', '/token?grant_type=pkce', { auth_code: new URL(location).searchParams.get('code'), code_verifier: verifier }]
      },
    }

    for (const [name, make] of Object.entries(kinds))
      test(`${name}: one of ${REQUESTS} wins`, async () => {
        for (let trial = 0; trial < TRIALS; trial++) {
          const request = await make()
          const answers = await Promise.all(Array.from({ length: REQUESTS }, () => call(...request)))
          assert.equal(answers.filter(won).length, 1, JSON.stringify(answers.find((one) => !won(one))).slice(0, 400))
          assert.ok(answers.every((one) => one.status < 500), JSON.stringify(answers.find((one) => one.status >= 500)))
        }
      })

    test('sign-ups of one address at once make one user', async () => {
      const address = email()
      const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/signup', { email: address, password })))
      assert.ok(answers.every(({ status }) => status === 200 || status === 429), JSON.stringify(answers.find(({ status }) => status !== 200)))
      const { body } = await service('GET', `/admin/users?filter=${address}`)
      assert.equal(body.users.length, 1)
    })
  })

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

for (const store of stores)
  test(`1,000 wrong codes at once, on ${store}: 30 are looked at, and then the right one is none`, { timeout: 120_000 }, async () => {
    const mail = await sink()
    const server = await start({ store, env: { ...mail.env, ...settings } }), call = caller(server)
    const guess = async (address, otp) => {
      let status = {}
      const wrong = Array.from({ length: 1000 }, (_, i) => String(i).padStart(6, '0')).filter((code) => code !== otp)
      for (let i = 0; i < wrong.length; i += 100)
        for (const answer of await Promise.all(wrong.slice(i, i + 100).map((token) => call('POST', '/verify', { type: 'email', email: address, token }))))
          status = { ...status, [`${answer.status} ${answer.body.error_code}`]: (status[`${answer.status} ${answer.body.error_code}`] ?? 0) + 1 }
      return status
    }
    const address = email(), other = email()
    await call('POST', '/otp', { email: address })
    const letter = await mail.next(address)
    assert.deepEqual(await guess(address, letter.otp), { '403 otp_expired': letter.otp < '001000' ? 999 : 1000 })
    assert.equal((await call('POST', '/verify', { type: 'email', email: address, token: letter.otp })).body.error_code, 'otp_expired')
    assert.ok(won(await call('GET', letter.link.replace(/^https?:\/\/[^/]+/, '')))) // who has the mail can still use its link
    await call('POST', '/otp', { email: other })
    assert.ok(won(await call('POST', '/verify', { type: 'email', email: other, token: (await mail.next(other)).otp })))
    await server.stop()
    mail.stop()
  })

for (const store of stores)
  test(`29 wrong codes on ${store} leave the right one good`, async () => {
    const mail = await sink()
    const server = await start({ store, env: { ...mail.env, ...settings } }), call = caller(server)
    const address = email()
    await call('POST', '/otp', { email: address })
    const { otp } = await mail.next(address)
    const wrong = Array.from({ length: 30 }, (_, i) => String(i).padStart(6, '0')).filter((code) => code !== otp).slice(0, 29)
    await Promise.all(wrong.map((token) => call('POST', '/verify', { type: 'email', email: address, token })))
    assert.ok(won(await call('POST', '/verify', { type: 'email', email: address, token: otp })))
    await server.stop()
    mail.stop()
  })
