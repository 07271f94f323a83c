// catalogue.test.mjs: is schema auth what Supabase Auth makes? The whole catalogue of a database that Hecate made, or took over, against
// test/data/auth_schema.json.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { differences, migration, psql, root, rows } from '../lib/pg.mjs'
import { binary, newDatabase, start, stores } from '../lib/server.mjs'

const queries = {
  enums: `SELECT t.typname AS name, json_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'auth'::regnamespace GROUP BY t.typname`,
  tables: `SELECT c.relname AS name, c.relrowsecurity AS rls FROM pg_class c
    WHERE c.relnamespace = 'auth'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
  columns: `SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
      a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS value
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'auth'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
  // Ours may stand beside the others: DESIGN.md, "Nothing is added to schema auth".
  indexes: `SELECT tablename AS "table", indexname AS name, indexdef AS text FROM pg_indexes
    WHERE schemaname = 'auth' AND indexname NOT LIKE 'hecate\\_%'`,
  constraints: `SELECT c.relname AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS text FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = 'auth'::regnamespace`,
  functions: `SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name, format_type(p.prorettype, NULL) AS returns,
      l.lanname AS language, p.provolatile AS volatility
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'auth'::regnamespace`,
  sequences: `SELECT relname AS name FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind = 'S' ORDER BY relname`,
  versions: `SELECT version FROM auth.schema_migrations ORDER BY version`,
  triggers: `SELECT c.relname AS "table", t.tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'auth'::regnamespace AND NOT t.tgisinternal`,
  policies: `SELECT tablename AS "table", policyname AS name FROM pg_policies WHERE schemaname = 'auth'`,
}

function column({ name, type, not_null, generated, value }) {
  return { name, type, not_null, ...(value === null ? {} : generated ? { generated: value } : { default: value }) }
}

function named(list, table) {
  return Object.fromEntries(list.filter((row) => row.table === table).map((row) => [row.name, row.text]))
}

// The catalogue in the form of auth_schema.json.
function catalogue(url) {
  const got = Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, rows(url, query)]))
  const table = ({ name, rls }) => ({
    columns: got.columns.filter((row) => row.table === name).map(column),
    indexes: named(got.indexes, name),
    constraints: named(got.constraints, name),
    row_level_security: rls,
  })

  return {
    enums: Object.fromEntries(got.enums.map(({ name, labels }) => [name, labels])),
    tables: Object.fromEntries(got.tables.map((row) => [row.name, table(row)])),
    functions: Object.fromEntries(got.functions.map(({ name, ...rest }) => [name, rest])),
    sequences: got.sequences.map(({ name }) => name),
    schema_migrations: got.versions.map(({ version }) => version),
    triggers: got.triggers,
    policies: got.policies,
  }
}

// What the functions answer, before and after the change of PostgREST's settings.
function answers(url) {
  const ask = (settings) => rows(url, `SELECT auth.uid() AS uid, auth.role() AS role, auth.email() AS email, auth.jwt() AS jwt FROM (${settings}) s`)[0]
  const claims = { sub: '5f1c8f5e-6f2d-4d7e-9b59-0f6f5a3f7b11', role: 'authenticated', email: 'ada@example.com' }
  const set = (name, value) => `set_config('request.jwt.${name}', '${value}', true)`
  const none = { uid: null, role: null, email: null, jwt: null }
  const all = { uid: claims.sub, role: claims.role, email: claims.email }

  return [
    [none, ask('SELECT 1')],
    [none, ask(`SELECT ${set('claims', '')}, ${set('claim.sub', '')} OFFSET 0`)],
    [{ ...all, jwt: claims }, ask(`SELECT ${set('claims', JSON.stringify(claims))} OFFSET 0`)],
    [{ ...all, jwt: null }, ask(`SELECT ${Object.entries(claims).map(([name, value]) => set(`claim.${name}`, value))} OFFSET 0`)],
  ].flatMap(([want, have], i) => differences(want, have, `/answers/${i}`))
}

function compare(url) {
  const { about, ...want } = JSON.parse(readFileSync(root + 'test/data/auth_schema.json', 'utf8'))
  return [...differences({ ...want, triggers: [], policies: [] }, catalogue(url)), ...answers(url)]
}

const skip = !stores.includes('postgres')
const env = { HECATE_DATA_KEY: '5a'.repeat(32) } // servers of one database share it
const applied = (url) => rows(url, 'SELECT name FROM hecate.migrations ORDER BY name').map(({ name }) => name)

async function serveOnce(database) {
  const server = await start({ store: 'postgres', database, env })
  await server.stop()
}

test('an empty database gets schema auth as Supabase Auth makes it', { skip }, async () => {
  const database = newDatabase()
  try {
    await serveOnce(database.url)
    assert.deepEqual(compare(database.url), [])
    assert.ok(applied(database.url).includes('0001_auth'))
  } finally {
    database.drop()
  }
})

// What the other server leaves: its schema with a user, and nothing of ours.
const user = '5f1c8f5e-6f2d-4d7e-9b59-000000000001'
function madeByOthers(url) {
  psql(url, migration('0001_auth', 'pg'))
  psql(url, `INSERT INTO auth.users (id, aud, role, email) VALUES ('${user}', 'authenticated', 'authenticated', 'Ada@Example.com')`)
}

test('a schema auth of others is taken over and left as it is', { skip }, async () => {
  const database = newDatabase()
  try {
    madeByOthers(database.url)
    execFileSync(binary, ['migrate'], { env: { DATABASE_URL: database.url } })
    assert.deepEqual(compare(database.url), [])
    for (let i = 0; i < 2; i++) {
      const server = await start({ store: 'postgres', database: database.url, env })
      try {
        const answer = await fetch(`${server.gotrue.url}/admin/users/${user}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
        assert.equal((await answer.json()).email, 'Ada@Example.com')
      } finally {
        await server.stop()
      }
    }
    assert.deepEqual(compare(database.url), [])
    assert.ok(!applied(database.url).includes('0001_auth'))
    assert.ok(applied(database.url).includes('0002_hecate'))
  } finally {
    database.drop()
  }
})

test('a schema auth that is too old is refused by name and left alone', { skip }, async () => {
  const database = newDatabase()
  try {
    madeByOthers(database.url)
    psql(database.url, `DELETE FROM auth.schema_migrations WHERE version = (SELECT max(version) FROM auth.schema_migrations)`)
    await assert.rejects(start({ store: 'postgres', database: database.url, env }), /missing versions: \d+/)
    assert.deepEqual(rows(database.url, `SELECT nspname FROM pg_namespace WHERE nspname = 'hecate'`), [])
  } finally {
    database.drop()
  }
})

test('two servers that start at once make one schema', { skip }, async () => {
  const database = newDatabase()
  try {
    const servers = await Promise.allSettled([1, 2].map(() => start({ store: 'postgres', database: database.url, env })))
    await Promise.all(servers.map(({ value }) => value?.stop()))
    assert.deepEqual(servers.map(({ reason }) => reason), [undefined, undefined])
    assert.deepEqual(compare(database.url), [])
  } finally {
    database.drop()
  }
})
