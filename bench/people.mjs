// people.mjs: fills a directory with N users by bulk SQL, the same on both stores: as each dialect would have made them, with profiles, identities, further
// addresses, wallets and bans. The directory's tables must be there (a server made them), and no server be running on SQLite.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

// A number that looks random and is always the same: a 32-bit mix of i.
function mix(i, salt) {
  let x = (i ^ Math.imul(salt, 0x9e3779b9)) >>> 0
  for (let round = 0; round < 3; round++) x = (Math.imul(x ^ (x >>> 16), 0x45d9f3b) + salt) >>> 0
  return x
}
const hex = (i, salt) => mix(i, salt).toString(16).padStart(8, '0')
// UUIDs that differ, for i differs in the last eight digits, and stand in no order.
export const idOf = (i, salt = 1) => `${hex(i, salt)}-${hex(i, salt + 1).slice(0, 4)}-4${hex(i, salt + 2).slice(0, 3)}-8${hex(i, salt + 3).slice(0, 3)}-${salt.toString(16).padStart(4, '0')}${(i >>> 0).toString(16).padStart(8, '0')}`

const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'je', 'ki', 'lo', 'mu', 'na', 'pe', 'qui', 'ro', 'su', 'ta', 've', 'wi', 'xo', 'zu']
const word = (n, length) => Array.from({ length }, (_, at) => syllables[Math.floor(n / 20 ** at) % 20]).join('')
const name = (n, length) => word(n, length).replace(/^./, (c) => c.toUpperCase())

const DAY = 86400e6, HALF_MINUTE = 30e6
// Times in µs: one user each half minute until an hour ago; half of them came back at some time since.
export function person(i, n, now) {
  const created = (now - 3600e6) - (n - i) * HALF_MINUTE, first = name(mix(i, 21) % 2000, 3), last = name(mix(i, 22) % 160000, 4)
  const seen = mix(i, 23) % 2 ? created + Math.floor((now - created) * (mix(i, 24) / 2 ** 32)) : null
  return {
    id: idOf(i), email: `${first}.${last}.${i}@${word(mix(i, 25) % 8000, 3)}.example`.toLowerCase(), phone: mix(i, 26) % 4 ? null : `4930${String(i).padStart(8, '0')}`,
    created, seen, banned: i % 1000 === 7 ? now + 365 * DAY : null, deleted: i % 10000 === 9 ? now - DAY : null, first, last, username: `${word(mix(i, 27), 3)}${i}`,
    external: `customer-${i}`, meta: JSON.stringify({ full_name: `${first} ${last}`, plan: ['free', 'pro', 'team'][i % 3], badge: `badge-${i}` }),
    app: JSON.stringify({ provider: 'email', providers: ['email'], team: `team-${mix(i, 28) % 50000}` }),
    more: i % 100 === 3 ? `second.${i}@elsewhere.example` : null, wallet: i % 100 === 5 ? `0x${hex(i, 31)}${hex(i, 32)}${hex(i, 33)}${hex(i, 34)}${hex(i, 35)}` : null,
  }
}

// One line a user, parted by tabs; an empty cell is none.
function writePeople(file, n, now) {
  const fd = openSync(file, 'w')
  for (let i = 0, lines = []; i < n; i++) {
    const p = person(i, n, now)
    lines.push([p.id, p.email, p.phone, p.created, p.seen, p.banned, p.deleted, p.first, p.last, p.username, p.external, p.meta, p.app, p.more, p.wallet, idOf(i, 41), idOf(i, 51)].map((cell) => cell ?? '').join('\t'))
    if (lines.length === 5000 || i === n - 1) writeSync(fd, lines.splice(0).join('\n') + '\n')
  }
  closeSync(fd)
}

const cells = ['id', 'email', 'phone', 'created', 'seen', 'banned', 'deleted', 'first', 'last', 'username', 'external', 'meta', 'app', 'more', 'wallet', 'identity', 'address']

// The rows of the four tables, in words of both databases: `at` makes a time of a cell, `uuid` and `json` values of their kinds.
function inserts({ at, uuid, json, table, data }) {
  const time = (cell) => at(`nullif(${cell}, '')`), text = (cell) => `nullif(${cell}, '')`
  return [
    `INSERT INTO ${table('auth.users')} (instance_id, id, aud, role, email, phone, encrypted_password, email_confirmed_at, created_at, updated_at, last_sign_in_at, banned_until, deleted_at,
       raw_app_meta_data, raw_user_meta_data, confirmation_token, recovery_token, email_change_token_new, email_change, is_sso_user, is_anonymous)
     SELECT ${uuid(`'00000000-0000-0000-0000-000000000000'`)}, ${uuid('id')}, 'authenticated', 'authenticated', email, ${text('phone')}, '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W',
       ${time('created')}, ${time('created')}, ${time('created')}, ${time('seen')}, ${time('banned')}, ${time('deleted')}, ${json('app')}, ${json('meta')}, '', '', '', '', false, false FROM people`,
    `INSERT INTO ${table('auth.identities')} (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     SELECT ${uuid('identity')}, id, ${uuid('id')}, ${json(data)}, 'email', ${time('created')}, ${time('created')}, ${time('created')} FROM people`,
    `INSERT INTO ${table('hecate.profiles')} (user_id, username, username_key, first_name, last_name, external_id, last_active_at, made_at, private_metadata, updated_at)
     SELECT ${uuid('id')}, username, username, first, last, external, ${time('seen')}, ${time('created')}, '{}', ${time('created')} FROM people`,
    `INSERT INTO ${table('hecate.addresses')} (id, user_id, kind, value, value_key, verified_at, created_at, updated_at)
     SELECT ${uuid('address')}, ${uuid('id')}, CASE WHEN more <> '' THEN 'email' ELSE 'web3' END, more || wallet, more || wallet, ${time('created')}, ${time('created')}, ${time('created')}
     FROM people WHERE more || wallet <> ''`,
  ].join(';\n') + ';\n'
}

const run = (command, args, input) => execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'], maxBuffer: 64 << 20 })

function fillSqlite(file, lines) {
  const same = (x) => x
  // Built once at the end, indexes and counts cost a tenth of what they cost row by row.
  const kept = JSON.parse(run('sqlite3', ['-json', file, `SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND (type = 'trigger' OR (type = 'index' AND sql NOT LIKE 'CREATE UNIQUE%')) AND name NOT LIKE 'search\\_%' ESCAPE '\\' OR name LIKE 'search\\_%' ESCAPE '\\' AND type = 'trigger' AND sql IS NOT NULL`]))
  const rebuilt = [...migrationInserts('0017_search'), ...migrationInserts('0018_counts')]
  run('sqlite3', ['-bail', file], [
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF;',
    `CREATE TEMP TABLE people (${cells.join(', ')});`, '.mode ascii', '.separator "\\t" "\\n"', `.import ${lines} people`, 'BEGIN;',
    ...kept.map(({ type, name }) => `DROP ${type} ${name};`),
    inserts({ at: (cell) => `CAST(${cell} AS INTEGER)`, uuid: same, json: same, table: (name) => name.replace('.', '_'), data: `json_object('sub', id, 'email', email, 'email_verified', json('false'))` }),
    ...kept.filter(({ type }) => type === 'index').map(({ sql }) => `${sql};`), ...rebuilt.map((sql) => `${sql};`), ...kept.filter(({ type }) => type === 'trigger').map(({ sql }) => `${sql};`), 'COMMIT;',
  ].join('\n'))
}

// What a migration does with the users who are there already.
import { migration } from '../test/lib/pg.mjs'
const migrationInserts = (file) => [...migration(file, 'sqlite').matchAll(/^-- Of users who are there already\.\n((?:[^;]+;\n)+?)(?=\n|$)/gm)].flatMap(([, text]) => text.split(';').filter((sql) => sql.trim()))

function fillPostgres(url, lines) {
  const kept = run('psql', ['-XAtq', '-d', url], `SELECT indexdef || ';' FROM pg_indexes WHERE schemaname IN ('auth', 'hecate') AND tablename IN ('users', 'identities', 'profiles', 'addresses') AND indexdef NOT LIKE 'CREATE UNIQUE%'`)
  const names = [...kept.matchAll(/^CREATE INDEX (\S+) ON (\w+)\./gm)].map(([, index, schema]) => `DROP INDEX ${schema}.${index};`)
  const plain = (kind) => (cell) => `CAST(${cell} AS ${kind})`
  run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', url], [
    `SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET session_replication_role = replica; BEGIN;`, ...names,
    `CREATE TEMP TABLE people (${cells.map((cell) => `${cell} text`).join(', ')});`, `\\copy people FROM '${lines}' WITH (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x01', NULL E'\\x02')`,
    inserts({ at: (cell) => `to_timestamp(CAST(${cell} AS numeric) / 1000000)`, uuid: plain('uuid'), json: plain('jsonb'), table: (name) => name, data: `json_build_object('sub', id, 'email', email, 'email_verified', false)` }),
    kept, 'COMMIT;', 'TRUNCATE hecate.user_counts, hecate.user_changes;',
    migration('0018_counts', 'pg').match(/-- Of users who are there already\.\n([^;]+;)/)[1],
    'CLUSTER hecate.user_counts USING user_counts_pkey;', // in the order of time, as if the users had come one after another
    'VACUUM ANALYZE;',
  ].join('\n'))
}

// `target` is what start() calls `database`: sqlite:PATH or a PostgreSQL URL. `dir` takes a file for a while.
export function fill(target, n, dir, now = Date.now() * 1000) {
  const lines = join(dir, 'people.tsv')
  writePeople(lines, n, now)
  if (target.startsWith('sqlite:')) fillSqlite(target.slice('sqlite:'.length), lines)
  else fillPostgres(target, lines)
  rmSync(lines)
}
