// clock.mjs: the wall clock jumps under load (libfaketime): what is expired is refused, what is not is good again, and nothing hangs.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { refresh, signIn } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const HOUR = 3600
const library = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`

test('jumps of the clock', { timeout: 300_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-clock-')), file = join(dir, 'offset')
  const jump = (seconds) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  jump(0)
  const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', HECATE_LANDLOCK: 'false', HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', GOTRUE_MAILER_AUTOCONFIRM: 'true' }
  const server = await start({ env })
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const wire = new Wire(server.gotrue.url), password = 'Secret-pw-1', email = 'clock@example.com'
  let session = (await wire.request('POST', '/signup', { email, password })).json
  const look = async (token) => (await wire.request('GET', '/user', undefined, { authorization: `Bearer ${token}` })).status
  let on = true, asked = 0, longest = 0
  const load = Array.from({ length: 8 }, async () => {
    const mine = new Wire(server.gotrue.url)
    while (on) {
      const since = performance.now()
      assert.equal((await mine.request('GET', '/settings')).status, 200)
      longest = Math.max(longest, performance.now() - since)
      asked++
      await sleep(5)
    }
    mine.close()
  })
  let jumps = 0
  for (const seconds of [HOUR + 60, -HOUR, 24 * HOUR, -24 * HOUR, 1, -1]) {
    const good = (await wire.request(...signIn(email, password))).json
    jump(seconds)
    await sleep(200)
    const status = await look(good.access_token)
    if (seconds > HOUR) assert.ok(status >= 400, `an expired token is ${status} at ${seconds}`)
    const beyond = await wire.request(...signIn(email, password)) // sign-ins go on at any time
    assert.equal(beyond.status, 200, beyond.text)
    jump(0)
    await sleep(200)
    assert.equal(await look(good.access_token), 200, `a valid token after ${seconds}`)
    const next = await wire.request(...refresh(good.refresh_token))
    assert.equal(next.status, 200, next.text)
    session = next.json
    jumps++
  }
  assert.equal(await look(session.access_token), 200)
  on = false
  await Promise.all(load)
  wire.close()
  assert.equal(broken(server), '')
  await server.stop()
  figure(t, `${jumps} jumps, 0 expired tokens taken, 0 valid ones refused afterwards, ${asked} requests beside, the longest ${longest.toFixed(0)} ms`)
  assert.ok(longest < 5000)
})
