// gotrue_methods.test.mjs: the methods that go through a mail or keep a session, by the newest client and by the oldest that is served, on each store; what
// each does is seen through another call.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as newest from '@supabase/auth-js'
import * as oldest from '@supabase/gotrue-js'
import { memory, ok } from '../lib/auth.mjs'
import { start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

const password = 'secret-pw-1', site = 'http://127.0.0.1:3000'
const subjects = Object.fromEntries(['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'REAUTHENTICATION', 'INVITE'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, '{{ .Token }}']))
let n = 0
const email = () => `methods-${process.pid}-${n++}@example.com`

for (const store of stores) {
  describe(`methods on ${store}`, () => {
    let server, mail
    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, ...subjects, GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
    })
    after(async () => {
      await server.stop()
      mail.stop()
    })

    for (const [version, { GoTrueAdminApi, GoTrueClient }] of Object.entries({ 'auth-js': newest, 'gotrue-js': oldest })) {
      const client = (options = {}) => new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: true, storage: memory(), ...options })
      const admin = () => new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
      const person = async () => ok(await admin().createUser({ email: email(), password, email_confirm: true })).user

      test(`${version}: inviteUserByEmail and generateLink make users, and one of them sends`, async () => {
        const address = email(), { user } = ok(await admin().inviteUserByEmail(address, { data: { team: 7 }, redirectTo: `${site}/in` }))
        assert.equal(new URL((await mail.next(address)).link).searchParams.get('redirect_to'), `${site}/in`)
        assert.equal(ok(await admin().getUserById(user.id)).user.user_metadata.team, 7)
        const other = email(), { properties, user: made } = ok(await admin().generateLink({ type: 'signup', email: other, password, options: { redirectTo: site } }))
        assert.deepEqual([properties.verification_type, properties.redirect_to, made.email, mail.to(other)], ['signup', site, other, []])
        const app = client()
        assert.equal(ok(await app.verifyOtp({ type: 'signup', token: properties.email_otp, email: other })).user.id, made.id)
      })

      test(`${version}: signInWithOtp, verifyOtp, getSession`, async () => {
        const address = email(), app = client()
        ok(await app.signInWithOtp({ email: address, options: { emailRedirectTo: site } }))
        const { otp: token } = await mail.next(address)
        const { session } = ok(await app.verifyOtp({ type: 'email', token, email: address }))
        assert.equal(ok(await app.getSession()).session.access_token, session.access_token)
        assert.equal(ok(await app.getUser()).user.email, address)
        assert.equal((await client().verifyOtp({ type: 'email', token, email: address })).error.status, 403)
      })

      test(`${version}: resend, reauthenticate`, async () => {
        const address = email(), app = client()
        ok(await app.signUp({ email: address, password }))
        const first = await mail.next(address)
        ok(await app.resend({ type: 'signup', email: address }))
        const second = await mail.next(address)
        assert.notEqual(second.otp, first.otp)
        ok(await app.verifyOtp({ type: 'signup', token: second.otp, email: address }))
        ok(await app.reauthenticate())
        ok(await app.updateUser({ password: 'another-pw-2', nonce: (await mail.next(address)).otp }))
        ok(await client().signInWithPassword({ email: address, password: 'another-pw-2' }))
      })

      test(`${version}: resetPasswordForEmail, exchangeCodeForSession`, async () => {
        const { email: address, id } = await person(), app = client({ flowType: 'pkce' })
        ok(await app.resetPasswordForEmail(address, { redirectTo: `${site}/new` }))
        const answer = await fetch((await mail.next(address)).link, { redirect: 'manual' })
        const { user } = ok(await app.exchangeCodeForSession(new URL(answer.headers.get('location')).searchParams.get('code')))
        assert.equal(user.id, id)
        ok(await app.updateUser({ password: 'another-pw-2' }))
        ok(await client().signInWithPassword({ email: address, password: 'another-pw-2' }))
      })

      test(`${version}: setSession takes a session over, initialize finds it, onAuthStateChange tells`, async () => {
        const { email: address, id } = await person(), one = client(), storage = memory(), two = client({ storage })
        const { session } = ok(await one.signInWithPassword({ email: address, password }))
        const events = []
        const { data: { subscription } } = two.onAuthStateChange((event) => { events.push(event) })
        ok(await two.setSession(session))
        const again = client({ storage, detectSessionInUrl: false })
        assert.equal((await again.initialize()).error, null)
        assert.equal(ok(await again.getUser()).user.id, id)
        ok(await two.refreshSession())
        assert.equal((await two.signOut()).error, null)
        subscription.unsubscribe()
        assert.ok(['SIGNED_IN', 'TOKEN_REFRESHED', 'SIGNED_OUT'].every((event) => events.includes(event)), events.join())
        assert.match((await client().getUser(session.access_token)).error.name, /^Auth(SessionMissing|Api)Error$/)
      })

      test(`${version}: startAutoRefresh renews a session that ends soon, stopAutoRefresh lets it be`, async () => {
        const { email: address } = await person(), storage = memory(), app = client({ storage, autoRefreshToken: true })
        const { session } = ok(await app.signInWithPassword({ email: address, password }))
        await app.stopAutoRefresh()
        assert.ok(storage.getItem('supabase.auth.token'))
        storage.setItem('supabase.auth.token', JSON.stringify({ ...session, expires_at: Math.floor(Date.now() / 1000) + 5 }))
        const renewed = new Promise((resolve) => { app.onAuthStateChange((event, next) => { if (event === 'TOKEN_REFRESHED') resolve(next) }) })
        await app.startAutoRefresh()
        const next = await renewed
        await app.stopAutoRefresh()
        assert.notEqual(next.refresh_token, session.refresh_token)
        assert.equal((await client().refreshSession({ refresh_token: next.refresh_token })).error, null)
      })
    }

    // ---- of the newest client alone

    const newer = () => new newest.GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: true, storage: memory() })

    test('auth-js: signInAnonymously', async () => {
      const app = newer(), { user } = ok(await app.signInAnonymously({ options: { data: { a: 1 } } }))
      assert.deepEqual([user.is_anonymous, ok(await app.getUser()).user.user_metadata.a], [true, 1])
    })

    test('auth-js: getClaims believes a session until it is ended', async () => {
      const app = newer(), address = email()
      ok(await app.signInWithOtp({ email: address }))
      ok(await app.verifyOtp({ type: 'email', token: (await mail.next(address)).otp, email: address }))
      const { session } = ok(await app.getSession()), { claims } = ok(await app.getClaims())
      assert.deepEqual([claims.email, claims.aud, claims.role], [address, 'authenticated', 'authenticated'])
      assert.equal((await app.signOut()).error, null)
      assert.equal((await newer().getClaims(session.access_token)).error.name, 'AuthSessionMissingError')
    })

    test('auth-js: getClaims checks a signature against the published keys', async () => {
      const key = { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: `claims-${store}`, use: 'sig', key_ops: ['sign'], ...(await ecKey()) }
      const other = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_JWT_KEYS: JSON.stringify([key]), HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      try {
        const app = new newest.GoTrueClient({ url: other.gotrue.url, autoRefreshToken: false, persistSession: false })
        const address = email(), { session } = ok(await app.signUp({ email: address, password }))
        const { claims, header } = ok(await app.getClaims(session.access_token))
        assert.deepEqual([claims.email, header.kid], [address, key.kid])
        const [head, , signature] = session.access_token.split('.')
        const forged = `${head}.${Buffer.from(JSON.stringify({ ...claims, role: 'service_role' })).toString('base64url')}.${signature}`
        assert.match((await app.getClaims(forged)).error.message, /Invalid JWT signature/)
      } finally { await other.stop() }
    })

    test('auth-js: throwOnError, and a client that is disposed of', async () => {
      const app = new newest.GoTrueClient({ url: server.gotrue.url, autoRefreshToken: true, persistSession: false, throwOnError: true })
      assert.equal(app.isThrowOnErrorEnabled(), true)
      await assert.rejects(app.signInWithPassword({ email: email(), password }), ({ status, code }) => status === 400 && code === 'invalid_credentials')
      await app.dispose()
    })
  })
}

async function ecKey() {
  const { generateKeyPairSync } = await import('node:crypto')
  const { x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return { x, y, d }
}
