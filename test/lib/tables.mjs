// tables.mjs: the tables behind a running server, and what `hecate check` says of them.
import { spawnSync } from 'node:child_process'
import { psql, rows } from './pg.mjs'
import { binary, sleep } from './server.mjs'

// The rows of a query that names its tables auth.… and hecate.…, read beside the server; with `write`, of a statement that changes some and returns them.
export async function query(server, sql, write = false) {
  if (server.store === 'postgres') return write ? psql(server.database, sql) : rows(server.database, sql)
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(server.database.slice('sqlite:'.length), { readOnly: !write, timeout: 5000 })
  try {
    return db.prepare(sql.replace(/\b(auth|hecate)\./g, '$1_')).all().map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}

// Waits until no letter is on its way: the last of them left after the answer.
export async function settled(server) {
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    const [{ n }] = await query(server, "SELECT count(*) AS n FROM hecate.outbox WHERE state = 'waiting'")
    if (Number(n) === 0) return
    if (Date.now() > end) throw new Error(`${n} letters wait`)
  }
}

// The broken invariants, one a line with its count; '' when there are none.
export function broken(server) {
  const env = { PATH: process.env.PATH, HECATE_DATA: server.dir, HECATE_DATABASE_URL: server.database }
  const { status, stdout, stderr } = spawnSync(binary, ['check'], { env, encoding: 'utf8' })
  return status === 0 && stdout === '0\n' ? '' : `exit code ${status}: ${stdout}${stderr}`
}
