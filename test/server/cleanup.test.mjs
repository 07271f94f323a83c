// cleanup.test.mjs: GOTRUE_DB_CLEANUP_ENABLED takes away what is over, and nothing that is not; without it all stays but flows, which anybody may begin.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

const H = 3600, D = 24 * H
const nil = '00000000-0000-0000-0000-000000000000'
let n = 0
const uuid = () => `7b1c63a5-2f6a-4d43-9d3e-${String(++n).padStart(12, '0')}`

for (const store of stores)
  test(`what is over goes, what is not stays, on ${store}`, async (t) => {
    const begun = Date.now()
    const data = mkdtempSync(join(tmpdir(), 'hecate-cleanup-')), database = store === 'postgres' ? newDatabase() : undefined
    t.after(() => { rmSync(data, { recursive: true, force: true }); database?.drop() })
    const env = { GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true', GOTRUE_SESSIONS_TIMEBOX: '240h', GOTRUE_SESSIONS_INACTIVITY_TIMEOUT: '48h', HECATE_PASSWORD_HASH: 'bcrypt:4' }
    const open = (more) => start({ store, data, database: database?.url, env: { ...env, ...more } })
    let server = await open({})
    const at = (ago) => (store === 'postgres' ? `to_timestamp(${begun / 1000 - ago})` : String((begun - ago * 1000) * 1000))
    const plain = (ago) => (store === 'postgres' ? `(to_timestamp(${begun / 1000 - ago}) AT TIME ZONE 'UTC')` : at(ago))
    const post = async (path, body, key) => (await fetch(`${server.gotrue.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${key}` } })).json()
    const { id: user } = await post('/admin/users', { email: 'known@example.com' }, server.gotrue.serviceKey)
    const anonymous = [(await post('/signup', {}, server.gotrue.anonKey)).user.id, (await post('/signup', {}, server.gotrue.anonKey)).user.id]

    // Each table with rows { gone, row }: columns and values.
    const session = (gone, columns) => ({ table: 'sessions', gone, row: { id: `'${uuid()}'`, user_id: `'${user}'`, aal: "'aal1'", created_at: at(2 * H), updated_at: at(2 * H), ...columns } })
    const whole = session(false, {}), ended = session(false, { not_after: at(2 * D) }), quiet = session(false, { created_at: at(5 * D) })
    const token = (gone, of, columns) => ({ table: 'refresh_tokens', gone, row: { instance_id: `'${nil}'`, token: `'token${++n}'`, user_id: `'${user}'`, session_id: of.row.id, revoked: 'false', created_at: at(D), updated_at: at(H), ...columns } })
    const factor = (gone, status, ago) => ({ table: 'mfa_factors', gone, row: { id: `'${uuid()}'`, user_id: `'${user}'`, factor_type: "'totp'", status: `'${status}'`, created_at: at(ago), updated_at: at(ago), secret: "'x'" } })
    const verified = factor(false, 'verified', 9 * D)
    const challenge = (gone, ago) => ({ table: 'mfa_challenges', gone, row: { id: `'${uuid()}'`, factor_id: verified.row.id, created_at: at(ago), ip_address: "'127.0.0.1'" } })
    const flow = (gone, ago) => ({ table: 'flow_state', gone, row: { id: `'${uuid()}'`, auth_code: `'${uuid()}'`, code_challenge_method: "'s256'", code_challenge: "'x'", provider_type: "'email'", authentication_method: "'magiclink'", created_at: at(ago), updated_at: at(ago) } })
    const state = (gone, ago) => ({ table: 'oauth_client_states', gone, row: { id: `'${uuid()}'`, provider_type: "'x'", created_at: at(ago) } })
    const ceremony = (gone, ago) => ({ table: 'webauthn_challenges', gone, row: { id: `'${uuid()}'`, challenge_type: "'registration'", session_data: "'{}'", created_at: at(H), expires_at: at(ago) } })
    const rows = [
      whole, ended, quiet, session(true, { not_after: at(4 * D) }), session(true, { created_at: at(12 * D), refreshed_at: plain(H) }), session(false, { created_at: at(10 * D), refreshed_at: plain(H) }),
      session(true, { created_at: at(9 * D), refreshed_at: plain(4 * D) }), session(false, { created_at: at(9 * D), refreshed_at: plain(2.5 * D) }), session(true, { created_at: at(4 * D) }),
      token(true, whole, { revoked: 'true', updated_at: at(25 * H) }), token(false, whole, { revoked: 'true', updated_at: at(23 * H) }), token(false, whole, { updated_at: at(9 * D) }),
      token(false, ended, {}), token(false, quiet, {}),
      verified, factor(true, 'unverified', 25 * H), factor(false, 'unverified', 23 * H), challenge(true, 25 * H), challenge(false, H), flow(true, 25 * H), flow(false, H), state(true, 25 * H), state(false, H),
      ceremony(true, 60), ceremony(false, -H),
      ...Array.from({ length: 250 }, () => state(true, 2 * D)), // more than a batch
    ]
    const grouped = Map.groupBy(rows, ({ table, row }) => `${table} (${Object.keys(row).join(', ')})`)
    for (const [into, some] of grouped) await query(server, `INSERT INTO auth.${into} VALUES ${some.map(({ row }) => `(${Object.values(row).join(', ')})`).join(', ')} RETURNING 1`, true)
    await query(server, `UPDATE auth.users SET created_at = ${at(31 * D)} WHERE id IN ('${anonymous[0]}', '${user}') RETURNING 1`, true)
    if (store === 'sqlite') { // each session's tokens are a chain there
      await query(server, 'UPDATE auth.sessions AS s SET hecate_token_last = (SELECT max(t.id) FROM auth.refresh_tokens t WHERE t.session_id = s.id) RETURNING 1', true)
      await query(server, 'UPDATE auth.refresh_tokens AS t SET hecate_token_previous = (SELECT max(p.id) FROM auth.refresh_tokens p WHERE p.session_id = t.session_id AND p.id < t.id) RETURNING 1', true)
    }
    const tables = [...new Set(rows.map(({ table }) => table))]
    const keyOf = { refresh_tokens: 'token' }
    const there = async () => {
      const have = {}
      for (const table of [...tables, 'users']) have[table] = (await query(server, `SELECT ${keyOf[table] ?? 'id'} AS k FROM auth.${table}`)).map(({ k }) => k)
      return have
    }
    const wanted = (all) => rows.filter(({ table, gone, row }) => all[table].includes(row[keyOf[table] ?? 'id'].slice(1, -1)) === gone).map(({ table, row }) => `${table} ${JSON.stringify(row)}`)

    await server.stop()
    server = await open({})
    const flows = rows.filter(({ table, gone }) => table === 'flow_state' && !gone).length
    for (const end = Date.now() + 60_000; Date.now() < end && (await there()).flow_state.length !== flows;) await sleep(100)
    const unasked = await there()
    for (const [table, some] of Object.entries(Object.groupBy(rows, ({ table }) => table)))
      assert.equal(unasked[table].length, table === 'flow_state' ? flows : some.length + (table === 'refresh_tokens' || table === 'sessions' ? anonymous.length : 0), table)
    await server.stop()
    server = await open({ GOTRUE_DB_CLEANUP_ENABLED: 'true' })
    let all
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
      all = await there()
      if (wanted(all).length === 0 && all.users.length === 2) break
    }
    assert.deepEqual(wanted(all), [])
    assert.deepEqual(all.users.sort(), [user, anonymous[1]].sort())
    assert.deepEqual((await query(server, `SELECT revoked FROM auth.refresh_tokens WHERE session_id = ${ended.row.id}`)).map(({ revoked }) => Boolean(revoked)), [true])
    await server.stop()
    assert.equal(broken(server), '')
  })
