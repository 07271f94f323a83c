// gotrue_mail_hook.test.mjs: mails that a hook sends instead of SMTP, through auth-js: what it is told opens what it should, what it refuses leaves nothing behind, and nobody
// else waits for it. Notifications that do not arrive wait in the outbox.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { sleep, start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'

const key = Buffer.from('a secret of hooks of 24 b'), password = 'secret-pw-1'

// Keeps what comes; `answer(body)` may give { status, body, delay, until } for one message, `until` a promise.
async function listener() {
  const kept = [], self = { answer: () => ({}), calls: 0 }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
    const body = JSON.parse(text)
    self.calls++
    kept.push({ ...body, signed: signature === `v1,${createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64')}` })
    const { status = 200, body: back = {}, delay = 0, until } = self.answer(body)
    await sleep(delay)
    await until
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(back))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The next message of this kind to this user, for up to 15 s.
  const next = async (action, email) => {
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(10)) {
      const at = kept.findIndex((one) => one.email_data.email_action_type === action && one.user.email === email)
      if (at >= 0) return kept.splice(at, 1)[0]
    }
    assert.fail(`no ${action} to ${email}`)
  }
  return Object.assign(self, { url: `http://127.0.0.1:${server.address().port}`, next, stop: () => { server.close(); server.closeAllConnections() } })
}

for (const store of stores)
  describe(`the hook that sends mail on ${store}`, () => {
    let server, hook, count = 0
    const client = () => new GoTrueClient({ url: server.gotrue.url, headers: { apikey: server.gotrue.anonKey }, autoRefreshToken: false, persistSession: false })
    const admin = () => new GoTrueAdminApi({ url: server.gotrue.url, headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
    const address = () => `mail-hook-${++count}@example.com`
    const refuse = (body) => { hook.answer = () => ({ body: { error: body } }) }
    async function known() {
      const email = address(), { data } = await admin().createUser({ email, password, email_confirm: true }), own = client()
      await own.signInWithPassword({ email, password })
      return { email, own, id: data.user.id }
    }

    before(async () => {
      hook = await listener()
      server = await start({ store, env: {
        GOTRUE_HOOK_SEND_EMAIL_ENABLED: 'true', GOTRUE_HOOK_SEND_EMAIL_URI: `${hook.url}/email`, GOTRUE_HOOK_SEND_EMAIL_SECRETS: `v1,whsec_${key.toString('base64')}`,
        GOTRUE_API_REQUEST_ID_HEADER: 'X-Proxy-Id', GOTRUE_SITE_URL: 'https://app.example.com', GOTRUE_URI_ALLOW_LIST: 'https://app.example.com/**', HECATE_PASSWORD_HASH: 'bcrypt:4',
        GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED: 'true', GOTRUE_MAILER_NOTIFICATIONS_EMAIL_CHANGED_ENABLED: 'true',
      } })
    })
    after(async () => { hook?.stop(); await server?.stop() })

    test('a sign-up is confirmed by what the hook was told, and not told again once it is', async () => {
      const email = address(), ask = () => client().signUp({ email, password, options: { data: { name: 'Ada' }, emailRedirectTo: 'https://app.example.com/in' } })
      assert.equal((await ask()).error, null)
      const { signed, metadata, user, email_data: told } = await hook.next('signup', email)
      assert.deepEqual([signed, metadata.name, user.user_metadata.name, user.identities.length], [true, 'send-email', 'Ada', 1])
      assert.deepEqual([told.redirect_to, told.site_url, told.token_new], ['https://app.example.com/in', server.gotrue.url, ''])
      const { data } = await client().verifyOtp({ type: 'signup', token_hash: told.token_hash })
      assert.equal(data.user.id, user.id)
      const calls = hook.calls
      assert.equal((await ask()).error, null)
      assert.equal(hook.calls, calls)
    })

    test('what it refuses leaves nothing behind', async () => {
      const email = address(), { email: old } = await known()
      refuse({ http_code: 418, message: 'no mail today' })
      for (const { error } of [await client().signUp({ email, password }), await client().signInWithOtp({ email }), await client().resetPasswordForEmail(old), await admin().inviteUserByEmail(email)])
        assert.deepEqual([error.status, error.message], [418, 'no mail today'])
      hook.answer = () => ({ status: 500 })
      const { error } = await client().resetPasswordForEmail(old)
      assert.deepEqual([error.status, error.message], [500, 'Unexpected status code returned from hook: 500'])
      hook.answer = () => ({})
      assert.deepEqual((await query(server, `SELECT id FROM auth.users WHERE email = '${email}'`)), [])
      assert.deepEqual((await query(server, `SELECT recovery_token, recovery_sent_at FROM auth.users WHERE email = '${old}'`)), [{ recovery_token: '', recovery_sent_at: null }])
      assert.equal((await client().resetPasswordForEmail(old)).error, null)
      assert.equal((await client().resetPasswordForEmail(old)).error.code, 'over_email_send_rate_limit')
      assert.equal((await client().signInWithOtp({ email })).error, null)
    })

    test('an error of the server has the id that the proxy gave the request', async () => {
      const { email } = await known(), ask = async (headers) => (await fetch(`${server.gotrue.url}/recover`, { method: 'POST', body: JSON.stringify({ email }), headers })).json()
      hook.answer = () => ({ status: 500 })
      assert.equal((await ask({ 'x-proxy-id': 'the-proxy-4711' })).error_id, 'the-proxy-4711')
      assert.equal('error_id' in await ask({}), false)
      hook.answer = () => ({})
      assert.match(server.log(), /"id":"the-proxy-4711".*"route":"\/recover"/)
    })

    test('who waits for it holds nobody up', async () => {
      const { email } = await known()
      const asked = Promise.withResolvers(), others = Promise.withResolvers()
      let answered = false
      hook.answer = (body) => (body.user.email === email ? (asked.resolve(), { until: others.promise }) : {})
      const slow = client().resetPasswordForEmail(email).then(({ error }) => { answered = true; return error })
      await asked.promise
      for (let i = 0; i < 5; i++) assert.equal((await admin().createUser({ email: address() })).error, null)
      assert.equal((await client().signUp({ email: address(), password })).error, null)
      assert.equal(answered, false)
      others.resolve()
      assert.equal(await slow, null)
      hook.answer = () => ({})
      const { email_data: told } = await hook.next('recovery', email)
      assert.equal((await client().verifyOtp({ type: 'recovery', email, token: told.token })).error, null)
    })

    test('an invitation, a code to be sure, and a link that is not sent', async () => {
      const { email: old, own } = await known(), email = address(), calls = hook.calls
      assert.equal((await admin().generateLink({ type: 'magiclink', email: old })).error, null)
      assert.equal(hook.calls, calls)
      assert.equal((await admin().inviteUserByEmail(email)).error, null)
      const { email_data: invited } = await hook.next('invite', email)
      assert.equal((await client().verifyOtp({ type: 'invite', token_hash: invited.token_hash })).error, null)
      assert.equal((await admin().inviteUserByEmail(email)).error.code, 'email_exists')
      assert.equal((await own.reauthenticate()).error, null)
      assert.match((await hook.next('reauthentication', old)).email_data.token, /^\d{6}$/)
      assert.equal(hook.calls, calls + 2)
    })

    test('a change of address: one message with both halves, crosswise, also again', async () => {
      const { email, own, id } = await known(), fresh = address()
      assert.equal((await own.updateUser({ email: fresh, data: { seen: 1 } })).error, null)
      const { user, email_data: first } = await hook.next('email_change', email)
      assert.deepEqual([user.new_email, user.user_metadata.seen, 'email_change_sent_at' in user], [fresh, 1, false])
      await query(server, `UPDATE auth.users SET email_change_sent_at = NULL WHERE id = '${id}' RETURNING id`, true)
      assert.equal((await client().resend({ type: 'email_change', email })).error, null)
      const { email_data: told } = await hook.next('email_change', email)
      assert.equal((await client().verifyOtp({ type: 'email_change', token_hash: first.token_hash })).error.code, 'otp_expired')
      assert.equal((await client().verifyOtp({ type: 'email_change', email, token: told.token })).error, null)
      const { data } = await client().verifyOtp({ type: 'email_change', token_hash: told.token_hash })
      assert.equal(data.user.email, fresh)
      assert.equal((await hook.next('email_changed_notification', fresh)).email_data.old_email, email)
    })

    test('a notification has reached the hook when the request is answered', async () => {
      const { own, id } = await known()
      let told = 0
      hook.answer = () => (told++, { delay: 200 })
      assert.equal((await own.updateUser({ password: 'secret-pw-2' })).error, null)
      assert.equal(told, 1)
      assert.deepEqual(await query(server, `SELECT state FROM hecate.outbox WHERE user_id = '${id}'`), [])
      hook.answer = () => ({})
    })

    test('a notification that the hook refuses is over, one that does not reach it waits', async () => {
      const { email, own, id } = await known(), states = () => query(server, `SELECT state FROM hecate.outbox WHERE user_id = '${id}'`).then((all) => all.map(({ state }) => state))
      const settled = async (want) => { for (const end = Date.now() + 15_000; Date.now() < end && String(await states()) !== want; ) await sleep(20); return String(await states()) }
      assert.equal((await own.updateUser({ password: 'secret-pw-2' })).error, null)
      assert.equal((await hook.next('password_changed_notification', email)).user.id, id)
      assert.equal(await settled(''), '')
      refuse({ message: 'unwanted' })
      assert.equal((await own.updateUser({ password: 'secret-pw-3' })).error, null)
      assert.equal(await settled('failed'), 'failed')
      hook.answer = () => ({ status: 502 })
      assert.equal((await own.updateUser({ password: 'secret-pw-4' })).error, null)
      await hook.next('password_changed_notification', email)
      assert.match(await settled('failed,waiting'), /waiting/)
      hook.answer = () => ({})
    })
  })
