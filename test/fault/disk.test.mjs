// disk.test.mjs: a disk that is full or fails under load, made by strace: writes get a 5xx in their dialect's shape, reads go on, nothing acknowledged is
// lost, and all is well again by itself.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crew, hangUp, present, sum, underLoad } from '../lib/load.mjs'
import { start } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { attach } from '../lib/trace.mjs'

// A call that strace breaks would look like none that the server makes.
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', HECATE_SECCOMP: 'false' }
// What fails, how, and whether it always does.
const faults = [
  ['a full disk', 'pwrite64:error=ENOSPC', true],
  ['a disk that fails to write', 'pwrite64:error=EIO', true],
  ['a disk that fails to sync', 'fdatasync,fsync:error=EIO', true],
  ['a disk that fails every seventh write', 'pwrite64:error=EIO:when=5+7', false],
  ['a disk that fails every third sync', 'fdatasync:error=EIO:when=2+3', false],
]

const breaking = (server, inject, seen) => async (rest, life) => {
  await rest(150)
  seen.before = life.written
  const strace = await attach(server.pid, ['-e', `trace=${inject.split(':')[0]}`, '-e', `inject=${inject}`])
  const { read } = life
  await rest(500)
  seen.read = life.read - read
  await strace.stop()
  const { written } = life
  await rest(500)
  seen.after = life.written - written
}

for (const [title, inject, always] of faults)
  test(title, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'hecate-disk-'))
    let server = await start({ data, env })
    try {
      const them = await crew(server), seen = {}
      const life = await underLoad(them, breaking(server, inject, seen))
      t.diagnostic(`${life.written} written, ${sum(life.writesRefused)} refused, ${seen.read} reads meanwhile`)
      assert.ok(seen.before > 0 && seen.after > 0, 'it writes before and after')
      assert.ok(seen.read > 0 && sum(life.readsRefused) === 0, 'it reads meanwhile')
      assert.deepEqual([...life.statuses], [500])
      for (const [name, count] of Object.entries(life.writesRefused)) assert.ok(count > 0 || !always, `${name} refuses meanwhile`)
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
      await server.stop()
      rmSync(data, { recursive: true, force: true })
    }
  })
