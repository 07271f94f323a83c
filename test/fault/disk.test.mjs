// disk.test.mjs: a disk that is full or fails under load, made by strace and a limit: writes get a 5xx in their dialect's shape, reads go on, nothing acknowledged is
// lost, and all is well again by itself.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { crew, hangUp, present, sum, underLoad } from '../lib/load.mjs'
import { start } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { attach } from '../lib/trace.mjs'

// A call that strace breaks would look like none that the server makes.
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', HECATE_SECCOMP: 'false' }
const inject = (text) => async ({ pid }) => (await attach(pid, ['-e', `trace=${text.split(':')[0]}`, '-e', `inject=${text}`])).stop
const oneSync = async ({ pid }) => (await attach(pid, ['-e', 'trace=fdatasync,openat', '-e', 'inject=fdatasync:error=EIO:when=1', '-e', 'inject=openat:error=EMFILE'])).stop
const limit = async ({ pid }) => {
  const set = (bytes) => execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
  set(65536)
  return () => set('unlimited')
}
// What fails; how it begins, which gives how it ends; and whether every write fails.
const faults = [
  ['a full disk', inject('pwrite64:error=ENOSPC'), true],
  ['a disk that fails to write', inject('pwrite64:error=EIO'), true],
  ['a disk that fails to sync', inject('fdatasync,fsync:error=EIO'), true],
  ['a disk that fails every seventh write', inject('pwrite64:error=EIO:when=5+7'), false],
  ['a disk that fails every third sync', inject('fdatasync:error=EIO:when=2+3'), false],
  ['one sync that fails, and no connection to go on with', oneSync, true],
  ['files that may not grow', limit, true],
]

// How much it grows in half a second, or in as many as five if it does not.
const growth = async (rest, count) => {
  const was = count()
  for (let i = 0; i < 10 && count() === was; i++) await rest(500)
  return count() - was
}

// Half a second of the fault, or as many as ten if somebody has not met it yet: `always`, each dialect does.
const during = (server, begin, always, seen) => async (rest, life) => {
  seen.before = await growth(rest, () => life.written)
  const end = await begin(server)
  const { read, written: was } = life
  const met = () => life.read > read && (always ? Object.values(life.writesRefused).every((count) => count > 0) : sum(life.writesRefused) > 0)
  for (let i = 0; i < 20 && (i === 0 || !met()); i++) await rest(500)
  seen.read = life.read - read
  seen.acknowledged = life.written - was
  await end()
  seen.after = await growth(rest, () => life.written)
}

for (const [title, begin, always] of faults)
  test(title, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'hecate-disk-'))
    let server = await start({ data, env })
    try {
      const them = await crew(server), seen = {}
      const life = await underLoad(them, during(server, begin, always, seen))
      figure(t, `${title}: ${life.written} written, ${sum(life.writesRefused)} refused, ${seen.read} reads meanwhile`)
      assert.ok(seen.before > 0 && seen.after > 0, 'it writes before and after')
      assert.ok(seen.read > 0 && sum(life.readsRefused) === 0, 'it reads meanwhile')
      assert.deepEqual([...life.statuses], [500])
      for (const [name, count] of Object.entries(life.writesRefused)) assert.ok(count > 0 || !always, `${name} refuses meanwhile`)
      assert.ok(!always || seen.acknowledged <= them.writers.length, `${seen.acknowledged} acknowledged meanwhile`) // what was on its way
      await present(them)
      assert.equal(broken(server), '')
      hangUp(them)

      await server.kill('SIGKILL')
      server = await start({ data, env, ports: server.ports })
      await present(them)
      assert.equal(broken(server), '')
      assert.deepEqual(await query(server, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
      hangUp(them)
    } finally {
      await server.stop().finally(() => rmSync(data, { recursive: true, force: true }))
    }
  })
