// elixir.test.mjs: each function of Supabase.GoTrue.Admin and the main ones of Supabase.GoTrue, byte for byte and with their decoding, each effect seen
// through another call.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { castFactor, castIdentity, castLink, castSession, castUser, Elixir, pkce } from '../lib/elixir.mjs'
import { start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

const subjects = Object.fromEntries(['CONFIRMATION', 'MAGIC_LINK', 'REAUTHENTICATION'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, '{{ .Token }}'])) // where a code is found first
const password = 'secret-pw-1', site = 'http://127.0.0.1:3000'
let n = 0
const email = () => `elixir-${process.pid}-${n++}@example.com`
const phone = () => `4916${String(process.pid).padStart(7, '0')}${String(n++).padStart(3, '0')}`
const unknown = '00000000-0000-4000-8000-0000000000aa'

function ok({ ok: value, error, body }) {
  assert.equal(error, undefined, JSON.stringify(body))
  return value
}

for (const store of stores)
  describe(`the Elixir client on ${store}`, () => {
    let server, mail, client, open, closed
    const person = async (more = {}) => ok(await client.createUser({ email: email(), password, email_confirm: true, ...more }))
    const signIn = async ({ email: address }) => ok(await client.signInWithPassword({ email: address, password }))
    // The same without the client's decoding.
    const raw = async (path) => (await fetch(`${server.gotrue.url}${path}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()

    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, ...subjects, GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true', GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true',
        GOTRUE_RATE_LIMIT_ANONYMOUS_USERS: '1000', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      closed = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      client = new Elixir(server.gotrue.url, server.gotrue.serviceKey)
      open = new Elixir(closed.gotrue.url, closed.gotrue.serviceKey)
    })
    after(async () => {
      await server.stop()
      await closed.stop()
      mail.stop()
    })

    // ---- Supabase.GoTrue.Admin

    test('create_user, get_user_by_id', async () => {
      const address = email(), number = phone()
      const user = ok(await client.createUser({ email: address, phone: number, password, email_confirm: true, phone_confirm: true, app_metadata: { plan: 'pro' }, role: 'editor', nonce: 'x', user_metadata: { lost: 1 } }))
      const again = ok(await client.getUserById(user.id))
      assert.deepEqual([again.email, again.phone, again.role, again.app_metadata.plan], [address, number, 'editor', 'pro'])
      assert.deepEqual(again.identities.map(({ provider, id }) => [provider, id]).sort(), [['email', user.id], ['phone', user.id]])
      assert.equal((await raw(`/admin/users/${user.id}`)).user_metadata.lost, undefined)
      assert.deepEqual([(await client.createUser({ email: address })).error, (await client.getUserById(unknown)).error], ['unprocessable_entity', 'not_found'])
      assert.equal((await new Elixir(server.gotrue.url, server.gotrue.anonKey).getUserById(user.id)).error, 'forbidden')
    })

    test('the bytes of a creation', async () => {
      const { host } = new URL(server.gotrue.url), one = new Elixir(server.gotrue.url, server.gotrue.serviceKey), address = email()
      ok(await one.createUser({ email: address }))
      const body = `{"email":"${address}"}`
      assert.equal(one.sent[0], `POST /auth/v1/admin/users HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${body.length}\r\nuser-agent: SupabasePotion/0.6.2\r\naccept: application/json\r\n` +
        `apikey: ${server.gotrue.serviceKey}\r\nauthorization: Bearer ${server.gotrue.serviceKey}\r\nx-client-info: supabase-fetch-elixir/0.6.2\r\n\r\n${body}`)
      const { access_token: token } = await signIn(await person())
      ok(await one.signOut({ access_token: token }, 'global'))
      assert.match(one.sent[1], /^POST \/auth\/v1\/logout\?scope=global& HTTP\/1\.1\r\n/)
      assert.doesNotMatch(one.sent.join(''), /content-type/i)
      assert.doesNotMatch(one.sent[1], /content-length/i)
    })

    test('update_user_by_id: an address, a password, a ban', async () => {
      const user = await person(), moved = email()
      assert.equal(ok(await client.updateUserById(user.id, { email: moved, email_confirm: true, password: 'another-pw-2' })).email, moved)
      assert.equal(ok(await client.signInWithPassword({ email: moved, password: 'another-pw-2' })).user.id, user.id)
      ok(await client.updateUserById(user.id, { ban_duration: '1h' }))
      assert.equal((await client.signInWithPassword({ email: moved, password: 'another-pw-2' })).error, 'bad_request')
      ok(await client.updateUserById(user.id, { ban_duration: 'none' }))
      ok(await client.signInWithPassword({ email: moved, password: 'another-pw-2' }))
      assert.equal((await client.updateUserById(unknown, { role: 'x' })).error, 'not_found')
    })

    test('list_users: pages and their count, also without parameters', async () => {
      for (let i = 0; i < 3; i++) await person()
      const first = ok(await client.listUsers({ page: 1, perPage: 1 })), last = ok(await client.listUsers({ page: first.total, perPage: 1 }))
      assert.deepEqual([first.users.length, first.next_page, last.next_page], [1, 2, null])
      assert.equal(first.last_page, Number(String(first.total)[0])) // the client reads one digit
      assert.equal(first.total, (await raw('/admin/users?per_page=1000')).users.length)
      const all = ok(await client.listUsers())
      assert.equal(all.users.length, Math.min(all.total, 50))
    })

    test('delete_user, hard and soft', async () => {
      const [gone, soft] = [await person(), await person()]
      ok(await client.deleteUser(gone.id))
      assert.equal((await client.getUserById(gone.id)).error, 'not_found')
      ok(await client.deleteUser(soft.id, { shouldSoftDelete: true }))
      const left = ok(await client.getUserById(soft.id)) // what is left is still a user to this client
      assert.notEqual(left.email, soft.email)
      assert.ok((await raw(`/admin/users/${soft.id}`)).deleted_at)
      assert.equal((await client.signInWithPassword({ email: soft.email, password })).error, 'bad_request')
    })

    test('invite_user_by_email: with data and a target, and with nulls', async () => {
      const address = email(), user = ok(await client.inviteUserByEmail(address, { data: { team: 7 }, redirectTo: `${site}/in` }))
      const letter = await mail.next(address)
      assert.equal(new URL(letter.link).searchParams.get('redirect_to'), `${site}/in`)
      const seen = await raw(`/admin/users/${user.id}`)
      assert.deepEqual([seen.user_metadata.team, Boolean(seen.invited_at), seen.email_confirmed_at], [7, true, undefined])
      ok(await client.inviteUserByEmail(email()))
    })

    test('generate_link: each type, and the link signs in', async () => {
      const user = await person()
      for (const type of ['magicLink', 'recovery']) {
        const link = ok(await client.generateLink({ type, email: user.email, redirect_to: site, data: { dropped: 1 } }))
        assert.equal(link.verification_type, type)
        const session = ok(await client.verifyOtp({ type: type.toLowerCase(), token_hash: link.hashed_token }))
        assert.equal(session.user.id, user.id)
      }
      const address = email(), made = ok(await client.generateLink({ type: 'signup', email: address, password, data: { a: 1 }, redirect_to: site }))
      assert.deepEqual([made.verification_type, made.redirect_to], ['signup', site])
      assert.equal(ok(await client.verifyOtp({ type: 'signup', token: made.email_otp, email: address })).user.email, address)
      assert.equal(ok(await client.generateLink({ type: 'invite', email: email(), redirect_to: site })).verification_type, 'invite')
      assert.equal((await client.generateLink({ type: 'email_change_new', email: user.email, redirect_to: site })).error, 'bad_request') // it cannot send the new address
      const foreign = ok(await client.generateLink({ type: 'recovery', email: user.email, redirect_to: 'https://elsewhere.example' }))
      assert.equal(foreign.redirect_to, site) // never blank
      const bare = ok(await open.generateLink({ type: 'invite', email: email(), redirect_to: 'https://elsewhere.example' })) // no site is set there
      assert.equal(bare.redirect_to, closed.gotrue.url)
      const followed = await fetch(bare.action_link, { redirect: 'manual' })
      assert.deepEqual([followed.status, new URL(followed.headers.get('location')).origin], [303, closed.gotrue.url])
    })

    test('list_identities, delete_identity', async () => {
      const user = await person({ phone: phone(), phone_confirm: true })
      const identities = ok(await client.listIdentities(user.id))
      assert.deepEqual(identities.map(({ provider }) => provider).sort(), ['email', 'phone'])
      const row = (await raw(`/admin/users/${user.id}`)).identities.find(({ provider }) => provider === 'phone')
      ok(await client.deleteIdentity(user.id, row.identity_id))
      assert.deepEqual(ok(await client.getUserById(user.id)).identities.map(({ provider }) => provider), ['email'])
      assert.equal((await client.deleteIdentity(user.id, user.id)).error, 'unprocessable_entity') // the last one, by the provider's id
      assert.deepEqual([(await client.deleteIdentity(user.id, unknown)).error, (await client.listIdentities(unknown)).error], ['not_found', 'not_found'])
    })

    test('delete_factor', async () => {
      const user = await person(), { access_token: token } = await signIn(user)
      const { id } = (await client.request('POST', '/factors', { body: { factor_type: 'totp' }, token })).json
      assert.deepEqual(ok(await client.getUserById(user.id)).factors.map((factor) => [factor.id, factor.status]), [[id, 'unverified']])
      ok(await client.deleteFactor(user.id, id))
      assert.deepEqual(ok(await client.getUserById(user.id)).factors, [])
      assert.equal((await client.deleteFactor(user.id, id)).error, 'not_found')
    })

    test('sign_out: local, others, global', async () => {
      const user = await person(), sessions = [await signIn(user), await signIn(user), await signIn(user), await signIn(user)]
      const alive = async () => Promise.all(sessions.map(async (one) => (await client.getUser(one)).error === undefined))
      ok(await client.signOut(sessions[0], 'local'))
      assert.deepEqual(await alive(), [false, true, true, true])
      ok(await client.signOut(sessions[1], 'others'))
      assert.deepEqual(await alive(), [false, true, false, false])
      ok(await client.signOut(sessions[1], 'global'))
      assert.deepEqual(await alive(), [false, false, false, false])
      assert.equal((await client.signOut(sessions[1], 'global')).error, 'forbidden')
    })

    // ---- Supabase.GoTrue

    test('sign_up gives a session where nothing must be confirmed, and fails the cast where a mail waits', async () => {
      const address = email(), session = ok(await open.signUp({ email: address, password }))
      assert.equal(ok(await open.getUser(session)).email, address)
      await assert.rejects(client.signUp({ email: email(), password }), /access_token can't be blank/)
    })

    test('sign_in_with_password, refresh_session, get_user', async () => {
      const user = await person(), session = await signIn(user)
      const next = ok(await client.refreshSession(session.refresh_token))
      assert.notEqual(next.refresh_token, session.refresh_token)
      assert.equal(ok(await client.getUser(next)).id, user.id)
      assert.deepEqual([(await client.refreshSession('none')).error, (await client.signInWithPassword({ email: user.email, password: 'wrong' })).error], ['bad_request', 'bad_request'])
    })

    test('sign_in_anonymously', async () => {
      const session = ok(await client.signInAnonymously({ a: 1 }))
      assert.equal(ok(await client.getUserById(session.user.id)).is_anonymous, true)
    })

    test('sign_in_with_otp, verify_otp', async () => {
      const address = email()
      ok(await client.signInWithOtp({ email: address, redirectTo: `${site}/otp` }))
      const { otp } = await mail.next(address)
      assert.equal(ok(await client.verifyOtp({ type: 'email', token: otp, email: address })).user.email, address)
      assert.equal((await client.verifyOtp({ type: 'email', token: otp, email: address })).error, 'forbidden')
    })

    test('update_user by POST, get_user_identities, unlink_identity', async () => {
      const user = await person({ phone: phone(), phone_confirm: true }), session = await signIn(user)
      ok(await client.updateUser(session, { data: { colour: 'red' }, password: 'another-pw-2' }))
      assert.equal((await raw(`/admin/users/${user.id}`)).user_metadata.colour, 'red')
      ok(await client.signInWithPassword({ email: user.email, password: 'another-pw-2' }))
      assert.equal(ok(await client.getUserIdentities(session)).length, 2)
      const row = (await raw(`/admin/users/${user.id}`)).identities.find(({ provider }) => provider === 'phone')
      ok(await client.unlinkIdentity(session, row.identity_id))
      assert.deepEqual(ok(await client.getUserIdentities(session)).map(({ provider }) => provider), ['email'])
    })

    test('reset_password_for_email, exchange_code_for_session', async () => {
      const user = await person()
      ok(await client.resetPasswordForEmail(user.email, { redirectTo: `${site}/new` }))
      assert.equal(new URL((await mail.next(user.email)).link).searchParams.get('redirect_to'), `${site}/new`)
      const { verifier, challenge } = pkce()
      ok(await client.resetPasswordForEmail(user.email, { challenge }))
      const { link } = await mail.next(user.email)
      const code = new URL((await fetch(link, { redirect: 'manual' })).headers.get('location')).searchParams.get('code')
      assert.equal(ok(await client.exchangeCodeForSession(code, verifier)).user.id, user.id)
      assert.equal((await client.exchangeCodeForSession(code, verifier)).error, 'not_found')
    })

    test('resend, reauthenticate', async () => {
      const address = email()
      await assert.rejects(client.signUp({ email: address, password }))
      const first = await mail.next(address)
      ok(await client.resend(address, 'signup'))
      const second = await mail.next(address)
      assert.notEqual(second.otp, first.otp)
      const session = ok(await client.verifyOtp({ type: 'signup', token: second.otp, email: address }))
      ok(await client.reauthenticate(session))
      assert.match((await mail.next(address)).otp, /^\d{6}$/)
    })

    test('get_server_health, get_server_settings, and routes that are none', async () => {
      assert.equal(ok(await client.getServerHealth()).name, 'GoTrue')
      assert.deepEqual([ok(await client.getServerSettings()).mailer_autoconfirm, ok(await open.getServerSettings()).mailer_autoconfirm], [false, true])
      assert.deepEqual([(await client.call('GET', '/nothing/at/all')).error, (await client.call('PATCH', '/settings')).error], ['not_found', 'method_not_allowed']) // with JSON, else these throw
    })
  })

// ---- the rules of decoding by themselves: what the client refuses, its copy here refuses

test('users, identities, factors, sessions and links that fail the cast', () => {
  const user = { id: 'a', app_metadata: {}, aud: 'x', created_at: '2026-01-02T03:04:05.123456789Z', email: '', identities: [{ id: '1', provider: 'email' }] }
  assert.equal(castUser(user).email, null)
  assert.equal(castUser({ ...user, user_metadata: { a: 1 } }).user_metadata, undefined)
  const bad = [{ id: '' }, { id: 7 }, { app_metadata: null }, { aud: '' }, { created_at: null }, { created_at: 'yesterday' }, { last_sign_in_at: 'never' }, { email: 7 }, { identities: null }, { identities: {} },
    { identities: [{ id: '1', provider: 'web3' }] }, { identities: [{ provider: 'email' }] }, { factors: null }, { factors: [{ id: '1', factor_type: 'phone', status: 'verified', created_at: user.created_at, updated_at: user.created_at }] }]
  for (const part of bad) assert.throws(() => castUser({ ...user, ...part }), JSON.stringify(part))
  assert.throws(() => castIdentity({ id: '1', provider: 'custom:x' }))
  assert.throws(() => castFactor({ id: '1', factor_type: 'totp', status: 'new', created_at: user.created_at, updated_at: user.created_at }))
  assert.throws(() => castSession({ access_token: 'a', refresh_token: 'b', token_type: 'bearer', expires_in: '3600' }))
  assert.throws(() => castSession({ access_token: 'a', refresh_token: 'b', token_type: 'bearer', expires_in: 3600, user: { ...user, identities: null } }))
  const link = { action_link: 'a', email_otp: 'b', hashed_token: 'c', redirect_to: 'd', verification_type: 'recovery' }
  assert.deepEqual(castLink(link), link)
  for (const part of [{ redirect_to: '' }, { verification_type: 'magiclink' }, { email_otp: undefined }]) assert.throws(() => castLink({ ...link, ...part }))
})
