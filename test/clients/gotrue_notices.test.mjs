// gotrue_notices.test.mjs: what a user is told of by mail when something of the account changes: each once, none where it is off; and a change of password that
// a code by text message allows.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { ok } from '../lib/auth.mjs'
import { sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query } from '../lib/tables.mjs'
import { texts } from '../lib/texts.mjs'
import { totp } from '../lib/totp.mjs'

const password = 'secret-pw-1'
const kinds = ['PASSWORD_CHANGED', 'EMAIL_CHANGED', 'PHONE_CHANGED', 'IDENTITY_LINKED', 'IDENTITY_UNLINKED', 'MFA_FACTOR_ENROLLED', 'MFA_FACTOR_UNENROLLED']
const on = Object.fromEntries(kinds.map((kind) => [`GOTRUE_MAILER_NOTIFICATIONS_${kind}_ENABLED`, 'true']))
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true', GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED: 'false', GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: 'true' }
let n = 0
const email = () => `notice-${process.pid}-${n++}@example.com`
const phone = () => `49151${process.pid % 100000}${String(n++).padStart(3, '0')}`

const client = (server) => new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })
const administrator = (server) => new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })

// All that there is a notification of, by one user: to which addresses, and what each should say.
async function changes(server, mail, sms, to) {
  const address = email(), moved = email(), [first, second] = [phone(), phone()], app = client(server)
  ok(await administrator(server).createUser({ email: address, password, email_confirm: true }))
  ok(await app.signInWithPassword({ email: address, password }))
  const confirm = async (number) => {
    ok(await app.updateUser({ phone: number }))
    ok(await app.verifyOtp({ phone: number, token: sms.code(number), type: 'phone_change' }))
  }
  await confirm(first)
  await to(address, 'A new sign-in method was linked to your account')
  await confirm(second)
  await to(address, 'Your phone number was changed')
  const { identities } = ok(await app.getUserIdentities())
  ok(await app.unlinkIdentity(identities.find(({ provider }) => provider === 'phone')))
  await to(address, 'A sign-in method was removed from your account')
  ok(await app.updateUser({ password: 'another-pw-2' }))
  await to(address, 'Your password was changed')
  const factor = ok(await app.mfa.enroll({ factorType: 'totp' }))
  ok(await app.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
  await to(address, 'A new verification method was added to your account')
  ok(await app.mfa.unenroll({ factorId: factor.id }))
  await to(address, 'A verification method was removed from your account')
  ok(await app.updateUser({ email: moved }))
  ok(await app.verifyOtp({ token_hash: new URL((await mail.next(moved)).link).searchParams.get('token'), type: 'email_change' }))
  await to(address, 'Your email address was changed')
  return [address, moved]
}

for (const store of stores)
  describe(`notices on ${store}`, () => {
    let server, mail, sms

    before(async () => {
      ;[mail, sms] = [await sink(), await texts()]
      server = await start({ store, env: { ...env, ...mail.env, ...sms.env, ...on } })
    })
    after(async () => {
      await server.stop()
      mail.stop()
      sms.stop()
    })

    test('come once for each change', async () => {
      const addresses = await changes(server, mail, sms, async (address, subject) => assert.equal((await mail.next(address)).subject, subject))
      await sleep(300)
      for (const address of addresses) assert.deepEqual(mail.to(address), [], address)
    })

    test('do not come for what an administrator changes', async () => {
      const address = email(), admin = administrator(server), { user } = ok(await admin.createUser({ email: address, password, email_confirm: true }))
      ok(await admin.updateUserById(user.id, { password: 'another-pw-2', phone: phone(), phone_confirm: true }))
      await sleep(300)
      assert.deepEqual(mail.to(address), [])
    })

    test('a code by text message lets a user without e-mail change the password of an old session', async () => {
      const number = phone(), app = client(server)
      const { user } = ok(await administrator(server).createUser({ phone: number, password, phone_confirm: true }))
      ok(await app.signInWithPassword({ phone: number, password }))
      await query(server, `UPDATE auth.sessions SET created_at = ${store === 'postgres' ? "created_at - interval '25 hours'" : 'created_at - 90000000000'} WHERE user_id = '${user.id}' RETURNING id`, true)
      assert.equal((await app.updateUser({ password: 'another-pw-2' })).error.code, 'reauthentication_needed')
      ok(await app.reauthenticate())
      const code = sms.code(number), wrong = code === '000000' ? '111111' : '000000'
      assert.equal((await app.updateUser({ password: 'another-pw-2', nonce: wrong })).error.code, 'reauthentication_not_valid')
      ok(await app.updateUser({ password: 'another-pw-2', nonce: code }))
      assert.equal((await app.updateUser({ password: 'another-pw-3', nonce: code })).error.code, 'reauthentication_not_valid')
      ok(await client(server).signInWithPassword({ phone: number, password: 'another-pw-2' }))
    })
  })

test('no notice comes where none is wanted', async () => {
  const [mail, sms] = [await sink(), await texts()], server = await start({ env: { ...env, ...mail.env, ...sms.env } })
  try {
    const addresses = await changes(server, mail, sms, () => {})
    await sleep(300)
    for (const address of addresses) assert.deepEqual(mail.to(address), [])
  } finally {
    await server.stop()
    mail.stop()
    sms.stop()
  }
})
