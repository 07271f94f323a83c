// migrations.mjs (D8): `hecate migrate` is killed at every sort of place: at the N-th write to the file, or to PostgreSQL. The next run finishes, and the tables are those of
// a fresh install. HECATE_TRIALS: how many places of each store.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { run } from '../lib/pg.mjs'
import { binary, newDatabase, stores } from '../lib/server.mjs'

const TRIALS = Number(process.env.HECATE_TRIALS ?? 20)

// One empty database of each store: the variables that name it, all that stands in its schema, and its end.
const databases = {
  sqlite: () => {
    const dir = mkdtempSync(join(tmpdir(), 'hecate-migrations-')), file = join(dir, 'hecate.db')
    const sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2; SELECT name, checksum FROM hecate_migrations ORDER BY 1; PRAGMA integrity_check; PRAGMA foreign_key_check"
    return { env: { HECATE_DATA: dir }, call: 'pwrite64', schema: () => run('sqlite3', ['-bail', '-readonly', file, sql]), drop: () => rmSync(dir, { recursive: true, force: true }) }
  },
  postgres: () => {
    const { url, drop } = newDatabase(), dir = mkdtempSync(join(tmpdir(), 'hecate-migrations-'))
    const dump = () => run('pg_dump', ['--schema-only', '--no-owner', '-d', url]).split('\n').filter((line) => !/^\\(un)?restrict /.test(line)).join('\n')
    const done = () => run('psql', ['-XAtq', '-d', url, '-c', 'SELECT name, checksum FROM hecate.migrations ORDER BY 1'])
    return { env: { HECATE_DATA: dir, HECATE_DATABASE_URL: url }, call: 'sendto', schema: () => dump() + done(), drop: () => { drop(); rmSync(dir, { recursive: true, force: true }) } }
  },
}

const path = { PATH: process.env.PATH }
function migrate({ env }) {
  const { status, stderr } = spawnSync(binary, ['migrate'], { env: { ...path, ...env }, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

// Runs it under strace; with `at` it is killed there. The number of such calls that it began.
async function traced({ env, call }, at) {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-strace-')), file = join(dir, 'trace')
  const child = spawn('strace', ['-f', '-o', file, '-e', `trace=${call}`, ...(at ? ['-e', `inject=${call}:signal=SIGKILL:when=${at}`] : []), binary, 'migrate'], { env: { ...path, ...env }, stdio: 'ignore' })
  await new Promise((resolve) => child.on('exit', resolve))
  const lines = readFileSync(file, 'latin1').split('\n')
  rmSync(dir, { recursive: true, force: true })
  return { count: lines.filter((line) => line.includes(`${call}(`)).length, killed: lines.some((line) => line.includes('killed by SIGKILL')) }
}

for (const store of stores)
  test(`migrations killed at ${TRIALS} places on ${store}`, { timeout: 3_600_000 }, async (t) => {
    const fresh = databases[store]()
    const { count } = await traced(fresh), want = fresh.schema()
    fresh.drop()
    assert.ok(count > 20, `${count} calls`)
    let killed = 0
    for (let i = 0; i < TRIALS; i++) {
      const database = databases[store](), at = 1 + Math.floor((i + Math.random()) * count / TRIALS)
      try {
        for (const place of i % 3 === 2 ? [at, 1 + Math.floor(Math.random() * 40)] : [at]) if ((await traced(database, place)).killed) killed++ // some twice
        migrate(database)
        assert.equal(database.schema(), want, `killed at call ${at}`)
        migrate(database)
      } finally {
        database.drop()
      }
    }
    assert.ok(killed >= TRIALS * 0.9, `${killed} of ${TRIALS} killed`)
    figure(t, `${store}: killed ${killed} times among ${count} writes, the tables of a fresh install each time`)
  })
