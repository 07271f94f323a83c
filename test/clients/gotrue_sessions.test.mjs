// gotrue_sessions.test.mjs: one session a user and tag, and tokens of version 1 that give way to version 2, through auth-js; old sessions stand in the tables.
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { sleep, start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'

const SESSIONS = 40, begun = Date.now()

for (const store of stores)
  describe(`sessions on ${store}`, () => {
    let server, id, own, count = 0
    const client = () => new GoTrueClient({ url: server.gotrue.url, headers: { apikey: server.gotrue.anonKey }, autoRefreshToken: false, persistSession: false })
    const write = (sql) => query(server, `${sql} RETURNING id`, true)
    const refresh = (refresh_token) => client().refreshSession({ refresh_token })
    const time = (ago) => (store === 'postgres' ? `to_timestamp(${begun / 1000 - ago})` : (begun - ago * 1000) * 1000)

    // Sessions of version 1 that began together a minute ago, with their tokens.
    async function old(ids) {
      const all = ids.map((session) => ({ session, token: randomBytes(6).toString('hex') })), values = (row) => all.map((one) => `(${row(one)}, ${time(60)}, ${time(60)})`).join(', ')
      await write(`INSERT INTO auth.sessions (id, user_id, aal, created_at, updated_at) VALUES ${values(({ session }) => `'${session}', '${id}', 'aal1'`)}`)
      await write(`INSERT INTO auth.refresh_tokens (instance_id, token, user_id, session_id, revoked, created_at, updated_at)
        VALUES ${values(({ session, token }) => `'00000000-0000-0000-0000-000000000000', '${token}', '${id}', '${session}', false`)}`)
      return all
    }

    before(async () => {
      server = await start({ store, env: {
        GOTRUE_SESSIONS_SINGLE_PER_USER: 'true', GOTRUE_SESSIONS_TAGS: 'web,phone', GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION: '2',
        GOTRUE_SECURITY_REFRESH_TOKEN_UPGRADE_PERCENTAGE: '50', GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: '10', HECATE_PASSWORD_HASH: 'bcrypt:4',
      } })
    })
    after(() => server?.stop())
    const fresh = async () => {
      const email = `sessions-${++count}@example.com`, admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
      id = (await admin.createUser({ email, password: 'secret-pw-1', email_confirm: true })).data.user.id
      own = async () => (await client().signInWithPassword({ email, password: 'secret-pw-1' })).data.session
    }
    const sessionOf = (access) => JSON.parse(Buffer.from(access.split('.')[1], 'base64url')).session_id

    test('a newer sign-in ends an older one of its tag alone', async () => {
      await fresh()
      const first = await own(), tag = (session, value) => write(`UPDATE auth.sessions SET tag = '${value}' WHERE id = '${sessionOf(session.access_token)}'`)
      const second = await own(), ended = /Revoked by Newer Login/
      await tag(second, 'phone')
      assert.equal((await refresh(first.refresh_token)).error, null)
      await tag(second, 'tablet') // none of the settings' is the first, as is none at all
      assert.match((await refresh(first.refresh_token)).error.message, ended)
      await tag(first, 'phone')
      const { data } = await refresh(first.refresh_token)
      assert.equal(sessionOf(data.session.access_token), sessionOf(first.access_token))
      const third = await own()
      await tag(third, 'phone')
      assert.match((await refresh(data.session.refresh_token)).error.message, ended)
      assert.equal((await refresh(second.refresh_token)).error, null)
    })

    test('so many of a hundred sessions get tokens of version 2 at their next refresh, and only once', async () => {
      await fresh()
      const sessions = await old(Array.from({ length: SESSIONS }, () => randomUUID()))
      const after = await Promise.all(sessions.map(async ({ session, token }) => ({ session, token, next: (await refresh(token)).data.session.refresh_token })))
      const upgraded = after.filter(({ next }) => next.length > 12), stayed = after.filter(({ next }) => next.length === 12)
      assert.ok(upgraded.length >= SESSIONS / 8 && stayed.length >= SESSIONS / 8, `${upgraded.length} of ${SESSIONS}`)
      const rows = await query(server, `SELECT s.id, s.refresh_token_counter AS counter, (SELECT count(*) FROM auth.refresh_tokens t WHERE t.session_id = s.id AND NOT t.revoked) AS live FROM auth.sessions s WHERE s.user_id = '${id}'`)
      for (const { session } of upgraded) assert.deepEqual(rows.filter((row) => row.id === session).map(({ counter, live }) => [Number(counter), Number(live)]), [[0, 0]])
      for (const { session } of stayed) assert.deepEqual(rows.filter((row) => row.id === session).map(({ counter, live }) => [counter, Number(live)]), [[null, 1]])
      const [{ next }] = upgraded, { data } = await refresh(next)
      assert.ok(data.session.refresh_token.length > 12 && data.session.refresh_token !== next)
      assert.equal((await refresh(stayed[0].next)).data.session.refresh_token.length, 12)
    })

    test('a used token within its time has an answer, also beside the refresh that makes its session one of version 2', async () => {
      await fresh()
      const ids = Array.from({ length: 16 }, () => `${randomUUID().slice(0, 28)}00000000`), all = await old(ids), now = () => time((begun - Date.now()) / 1000)
      for (const { session, token } of all) {
        const child = randomBytes(6).toString('hex')
        await write(`INSERT INTO auth.refresh_tokens (instance_id, token, parent, user_id, session_id, revoked, created_at, updated_at)
          VALUES ('00000000-0000-0000-0000-000000000000', '${child}', '${token}', '${id}', '${session}', false, ${now()}, ${now()})`)
        await write(`UPDATE auth.refresh_tokens SET revoked = true, updated_at = ${now()} WHERE token = '${token}'`)
        const again = Array.from({ length: 12 }, async (_, i) => (await sleep(i / 2), refresh(token)))
        const answers = await Promise.all([refresh(child), ...again])
        for (const { data, error } of answers) assert.ok(error === null && [child.length, answers[0].data.session.refresh_token.length].includes(data.session.refresh_token.length), `${error?.code}`)
      }
    })

    test('many at once with one token get one answer; the token that gave way is no longer good for long', async () => {
      await fresh()
      const upgrades = '00000000', [{ session, token }] = await old([`${randomUUID().slice(0, 28)}${upgrades}`])
      const all = await Promise.all(Array.from({ length: 12 }, () => refresh(token)))
      const tokens = new Set(all.map(({ data }) => data.session?.refresh_token))
      assert.deepEqual([tokens.size, [...tokens][0].length > 12], [1, true])
      await write(`UPDATE auth.refresh_tokens SET updated_at = ${time(3600)} WHERE session_id = '${session}'`)
      assert.equal((await refresh(token)).error.code, 'refresh_token_already_used')
      assert.notEqual((await refresh([...tokens][0])).error, null) // whoever used it again, the session is over
      assert.deepEqual(await query(server, `SELECT id FROM auth.sessions WHERE id = '${session}'`), [])
    })
  })
