// chains.test.mjs: a SQLite database from before the chain of a user's events (migrations/0035_log_chain), from before its head stood in the user's row
// (0036_log_head), or from before it stood in the events' own rows (0037_chains), shows the same logs after it, and goes on from there; and those of a deleted
// user stay. Its refresh tokens go with their session, and used ones are still known.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManagementClient } from 'auth0'
import { run } from '../lib/pg.mjs'
import { start } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

const chain_apart = `CREATE TABLE hecate_log_chain (entry INTEGER PRIMARY KEY, event_id TEXT NOT NULL, previous INTEGER) STRICT;
  INSERT INTO hecate_log_chain SELECT hecate_log_entry + 1000, id, hecate_log_previous + 1000 FROM auth_audit_log_entries WHERE substr(payload, 1, 25) <> '{"action":"token_revoked"';
  UPDATE auth_users SET hecate_log_head = hecate_log_head + 1000; UPDATE hecate_log_heads SET entry = entry + 1000;
  CREATE TABLE old_entries (instance_id TEXT, id TEXT NOT NULL, payload TEXT, created_at INTEGER, ip_address TEXT NOT NULL DEFAULT '') STRICT;
  INSERT INTO old_entries SELECT instance_id, id, payload, created_at, ip_address FROM auth_audit_log_entries ORDER BY created_at DESC;
  DROP TABLE auth_audit_log_entries; ALTER TABLE old_entries RENAME TO auth_audit_log_entries; CREATE UNIQUE INDEX audit_log_entries_pkey ON auth_audit_log_entries (id);
  CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id)
    WHERE substr(payload, 1, 10) = '{"action":' AND substr(payload, 1, 25) <> '{"action":"token_revoked"';
  DROP TRIGGER hecate_session_tokens; ALTER TABLE auth_sessions DROP COLUMN hecate_token_last;
  CREATE TABLE old_tokens (instance_id TEXT, id INTEGER PRIMARY KEY, token TEXT, user_id TEXT, revoked INTEGER, created_at INTEGER, updated_at INTEGER, parent TEXT,
    session_id TEXT, CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES auth_sessions (id) ON DELETE CASCADE) STRICT;
  INSERT INTO old_tokens SELECT instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id FROM auth_refresh_tokens;
  DROP TABLE auth_refresh_tokens; ALTER TABLE old_tokens RENAME TO auth_refresh_tokens; CREATE UNIQUE INDEX refresh_tokens_token_unique ON auth_refresh_tokens (token);
  CREATE INDEX refresh_tokens_session_id_idx ON auth_refresh_tokens (session_id); CREATE INDEX refresh_tokens_live_idx ON auth_refresh_tokens (session_id) WHERE revoked = false;
  DELETE FROM hecate_migrations WHERE name = '0037_chains';`
const heads_apart = `${chain_apart} INSERT OR REPLACE INTO hecate_log_heads SELECT id, hecate_log_head FROM auth_users WHERE hecate_log_head IS NOT NULL;
  DROP TRIGGER hecate_log_head_kept; ALTER TABLE auth_users DROP COLUMN hecate_log_head; DROP INDEX refresh_tokens_live_idx; DROP INDEX hecate_audit_created_at_idx;
  CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id) WHERE substr(payload, 1, 25) <> '{"action":"token_revoked"';
  DELETE FROM hecate_migrations WHERE name = '0036_log_head';`
const earlier = `${heads_apart} DROP TABLE hecate_log_chain; DROP TABLE hecate_log_heads; DROP INDEX hecate_audit_created_at_idx; DROP INDEX refresh_tokens_session_id_idx;
  CREATE INDEX refresh_tokens_session_id_revoked_idx ON auth_refresh_tokens (session_id, revoked);
  CREATE INDEX hecate_audit_created_at_idx ON auth_audit_log_entries (created_at, id) WHERE (payload ->> 'action') <> 'token_revoked';
  CREATE INDEX hecate_audit_user_idx ON auth_audit_log_entries (coalesce(payload ->> '$.traits.user_id', payload ->> 'actor_id'), created_at, id)
    WHERE (payload ->> 'action') <> 'token_revoked';
  DELETE FROM hecate_migrations WHERE name = '0035_log_chain';`
const password = 'Secret-pw-1'

test('logs of users go on over the migration', async () => {
  const data = mkdtempSync(join(tmpdir(), 'hecate-test-'))
  let running
  const up = async () => {
    const server = running = await start({ data, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
    const { domain, clientId, clientSecret } = server.auth0
    const m = new ManagementClient({ domain, clientId, clientSecret })
    const post = async (path, body) => {
      const reply = await fetch(server.gotrue.url + path, { method: 'POST', headers: { authorization: `Bearer ${server.gotrue.serviceKey}` }, body: JSON.stringify(body) })
      assert.equal(reply.status, 200, path)
      return reply.json()
    }
    return {
      server, post,
      remove: async (id) => (await fetch(`${server.gotrue.url}/admin/users/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${server.gotrue.serviceKey}` }, body: '{}' })).status,
      logs: async (id, q = {}) => (await m.users.logs.list(`auth0|${id.replaceAll('-', '')}`, q)).data.map(({ type, log_id }) => `${type} ${log_id}`),
      found: async (id) => (await m.logs.list({ search: `user_id:"auth0|${id.replaceAll('-', '')}"` })).data.map(({ type, log_id }) => `${type} ${log_id}`),
    }
  }
  try {
    let { server, post, logs } = await up()
    const users = []
    for (const name of ['ada', 'bob', 'eve']) users.push((await post('/admin/users', { email: `${name}@example.com`, password, email_confirm: true })).id)
    const refresh = async (post, token) => (await post('/token?grant_type=refresh_token', { refresh_token: token })).refresh_token
    let [ada, bob] = await Promise.all(['ada', 'bob'].map(async (name) => (await post('/token?grant_type=password', { email: `${name}@example.com`, password })).refresh_token))
    const first = ada
    for (let i = 0; i < 3; i++) [ada, bob] = [await refresh(post, ada), await refresh(post, bob)] // their events alternate
    const before = await Promise.all(users.map((id) => logs(id)))
    assert.deepEqual(before.map((list) => list.length), [5, 5, 1])
    assert.equal(broken(server), '')
    await server.stop()

    run('sqlite3', ['-bail', join(data, 'hecate.db'), earlier])
    const next = await up()
    assert.deepEqual(await Promise.all(users.map((id) => next.logs(id))), before)
    ada = await refresh(next.post, ada)
    const after = await next.logs(users[0])
    assert.deepEqual(after.slice(1), before[0])
    assert.match(after[0], /^sertft /)
    assert.deepEqual(await next.found(users[0]), after)
    assert.deepEqual(await next.logs(users[0], { per_page: 2, page: 1 }), after.slice(2, 4))
    assert.deepEqual(await next.logs(users[0], { sort: 'date:1' }), after.toReversed())
    assert.deepEqual(await next.logs(users[1]), before[1])
    assert.equal(broken(next.server), '')
    await next.server.stop()

    // What was done last began first: logs go by when it began.
    run('sqlite3', ['-bail', join(data, 'hecate.db'), `UPDATE auth_audit_log_entries SET created_at = created_at - 60000000
      WHERE hecate_log_entry = (SELECT u.hecate_log_head FROM auth_users u WHERE u.id = '${users[0]}')`])
    const last = await up()
    const turned = await last.logs(users[0])
    assert.deepEqual(turned.slice(0, 5), after.slice(1))
    assert.equal(turned[5].slice(-36), after[0].slice(-36)) // what stands before tells the time
    assert.deepEqual(await last.logs(users[0], { per_page: 2, page: 2 }), turned.slice(4, 6))
    assert.deepEqual(await last.found(users[0]), turned)
    assert.equal(await last.remove(users[1]), 200)
    const gone = await last.found(users[1])
    assert.deepEqual(gone.slice(1), before[1])
    await last.server.stop()

    // One event of Ada's, and Bob's last two, are deleted: what is older is shown.
    const newest_of = (user, page) => `SELECT id FROM auth_audit_log_entries WHERE coalesce(payload ->> '$.traits.user_id', payload ->> 'actor_id') = '${user}'
      AND (payload ->> 'action') <> 'token_revoked' ORDER BY created_at DESC ${page}`
    run('sqlite3', ['-bail', join(data, 'hecate.db'), `${chain_apart} INSERT INTO auth_refresh_tokens (token, user_id, session_id, revoked) VALUES ('nobodystoken', 'x', 'x', 0);
      DELETE FROM auth_audit_log_entries WHERE id IN (${newest_of(users[0], 'LIMIT 1 OFFSET 2')}); DELETE FROM auth_audit_log_entries WHERE id IN (${newest_of(users[1], 'LIMIT 2')})`])
    turned.splice(2, 1)
    gone.splice(0, 2)
    const later = await up()
    assert.deepEqual(await Promise.all(users.map((id) => later.found(id))), [turned, gone, before[2]])
    assert.deepEqual(await query(later.server, "SELECT id FROM auth.refresh_tokens WHERE session_id = 'x'"), [])
    assert.equal(broken(later.server), '')
    await later.server.stop()

    run('sqlite3', ['-bail', join(data, 'hecate.db'), heads_apart])
    const newest = await up()
    assert.deepEqual(await Promise.all(users.map((id) => newest.found(id))), [turned, gone, before[2]])
    assert.deepEqual(await newest.logs(users[0]), turned)
    ada = await refresh(newest.post, ada)
    assert.deepEqual((await newest.logs(users[0])).slice(1), turned)
    assert.deepEqual((await newest.found(users[0])).slice(1), turned)
    const tokens = () => query(newest.server, `SELECT count(*) AS n, sum(revoked) AS used FROM auth.refresh_tokens WHERE user_id = '${users[0]}'`)
    assert.deepEqual(await tokens(), [{ n: 6, used: 5 }])
    const tell = (path, headers, body) => fetch(newest.server.gotrue.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal((await (await tell('/token?grant_type=refresh_token', {}, { refresh_token: first })).json()).error_code, 'refresh_token_already_used')
    assert.deepEqual(await tokens(), [{ n: 6, used: 6 }])
    assert.equal(broken(newest.server), '')
    const { access_token } = await newest.post('/token?grant_type=password', { email: 'ada@example.com', password })
    assert.equal((await tell('/logout', { authorization: `Bearer ${access_token}` })).status, 204)
    assert.deepEqual(await tokens(), [{ n: 0, used: null }])
    assert.equal(broken(newest.server), '')
    await newest.server.stop()
  } finally {
    await running?.kill() // what failed half-way
    rmSync(data, { recursive: true, force: true })
  }
})

test('a number that is given out anew leads to nobody else', async () => {
  const server = await start({ env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
  try {
    const { domain, clientId, clientSecret } = server.auth0
    const m = new ManagementClient({ domain, clientId, clientSecret })
    const post = async (path, body, token) => (await fetch(server.gotrue.url + path, { method: 'POST', headers: token ? { authorization: `Bearer ${token}` } : {}, body: body && JSON.stringify(body) })).text()
    const enter = async (name) => JSON.parse(await post('/signup', { email: `${name}@example.com`, password }))
    const logs = async ({ user }) => (await m.users.logs.list(`auth0|${user.id.replaceAll('-', '')}`)).data.map(({ type }) => type)
    const tokens = () => query(server, 'SELECT id, user_id FROM auth.refresh_tokens')

    const ada = await enter('ada')
    await query(server, 'DELETE FROM auth.refresh_tokens RETURNING 1', true)
    await query(server, 'DELETE FROM auth.audit_log_entries RETURNING 1', true)
    const bob = await enter('bob')
    assert.deepEqual(await tokens(), [{ id: 1, user_id: bob.user.id }])
    assert.deepEqual(await logs(ada), [])
    assert.equal((await logs(bob)).length > 0, true)
    const own = await logs(bob)
    assert.equal(await post('/logout', undefined, ada.access_token), '')
    assert.deepEqual(await tokens(), [{ id: 1, user_id: bob.user.id }])
    assert.deepEqual(await logs(bob), own)
    assert.deepEqual(await logs(ada), ['slo'])
    const { user, refresh_token } = JSON.parse(await post('/token?grant_type=refresh_token', { refresh_token: bob.refresh_token }))
    assert.equal(user.id, bob.user.id)
    assert.equal(broken(server), '')

    // A live token that is in no chain goes with the others, where its session stays.
    await query(server, `UPDATE auth.sessions SET hecate_token_last = NULL WHERE user_id = '${user.id}' RETURNING 1`, true)
    await m.users.refreshToken.delete(`auth0|${user.id.replaceAll('-', '')}`)
    assert.equal((await query(server, 'SELECT id FROM auth.sessions')).length, 1)
    assert.equal(JSON.parse(await post('/token?grant_type=refresh_token', { refresh_token })).error_code, 'refresh_token_not_found')
  } finally {
    await server.stop()
  }
})
