// auth0_grants.test.mjs: tokens of users through node-auth0's AuthenticationClient: password grants, refresh, ID tokens, userinfo, revocation, sign-up; and
// linking by ID token.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import https from 'node:https'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { AuthenticationClient, ManagementClient, UserInfoClient } from 'auth0-4'
import { AuthenticationClient as Legacy } from 'auth0/legacy'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { signature, signingKey, signToken } from '../lib/sealed.mjs'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'
import { totp, wrong } from '../lib/totp.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const email = () => `grant-${process.pid}-${n++}@example.com`

for (const store of stores)
  for (const [version, Client] of [['auth0 4.37.1', AuthenticationClient], ['auth0/legacy of the newest', Legacy]])
    describe(`grants: ${version} on ${store}`, () => {
      let server, m, auth, options, audience
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MFA_PHONE_ENROLL_ENABLED: 'true', GOTRUE_MFA_PHONE_VERIFY_ENABLED: 'true', GOTRUE_SMS_TEST_OTP: '4930111:111111,4930222:222222,4930333:333333' } })
        https.globalAgent.options.ca = readFileSync(server.auth0.ca)
        options = { domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret }
        m = new ManagementClient({ ...options, retry: { enabled: false } })
        auth = new Client(options)
        audience = `${server.auth0.url}/api/v2/`
      })
      after(async () => {
        assert.equal(broken(server), '')
        assert.ok(!server.log().includes(password))
        await server.stop()
      })
      const user = async (more = {}) => (await m.users.create({ connection, email: email(), password, ...more })).data
      const grant = async (username, more = {}, secret = password) => (await auth.oauth.passwordGrant({ username, password: secret, scope: 'openid profile email', ...more })).data
      const refused = async (promise, status, error, description) => {
        const e = await promise.then(() => assert.fail('was not refused'), (x) => x)
        assert.deepEqual([e.statusCode, e.error, e.error_description], [status, error, description], e.body)
      }
      const api = (method, path, token, body) => fetch(server.auth0.url + path, { method, headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body) })

      test('password: by email, with an ID token that the client verifies', async () => {
        const u = await user({ given_name: 'Ada' })
        const tokens = await grant(u.email)
        assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.refresh_token], ['Bearer', 86400, undefined])
        const claims = decodeJwt(tokens.id_token)
        assert.deepEqual([claims.iss, claims.sub, claims.aud, claims.exp - claims.iat, claims.email, claims.email_verified, claims.name, claims.given_name],
          [`${server.auth0.url}/`, u.user_id, server.auth0.clientId, 36000, u.email, false, u.email, 'Ada'])
        const { payload } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(`${server.auth0.url}/.well-known/jwks.json`)), { issuer: `${server.auth0.url}/`, audience: `${server.auth0.url}/userinfo` })
        assert.deepEqual([payload.sub, payload.gty, payload.azp], [u.user_id, 'password', server.auth0.clientId])
        assert.match((await m.users.get({ id: u.user_id })).data.last_login, /Z$/)
      })

      test('password-realm, by user name', async () => {
        const username = `u${process.pid}_${n++}`, u = await user({ username })
        const tokens = await grant(username, { realm: connection })
        assert.equal(decodeJwt(tokens.id_token).sub, u.user_id)
        await refused(grant(username, { realm: 'nowhere' }), 400, 'invalid_request', 'Unknown realm nowhere.')
      })

      test('without openid no ID token', async () => {
        const u = await user()
        assert.equal((await grant(u.email, { scope: 'profile' })).id_token, undefined)
      })

      test('password: refused', async () => {
        const u = await user()
        await refused(grant(u.email, {}, 'Wrong-pw-1'), 403, 'invalid_grant', 'Wrong email or password.')
        await refused(grant('nobody@example.com'), 403, 'invalid_grant', 'Wrong email or password.')
        await refused(grant(u.email, { audience: 'https://nowhere' }), 403, 'access_denied', 'Service not found: https://nowhere')
        await m.users.update({ id: u.user_id }, { blocked: true })
        await refused(grant(u.email), 403, 'unauthorized', 'user is blocked')
        await refused(new Client({ ...options, clientSecret: 'wrong' }).oauth.passwordGrant({ username: u.email, password }), 401, 'access_denied', 'Unauthorized')
      })

      // A user with a factor is told so after its password, and gets its tokens by a second step.
      const second = async (grant_type, body) => {
        const answer = await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: `http://auth0.com/oauth/grant-type/${grant_type}`, client_id: options.clientId, client_secret: options.clientSecret, ...body }) })
        return { status: answer.status, body: await answer.json() }
      }
      const factored = async () => {
        const u = await user(), secret = 'JBSWY3DPEHPK3PXP'
        await m.users.createAuthenticationMethod({ id: u.user_id }, { type: 'totp', name: 'phone', totp_secret: secret })
        const first = async (secret = password) => (await grant(u.email, { scope: 'openid email offline_access' }, secret).then(() => assert.fail('no second step'), (e) => e))
        return { u, secret, first, token: async () => JSON.parse((await first()).body).mfa_token }
      }

      test('a second factor: mfa_required, then a code', async () => {
        const { u, secret, first, token } = await factored(), said = await first()
        assert.deepEqual([said.statusCode, said.error, said.error_description], [403, 'mfa_required', 'Multifactor authentication required'])
        assert.deepEqual((await m.users.getSessions({ user_id: u.user_id })).data.sessions, [])
        assert.equal((await first('Wrong-pw-1')).error, 'invalid_grant')
        const mfa_token = await token(), otp = totp(secret), good = await second('mfa-otp', { mfa_token, otp })
        assert.deepEqual([good.status, good.body.scope, decodeJwt(good.body.id_token).sub, decodeJwt(good.body.access_token).gty], [200, 'openid email offline_access', u.user_id, 'password'])
        assert.equal((await m.users.getSessions({ user_id: u.user_id })).data.sessions.length, 1)
        assert.equal((await auth.oauth.refreshTokenGrant({ refresh_token: good.body.refresh_token })).status, 200)
        assert.deepEqual(await second('mfa-otp', { mfa_token, otp }), { status: 403, body: { error: 'invalid_grant', error_description: 'Invalid otp_code.' } }) // a step counts once
      })

      test('a second factor: refused', async () => {
        const { u, secret, token } = await factored(), mfa_token = await token(), code = (description) => ({ status: 403, body: { error: 'invalid_grant', error_description: description } })
        assert.deepEqual(await second('mfa-otp', { mfa_token, otp: wrong(secret) }), code('Invalid otp_code.'))
        for (const bad of ['nonsense', `${mfa_token}x`, mfa_token.slice(1), 'x'.repeat(9000)]) assert.deepEqual(await second('mfa-otp', { mfa_token: bad, otp: totp(secret) }), code('Malformed mfa_token'))
        assert.deepEqual(await second('mfa-otp', { mfa_token }), { status: 400, body: { error: 'invalid_request', error_description: 'Missing required parameter: otp' } })
        assert.deepEqual(await second('mfa-otp', { otp: '1' }), { status: 400, body: { error: 'invalid_request', error_description: 'Missing required parameter: mfa_token' } })
        assert.equal((await second('mfa-otp', { mfa_token, otp: totp(secret), client_secret: 'x' })).status, 401)
        assert.deepEqual(await second('mfa-oob', { mfa_token, oob_code: 'x' }), { status: 400, body: { error: 'invalid_request', error_description: 'Missing required parameter: binding_code' } })
        assert.deepEqual(await second('mfa-oob', { mfa_token, oob_code: 'x', binding_code: '1' }), code('Malformed oob_code'))
        for (let i = 0; i < 29; i++) assert.equal((await second('mfa-otp', { mfa_token, otp: wrong(secret) })).status, 403)
        assert.equal((await second('mfa-otp', { mfa_token, otp: totp(secret) })).status, 429) // also for the right one
        const other = await factored(), old = await other.token()
        await m.users.update({ id: other.u.user_id }, { password: 'Another-pw-1' })
        assert.deepEqual(await second('mfa-otp', { mfa_token: old, otp: totp(other.secret) }), code('Malformed mfa_token'))
        const third = await factored(), blocked = await third.token()
        await m.users.update({ id: third.u.user_id }, { blocked: true })
        assert.deepEqual(await second('mfa-otp', { mfa_token: blocked, otp: totp(third.secret) }), { status: 403, body: { error: 'unauthorized', error_description: 'user is blocked' } })
        await m.users.delete({ id: u.user_id })
        assert.deepEqual(await second('mfa-otp', { mfa_token, otp: totp(secret) }), code('Malformed mfa_token'))
      })

      test('a second factor: the step ends with the password of a linked account, and with one that is taken away', async () => {
        const { u, secret } = await factored(), linked = await user(), void_ = { status: 403, body: { error: 'invalid_grant', error_description: 'Malformed mfa_token' } }
        await m.users.link({ id: u.user_id }, { provider: 'auth0', user_id: linked.user_id.slice(6) })
        const begin = async (address, secret) => JSON.parse((await grant(address, {}, secret).then(() => assert.fail('no second step'), (e) => e)).body).mfa_token
        const old = await begin(linked.email)
        const { ticket } = (await m.tickets.changePassword({ user_id: u.user_id, identity: { user_id: linked.user_id.slice(6), provider: 'auth0' } })).data
        assert.equal((await fetch(`${server.auth0.url}/u/reset-password`, { method: 'POST', body: new URLSearchParams({ ticket: new URL(ticket).searchParams.get('ticket'), password: 'Another-pw-1', password_again: 'Another-pw-1' }) })).status, 200)
        assert.deepEqual(await second('mfa-otp', { mfa_token: old, otp: totp(secret) }), void_)
        const next = await begin(linked.email, 'Another-pw-1')
        assert.equal((await second('mfa-otp', { mfa_token: next, otp: totp(secret) })).status, 200)
        const other = await factored(), token = await other.token()
        const clerk = async (method, path) => (await fetch(server.clerk.url + path, { method, headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }, body: method === 'GET' ? undefined : '{}' })).json()
        const [{ id }] = await clerk('GET', `/v1/users?email_address=${encodeURIComponent(other.u.email)}`)
        assert.equal((await clerk('POST', `/v1/users/${id}/remove_password`)).password_enabled, false)
        assert.deepEqual(await second('mfa-otp', { mfa_token: token, otp: totp(other.secret) }), void_)
      })

      test('a second factor: a user of GoTrue who changed the password begins again', async () => {
        const email = `own-${Math.random()}@example.com`
        const call = async (method, path, token, body) => {
          const answer = await fetch(server.gotrue.url + path, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
          assert.equal(answer.status, 200, path)
          return answer.json()
        }
        await call('POST', '/admin/users', server.gotrue.serviceKey, { email, password, email_confirm: true })
        const { access_token } = await call('POST', '/token?grant_type=password', server.gotrue.serviceKey, { email, password })
        const { id, totp: { secret } } = await call('POST', '/factors', access_token, { factor_type: 'totp' }), challenge = await call('POST', `/factors/${id}/challenge`, access_token, {})
        const own = await call('POST', `/factors/${id}/verify`, access_token, { challenge_id: challenge.id, code: totp(secret) })
        const { mfa_token } = JSON.parse((await grant(email).then(() => assert.fail('no second step'), (e) => e)).body)
        assert.deepEqual((await second('mfa-otp', { mfa_token, otp: wrong(secret) })).body.error_description, 'Invalid otp_code.')
        await call('PUT', '/user', own.access_token, { password: 'Another-pw-1' })
        assert.deepEqual((await second('mfa-otp', { mfa_token, otp: wrong(secret) })).body.error_description, 'Malformed mfa_token')
      })

      test('a second factor: a wrong code counts for each factor that it was tried at', async () => {
        const { u, secret, token } = await factored(), other = 'KRSXG5CTMVRXEZLU', mfa_token = await token()
        await m.users.createAuthenticationMethod({ id: u.user_id }, { type: 'totp', name: 'tablet', totp_secret: other })
        const neither = () => { for (let i = 0; ; i++) { const code = String(i).padStart(6, '0'); if (![secret, other].some((s) => [-2, -1, 0, 1, 2].some((offset) => totp(s, offset) === code))) return code } }
        for (const s of [secret, other]) assert.equal((await second('mfa-otp', { mfa_token, otp: totp(s) })).status, 200) // either of the two
        for (let i = 0; i < 30; i++) assert.equal((await second('mfa-otp', { mfa_token, otp: neither() })).status, 403)
        for (const s of [secret, other]) assert.equal((await second('mfa-otp', { mfa_token, otp: totp(s, 1) })).status, 429)
      })

      test('a recovery code is good once, and another comes with it', async () => {
        const { u, token } = await factored(), { recovery_code } = (await m.users.regenerateRecoveryCode({ id: u.user_id })).data, mfa_token = await token()
        assert.deepEqual(await second('mfa-recovery-code', { mfa_token, recovery_code: 'A'.repeat(24) }), { status: 403, body: { error: 'invalid_grant', error_description: 'MFA Authorization rejected.' } })
        const answers = await Promise.all([1, 2, 3].map(() => second('mfa-recovery-code', { mfa_token, recovery_code })))
        assert.deepEqual(answers.map((a) => a.status).sort(), [200, 403, 403])
        const { body } = answers.find((a) => a.status === 200)
        assert.match(body.recovery_code, /^[0-9A-Z]{24}$/)
        assert.equal(decodeJwt(body.id_token).sub, u.user_id)
        assert.equal((await second('mfa-recovery-code', { mfa_token, recovery_code: body.recovery_code })).status, 200)
        assert.ok(!server.log().includes(recovery_code))
      })

      test('what there is to choose from, and the challenge', async () => {
        const { token } = await factored(), mfa_token = await token()
        const list = await (await fetch(`${server.auth0.url}/mfa/authenticators`, { headers: { authorization: `Bearer ${mfa_token}` } })).json()
        assert.deepEqual(list.map(({ id, ...rest }) => [id.split('|')[0], rest]), [['totp', { authenticator_type: 'otp', active: true, name: 'phone' }]])
        const challenge = async (body) => { const r = await fetch(`${server.auth0.url}/mfa/challenge`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: options.clientId, client_secret: options.clientSecret, ...body }) }); return [r.status, await r.json()] }
        assert.deepEqual(await challenge({ mfa_token, challenge_type: 'otp oob' }), [200, { challenge_type: 'otp' }])
        assert.deepEqual(await challenge({ mfa_token, challenge_type: 'oob' }), [403, { error: 'unsupported_challenge_type', error_description: 'User does not have any of the requested challenge types.' }])
        assert.equal((await challenge({ mfa_token: 'x' }))[1].error, 'invalid_grant')
        assert.equal((await fetch(`${server.auth0.url}/mfa/authenticators`)).status, 401)
      })

      const mfa = async (method, path, bearer, body) => {
        const answer = await fetch(`${server.auth0.url}/mfa/${path}`, { method, headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) }, body: body && JSON.stringify(body) }), text = await answer.text()
        return [answer.status, text === '' ? undefined : JSON.parse(text)]
      }
      const ownClient = () => ({ client_id: options.clientId, client_secret: options.clientSecret })

      test('a code by text message: the challenge, and the grant', async () => {
        const u = await user(), phone_number = '+4930111'
        await m.users.createAuthenticationMethod({ id: u.user_id }, { type: 'phone', name: 'mine', phone_number })
        const said = await grant(u.email, { scope: 'openid offline_access' }).then(() => assert.fail('no second step'), (e) => e), { mfa_token } = JSON.parse(said.body)
        assert.equal(said.error, 'mfa_required')
        const [, [one]] = await mfa('GET', 'authenticators', mfa_token)
        assert.deepEqual({ ...one, id: one.id.split('|')[0] }, { id: 'phone', authenticator_type: 'oob', oob_channel: 'sms', active: true, name: 'XXXX0111' })
        const [status, challenge] = await mfa('POST', 'challenge', undefined, { ...ownClient(), mfa_token, challenge_type: 'oob', authenticator_id: one.id })
        assert.deepEqual([status, challenge.challenge_type, challenge.binding_method], [200, 'oob', 'prompt'])
        assert.deepEqual(await mfa('POST', 'challenge', undefined, { ...ownClient(), mfa_token, challenge_type: 'otp' }), [403, { error: 'unsupported_challenge_type', error_description: 'User does not have any of the requested challenge types.' }])
        assert.equal((await mfa('POST', 'challenge', undefined, { ...ownClient(), mfa_token, authenticator_id: 'phone|dev_x' }))[0], 403)
        assert.equal((await mfa('POST', 'challenge', undefined, { ...ownClient(), mfa_token }))[0], 429) // too soon
        const answer = (binding_code, more = {}) => second('mfa-oob', { mfa_token, oob_code: challenge.oob_code, binding_code, ...more })
        assert.deepEqual(await answer('000000'), { status: 403, body: { error: 'invalid_grant', error_description: 'Invalid binding_code.' } })
        const other = await factored()
        assert.equal((await answer('111111', { mfa_token: await other.token() })).status, 403) // another's step
        const good = await answer('111111')
        assert.deepEqual([good.status, decodeJwt(good.body.id_token).sub, good.body.scope], [200, u.user_id, 'openid offline_access'])
        assert.equal((await answer('111111')).status, 403) // once
        assert.equal((await auth.oauth.refreshTokenGrant({ refresh_token: good.body.refresh_token })).status, 200)
      })

      test('authenticators: added, confirmed and taken away by an access token for the MFA API', async () => {
        const u = await user(), scope = 'enroll read:authenticators remove:authenticators openid', audience = `${server.auth0.url}/mfa/`
        const { access_token } = await grant(u.email, { audience, scope })
        const [status, added] = await mfa('POST', 'associate', access_token, { authenticator_types: ['otp'] })
        assert.deepEqual([status, added.authenticator_type, added.recovery_codes.length], [200, 'otp', 1])
        assert.match(added.barcode_uri, /^otpauth:\/\/totp\/Hecate:.*secret=[A-Z2-7]{32}/)
        assert.equal((await mfa('GET', 'authenticators', access_token))[1][0].active, false)
        await grant(u.email) // it asks for nothing yet
        assert.equal((await second('mfa-otp', { mfa_token: access_token, otp: wrong(added.secret) })).status, 403)
        const risen = await second('mfa-otp', { mfa_token: access_token, otp: totp(added.secret) })
        assert.deepEqual([risen.status, risen.body.scope], [200, scope])
        await assert.rejects(grant(u.email), (e) => e.error === 'mfa_required')
        const [, phone] = await mfa('POST', 'associate', risen.body.access_token, { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+4930222' })
        assert.deepEqual([phone.authenticator_type, phone.oob_channel, phone.binding_method, phone.recovery_codes], ['oob', 'sms', 'prompt', undefined])
        const both = await second('mfa-oob', { mfa_token: risen.body.access_token, oob_code: phone.oob_code, binding_code: '222222' })
        assert.equal(both.status, 200)
        const [, list] = await mfa('GET', 'authenticators', both.body.access_token)
        assert.deepEqual(list.map((a) => [a.authenticator_type, a.active]).sort(), [['oob', true], ['otp', true]])
        for (const one of list) assert.deepEqual(await mfa('DELETE', `authenticators/${encodeURIComponent(one.id)}`, both.body.access_token), [204, undefined])
        assert.deepEqual(await mfa('GET', 'authenticators', both.body.access_token), [200, []])
        await grant(u.email)
      })

      test('authenticators: refused', async () => {
        const u = await user(), audience = `${server.auth0.url}/mfa/`, { access_token } = await grant(u.email, { audience, scope: 'read:authenticators' }), all = (await grant(u.email, { audience, scope: 'enroll remove:authenticators' })).access_token
        assert.equal((await mfa('POST', 'associate', access_token, { authenticator_types: ['otp'] }))[0], 403)
        assert.equal((await mfa('DELETE', 'authenticators/x', access_token))[0], 403)
        assert.equal((await mfa('DELETE', 'authenticators/totp%7Cdev_x', all))[0], 404)
        for (const body of [{}, { authenticator_types: ['push'] }, { authenticator_types: ['oob'], oob_channels: ['voice'] }, { authenticator_types: ['oob'], oob_channels: ['sms'] }, { authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: 'x' }]) assert.equal((await mfa('POST', 'associate', all, body))[0], 400, JSON.stringify(body))
        for (const token of [undefined, 'x', 'a.b.c', (await grant(u.email)).access_token]) for (const [method, path] of [['POST', 'associate'], ['DELETE', 'authenticators/x'], ['GET', 'authenticators']]) assert.ok([401, 403].includes((await mfa(method, path, token, method === 'POST' ? {} : undefined))[0]))
        const { token } = await factored(), mfa_token = await token() // who is between the steps adds nothing
        assert.deepEqual(await mfa('POST', 'associate', mfa_token, { authenticator_types: ['otp'] }), [403, { error: 'mfa_required', error_description: 'Multifactor authentication required' }])
        const other = await user(), low = await grant(other.email, { audience, scope: 'enroll remove:authenticators read:authenticators' })
        await m.users.createAuthenticationMethod({ id: other.user_id }, { type: 'totp', name: 'x', totp_secret: 'JBSWY3DPEHPK3PXP' })
        const [, [factor]] = await mfa('GET', 'authenticators', low.access_token) // a session from before it
        assert.equal((await mfa('DELETE', `authenticators/${encodeURIComponent(factor.id)}`, low.access_token))[0], 403)
        assert.equal((await mfa('POST', 'associate', low.access_token, { authenticator_types: ['otp'] }))[0], 403)
      })

      test('an API of the user: audience and scopes', async () => {
        const u = await user(), identifier = `https://api.example/${process.pid}/${n++}`
        await m.resourceServers.create({ identifier, name: 'API', scopes: [{ value: 'read:x' }, { value: 'write:x' }], token_lifetime: 600 })
        const some = await grant(u.email, { audience: identifier, scope: 'openid read:x read:everything' })
        const claims = decodeJwt(some.access_token)
        assert.deepEqual([claims.aud, claims.scope, some.expires_in, some.scope], [[identifier, `${server.auth0.url}/userinfo`], 'openid read:x', 600, 'openid read:x'])
        const all = await auth.oauth.passwordGrant({ username: u.email, password, audience: identifier })
        assert.deepEqual([decodeJwt(all.data.access_token).aud, decodeJwt(all.data.access_token).scope], [identifier, 'read:x write:x'])
        assert.equal((await api('GET', '/api/v2/users', some.access_token)).status, 401)
      })

      test('userinfo shows what the scopes open', async () => {
        const u = await user(), info = new UserInfoClient({ domain: server.auth0.domain })
        const seen = (await info.getUserInfo((await grant(u.email)).access_token)).data
        assert.deepEqual([seen.sub, seen.email, seen.email_verified, seen.name, seen.nickname], [u.user_id, u.email, false, u.email, u.nickname])
        const few = (await info.getUserInfo((await grant(u.email, { scope: 'openid' })).access_token)).data
        assert.deepEqual(few, { sub: u.user_id })
        const { access_token } = await grant(u.email)
        for (const bad of ['x', 'a.b.c', `${access_token}x`]) await assert.rejects(info.getUserInfo(bad), (e) => e.statusCode === 401)
        await m.users.delete({ id: u.user_id })
        await assert.rejects(info.getUserInfo(access_token), (e) => e.statusCode === 401)
      })

      test('refresh tokens turn round, and are of this dialect alone', async () => {
        const u = await user()
        const first = await grant(u.email, { scope: 'openid offline_access' })
        const second = (await auth.oauth.refreshTokenGrant({ refresh_token: first.refresh_token })).data
        assert.notEqual(second.refresh_token, first.refresh_token)
        assert.equal(decodeJwt(second.id_token).sub, u.user_id)
        const third = (await auth.oauth.refreshTokenGrant({ refresh_token: second.refresh_token })).data
        assert.equal((await fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token: third.refresh_token }) })).status, 400)
        await m.users.update({ id: u.user_id }, { email_verified: true })
        const gotrue = await (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: u.email, password }) })).json()
        for (const bad of ['x', gotrue.refresh_token, `${third.refresh_token}x`]) await refused(auth.oauth.refreshTokenGrant({ refresh_token: bad }), 403, 'invalid_grant', 'Unknown or invalid refresh token.')
        await m.users.update({ id: u.user_id }, { blocked: true })
        await refused(auth.oauth.refreshTokenGrant({ refresh_token: third.refresh_token }), 403, 'invalid_grant', 'Unknown or invalid refresh token.')
      })

      test('a refresh may ask for less, and loses nothing by it', async () => {
        const u = await user(), refresh = async (refresh_token, scope) => (await auth.oauth.refreshTokenGrant({ refresh_token, ...(scope ? { scope } : {}) })).data
        const first = await grant(u.email, { scope: 'openid profile offline_access' })
        const few = await refresh(first.refresh_token, 'openid')
        assert.equal(few.scope, 'openid')
        await assert.rejects(refresh(few.refresh_token, 'email'), (error) => error.statusCode === 403 || error.statusCode === 400)
        const all = await refresh(few.refresh_token)
        assert.deepEqual(all.scope.split(' ').sort(), ['offline_access', 'openid', 'profile'])
      })

      test('revoke ends a refresh token', async () => {
        const u = await user(), tokens = await grant(u.email, { scope: 'offline_access' })
        await auth.oauth.revokeRefreshToken({ token: tokens.refresh_token })
        await refused(auth.oauth.refreshTokenGrant({ refresh_token: tokens.refresh_token }), 403, 'invalid_grant', 'Unknown or invalid refresh token.')
        await auth.oauth.revokeRefreshToken({ token: 'unknown' })
        assert.equal((await m.users.getSessions({ user_id: u.user_id })).data.sessions.length, 1)
      })

      test('sign-up', async () => {
        const address = email()
        const made = (await auth.database.signUp({ email: address, password, connection, user_metadata: { plan: 'x' }, name: 'New' })).data
        assert.deepEqual([made.email, made.email_verified, made.name], [address, false, 'New'])
        const [u] = (await m.usersByEmail.getByEmail({ email: address })).data
        assert.deepEqual([u.user_id, u.user_metadata], [`auth0|${made._id}`, { plan: 'x' }])
        assert.equal(decodeJwt((await grant(address)).id_token).sub, u.user_id)
        const again = await auth.database.signUp({ email: address, password, connection }).then(() => assert.fail(), (e) => e)
        assert.deepEqual([again.statusCode, again.error], [400, 'invalid_signup'])
        const weak = await auth.database.signUp({ email: email(), password: 'short', connection }).then(() => assert.fail(), (e) => e)
        assert.deepEqual([weak.statusCode, weak.error], [400, 'invalid_password'])
      })

      // POST /dbconnections/signup as it is; the client hides part of the answer.
      const signUp = async (body) => {
        const answer = await fetch(`${server.auth0.url}/dbconnections/signup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: options.clientId, email: email(), password, connection, ...body }) })
        return [answer.status, await answer.json()]
      }

      test('sign-up: every refusal', async () => {
        const name = `signup-${process.pid}-${n++}`, username = `taken${process.pid}${n}`, stands = await user({ username, phone_number: `+4940${n}` })
        const database = (await m.connections.create({ name, strategy: 'auth0', options: { passwordPolicy: 'good', requires_username: true } })).data
        const invalid = { name: 'BadRequestError', code: 'invalid_signup', description: 'Invalid sign up', statusCode: 400 }
        assert.deepEqual(await signUp({ email: stands.email.toUpperCase() }), [400, invalid])
        assert.deepEqual(await signUp({ phone_number: stands.phone_number }), [400, invalid])
        assert.deepEqual(await signUp({ username }), [400, { ...invalid, code: 'username_exists', description: 'The username provided is in use already.' }])
        const kind = (message, code, verified) => ({ message, code, verified })
        assert.deepEqual(await signUp({ password: 'abcdefg!', connection: name }), [400, {
          name: 'PasswordStrengthError', message: 'Password is too weak', code: 'invalid_password',
          description: {
            rules: [{ message: 'At least %d characters in length', format: [8], code: 'lengthAtLeast', verified: true }, {
              message: 'Contain at least %d of the following %d types of characters:', code: 'containsAtLeast', format: [3, 4],
              items: [kind('lower case letters (a-z)', 'lowerCase', true), kind('upper case letters (A-Z)', 'upperCase', false), kind('numbers (i.e. 0-9)', 'numbers', false), kind('special characters (e.g. !@#$%^&*)', 'specialCharacters', true)], verified: false,
            }], verified: false,
          },
          policy: '* At least 8 characters in length\n* Contain at least 3 of the following 4 types of characters:\n * lower case letters (a-z)\n * upper case letters (A-Z)\n * numbers (i.e. 0-9)\n * special characters (e.g. !@#$%^&*)', statusCode: 400,
        }])
        for (const [body, status] of [[{ client_id: 'nobody' }, 401], [{ connection: 'nowhere' }, 400], [{ connection: 'email' }, 400], [{ email: 'x' }, 400], [{ email: undefined }, 400], [{ password: undefined }, 400], [{ password: '' }, 400], [{ user_metadata: { a: 1 } }, 400], [{ user_metadata: { a: 'x'.repeat(501) } }, 400], [{ user_metadata: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'])) }, 400], [{ zoneinfo: 'x' }, 400]])
          assert.equal((await signUp(body))[0], status, JSON.stringify(body))
        await m.connections.update({ id: database.id }, { options: { ...database.options, disable_signup: true } })
        assert.deepEqual(await signUp({ connection: name, password: 'Abcdefg!1' }), [400, { ...invalid, description: 'public signup is disabled' }])
      })

      test('sign-up in a database of its own, and by a client of its own', async () => {
        const name = `signup-${process.pid}-${n++}`, stands = await user()
        await m.connections.create({ name, strategy: 'auth0' })
        const client = (await m.clients.create({ name: 'App', app_type: 'native' })).data
        const [status, made] = await signUp({ connection: name, client_id: client.client_id, email: stands.email }) // free in this one
        assert.deepEqual([status, made.email, made.email_verified], [200, stands.email, false])
        const u = (await m.users.get({ id: `auth0|${made._id}` })).data
        assert.equal(u.identities[0].connection, name)
        assert.equal(decodeJwt((await grant(stands.email, { realm: name })).id_token).sub, u.user_id)
        assert.equal(decodeJwt((await grant(stands.email)).id_token).sub, stands.user_id)
      })

      test('a forgotten password: the same words whoever asks', async () => {
        const u = await user(), ask = async (body) => { const answer = await fetch(`${server.auth0.url}/dbconnections/change_password`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: options.clientId, connection, ...body }) }); return [answer.status, await answer.text()] }
        const said = [200, "We've just sent you an email to reset your password."]
        for (const address of [u.email, u.email.toUpperCase(), email()]) assert.deepEqual(await ask({ email: address }), said)
        assert.equal((await auth.database.changePassword({ email: u.email, connection })).data, said[1])
        for (const [body, status] of [[{ email: u.email, connection: 'nowhere' }, 400], [{ email: u.email, client_id: 'nobody' }, 401], [{}, 400], [{ email: '' }, 400]]) assert.equal((await ask(body))[0], status)
      })

      test('link by ID token, as administrator', async () => {
        const one = await user(), two = await user()
        const { id_token } = await grant(two.email)
        const list = (await m.users.link({ id: one.user_id }, { link_with: id_token })).data
        assert.deepEqual(list.map((i) => `auth0|${i.user_id}`), [one.user_id, two.user_id])
        assert.equal(decodeJwt((await grant(two.email)).id_token).sub, one.user_id)
        assert.equal(decodeJwt((await grant(one.email)).id_token).sub, one.user_id)
        await m.users.unlink({ id: one.user_id, provider: 'auth0', user_id: two.user_id.slice(6) })
        assert.equal(decodeJwt((await grant(two.email)).id_token).sub, two.user_id)
        const say = async (link_with) => { const e = await m.users.link({ id: one.user_id }, { link_with }).then(() => assert.fail(), (x) => x); return [e.statusCode, e.msg] }
        assert.deepEqual(await say('x.y.z'), [400, 'Invalid token (link_with).'])
        assert.deepEqual(await say((await grant(two.email)).access_token), [400, "JWT (link_with) must have an aud claim that matches that of the calling token's azp."])
        const [head, body, mac] = id_token.split('.')
        assert.deepEqual(await say(`${head}.${Buffer.from(JSON.stringify({ ...decodeJwt(id_token), sub: one.user_id })).toString('base64url')}.${mac}`), [400, 'Invalid token (link_with).'])
        assert.deepEqual(await say(`${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.${body}.${mac}`), [400, 'JWT (link_with) must have an alg of RS256.'])
        assert.deepEqual(await say((await grant(one.email)).id_token), [400, 'Main identity and the new one are the same.'])
      })

      test('link by ID token: what is wrong with the token, one thing at a time', async () => {
        const one = await user(), two = await user(), gone = await user(), now = Math.floor(Date.now() / 1000)
        const { id_token } = await grant(two.email), late = (await grant(gone.email)).id_token, claims = decodeJwt(id_token), key = await signingKey(server, 'auth0')
        const another = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: key.kid }
        const newest = new Newest(options), link = (link_with, id = one.user_id) => (Client === Legacy ? newest.users.identities.link(id, { link_with }, { maxRetries: 0 }) : m.users.link({ id }, { link_with }))
        const say = async (token, id) => { const e = await link(token, id).then(() => assert.fail('was not refused'), (x) => x), body = typeof e.body === 'string' ? JSON.parse(e.body) : e.body; return [e.statusCode, body.errorCode, body.message] }
        const text = (head, body = claims) => [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
        const signed = (head, secret, alg) => { const what = text({ typ: 'JWT', kid: key.kid, ...head }); return `${what}.${signature(what, secret, alg).toString('base64url')}` }
        const changed = (more) => signToken({ ...claims, ...more }, key), { n: modulus, e: exponent } = key, bad = 'Invalid token (link_with).', alg = 'JWT (link_with) must have an alg of RS256.'
        await m.users.delete({ id: gone.user_id })
        for (const [name, token, message, code = 'invalid_body', status = 400] of [
          ['expired', changed({ iat: now - 7200, exp: now - 3600 }), bad], ['without an end', changed({ exp: undefined }), bad], ['an end of another kind', changed({ exp: 'never' }), bad],
          ['another issuer', changed({ iss: 'https://elsewhere.example.com/' }), 'JWT (link_with) must have the same issuer as the calling user.'],
          ['without an issuer', changed({ iss: undefined }), 'JWT (link_with) must have the same issuer as the calling user.'],
          ['another audience', changed({ aud: 'another-client' }), "JWT (link_with) must have an aud claim that matches that of the calling token's azp."],
          ['several audiences', changed({ aud: [claims.aud] }), 'JWT (link_with) contains an invalid aud claim.'], ['without an audience', changed({ aud: undefined }), 'JWT (link_with) contains an invalid aud claim.'],
          ['without a subject', changed({ sub: undefined }), 'JWT (link_with) must contains sub claim.'], ['a subject without provider', changed({ sub: 'nobody' }), 'JWT (link_with) contains an invalid sub claim.'],
          ['another key', signToken(claims, another), bad], ["another dialect's key", signToken(claims, await signingKey(server, 'clerk')), bad], ['no signature', `${text({ alg: 'RS256', typ: 'JWT', kid: key.kid })}.`, bad],
          ['alg none', `${text({ alg: 'none', typ: 'JWT' })}.`, alg], ['the public key as a secret', signed({ alg: 'HS256' }, JSON.stringify({ kty: 'RSA', n: modulus, e: exponent }), 'HS256'), alg], ['RS512', signed({ alg: 'RS512' }, key, 'RS512'), alg], ['PS256', signed({ alg: 'PS256' }, key, 'PS256'), alg],
          ['oneself', (await grant(one.email)).id_token, 'Main identity and the new one are the same.'], ['a user that was deleted', late, 'Linking to an inexistent identity is not allowed.'],
        ]) assert.deepEqual(await say(token), [status, code, message], name)
        assert.equal((await m.users.get({ id: one.user_id })).data.identities.length, 1)
        assert.equal((await link(id_token)).length ?? (await m.users.get({ id: one.user_id })).data.identities.length, 2)
        const three = await user()
        for (const id of [one.user_id, three.user_id]) assert.deepEqual(await say(id_token, id), [409, 'identity_conflict', 'Specified identity already exists.'])
        assert.deepEqual(await say((await grant(three.email)).id_token, gone.user_id), [404, 'inexistent_user', 'The user does not exist.'])
        const few = (await auth.oauth.clientCredentialsGrant({ audience, scope: 'read:users' })).data.access_token, own = (await grant(three.email, { audience, scope: 'openid read:current_user' })).access_token
        for (const token of [few, own]) {
          const answer = await api('POST', `/api/v2/users/${encodeURIComponent(three.user_id)}/identities`, token, { link_with: (await grant(one.email)).id_token })
          assert.deepEqual([answer.status, (await answer.json()).errorCode], [403, 'insufficient_scope'])
        }
      })

      test('a user does to itself what its token says', async () => {
        const one = await user(), two = await user()
        const scope = 'openid read:current_user update:current_user_metadata update:current_user_identities delete:users'
        const { access_token: token } = await grant(one.email, { audience, scope })
        assert.equal(decodeJwt(token).scope, 'openid read:current_user update:current_user_metadata update:current_user_identities')
        const path = (u, rest = '') => `/api/v2/users/${encodeURIComponent(u.user_id)}${rest}`
        assert.equal((await api('GET', path(one), token)).status, 200)
        const other = await api('GET', path(two), token)
        assert.deepEqual([other.status, (await other.json()).errorCode], [403, 'unowned_resource'])
        assert.equal((await api('GET', '/api/v2/users', token)).status, 403)
        assert.equal((await api('DELETE', path(one), token)).status, 403)
        assert.equal((await api('PATCH', path(one), token, { user_metadata: { a: 1 } })).status, 200)
        for (const body of [{ name: 'x' }, { app_metadata: { a: 1 } }, { password: 'Other-pw-1' }, { blocked: false }]) assert.equal((await api('PATCH', path(one), token, body)).status, 403)
        assert.equal((await api('POST', path(one, '/identities'), token, { provider: 'auth0', user_id: two.user_id })).status, 403)
        const linked = await api('POST', path(one, '/identities'), token, { link_with: (await grant(two.email)).id_token })
        assert.deepEqual([linked.status, (await linked.json()).length], [201, 2])
        assert.equal((await api('DELETE', path(one, `/identities/auth0/${two.user_id.slice(6)}`), token)).status, 200)
        await m.users.delete({ id: one.user_id })
        assert.equal((await api('GET', path(one), token)).status, 401)
      })
    })
