// log_chain.test.mjs: a SQLite database from before the chain of a user's events (migrations/0035_log_chain), or from before its head stood in the user's row
// (0036_log_head), shows the same logs after it, and goes on from there; and those of a deleted user stay.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManagementClient } from 'auth0'
import { run } from '../lib/pg.mjs'
import { start } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const heads_apart = `INSERT OR REPLACE INTO hecate_log_heads SELECT id, hecate_log_head FROM auth_users WHERE hecate_log_head IS NOT NULL;
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
      WHERE id = (SELECT c.event_id FROM hecate_log_chain c JOIN auth_users u ON u.hecate_log_head = c.entry WHERE u.id = '${users[0]}')`])
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

    run('sqlite3', ['-bail', join(data, 'hecate.db'), heads_apart])
    const newest = await up()
    assert.deepEqual(await Promise.all(users.map((id) => newest.found(id))), [turned, gone, before[2]])
    assert.deepEqual(await newest.logs(users[0]), turned)
    ada = await refresh(newest.post, ada)
    assert.deepEqual((await newest.logs(users[0])).slice(1), turned)
    assert.deepEqual((await newest.found(users[0])).slice(1), turned)
    assert.equal(broken(newest.server), '')
    await newest.server.stop()
  } finally {
    await running?.kill() // what failed half-way
    rmSync(data, { recursive: true, force: true })
  }
})
