// schemas.test.mjs: are the tables of SQLite those of PostgreSQL? Both as Hecate made them, compared column by column, with their foreign keys,
// checks and indexes.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { differences, rows, run } from '../lib/pg.mjs'
import { newDatabase, start, stores } from '../lib/server.mjs'

const types = {
  uuid: 'TEXT', text: 'TEXT', 'character varying': 'TEXT', json: 'TEXT', jsonb: 'TEXT', inet: 'TEXT', 'text[]': 'TEXT', enum: 'TEXT',
  'timestamp with time zone': 'INTEGER', 'timestamp without time zone': 'INTEGER',
  boolean: 'INTEGER', smallint: 'INTEGER', bigint: 'INTEGER', bytea: 'BLOB',
}

// Indexes that SQLite does without: no query needs them, or has another way, and each costs every write.
const left_out = new Set([
  'users_instance_id_idx', 'users_instance_id_email_idx', 'users_is_anonymous_idx', 'refresh_tokens_instance_id_idx',
  'refresh_tokens_instance_id_user_id_idx', 'audit_logs_instance_id_idx', // led by a column with one or two values
  'refresh_tokens_parent_idx', 'refresh_tokens_updated_at_idx', 'sessions_not_after_idx', 'sessions_oauth_client_id_idx', // no statement reads them
  'refresh_tokens_session_id_revoked_idx', 'hecate_audit_user_idx', // chains
  'hecate_audit_created_at_idx', 'audit_log_entries_pkey', // one of the time alone, by which an event is found, too
  'sessions_user_id_idx', 'mfa_factors_user_id_idx', 'custom_oauth_providers_identifier_idx', 'schema_migrations_version_idx', // repeat another
])

// What one of them keeps in a way of its own: searches by pieces of a text, and documents by their members; changes that are not counted yet; a user's log, and
// a session's tokens, which a trigger deletes with it in place of a foreign key.
const pg_only = new Set(['hecate_user_changes', 'hecate_users_search_idx', 'profiles_search_idx', 'addresses_search_idx'])
const sqlite_only = (name) => ['search', 'log\\_', 'token\\_last', 'token\\_previous'].map((word) => `${name} NOT LIKE 'hecate\\_${word}%' ESCAPE '\\'`).join(' AND ')
const sqlite_only_index = new Set(['refresh_tokens_live_idx', 'hecate_audit_created_at_idx'])
const sqlite_no_foreign = new Set(['refresh_tokens_session_id_fkey'])

const schemas = `('auth'::regnamespace, 'hecate'::regnamespace)`
const queries = {
  columns: `SELECT c.relnamespace::regnamespace || '_' || c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
      a.atttypmod AS typmod, a.attnotnull AS not_null, a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS value,
      (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS labels
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace IN ${schemas} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
  indexes: `SELECT c.relnamespace::regnamespace || '_' || t.relname AS "table", c.relname AS name, i.indisunique AS "unique",
      i.indpred IS NOT NULL AS partial, (SELECT json_agg(pg_get_indexdef(i.indexrelid, n, true) ORDER BY n) FROM generate_series(1, i.indnkeyatts) n) AS parts
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid WHERE c.relnamespace IN ${schemas}`,
  constraints: `SELECT t.relnamespace::regnamespace || '_' || t.relname AS "table", k.conname AS name, k.contype AS kind, k.confdeltype AS on_delete,
      replace(k.confrelid::regclass::text, '.', '_') AS parent, (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS columns
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid WHERE k.connamespace IN ${schemas} AND k.contype IN ('c', 'f')`,
}

// A default that is a constant, in SQLite's words; ids and times have none there.
function constant(value) {
  if (value === null || /\(|^NULL/.test(value)) return null
  return value.replace(/::[\w. []+\]?$/, '').replace(/^'{}'$/, /\[\]$/.test(value) ? "'[]'" : "'{}'")
}

function pg_column({ name, type, typmod, not_null, generated, value, labels }) {
  const wide = type === 'character varying' ? [`length(${name}) <= ${typmod - 4}`] : []
  const bool = type === 'boolean' ? [`${name} IN (0, 1)`] : []
  const list = labels ? [`${name} IN (${labels.map((label) => `'${label}'`).join(', ')})`] : []
  const serial = (value ?? '').startsWith('nextval')

  return { name, type: types[labels ? 'enum' : type], not_null: not_null && !serial, generated, value: generated ? null : constant(value)?.replace(/^'(-?\d+)'$/, '$1') ?? null,
    checks: [...wide, ...bool, ...list] }
}

// What an index is on: column names, and `lower(x)` and the like without casts and operator classes.
function part(text) {
  return text.replace(/::\w+( varying)?(\[\])?/g, '').replace(/#>> '\{(\w+),(\w+)\}'/, "->> '$.$1.$2'").replace(/\((\w+)\)(?=\)|$)/g, (all, word) => `(${word})`).replace(/\(\((\w+)\)\)/, '($1)')
    .replace(/ (text_pattern_ops|DESC|NULLS (LAST|FIRST))/g, '').replace('COALESCE', 'coalesce')
}

function group(list, value) {
  const ret = {}
  for (const row of list) (ret[row.table] ??= {})[row.name] = value(row)
  return ret
}

function pg_schema(url) {
  const got = Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, rows(url, query)]))
  const columns = {}
  for (const row of got.columns.filter((row) => !pg_only.has(row.table))) (columns[row.table] ??= []).push(pg_column(row))

  return {
    columns,
    indexes: group(got.indexes.filter(({ name }) => !left_out.has(name) && !pg_only.has(name)), ({ unique, partial, parts }) => ({ unique, partial, parts: parts.map(part) })),
    foreign: group(got.constraints.filter(({ kind, name }) => kind === 'f' && !sqlite_no_foreign.has(name)), ({ columns, parent, on_delete }) => ({ columns, parent, on_delete })),
    checks: group(got.constraints.filter(({ kind }) => kind === 'c'), () => true),
  }
}

function sqlite_rows(file, query) {
  return JSON.parse(run('sqlite3', ['-bail', '-json', '-readonly', file], `${query};`) || '[]')
}

// The checks that stand at a column, from the text of its table.
function column_checks(sql, name) {
  const line = (sql.match(new RegExp(`^    ${name} .*(\\n        .*)*`, 'm'))?.[0] ?? '').replace(/\s+/g, ' ') // none in a table of one line
  return [...line.matchAll(/CHECK \(((?:[^()]|\([^()]*\))*)\)/g)].map((match) => match[1])
}

function sqlite_schema(file) {
  const tables = sqlite_rows(file, `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND ${sqlite_only('name')} ORDER BY name`)
  const columns = sqlite_rows(file, `SELECT m.name AS "table", m.sql, c.name, c.type, c."notnull", c.hidden, c.dflt_value, c.pk
    FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND ${sqlite_only('m.name')} AND ${sqlite_only('c.name')} ORDER BY m.name, c.cid`)
  const indexes = sqlite_rows(file, `SELECT m.name AS "table", l.name, l."unique", l.partial, i.sql, x.name AS part
    FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) x JOIN sqlite_schema i ON i.name = l.name WHERE m.type = 'table' AND ${sqlite_only('m.name')} ORDER BY 1, 2, x.seqno`)
  const ret = { columns: {}, indexes: {}, foreign: {}, checks: {} }

  for (const { table, sql, name, type, notnull, hidden, dflt_value, pk } of columns) {
    (ret.columns[table] ??= []).push({ name, type, not_null: notnull === 1, generated: hidden === 3, value: dflt_value, checks: column_checks(sql, name) })
    if (pk) (ret.indexes[table] ??= {})[`${table.replace(/^[a-z]+_/, '')}_pkey`] = { unique: true, partial: false, parts: [name] }
  }
  for (const { table, name, unique, partial, sql, part } of indexes.filter(({ name, sql }) => sql && !sqlite_only_index.has(name))) { // those without text are of primary keys
    const index = (ret.indexes[table] ??= {})[name] ??= { unique: unique === 1, partial: partial === 1, parts: [] }
    index.parts.push(part ?? sql.match(/coalesce\([^()]+\)|\w+\(\w+\)|\(\w+ ->> '[^']+'\)/)[0])
  }
  for (const { name: table, sql } of tables) {
    assert.match(sql, /\) STRICT$/, `${table} is not STRICT`)
    for (const [, name, kind, rest] of sql.matchAll(/CONSTRAINT ("[^"]+"|\w+)\s+(CHECK|FOREIGN KEY) ?(.*)/g)) {
      const [, columns, parent, action] = rest.match(/^\(([\w, ]+)\) REFERENCES (\w+) \([\w, ]+\) ON DELETE (?:SET )?(\w)/) ?? []
      const set = kind === 'CHECK' ? ret.checks : ret.foreign
      ;(set[table] ??= {})[name.replaceAll('"', '')] = kind === 'CHECK' ? true : { columns: columns.split(', '), parent, on_delete: action.toLowerCase() }
    }
  }
  return ret
}

test('the tables of SQLite are those of PostgreSQL', { skip: !stores.includes('postgres') }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'hecate-test-')), database = newDatabase()
  try {
    for (const options of [{ store: 'sqlite', data }, { store: 'postgres', database: database.url }]) await (await start(options)).stop()
    assert.deepEqual(differences(pg_schema(database.url), sqlite_schema(join(data, 'hecate.db'))), [])
  } finally {
    rmSync(data, { recursive: true, force: true })
    database.drop()
  }
})
