// revoke.mjs (T7): an error while revoking is not answered with success. The database refuses to change one table after the other while tokens, sessions and users are
// revoked in each dialect: whoever is told that it was done, for that person it is done.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admins, refresh, signIn, signOut } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { psql } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const PASSWORD = 'Right-pw-1', bearer = (token) => ({ authorization: `Bearer ${token}` })
let n = 0
const email = () => `revoke-${process.pid}-${n++}@example.com`

// A person with what each dialect gives it, and ways to ask whether one of them is good still.
async function person(w, all) {
  const address = email(), must = async (asked) => { const answer = await asked; assert.ok(answer.status < 300, answer.text); return answer.json }
  const gotrue = all.gotrue.id(await must(w.gotrue.request(...all.gotrue.create({ email: address, password: PASSWORD }))))
  const [{ id: clerk }] = await must(w.clerk.request('GET', `/v1/users?email_address=${address}`)), [{ user_id: auth0 }] = await must(w.auth0.request('GET', `/api/v2/users-by-email?email=${address}`))
  const session = await must(w.public.request(...signIn(address, PASSWORD))), other = await must(w.public.request(...signIn(address, PASSWORD)))
  const clerkSession = (await must(w.clerk.request('POST', '/v1/sessions', { user_id: clerk }))).id
  const tokens = async () => (await must(w.auth0.request('GET', `/api/v2/users/${encodeURIComponent(auth0)}/refresh-tokens`))).tokens, before = (await tokens()).map(({ id }) => id)
  const grant = await must(w.oauth('POST', { grant_type: 'password', username: address, password: PASSWORD, scope: 'openid offline_access' }))
  const token = (await tokens()).find(({ id }) => !before.includes(id))
  return { address, gotrue, clerk, auth0, session, other, clerkSession, grant, token: token.id, tokenSession: token.session_id }
}
const ways = {
  session: (w, p) => w.public.request(...refresh(p.session.refresh_token)), 'access token': (w, p) => w.public.request('GET', '/user', undefined, bearer(p.session.access_token)),
  'other session': (w, p) => w.public.request(...refresh(p.other.refresh_token)), password: (w, p) => w.public.request(...signIn(p.address, PASSWORD)),
  'Clerk session': (w, p) => w.clerk.request('POST', `/v1/sessions/${p.clerkSession}/tokens`, {}),
  'Auth0 token': (w, p) => w.oauth('POST', { grant_type: 'refresh_token', refresh_token: p.grant.refresh_token }),
}
const everything = Object.keys(ways), all = (p) => encodeURIComponent(p.auth0)

// What is revoked, by which call, and what must be good no more afterwards.
const revocations = {
  'GoTrue sign-out': [(w, p) => w.public.request(...signOut(p.session.access_token, 'local')), ['session', 'access token']],
  'GoTrue sign-out everywhere': [(w, p) => w.public.request(...signOut(p.session.access_token)), ['session', 'access token', 'other session', 'Clerk session']],
  'GoTrue sign-out of others': [(w, p) => w.public.request(...signOut(p.session.access_token, 'others')), ['other session']],
  'GoTrue ban': [(w, p) => w.gotrue.request('PUT', `/admin/users/${p.gotrue}`, { ban_duration: '24h' }), everything],
  'GoTrue deletion': [(w, p) => w.gotrue.request('DELETE', `/admin/users/${p.gotrue}`), everything],
  'GoTrue soft deletion': [(w, p) => w.gotrue.request('DELETE', `/admin/users/${p.gotrue}`, { should_soft_delete: true }), everything],
  'GoTrue other password': [(w, p) => w.public.request('PUT', '/user', { password: 'Other-pw-1' }, bearer(p.session.access_token)), ['password']],
  'GoTrue other password by an administrator': [(w, p) => w.gotrue.request('PUT', `/admin/users/${p.gotrue}`, { password: 'Other-pw-1' }), ['password']],
  'Clerk revocation': [(w, p) => w.clerk.request('POST', `/v1/sessions/${p.clerkSession}/revoke`, {}), ['Clerk session']],
  'Clerk ban': [(w, p) => w.clerk.request('POST', `/v1/users/${p.clerk}/ban`, {}), everything],
  'Clerk deletion': [(w, p) => w.clerk.request('DELETE', `/v1/users/${p.clerk}`), everything],
  'Clerk other password, sessions ended': [(w, p) => w.clerk.request('PATCH', `/v1/users/${p.clerk}`, { password: 'Other-pw-1', skip_password_checks: true, sign_out_of_other_sessions: true }), ['password', 'session', 'Clerk session']],
  'Auth0 revocation': [(w, p) => w.oauth('POST', { token: p.grant.refresh_token }, '/oauth/revoke'), ['Auth0 token']],
  'Auth0 removal of a token': [(w, p) => w.auth0.request('DELETE', `/api/v2/refresh-tokens/${p.token}`), ['Auth0 token']],
  'Auth0 removal of all tokens': [(w, p) => w.auth0.request('DELETE', `/api/v2/users/${all(p)}/refresh-tokens`), ['Auth0 token']],
  'Auth0 removal of a session': [(w, p) => w.auth0.request('DELETE', `/api/v2/sessions/${p.tokenSession}`), ['Auth0 token']],
  'Auth0 block': [(w, p) => w.auth0.request('PATCH', `/api/v2/users/${all(p)}`, { blocked: true }), everything],
  'Auth0 deletion': [(w, p) => w.auth0.request('DELETE', `/api/v2/users/${all(p)}`), everything],
  'Auth0 other password': [(w, p) => w.auth0.request('PATCH', `/api/v2/users/${all(p)}`, { password: 'Other-pw-1', connection: 'Username-Password-Authentication' }), ['password']],
}

// ---- a table that does not let itself be changed ----

const tables = ['auth.users', 'auth.identities', 'auth.sessions', 'auth.refresh_tokens', 'auth.mfa_amr_claims', 'auth.one_time_tokens', 'auth.audit_log_entries', 'hecate.ended_sessions', 'hecate.profiles', 'hecate.addresses', 'hecate.passwords', 'hecate.switches', 'hecate.sign_in_tries']
async function refuse(server, table, verb) {
  if (server.store === 'postgres') psql(server.database, `CREATE OR REPLACE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; CREATE TRIGGER "refused" BEFORE ${verb} ON ${table} FOR EACH ROW EXECUTE FUNCTION public.no()`)
  else await query(server, `CREATE TRIGGER refused BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`, true)
}
async function allow(server, table) {
  if (server.store === 'postgres') psql(server.database, `DROP TRIGGER "refused" ON ${table}`)
  else await query(server, 'DROP TRIGGER refused', true)
}

for (const store of stores)
  test(`an error while revoking is no success on ${store}`, { timeout: 600_000 }, async (t) => {
    const server = await start({ store, env: { HECATE_LOG_LEVEL: 'error', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1000000', HECATE_LOCKOUT_ATTEMPTS: '1000000' } })
    const all = await admins(server), w = Object.fromEntries(Object.entries(all).map(([name, admin]) => [name, admin.wire()]))
    const token = new Wire(server.auth0.url, {}, server.auth0.ca)
    w.public = new Wire(server.gotrue.url)
    w.oauth = (method, body, path = '/oauth/token') => token.request(method, path, { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body })
    const counts = { done: 0, refused: 0 }, wrong = []
    const good = async (p, names) => { const list = []; for (const name of names) if ((await ways[name](w, p)).status < 300) list.push(name); return list }
    // Whoever is told of success must find none of these good; then the next person.
    const strike = async (title, where) => {
      const [revoke, names] = revocations[title], p = await person(w, all)
      if (where) await refuse(server, ...where)
      const answer = await revoke(w, p)
      if (where) await allow(server, where[0])
      counts[answer.status < 300 ? 'done' : 'refused']++
      if (answer.status >= 300 && (answer.status < 500 || !where)) wrong.push(`${title}, ${where}: ${answer.status} ${answer.text}`)
      const left = answer.status < 300 ? await good(p, names) : []
      if (left.length > 0) wrong.push(`${title}, ${where}: answered ${answer.status}, and good still: ${left.join(', ')}`)
    }
    try {
      assert.deepEqual(await good(await person(w, all), everything), everything, 'all is good before')
      for (const title of Object.keys(revocations)) await strike(title)
      assert.deepEqual(wrong, [])
      for (const table of tables) for (const verb of ['INSERT', 'UPDATE', 'DELETE']) for (const title of Object.keys(revocations)) await strike(title, [table, verb])
      assert.deepEqual(wrong, [])
      assert.ok(counts.refused > 20, `${counts.refused} refused`)
      assert.equal(broken(server), '')
      figure(t, `${store}: ${counts.refused} of ${counts.refused + counts.done} revocations met an error and said so, none said done and was not`)
    } finally {
      Object.values(w).forEach((wire) => wire.close?.())
      token.close()
      await server.stop()
    }
  })
