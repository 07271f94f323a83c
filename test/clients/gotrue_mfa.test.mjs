// gotrue_mfa.test.mjs: second factors through the real clients, and what must hold when requests meet.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { GoTrueAdminApi as OldAdmin, GoTrueClient as OldClient } from '@supabase/gotrue-js'
import { ok } from '../lib/auth.mjs'
import { start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'
import { totp, wrong } from '../lib/totp.mjs'
import { race, Wire } from '../lib/wire.mjs'

const MANY = 50
const password = 'secret-pw-1'
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_SITE_URL: 'https://app.example.com/start' }

let n = 0
const email = () => `mfa-${process.pid}-${n++}@example.com`

for (const store of stores)
  for (const [version, Client, Admin] of [['auth-js', GoTrueClient, GoTrueAdminApi], ['gotrue-js 2.57', OldClient, OldAdmin]])
    describe(`second factors by ${version} on ${store}`, () => {
      let server, admin
      const client = () => new Client({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })
      before(async () => {
        server = await start({ store, env })
        admin = new Admin({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
      })
      after(() => server.stop())

      async function enrolled() {
        const auth = client(), address = email()
        const { user } = ok(await auth.signUp({ email: address, password }))
        const factor = ok(await auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' }))
        return { auth, address, user, factor }
      }

      test('enroll gives an image, a secret and an address', async () => {
        const { address, factor } = await enrolled()
        assert.equal(factor.type, 'totp')
        assert.match(factor.totp.qr_code, /^data:image\/svg\+xml;utf-8,<\?xml/)
        assert.match(factor.totp.secret, /^[A-Z2-7]{32}$/)
        const uri = new URL(factor.totp.uri)
        assert.equal(uri.searchParams.get('issuer'), 'app.example.com')
        assert.equal(uri.searchParams.get('secret'), factor.totp.secret)
        assert.equal(decodeURIComponent(uri.pathname), `/app.example.com:${address}`)
      })

      test('challengeAndVerify raises the session, listFactors and getAuthenticatorAssuranceLevel see it', async () => {
        const { auth, factor } = await enrolled()
        assert.deepEqual(ok(await auth.mfa.getAuthenticatorAssuranceLevel()), { currentLevel: 'aal1', nextLevel: 'aal1', currentAuthenticationMethods: ok(await auth.mfa.getAuthenticatorAssuranceLevel()).currentAuthenticationMethods })
        assert.equal(ok(await auth.mfa.listFactors()).totp.length, 0)
        const session = ok(await auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
        assert.equal(session.user.factors[0].status, 'verified')
        const level = ok(await auth.mfa.getAuthenticatorAssuranceLevel())
        assert.equal(level.currentLevel, 'aal2')
        assert.deepEqual(level.currentAuthenticationMethods.map(({ method }) => method), ['totp', 'password']) // the newest first
        assert.deepEqual(ok(await auth.mfa.listFactors()).totp.map(({ id }) => id), [factor.id])
        ok(await auth.refreshSession())
        assert.equal(ok(await auth.mfa.getAuthenticatorAssuranceLevel()).currentLevel, 'aal2')
      })

      test('a new sign-in is aal1 until the factor is shown, and ends others below it', async () => {
        const { auth, address, factor } = await enrolled()
        ok(await auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
        const low = client(), second = client()
        ok(await low.signInWithPassword({ email: address, password }))
        ok(await second.signInWithPassword({ email: address, password }))
        assert.equal(ok(await second.mfa.getAuthenticatorAssuranceLevel()).nextLevel, 'aal2')
        const refused = await second.mfa.unenroll({ factorId: factor.id })
        assert.equal(refused.error.status, 422)
        assert.equal((await second.mfa.enroll({ factorType: 'totp', friendlyName: 'other' })).error.status, 403)
        const { id } = ok(await second.mfa.challenge({ factorId: factor.id }))
        ok(await second.mfa.verify({ factorId: factor.id, challengeId: id, code: totp(factor.totp.secret, 1) }))
        assert.ok((await low.getUser()).error)
        ok(await auth.getUser())
      })

      test('unenroll lowers the session', async () => {
        const { auth, factor } = await enrolled()
        ok(await auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
        assert.deepEqual(ok(await auth.mfa.unenroll({ factorId: factor.id })), { id: factor.id })
        ok(await auth.refreshSession())
        assert.equal(ok(await auth.mfa.getAuthenticatorAssuranceLevel()).currentLevel, 'aal1')
        assert.equal(ok(await auth.mfa.listFactors()).all.length, 0)
      })

      test('admin.mfa.listFactors and deleteFactor', async () => {
        const { auth, user, factor } = await enrolled()
        ok(await auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
        const { factors } = ok(await admin.mfa.listFactors({ userId: user.id }))
        assert.deepEqual(factors.map(({ id, status, friendly_name: name }) => [id, status, name]), [[factor.id, 'verified', 'phone']])
        assert.equal(ok(await admin.mfa.deleteFactor({ userId: user.id, id: factor.id })).data.id, factor.id) // the client wraps it twice
        assert.deepEqual(ok(await admin.mfa.listFactors({ userId: user.id })).factors, [])
        assert.equal((await admin.mfa.deleteFactor({ userId: user.id, id: factor.id })).error.status, 404)
        ok(await auth.refreshSession())
        assert.equal(ok(await auth.mfa.getAuthenticatorAssuranceLevel()).currentLevel, 'aal1')
      })
    })

for (const store of stores)
  describe(`second factors that meet on ${store}`, () => {
    let server
    const wires = []
    before(async () => {
      server = await start({ store, env })
      for (let i = 0; i < MANY; i++) wires.push(new Wire(server.gotrue.url))
    })
    after(async () => {
      wires.forEach((wire) => wire.close())
      await server.stop()
    })

    async function enrolled() {
      const { json: session } = await wires[0].request('POST', '/signup', { email: email(), password })
      const bearer = { authorization: `Bearer ${session.access_token}` }
      const { json: factor } = await wires[0].request('POST', '/factors', { factor_type: 'totp' }, bearer)
      const challenge = async () => (await wires[0].request('POST', `/factors/${factor.id}/challenge`, {}, bearer)).json.id
      const verify = (challengeId, code) => ['POST', `/factors/${factor.id}/verify`, { challenge_id: challengeId, code }, bearer]
      return { session, factor, secret: factor.totp.secret, challenge, verify, user: session.user.id }
    }

    const tally = (answers) => answers.reduce((counts, { status, text }) => {
      const kind = status < 300 ? '200' : `${status} ${JSON.parse(text).error_code}`
      return { ...counts, [kind]: (counts[kind] ?? 0) + 1 }
    }, {})

    test(`a step counts once: one of ${MANY} wins, each with a challenge of its own`, async () => {
      for (let round = 0; round < 5; round++) {
        const { secret, challenge, verify, user } = await enrolled()
        const ids = []
        for (let i = 0; i < MANY; i++) ids.push(await challenge())
        const code = totp(secret)
        const answers = await race(ids.map((id, i) => [wires[i], ...verify(id, code)]))
        const counts = tally(answers)
        assert.equal(counts['200'], 1, JSON.stringify(counts))
        assert.equal((counts['422 mfa_verification_failed'] ?? 0) + (counts['429 over_request_rate_limit'] ?? 0), MANY - 1, JSON.stringify(counts))
        const live = await query(server, `SELECT token FROM auth.refresh_tokens WHERE user_id = '${user}' AND revoked = false`)
        assert.deepEqual(live.map(({ token }) => token), [answers.find(({ status }) => status === 200).json.refresh_token])
      }
    })

    test(`one challenge counts once: one of ${MANY} wins`, async () => {
      const { secret, challenge, verify } = await enrolled()
      const id = await challenge()
      const code = totp(secret)
      const counts = tally(await race(wires.map((wire) => [wire, ...verify(id, code)])))
      assert.deepEqual(counts, { 200: 1, '422 mfa_ip_address_mismatch': MANY - 1 })
    })

    test('of 1,000 wrong codes at once 30 are looked at, and then no right one', async () => {
      const { secret, factor, challenge, verify } = await enrolled()
      const id = await challenge()
      const counts = {}
      for (let i = 0; i < 1000 / MANY; i++)
        for (const [kind, count] of Object.entries(tally(await race(wires.map((wire) => [wire, ...verify(id, wrong(secret))]))))) counts[kind] = (counts[kind] ?? 0) + count
      assert.deepEqual(counts, { '422 mfa_verification_failed': 30, '429 over_request_rate_limit': 970 })
      assert.deepEqual((await query(server, `SELECT tries FROM hecate.factors WHERE factor_id = '${factor.id}'`)).map(({ tries }) => Number(tries)), [30])
      assert.equal((await wires[0].request(...verify(id, totp(secret)))).status, 429)
    })

    test('the refresh token from before leads nowhere', async () => {
      const { secret, session, challenge, verify } = await enrolled()
      const { json } = await wires[0].request(...verify(await challenge(), totp(secret)))
      assert.equal((await wires[0].request('POST', '/token?grant_type=refresh_token', { refresh_token: session.refresh_token })).json.error_code, 'refresh_token_already_used')
      assert.equal((await wires[0].request('POST', '/token?grant_type=refresh_token', { refresh_token: json.refresh_token })).status, 400) // the family is over
    })

    test('enrolments that meet stay below their number', async () => {
      const { session } = await enrolled()
      const bearer = { authorization: `Bearer ${session.access_token}` }
      const answers = await race(wires.map((wire, i) => [wire, 'POST', '/factors', { factor_type: 'totp', friendly_name: `name ${i}` }, bearer]))
      assert.deepEqual(tally(answers), { 200: 9, '422 too_many_enrolled_mfa_factors': MANY - 9 })
    })
  })
