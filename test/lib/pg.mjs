// pg.mjs: PostgreSQL through psql: SQL in, JSON out, and scratch databases. HECATE_TEST_PG is the URL of a server that tests may use.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

export const root = new URL('../../', import.meta.url).pathname
const folder = root + 'src/store/migrations/'

export function run(command, args, input) {
  return execFileSync(command, args, { input, encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['pipe', 'pipe', 'inherit'] })
}

// Runs SQL text; what it selects comes back as text.
export function psql(url, sql) {
  return run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', url], sql)
}

// The rows of one query.
export function rows(url, query) {
  return JSON.parse(psql(url, `SET search_path = pg_catalog; SELECT coalesce(json_agg(r), '[]') FROM (${query}) r`))
}

// The same server, another database. The path of the URL is the database: postgres:///name?host=/path, postgres://host/name.
export function withDatabase(url, name) {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/?]*)(?:\/[^?]*)?/, `$1/${name}`)
}

// Calls `fn` with the URL of a new, empty database, which is dropped afterwards.
export function scratch(fn) {
  const url = process.env.HECATE_TEST_PG
  if (!url) throw new Error('HECATE_TEST_PG is not set: the URL of a PostgreSQL server for tests')
  const name = `hecate_scratch_${process.pid}`
  psql(url, `CREATE DATABASE ${name}`)
  try {
    return fn(withDatabase(url, name))
  } finally {
    psql(url, `DROP DATABASE ${name} WITH (FORCE)`)
  }
}

// The migrations of one database, as one text.
export function migrations(which) {
  const names = readdirSync(folder).filter((name) => name.endsWith(`.${which}.sql`)).sort()
  return names.map((name) => readFileSync(folder + name, 'utf8')).join('\n')
}

// Where two JSON values differ, one line a place.
export function differences(want, have, at = '') {
  if (want === null || have === null || typeof want !== 'object' || typeof have !== 'object')
    return Object.is(want, have) ? [] : [`${at || '.'}: want ${JSON.stringify(want)}, have ${JSON.stringify(have)}`]
  const keys = new Set([...Object.keys(want), ...Object.keys(have)])
  return [...keys].flatMap((key) => differences(want[key], have[key], `${at}/${key}`))
}

// Prints the outcome and sets the exit code.
export function report(title, lines) {
  for (const line of lines) console.log(line)
  console.log(`${title}: ${lines.length === 0 ? 'equal' : `${lines.length} differences`}`)
  process.exitCode = lines.length === 0 ? 0 : 1
}
