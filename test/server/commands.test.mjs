// commands.test.mjs: what the other commands print, and how they end.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../lib/pg.mjs'
import { mint, start } from '../lib/server.mjs'
import { addresses, end, ended, scratch, serve, url } from './run.mjs'

test('docs/options.md is current', async () => {
  const { code, out } = await ended(['config', '--markdown'])
  assert.equal(code, 0)
  assert.equal(out, readFileSync(join(root, 'docs/options.md'), 'utf8'), 'print it anew: hecate config --markdown > docs/options.md')
})

test('routes --json is one row a route', async () => {
  const { code, out } = await ended(['routes', '--json'])
  const rows = JSON.parse(out)
  assert.equal(code, 0)
  assert.ok(rows.length > 20)
  for (const row of rows) {
    assert.ok(['gotrue', 'clerk', 'auth0', 'ops'].includes(row.dialect))
    assert.match(row.method, /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/)
    assert.match(row.path, /^\//)
    assert.ok(['none', 'admin', 'user'].includes(row.credential))
    assert.ok(row.body_limit > 0)
  }
  assert.equal(new Set(rows.map((row) => `${row.dialect} ${row.method} ${row.path}`)).size, rows.length)
  assert.ok(rows.filter((row) => row.path.startsWith('/admin/')).every((row) => row.credential === 'admin'))
  assert.equal((await ended(['routes'])).out.trim().split('\n').length, rows.length)
})

test('config shows values, origins and no secret', async (t) => {
  const dir = scratch(t), conf = join(dir, 'conf'), secret = 'a-secret-that-nobody-may-see-anywhere-here'
  writeFileSync(conf, `GOTRUE_JWT_SECRET='${secret}'\nGOTRUE_JWT_EXP=60\n`)
  const { code, out } = await ended(['config', '--config', conf, '--loops', '2'], { GOTRUE_SITE_URL: 'http://site', DATABASE_URL: 'postgres://u:hidden@h/d' })
  assert.equal(code, 0)
  assert.match(out, /^GOTRUE_JWT_SECRET=\*\*\* {2}# .*conf: GOTRUE_JWT_SECRET$/m)
  assert.match(out, /^GOTRUE_JWT_EXP=60 {2}# .*conf: GOTRUE_JWT_EXP$/m)
  assert.match(out, /^GOTRUE_SITE_URL=http:\/\/site {2}# environment: GOTRUE_SITE_URL$/m)
  assert.match(out, /^HECATE_LOOPS=2 {2}# flag: --loops$/m)
  assert.match(out, /^HECATE_DATABASE_URL=\*\*\* {2}# environment: DATABASE_URL$/m)
  assert.match(out, /^HECATE_DATA=\.\/hecate-data {2}# default$/m)
  assert.match(out, /^HECATE_LISTEN_GOTRUE=127\.0\.0\.1:9999 {2}# default$/m)
  assert.match(out, /^HECATE_LISTEN_CLERK=off {2}# default$/m)
  assert.ok(!out.includes(secret) && !out.includes('hidden'))
})

test('a file, the environment and flags configure the server', async (t) => {
  const dir = scratch(t), conf = join(dir, 'conf'), env = await addresses(dir)
  writeFileSync(conf, 'GOTRUE_DISABLE_SIGNUP=true\nGOTRUE_MAILER_AUTOCONFIRM=true\nGOTRUE_SMS_AUTOCONFIRM=true\n')
  const self = await serve(t, { ...env, GOTRUE_MAILER_AUTOCONFIRM: 'false' }, ['serve', '--config', conf, '--sms-autoconfirm', 'false'])
  const settings = await (await fetch(`${url(env, 'gotrue')}/settings`)).json()
  assert.deepEqual([settings.disable_signup, settings.mailer_autoconfirm, settings.phone_autoconfirm], [true, false, false])
  assert.equal(await end(self), 0)
})

test('migrate makes the schema, and again does nothing', async (t) => {
  const dir = scratch(t), env = { DATABASE_URL: `sqlite:${join(dir, 'x.db')}` }
  const first = await ended(['migrate'], env), second = await ended(['migrate'], env)
  assert.equal(first.code, 0)
  assert.match(first.out, /^the schema is at \d{4}_\w+\n$/)
  assert.deepEqual([second.code, second.out], [0, first.out])
  const check = await ended(['check'], env)
  assert.deepEqual([check.code, check.out], [0, '0\n'])
})

test('check beside a live server counts broken invariants', async (t) => {
  const server = await start()
  t.after(() => server.stop())
  const headers = { authorization: `Bearer ${mint({ role: 'service_role' })}`, 'content-type': 'application/json' }
  const made = await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: 'a@example.com', email_confirm: true }) })
  assert.equal(made.status, 200)
  const check = await ended(['check'], { HECATE_DATA: server.dir })
  assert.deepEqual([check.code, check.out], [0, '0\n'], check.err)
})

test('version, help and --help', async () => {
  assert.match((await ended(['version'])).out, /^hecate \d+\.\d+\.\d+\n$/)
  const help = await ended(['help'])
  assert.equal(help.code, 0)
  for (const name of ['serve', 'dev', 'check', 'migrate', 'routes', 'config', 'version']) assert.match(help.out, new RegExp(`^hecate ${name} `, 'm'))
  const serveHelp = await ended(['serve', '--help'])
  assert.equal(serveHelp.code, 0)
  assert.match(serveHelp.out, /--jwt-secret {2}\(GOTRUE_JWT_SECRET, text\)/)
  assert.equal((await ended([])).code, 64)
})

// One statement on an SQLite file, by the only client that is always there.
const sqlite = (file, sql) => execFileSync('python3', ['-c', `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps(db.execute(sys.argv[2]).fetchall()))
db.commit()`, file, sql], { encoding: 'utf8' })

test('check finds what is broken, and ends with 1', async (t) => {
  const dir = scratch(t), file = join(dir, 'x.db'), env = { DATABASE_URL: `sqlite:${file}` }
  assert.equal((await ended(['migrate'], env)).code, 0)
  const id = (n) => `00000000-0000-4000-8000-00000000000${n}`
  for (const n of [1, 2]) sqlite(file, `INSERT INTO auth_users (id, email) VALUES ('${id(n)}', 'u${n}@example.com')`)
  const { code, out } = await ended(['check'], env)
  assert.deepEqual([code, out], [1, 'user_without_identity 2\n2\n'])
})

test('the client of a trusted proxy is the one on record', async (t) => {
  for (const [trusted, want] of [['127.0.0.0/8', '9.8.7.6'], ['10.0.0.0/8', '127.0.0.1']]) {
    const server = await start({ env: { HECATE_TRUSTED_PROXIES: trusted, GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
    t.after(() => server.stop())
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '1.1.1.1, 9.8.7.6, 127.0.0.9' }
    const body = JSON.stringify({ email: 'a@example.com', password: 'secret-pw-1' })
    assert.equal((await fetch(`${server.gotrue.url}/signup`, { method: 'POST', headers, body })).status, 200)
    assert.deepEqual(JSON.parse(sqlite(join(server.dir, 'hecate.db'), 'SELECT ip FROM auth_sessions')), [[want]])
  }
})

test('the unit for systemd leaves little exposed', (t) => {
  const { status, stdout, error } = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=15', join(root, 'docs/hecate.service')], { encoding: 'utf8' })
  if (error) return t.skip('there is no systemd-analyze')
  assert.equal(status, 0, stdout)
})
