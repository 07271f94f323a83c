// factors.test.mjs (A7, A12): a step of TOTP counts once, wherever it comes again; and whoever has the password, a mailbox or an old token, but not the second
// factor, does nothing that a second factor guards.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { count, stores } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query } from '../lib/tables.mjs'
import { texts } from '../lib/texts.mjs'
import { steady, totp } from '../lib/totp.mjs'
import { race, Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1', verifier = 'v'.repeat(43)
const challenge = { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 's256' }
let n = 0
const email = () => `factor-${process.pid}-${n++}@example.com`
const path = ({ link }) => link.replace(/^https?:\/\/[^/]+/, '')
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))

for (const store of stores)
  describe(`second factors (${store})`, () => {
    let server, mail, sms, wires, machine

    before(async () => {
      mail = await sink()
      sms = await texts()
      server = await start({ store, env: { ...mail.env, ...sms.env, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_SUBJECTS_MAGIC_LINK: '{{ .Token }}', GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true', GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true',
        GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true' } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      machine = (await oauth({ grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` })).json.access_token
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
      mail.stop()
      sms.stop()
    })

    const bearer = (token) => ({ authorization: `Bearer ${token}` })
    const gotrue = (method, where, body, token) => wires.gotrue.request(method, where, body, token && bearer(token))
    const clerk = (method, where, body) => wires.clerk.request(method, `/v1${where}`, body)
    const oauth = (body) => wires.auth0.request('POST', '/oauth/token', { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body })
    const passwordGrant = (username, secret = password) => oauth({ grant_type: 'password', username, password: secret, scope: 'openid offline_access', audience: `${server.auth0.url}/api/v2/` })
    const secondStep = (mfa_token, otp) => oauth({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token, otp })
    const good = async (asked) => {
      const answer = await asked
      assert.ok(answer.status < 400, `${answer.status} ${answer.text}`)
      return answer.json
    }
    const signIn = (address) => good(gotrue('POST', '/token?grant_type=password', { email: address, password }))

    async function made() {
      const address = email(), phone = `1555${1000000 + n}`
      const { id } = await good(gotrue('POST', '/admin/users', { email: address, password, email_confirm: true, phone, phone_confirm: true }, server.gotrue.serviceKey))
      const [{ id: clerkId }] = await good(clerk('GET', `/users?email_address=${address}`))
      const [{ user_id: auth0Id }] = await good(wires.auth0.request('GET', `/api/v2/users-by-email?email=${address}`, undefined, bearer(machine)))
      return { address, id, clerkId, auth0Id, phone }
    }
    // A user with a verified factor of TOTP, its secret, and the session that verified it; the step `at` is used up.
    async function guarded(at = -1) {
      const p = await made(), session = await signIn(p.address)
      const factor = await good(gotrue('POST', '/factors', { factor_type: 'totp', friendly_name: 'a' }, session.access_token))
      const { id } = await good(gotrue('POST', `/factors/${factor.id}/challenge`, {}, session.access_token))
      const used = totp(factor.totp.secret, at), high = await good(gotrue('POST', `/factors/${factor.id}/verify`, { challenge_id: id, code: used }, session.access_token))
      assert.equal(claimsOf(high.access_token).aal, 'aal2')
      return { ...p, used, secret: factor.totp.secret, factorId: factor.id, high, low: session }
    }
    const answerChallenge = async (p, token, code) => {
      const { id } = await good(gotrue('POST', `/factors/${p.factorId}/challenge`, {}, token))
      return gotrue('POST', `/factors/${p.factorId}/verify`, { challenge_id: id, code }, token)
    }

    // ---- A7 ----

    test('a step of TOTP that was used is good nowhere', { timeout: 600_000 }, async (t) => {
      const trials = count(4, 40)
      let again = 0
      const none = (answer, way) => {
        again++
        assert.ok(answer.status >= 400 && !answer.text.includes('access_token'), `${way}: ${answer.status} ${answer.text}`)
      }
      for (let i = 0; i < trials; i++) {
        await steady(8000) // no step ends in between
        const p = await guarded(), other = await signIn(p.address), code = totp(p.secret)
        const wins = (await race([p.high, other].map((s) => s.access_token).flatMap((token) => [1, 2]).map((_, k) => k).map((k) => [new Wire(server.gotrue.url), 'POST', `/factors/${p.factorId}/challenge`, {}, bearer([p.high, other][k % 2].access_token)])))
          .map(({ json }) => json.id)
        const raced = wins.map((id, k) => [new Wire(server.gotrue.url), 'POST', `/factors/${p.factorId}/verify`, { challenge_id: id, code }, bearer([p.high, other][k % 2].access_token)])
        const answers = await race(raced)
        raced.forEach(([wire]) => wire.close())
        assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ text }) => text).join('\n').slice(0, 2000))
        again += answers.length - 1
        const { access_token: token } = answers.find(({ status }) => status === 200).json
        none(await answerChallenge(p, token, code), 'on a new challenge')
        none(await answerChallenge(p, token, totp(p.secret, -1)), 'the step before')
        none(await secondStep((await passwordGrant(p.address)).json.mfa_token, code), 'at Auth0')
        none(await clerk('POST', `/users/${p.clerkId}/verify_totp`, { code }), 'at Clerk')
        const next = totp(p.secret, 1)
        assert.ok((await secondStep((await passwordGrant(p.address)).json.mfa_token, next)).status === 200, 'the next step is good')
        none(await answerChallenge(p, token, next), 'used at Auth0, then at GoTrue')
      }
      figure(t, `${again} second uses of ${trials} codes (${store}), 0 taken`)
    })

    // ---- A12 ----

    // Sessions that know no second factor: how they are got of a guarded user.
    const low = {
      'the password': async (p) => (await signIn(p.address)).access_token,
      'the password, refreshed': async (p) => (await good(gotrue('POST', '/token?grant_type=refresh_token', { refresh_token: (await signIn(p.address)).refresh_token }))).access_token,
      'a link to a new password': async (p) => { await good(gotrue('POST', '/recover', { email: p.address })); return inLink(await mail.next(p.address)) },
      'a magic link': async (p) => { await good(gotrue('POST', '/magiclink', { email: p.address })); return inLink(await mail.next(p.address)) },
      'a magic link, refreshed': async (p) => {
        await good(gotrue('POST', '/magiclink', { email: p.address }))
        const to = (await gotrue('GET', path(await mail.next(p.address)))).headers.location
        return (await good(gotrue('POST', '/token?grant_type=refresh_token', { refresh_token: /refresh_token=([^&]*)/.exec(to)[1] }))).access_token
      },
      'a code by mail': async (p) => { await good(gotrue('POST', '/otp', { email: p.address })); return (await good(gotrue('POST', '/verify', { type: 'email', email: p.address, token: (await mail.next(p.address)).otp }))).access_token },
      'a code by phone': async (p) => { await good(gotrue('POST', '/otp', { phone: p.phone })); return (await good(gotrue('POST', '/verify', { type: 'sms', phone: p.phone, token: sms.code(p.phone) }))).access_token },
      'a link of an administrator': async (p) => {
        const { hashed_token } = await good(gotrue('POST', '/admin/generate_link', { type: 'magiclink', email: p.address }, server.gotrue.serviceKey))
        return (await good(gotrue('POST', '/verify', { type: 'magiclink', token_hash: hashed_token }))).access_token
      },
      'a flow': async (p) => {
        await good(gotrue('POST', '/recover', { email: p.address, ...challenge }))
        const auth_code = new URL((await gotrue('GET', path(await mail.next(p.address)))).headers.location).searchParams.get('code')
        return (await good(gotrue('POST', '/token?grant_type=pkce', { auth_code, code_verifier: verifier }))).access_token
      },
    }
    const inLink = async (letter) => /access_token=([^&]*)/.exec((await gotrue('GET', path(letter))).headers.location)[1]

    // What a second factor guards.
    const guardedRoutes = {
      'a new password': () => ['PUT', '/user', { password: 'another-pw-2' }],
      'a new password, by POST': () => ['POST', '/user', { password: 'another-pw-2' }],
      'a new password beside metadata': () => ['PUT', '/user', { data: { a: 1 }, password: 'another-pw-2' }],
      'another address': () => ['PUT', '/user', { email: email() }],
      'another number': () => ['PUT', '/user', { phone: `1666${1000000 + n++}` }],
      'a further factor': () => ['POST', '/factors', { factor_type: 'totp', friendly_name: `further ${n++}` }],
      'a further phone': () => ['POST', '/factors', { factor_type: 'phone', phone: `1777${1000000 + n++}`, friendly_name: `further ${n++}` }],
      'the factor taken away': (p) => ['DELETE', `/factors/${p.factorId}`],
      'a challenge answered wrongly': (p) => ['POST', `/factors/${p.factorId}/verify`, { challenge_id: p.challengeId, code: '' }],
    }
    const untouched = async (p) => ({
      user: await query(server, `SELECT encrypted_password, email, phone FROM auth.users WHERE id = '${p.id}'`), factors: await query(server, `SELECT id, status FROM auth.mfa_factors WHERE user_id = '${p.id}'`),
    })

    test('no session without the second factor does what it guards', { timeout: 600_000 }, async (t) => {
      let asked = 0
      for (const [way, get] of Object.entries(low)) {
        await steady(8000) // no step ends in between
        const p = await guarded(), token = await get(p)
        assert.equal(claimsOf(token).aal, 'aal1', way)
        p.challengeId = (await good(gotrue('POST', `/factors/${p.factorId}/challenge`, {}, token))).id
        const before = await untouched(p)
        for (const [what, ask] of Object.entries(guardedRoutes)) {
          asked++
          const answer = await gotrue(...ask(p), token)
          assert.ok(answer.status >= 400 && answer.status < 500, `${what} by ${way}: ${answer.status} ${answer.text}`)
        }
        assert.deepEqual(await untouched(p), before, way)
      }
      figure(t, `${asked} guarded requests by ${Object.keys(low).length} kinds of sessions (${store}), 0 served`)
    })

    test('what was got before the factor, or by half of a sign-in, leads to nothing', async (t) => {
      await steady(8000) // no step ends in between
      const p = await guarded(), before = await untouched(p)
      const refused = async (what, asked) => {
        const answer = await asked
        assert.ok(answer.status >= 400 && !/"(access_token|refresh_token)"/.test(answer.text), `${what}: ${answer.status} ${answer.text}`)
      }
      // the tokens of the session from before it was raised
      await refused('the refresh token from before', gotrue('POST', '/token?grant_type=refresh_token', { refresh_token: p.low.refresh_token }))
      await refused('the access token from before', gotrue('PUT', '/user', { password: 'another-pw-2' }, p.low.access_token))
      // a token that says aal2, of a session that does not
      const q = await guarded(), one = await signIn(q.address)
      await query(server, `UPDATE auth.sessions SET aal = 'aal1' WHERE id = '${claimsOf(q.high.access_token).session_id}' RETURNING id`, true)
      await refused('a token above its session', gotrue('PUT', '/user', { password: 'another-pw-2' }, q.high.access_token))
      await refused('a factor of another', gotrue('DELETE', `/factors/${q.factorId}`, undefined, p.high.access_token))
      await refused('a challenge of another', answerChallenge({ ...p }, one.access_token, totp(p.secret)).catch(() => ({ status: 404, text: '' })))
      // Auth0: the password alone, by each grant and name
      for (const username of [p.address, p.address.toUpperCase()])
        for (const more of [{}, { scope: '' }, { audience: undefined }]) {
          const answer = await oauth({ grant_type: 'password', username, password, scope: 'openid offline_access', ...more })
          assert.equal(answer.json.error, 'mfa_required')
          await refused('the password at Auth0', Promise.resolve(answer))
        }
      const realm = await oauth({ grant_type: 'http://auth0.com/oauth/grant-type/password-realm', realm: 'Username-Password-Authentication', username: p.address, password })
      assert.equal(realm.json.error, 'mfa_required')
      const { mfa_token } = realm.json
      for (const [what, body] of Object.entries({ 'no code': {}, 'an empty code': { otp: '' }, 'a code of null': { otp: null }, 'a list': { otp: [totp(p.secret)] }, 'a wrong code': { otp: '000000' }, 'a number': { otp: 0 }, 'the step before': { otp: p.used } }))
        await refused(what, secondStep(mfa_token, body.otp))
      await refused('the token of another', secondStep((await passwordGrant(q.address)).json.mfa_token, totp(p.secret)))
      for (const grant of ['mfa-oob', 'mfa-recovery-code', 'passwordless/otp']) await refused(grant, oauth({ grant_type: `http://auth0.com/oauth/grant-type/${grant}`, mfa_token, oob_code: 'x', recovery_code: 'x', otp: '000000' }))
      for (const [method, where] of [['GET', '/userinfo'], ['GET', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`]]) await refused(`${where} with an mfa_token`, wires.auth0.request(method, where, undefined, bearer(mfa_token)))
      // a forgotten password leaves the factor
      const { ticket } = await good(wires.auth0.request('POST', '/api/v2/tickets/password-change', { user_id: p.auth0Id }, bearer(machine)))
      const chosen = new URLSearchParams({ ticket: new URL(ticket.replace('#', '')).searchParams.get('ticket'), password: 'another-pw-2', password_again: 'another-pw-2' })
      const set = await fetch(`${server.auth0.url}/u/reset-password`, { method: 'POST', body: chosen, redirect: 'manual' })
      assert.ok(set.status < 400, await set.text())
      assert.equal((await passwordGrant(p.address, 'another-pw-2')).json.error, 'mfa_required')
      assert.deepEqual((await untouched(p)).factors, before.factors)
      const enrolled = await wires.auth0.request('GET', '/mfa/authenticators', undefined, bearer(mfa_token))
      assert.ok(!enrolled.text.includes(p.secret))
      figure(t, `0 of 24 shortcuts (${store})`)
    })

    // Whoever had the password once, and asked for a recovery code, has nothing of it when there is a factor.
    test('a recovery code from before the factor opens nothing', async () => {
      const recover = async (p, code) => oauth({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-recovery-code', mfa_token: (await passwordGrant(p.address)).json.mfa_token, recovery_code: code })
      const associate = async (p) => {
        const { access_token } = await good(oauth({ grant_type: 'password', username: p.address, password, audience: `${server.auth0.url}/mfa/`, scope: 'enroll' }))
        const { secret, recovery_codes } = await good(wires.auth0.request('POST', '/mfa/associate', { authenticator_types: ['otp'] }, bearer(access_token)))
        return { access_token, secret, code: recovery_codes[0] }
      }
      const ways = {
        gotrue: async (p) => {
          const { access_token: token } = await signIn(p.address), factor = await good(gotrue('POST', '/factors', { factor_type: 'totp', friendly_name: 'mine' }, token))
          const { id } = await good(gotrue('POST', `/factors/${factor.id}/challenge`, {}, token))
          await good(gotrue('POST', `/factors/${factor.id}/verify`, { challenge_id: id, code: totp(factor.totp.secret) }, token))
        },
        clerk: (p) => good(clerk('PATCH', `/users/${p.clerkId}`, { totp_secret: 'JBSWY3DPEHPK3PXP' })),
        auth0: (p) => good(wires.auth0.request('POST', `/api/v2/users/${encodeURIComponent(p.auth0Id)}/authentication-methods`, { type: 'totp', name: 'a', totp_secret: 'JBSWY3DPEHPK3PXP' }, bearer(machine))),
      }
      for (const [way, enrol] of Object.entries(ways)) {
        const p = await made(), { code } = await associate(p)
        await enrol(p)
        assert.equal((await recover(p, code)).status, 403, way)
      }
      const p = await made(), { access_token, secret, code } = await associate(p) // the one that comes with the factor is good
      await good(secondStep(access_token, totp(secret)))
      assert.equal((await recover(p, code)).status, 200)
      const q = await made(), { access_token: token } = await signIn(q.address) // one that came meanwhile is not: another got it
      const factor = await good(gotrue('POST', '/factors', { factor_type: 'totp', friendly_name: 'mine' }, token)), { code: meanwhile } = await associate(q)
      const { id } = await good(gotrue('POST', `/factors/${factor.id}/challenge`, {}, token))
      await good(gotrue('POST', `/factors/${factor.id}/verify`, { challenge_id: id, code: totp(factor.totp.secret) }, token))
      assert.equal((await recover(q, meanwhile)).status, 403)
    })

    test('a phone that must be shown is asked for by every dialect', async () => {
      const p = await made(), session = await signIn(p.address), number = `1888${1000000 + n++}`
      const factor = await good(gotrue('POST', '/factors', { factor_type: 'phone', phone: number, friendly_name: 'p' }, session.access_token))
      const { id } = await good(gotrue('POST', `/factors/${factor.id}/challenge`, {}, session.access_token))
      const high = await good(gotrue('POST', `/factors/${factor.id}/verify`, { challenge_id: id, code: sms.code(number) }, session.access_token))
      assert.equal(claimsOf(high.access_token).aal, 'aal2')
      const answer = await passwordGrant(p.address)
      assert.deepEqual([answer.status, answer.json.error, answer.json.access_token], [403, 'mfa_required', undefined])
      assert.ok((await secondStep(answer.json.mfa_token, sms.code(number))).status >= 400)
    })

    test('codes of authenticators that are switched off open nothing at Auth0', async (t) => {
      const off = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MFA_TOTP_VERIFY_ENABLED: 'false', GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true', GOTRUE_SMS_TEST_OTP: '4930111:111111' } })
      const wire = new Wire(off.auth0.url, {}, off.auth0.ca), client = { client_id: off.auth0.clientId, client_secret: off.auth0.clientSecret }, totp_secret = 'JBSWY3DPEHPK3PXP', address = email()
      const ask = (where, body) => wire.request('POST', where, { ...client, ...body })
      t.after(async () => { wire.close(); await off.stop() })
      const { access_token } = await good(ask('/oauth/token', { grant_type: 'client_credentials', audience: `${off.auth0.url}/api/v2/` }))
      const { user_id } = await good(wire.request('POST', '/api/v2/users', { connection: 'Username-Password-Authentication', email: address, password: 'Secret-pw-1' }, bearer(access_token)))
      for (const method of [{ type: 'totp', name: 'a', totp_secret }, { type: 'phone', name: 'b', phone_number: '+4930111' }])
        await good(wire.request('POST', `/api/v2/users/${encodeURIComponent(user_id)}/authentication-methods`, method, bearer(access_token)))
      const { mfa_token } = (await ask('/oauth/token', { grant_type: 'password', username: address, password: 'Secret-pw-1' })).json
      const { oob_code } = await good(ask('/mfa/challenge', { mfa_token }))
      const step = (kind, body) => ask('/oauth/token', { grant_type: `http://auth0.com/oauth/grant-type/mfa-${kind}`, mfa_token, ...body })
      assert.equal((await step('otp', { otp: totp(totp_secret) })).status, 403)
      assert.equal((await step('oob', { oob_code, binding_code: '111111' })).status, 200)
    })

    test('a token from before the factor was shown takes no factor away', async () => {
      await steady(8000) // no step ends in between
      const p = await made(), audience = `${server.auth0.url}/mfa/`, scope = 'enroll remove:authenticators read:authenticators', client = { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }
      const { access_token: old } = await good(oauth({ grant_type: 'password', username: p.address, password, scope, audience }))
      const mfa = (method, where, token, body) => wires.auth0.request(method, `/mfa/${where}`, body, bearer(token))
      const { secret } = await good(mfa('POST', 'associate', old, { authenticator_types: ['otp'] }))
      await sleep(1100)
      const { access_token: risen } = await good(oauth({ ...client, grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token: old, otp: totp(secret) }))
      const [{ id }] = await good(mfa('GET', 'authenticators', risen))
      for (const [method, where, body] of [['DELETE', `authenticators/${encodeURIComponent(id)}`], ['POST', 'associate', { authenticator_types: ['otp'] }]]) assert.equal((await mfa(method, where, old, body)).status, 403)
      assert.equal((await mfa('DELETE', `authenticators/${encodeURIComponent(id)}`, risen)).status, 204)
    })

    for (const [origin, make] of Object.entries({
      'Clerk': (p) => clerk('PATCH', `/users/${p.clerkId}`, { totp_secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }),
      'Auth0': (p) => wires.auth0.request('POST', `/api/v2/users/${encodeURIComponent(p.auth0Id)}/authentication-methods`, { type: 'totp', name: 'a', totp_secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }, bearer(machine)),
    }))
      test(`a factor made by ${origin} guards in GoTrue and Auth0`, async () => {
        const p = await made(), session = await signIn(p.address)
        await good(make(p))
        for (const token of [session.access_token, (await signIn(p.address)).access_token]) {
          const answer = await gotrue('PUT', '/user', { password: 'another-pw-2' }, token)
          assert.deepEqual([answer.status, answer.json.error_code], [401, 'insufficient_aal'])
        }
        assert.equal((await passwordGrant(p.address)).json.error, 'mfa_required')
      })
  })
