// gotrue_hooks.test.mjs: captchas, hooks of new users and phone factors, through auth-js, with a provider and hooks of our own on loopback.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { GoTrueClient } from '@supabase/auth-js'
import { sleep, start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'
import { totp, wrong } from '../lib/totp.mjs'

const secret = 'v1,whsec_' + Buffer.from('a secret of hooks of 24 b').toString('base64')

// Keeps what comes; `answers[path]` is the body that goes back, or `hangUp`.
const hangUp = Symbol('no answer')
async function listener() {
  const kept = [], answers = {}
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const path = request.url
    kept.push({ path, text, headers: request.headers })
    const answer = await answers[path]?.(text)
    if (answer === hangUp) return request.socket.destroy()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const take = (path) => { const at = kept.findIndex((one) => one.path === path); return at < 0 ? undefined : kept.splice(at, 1)[0] }
  return { url: `http://127.0.0.1:${server.address().port}`, answers, take, stop: () => { server.close(); server.closeAllConnections() } }
}

const hook = (name, url) => ({ [`GOTRUE_HOOK_${name}_ENABLED`]: 'true', [`GOTRUE_HOOK_${name}_URI`]: url, [`GOTRUE_HOOK_${name}_SECRETS`]: secret })

for (const store of stores)
  describe(`captchas and hooks on ${store}`, () => {
    let server, web, count = 0
    const client = () => new GoTrueClient({ url: server.gotrue.url, headers: { apikey: server.gotrue.anonKey }, autoRefreshToken: false, persistSession: false })
    const address = () => `hooks-${++count}@example.com`
    const good = { options: { captchaToken: 'good' } }

    before(async () => {
      web = await listener()
      web.answers['/captcha'] = (text) => {
        const form = new URLSearchParams(text)
        return form.get('secret') === 'captcha&secret' && form.get('response') === 'good' ? { success: true } : { success: false, 'error-codes': ['bad', 'worse'] }
      }
      web.answers['/token'] = (text) => ({ claims: JSON.parse(text).claims })
      server = await start({ store, env: {
        GOTRUE_SECURITY_CAPTCHA_ENABLED: 'true', GOTRUE_SECURITY_CAPTCHA_PROVIDER: 'turnstile', GOTRUE_SECURITY_CAPTCHA_SECRET: 'captcha&secret',
        HECATE_CAPTCHA_URL: `${web.url}/captcha`, GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true', GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true',
        GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true', GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4',
        ...hook('BEFORE_USER_CREATED', `${web.url}/before`), ...hook('AFTER_USER_CREATED', `${web.url}/after`), ...hook('SEND_SMS', `${web.url}/sms`),
        ...hook('CUSTOM_ACCESS_TOKEN', `${web.url}/token`), ...hook('MFA_VERIFICATION_ATTEMPT', `${web.url}/mfa`),
      } })
    })
    after(async () => { web?.stop(); await server?.stop() })

    test('the provider judges the captcha', async () => {
      const email = address(), password = 'secret-pw-1'
      const none = await client().signUp({ email, password })
      assert.equal(none.error.code, 'captcha_failed')
      assert.match(none.error.message, /no captcha_token found/)
      const bad = await client().signUp({ email, password, options: { captchaToken: 'forged' } })
      assert.equal(bad.error.message, 'captcha protection: request disallowed (bad, worse)')
      assert.equal((await client().signUp({ email, password, ...good })).error, null)
      assert.equal((await client().signInWithPassword({ email, password })).error.code, 'captcha_failed')
      assert.equal((await client().signInWithPassword({ email, password, ...good })).error, null)
      for (const ask of [() => client().signInWithOtp({ email }), () => client().resetPasswordForEmail(email), () => client().resend({ type: 'signup', email })])
        assert.equal((await ask()).error.code, 'captcha_failed')
    })

    test('a refresh and an administrator need none; a provider that fails is 500', async () => {
      const own = client(), email = address()
      await own.signUp({ email, password: 'secret-pw-1', ...good })
      assert.equal((await own.refreshSession()).error, null)
      const admin = await fetch(`${server.gotrue.url}/signup`, { method: 'POST', headers: { authorization: `Bearer ${server.gotrue.serviceKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ email: address(), password: 'secret-pw-1' }) })
      assert.equal(admin.status, 200)
      const judge = web.answers['/captcha']
      web.answers['/captcha'] = () => 'no verdict'
      const broken = await client().signUp({ email: address(), password: 'secret-pw-1', ...good })
      web.answers['/captcha'] = judge
      assert.equal(broken.error.status, 500)
      assert.equal(broken.error.message, 'captcha verification process failed')
    })

    test('the hook before may refuse a user, the hook after learns of one', async () => {
      const email = address()
      while (web.take('/before'));
      web.answers['/before'] = () => ({ error: { http_code: 403, message: 'not you' } })
      const refused = await client().signUp({ email, password: 'secret-pw-1', ...good })
      delete web.answers['/before']
      assert.equal(refused.error.status, 403)
      assert.equal(refused.error.message, 'not you')
      assert.equal(JSON.parse(web.take('/before').text).user.email, email)
      assert.equal((await client().signInWithPassword({ email, password: 'secret-pw-1', ...good })).error.code, 'invalid_credentials')
      const { data } = await client().signInAnonymously(good)
      assert.equal(JSON.parse(web.take('/after').text).user.id, data.user.id)
      const sent = web.take('/before')
      assert.match(sent.headers['webhook-signature'], /^v1,/)
      assert.equal(JSON.parse(sent.text).metadata.name, 'before-user-created')
    })

    test('a hook that hangs up late has five seconds in all', async () => {
      while (web.take('/before'));
      web.answers['/before'] = async () => { await sleep(3500); return hangUp }
      const { error } = await client().signUp({ email: address(), password: 'secret-pw-1', ...good })
      delete web.answers['/before']
      assert.equal(error.code, 'hook_timeout')
      assert.ok(web.take('/before'))
      assert.equal(web.take('/before'), undefined) // not tried again after its time
    })

    test('a phone factor gets its code through the hook and gives aal2', async () => {
      const own = client()
      await own.signUp({ email: address(), password: 'secret-pw-1', ...good })
      const { data: factor, error } = await own.mfa.enroll({ factorType: 'phone', phone: '+15551230001', friendlyName: 'mine' })
      assert.equal(error, null)
      const { data: challenge } = await own.mfa.challenge({ factorId: factor.id })
      const { sms } = JSON.parse(web.take('/sms').text)
      assert.equal(sms.sms_type, 'mfa')
      assert.equal(sms.phone, '15551230001')
      assert.equal((await own.mfa.challenge({ factorId: factor.id })).error.code, 'over_sms_send_rate_limit')
      const wrong = sms.otp === '000000' ? '000001' : '000000'
      assert.equal((await own.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: wrong })).error.message, 'Invalid MFA Phone code entered')
      assert.equal((await own.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: sms.otp })).error, null)
      assert.equal((await own.mfa.getAuthenticatorAssuranceLevel()).data.currentLevel, 'aal2')
      assert.equal((await own.mfa.listFactors()).data.phone.length, 1)
      assert.equal((await own.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: sms.otp })).error.code, 'mfa_ip_address_mismatch')
    })

    test('the hook of second factors is asked at the second step of Auth0, too', async () => {
      const oauth = async (body) => {
        const answer = await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body }) })
        return { status: answer.status, ...await answer.json() }
      }
      const own = client(), email = address(), password = 'secret-pw-1', number = '+15551230002'
      const { data: { user } } = await own.signUp({ email, password, ...good }), ids = {}
      for (const [factorType, more] of [['totp', {}], ['phone', { phone: number }]]) {
        const { data: factor } = await own.mfa.enroll({ factorType, friendlyName: factorType, ...more })
        while (web.take('/sms'));
        const { data: challenge } = await own.mfa.challenge({ factorId: factor.id })
        ids[factorType] = { id: factor.id, secret: factor.totp?.secret }
        assert.equal((await own.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: factor.totp ? totp(factor.totp.secret) : JSON.parse(web.take('/sms').text).sms.otp })).error, null)
      }
      await query(server, `UPDATE auth.mfa_factors SET last_challenged_at = NULL WHERE user_id = '${user.id}' RETURNING id`, true)
      const { mfa_token } = await oauth({ grant_type: 'password', username: email, password })
      const challenge = await fetch(`${server.auth0.url}/mfa/challenge`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, mfa_token, challenge_type: 'oob' }) })
      const { oob_code } = await challenge.json(), { otp } = JSON.parse(web.take('/sms').text).sms
      const sessions = async () => (await query(server, `SELECT count(*) AS n FROM auth.sessions WHERE user_id = '${user.id}'`))[0].n
      const ways = { // the right and the wrong code of each
        totp: (right) => ({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', otp: right ? totp(ids.totp.secret, 1) : wrong(ids.totp.secret) }),
        phone: (right) => ({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-oob', oob_code, binding_code: right ? otp : otp === '000000' ? '000001' : '000000' }),
      }
      while (web.take('/mfa'));
      web.answers['/mfa'] = () => ({ decision: 'reject', message: 'no more' })
      for (const [factor_type, body] of Object.entries(ways))
        for (const valid of [true, false]) {
          assert.equal((await oauth({ mfa_token, ...body(valid) })).status, 403)
          const { metadata, ...told } = JSON.parse(web.take('/mfa').text)
          assert.deepEqual([metadata.name, told], ['mfa-verification', { user_id: user.id, factor_id: ids[factor_type].id, factor_type, valid }])
        }
      assert.equal(Number(await sessions()), 0) // all ended
      const tries = await query(server, `SELECT h.tries FROM hecate.factors h JOIN auth.mfa_factors f ON f.id = h.factor_id WHERE f.user_id = '${user.id}'`)
      assert.deepEqual(tries.map((row) => Number(row.tries)), [1, 1]) // wrong ones count though they were refused
      delete web.answers['/mfa']
      for (const body of Object.values(ways)) assert.equal((await oauth({ mfa_token, ...body(true) })).status, 200) // what was refused was not used up
    })

    test('a sign-in whose token the hook refuses has not been', async () => {
      const email = address(), password = 'secret-pw-1', own = client(), echo = web.answers['/token']
      const { data: { user } } = await own.signUp({ email, password, ...good })
      const state = async () => (await query(server, `SELECT CAST(u.last_sign_in_at AS text) AS at, (SELECT count(*) FROM auth.sessions s WHERE s.user_id = u.id) AS n FROM auth.users u WHERE u.id = '${user.id}'`))[0]
      const before = await state()
      web.answers['/token'] = () => ({ error: { http_code: 403, message: 'no token' } })
      assert.equal((await client().signInWithPassword({ email, password, ...good })).error.message, 'no token')
      web.answers['/token'] = echo
      assert.deepEqual(await state(), before)
      assert.equal((await own.refreshSession()).error, null) // the session of before goes on
      assert.equal((await client().signInWithPassword({ email, password, ...good })).error, null)
      assert.notDeepEqual(await state(), before)
    })
  })
