// gotrue_mail.test.mjs: what goes through a mail, with the real client and a mail server that keeps everything.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { memory, ok } from '../lib/auth.mjs'
import { root } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

let n = 0
const email = () => `mail-${process.pid}-${n++}@example.com`
const password = 'secret-pw-1'
const subjects = Object.fromEntries(['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'EMAIL_CHANGE', 'INVITE'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, `${name} {{ .Token }}`]))

// Opens a link as a browser would, but goes no further than its first answer.
async function open(link) {
  const answer = await fetch(link, { redirect: 'manual' })
  assert.equal(answer.status, 303)
  const to = new URL(answer.headers.get('location'))
  return { to, query: to.searchParams, fragment: new URLSearchParams(to.hash.slice(1)) }
}

for (const store of stores)
  describe(`mail on ${store}`, () => {
    let server, mail, admin
    const client = (options = {}) => new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: true, storage: memory(), ...options })
    const known = async () => {
      const address = email()
      const { user } = ok(await admin.createUser({ email: address, password, email_confirm: true }))
      return { address, id: user.id }
    }

    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, ...subjects, HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
    })
    after(async () => {
      await server.stop()
      mail.stop()
    })

    test('signUp sends a link; opened, it signs in once', async () => {
      const address = email(), app = client()
      const { user, session } = ok(await app.signUp({ email: address, password, options: { data: { name: 'Ada' }, emailRedirectTo: 'http://127.0.0.1:3000/welcome' } }))
      assert.equal(session, null)
      assert.equal((await app.signInWithPassword({ email: address, password })).error.code, 'email_not_confirmed')
      const letter = await mail.next(address)
      assert.equal(letter.to, `<${address}>`)
      const { to, fragment } = await open(letter.link)
      assert.equal(to.pathname, '/welcome')
      assert.equal(fragment.get('type'), 'signup')
      const { user: mine } = ok(await app.getUser(fragment.get('access_token')))
      assert.equal(mine.id, user.id)
      assert.ok(mine.email_confirmed_at)
      assert.equal(mine.user_metadata.name, 'Ada')
      assert.equal((await open(letter.link)).fragment.get('error_code'), 'otp_expired')
      ok(await app.signInWithPassword({ email: address, password }))
    })

    test('signUp of a known address looks like one of a new address, and sends nothing', async () => {
      const { address } = await known()
      const { user, session } = ok(await client().signUp({ email: address, password: 'another-pw-2' }))
      assert.equal(session, null)
      assert.deepEqual(user.identities, [])
      await assert.rejects(mail.next(address, 500))
    })

    test('resend sends another link, and the first is dead', async () => {
      const address = email(), app = client()
      ok(await app.signUp({ email: address, password }))
      const first = await mail.next(address)
      ok(await app.resend({ type: 'signup', email: address }))
      const second = await mail.next(address)
      assert.notEqual(first.link, second.link)
      assert.equal((await open(first.link)).fragment.get('error_code'), 'otp_expired')
      ok(await app.verifyOtp({ email: address, token: second.otp, type: 'signup' }))
    })

    test('signInWithOtp: by the code, for who is known and for who is not', async () => {
      const { address } = await known(), stranger = email(), app = client()
      ok(await app.signInWithOtp({ email: address }))
      const { session } = ok(await app.verifyOtp({ email: address, token: (await mail.next(address)).otp, type: 'email' }))
      assert.equal(session.user.email, address)
      ok(await app.signInWithOtp({ email: stranger }))
      assert.ok(ok(await app.verifyOtp({ email: stranger, token: (await mail.next(stranger)).otp, type: 'email' })).session)
      assert.equal((await app.signInWithOtp({ email: email(), options: { shouldCreateUser: false } })).error.code, 'otp_disabled')
    })

    test('resetPasswordForEmail, then a new password', async () => {
      const { address } = await known(), app = client()
      ok(await app.resetPasswordForEmail(address))
      const { fragment } = await open((await mail.next(address)).link)
      ok(await app.setSession({ access_token: fragment.get('access_token'), refresh_token: fragment.get('refresh_token') }))
      ok(await app.updateUser({ password: 'another-pw-2' }))
      assert.equal((await client().signInWithPassword({ email: address, password })).error.code, 'invalid_credentials')
      ok(await client().signInWithPassword({ email: address, password: 'another-pw-2' }))
      ok(await app.resetPasswordForEmail(email())) // nobody: the same answer
    })

    test('updateUser: a new address, when both have agreed', async () => {
      const { address, id } = await known(), moved = email(), app = client()
      ok(await app.signInWithPassword({ email: address, password }))
      assert.equal(ok(await app.updateUser({ email: moved })).user.new_email, moved)
      const [present, next] = [await mail.next(address), await mail.next(moved)]
      assert.match((await open(present.link)).fragment.get('message'), /other email/)
      assert.equal(ok(await admin.getUserById(id)).user.email, address)
      assert.ok((await open(next.link)).fragment.get('access_token'))
      const { user } = ok(await admin.getUserById(id))
      assert.equal(user.email, moved)
      assert.equal(user.new_email, undefined)
      assert.equal(user.identities[0].identity_data.email, moved)
      ok(await client().signInWithPassword({ email: moved, password }))
    })

    test('reauthenticate sends a code', async () => {
      const { address } = await known(), app = client()
      ok(await app.signInWithPassword({ email: address, password }))
      ok(await app.reauthenticate())
      assert.match((await mail.next(address)).subject, /^\d{6} is your verification code$/)
    })

    test('exchangeCodeForSession, with the verifier alone', async () => {
      const { address, id } = await known(), app = client({ flowType: 'pkce' })
      ok(await app.resetPasswordForEmail(address))
      const letter = await mail.next(address)
      assert.match(letter.link, /token=pkce_/)
      const code = (await open(letter.link)).query.get('code')
      const wrong = await fetch(`${server.gotrue.url}/token?grant_type=pkce`, { method: 'POST', body: JSON.stringify({ auth_code: code, code_verifier: 'x'.repeat(56) }) })
      assert.equal((await wrong.json()).error_code, 'bad_code_verifier')
      assert.equal(ok(await app.exchangeCodeForSession(code)).user.id, id)
    })

    test('admin.generateLink: six types, none of which sends', async () => {
      const { address } = await known(), fresh = email(), invited = email(), moved = email()
      const rows = [
        { type: 'signup', email: fresh, password }, { type: 'invite', email: invited }, { type: 'magiclink', email: address },
        { type: 'recovery', email: address }, { type: 'email_change_current', email: address, newEmail: moved }, { type: 'email_change_new', email: address, newEmail: moved },
      ]
      const made = []
      for (const row of rows) {
        const { properties, user } = ok(await admin.generateLink(row))
        assert.equal(properties.verification_type, row.type)
        assert.equal(user.email, row.email)
        made.push(properties)
        if (!row.newEmail) assert.match((await open(properties.action_link)).to.hash, /access_token=/)
      }
      assert.match((await open(made[4].action_link)).to.hash, /message=/)
      assert.ok(ok(await client().verifyOtp({ type: 'email_change', token_hash: made[5].hashed_token })).session)
      assert.equal(ok(await admin.listUsers({ perPage: 1000 })).users.filter(({ email: one }) => one === moved).length, 1)
      for (const one of [address, fresh, invited, moved]) assert.equal(mail.to(one).length, 0)
    })

    test('inviteUserByEmail, then a password', async () => {
      const address = email(), app = client()
      ok(await admin.inviteUserByEmail(address, { data: { team: 'a' } }))
      const { fragment } = await open((await mail.next(address)).link)
      ok(await app.setSession({ access_token: fragment.get('access_token'), refresh_token: fragment.get('refresh_token') }))
      assert.equal(ok(await app.updateUser({ password })).user.user_metadata.team, 'a')
      ok(await client().signInWithPassword({ email: address, password }))
      assert.equal((await admin.inviteUserByEmail(address)).error.code, 'email_exists')
    })

    test('no value adds a line to a mail, and links lead nowhere else', async () => {
      const { address } = await known()
      const headers = { 'x-forwarded-host': 'evil.example', host: 'evil.example', forwarded: 'host=evil.example', redirect_to: 'http://evil.example/' }
      const answer = await fetch(`${server.gotrue.url}/recover`, { method: 'POST', headers, body: JSON.stringify({ email: address }) })
      assert.equal(answer.status, 200)
      const letter = await mail.next(address)
      assert.doesNotMatch(letter.html, /evil/)
      for (const bad of [`${address}\r\nBcc: x@example.com`, `${address}\n.\n`, `${address}>`, `a b@example.com`, `${address},x@example.com`]) {
        const refused = await fetch(`${server.gotrue.url}/recover`, { method: 'POST', body: JSON.stringify({ email: bad }) })
        assert.equal((await refused.json()).error_code, 'validation_failed')
      }
    })
  })

describe('mail as it is set', () => {
  test('subject and body from a file; their values are escaped, and add no header', async () => {
    const mail = await sink()
    const server = await start({ env: { ...mail.env, GOTRUE_MAILER_SUBJECTS_CONFIRMATION: 'Grüße {{ .Data.name }}', GOTRUE_MAILER_TEMPLATES_CONFIRMATION: join(root, 'test/data/mail.html'), GOTRUE_SMTP_HEADERS: '{"X-Kind":["$messageType"]}' } })
    const address = email(), name = `<b>Ada</b>\r\nBcc: x@example.com ${'é'.repeat(100)}`
    const app = new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })
    ok(await app.signUp({ email: address, password, options: { data: { name, link: 'javascript:alert(1)' } } }))
    const letter = await mail.next(address)
    assert.equal(letter.subject, `Grüße ${name.replace('\r\n', '  ')}`)
    assert.deepEqual(letter.recipients, [address])
    assert.equal(letter.headers['x-kind'], 'confirmation')
    assert.ok(!letter.names.includes('bcc'))
    assert.match(letter.html, /&lt;b&gt;Ada&lt;\/b&gt;/)
    assert.doesNotMatch(letter.html, /javascript|<b>/)
    assert.ok(letter.raw.split('\r\n').every((line) => line.length <= 200 && !/[\r\n]/.test(line)))
    await server.stop()
    mail.stop()
  })

  test('limits: of one address, and of all', async () => {
    const mail = await sink()
    const server = await start({ env: { ...mail.env, GOTRUE_SMTP_MAX_FREQUENCY: '1m', GOTRUE_RATE_LIMIT_EMAIL_SENT: '2' } })
    const app = new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })
    const address = email()
    ok(await app.signUp({ email: address, password }))
    const { error } = await app.resend({ type: 'signup', email: address })
    assert.equal(error.code, 'over_email_send_rate_limit')
    assert.match(error.message, /you can only request this after \d+ seconds/)
    ok(await app.signUp({ email: email(), password }))
    const third = email(), refused = await app.signUp({ email: third, password })
    assert.equal(refused.error.message, 'email rate limit exceeded')
    const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
    assert.equal(ok(await admin.listUsers()).users.filter((user) => user.email === third).length, 0) // a refused sign-up stores nothing
    await server.stop()
    mail.stop()
  })
})
