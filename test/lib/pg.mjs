// pg.mjs: PostgreSQL through psql: SQL in, JSON out, and scratch databases. HECATE_TEST_PG is the URL of a server that tests may use.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

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

// The text of a migration for one of the databases.
export function migration(name, which) {
  return readFileSync(`${folder}${name}.${which}.sql`, 'utf8')
}

// Where two JSON values differ, one line a place.
export function differences(want, have, at = '') {
  if (want === null || have === null || typeof want !== 'object' || typeof have !== 'object')
    return Object.is(want, have) ? [] : [`${at || '.'}: want ${JSON.stringify(want)}, have ${JSON.stringify(have)}`]
  const keys = new Set([...Object.keys(want), ...Object.keys(have)])
  return [...keys].flatMap((key) => differences(want[key], have[key], `${at}/${key}`))
}
