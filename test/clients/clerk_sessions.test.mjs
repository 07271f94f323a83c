// clerk_sessions.test.mjs: sessions, session tokens and sign-in tokens through the real clients; a table of tokens for verifyToken and authenticateRequest.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, createSign } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `session-${process.pid}-${n++}@example.com`
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const parts = (token) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
const { privateKey: strange } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signed = (header, claims, key = strange) => {
  const text = `${base64(header)}.${base64(claims)}`
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`
}

// The older clients keep the first PEM of a process for good: it is tried with one server each.
const pemTaken = new Set()

async function refused(call, status, code, param) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.equal(error.status, status, JSON.stringify(error.errors ?? error.message))
  assert.equal(error.errors[0].code, code)
  assert.equal(error.errors[0].meta?.paramName, param)
}

for (const store of stores)
  for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`sessions of @clerk/backend ${version} on ${store}`, () => {
      let server, clerk, user, jwk, pem, publishableKey
      const options = () => ({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url })
      const verify = async (token, more = {}) => client.verifyToken(token, { ...options(), skipJwksCache: true, ...more })
      const authenticate = (token, more = {}) =>
        clerk.authenticateRequest(new Request('http://app.example.com/', { headers: token ? { authorization: `Bearer ${token}` } : {} }), { publishableKey, ...more })
      const token = async (session, life) => (await clerk.sessions.getToken(session.id, undefined, life)).jwt
      const jwks = async () => (await fetch(`${server.clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()
      const post = async (path, body) => {
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' } })
        return { status: answer.status, body: await answer.json() }
      }

      before(async () => {
        server = await start({ store })
        const host = new URL(server.clerk.url).host
        publishableKey = `pk_test_${Buffer.from(`${host}$`).toString('base64')}`
        clerk = client.createClerkClient({ ...options(), publishableKey, telemetry: { disabled: true } })
        user = await clerk.users.createUser({ emailAddress: [email()], password })
        jwk = (await jwks()).keys[0]
        pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
      })
      after(() => server.stop())

      test('a session is made, read, listed and revoked', async () => {
        const owner = await clerk.users.createUser({ emailAddress: [email()] })
        const made = await clerk.sessions.createSession({ userId: owner.id })
        assert.match(made.id, /^sess_[0-9A-Za-z]{27}$/)
        assert.match(made.clientId, /^client_[0-9A-Za-z]{27}$/)
        assert.deepEqual([made.userId, made.status, made.expireAt - made.createdAt], [owner.id, 'active', 7 * 86400000])
        assert.deepEqual(await clerk.sessions.getSession(made.id), made)
        const seen = await clerk.users.getUser(owner.id)
        assert.deepEqual([seen.lastSignInAt, seen.lastActiveAt], [made.createdAt, made.createdAt])
        const other = await clerk.sessions.createSession({ userId: owner.id })
        const list = await clerk.sessions.getSessionList({ userId: owner.id })
        assert.deepEqual([list.data.map((session) => session.id), list.totalCount], [[other.id, made.id], 2])
        assert.deepEqual((await clerk.sessions.getSessionList({ clientId: other.clientId })).data.map((session) => session.id), [other.id])
        const page = await clerk.sessions.getSessionList({ userId: owner.id, limit: 1, offset: 5 })
        assert.deepEqual([page.data, page.totalCount], [[], 2])
        assert.equal((await clerk.sessions.revokeSession(made.id)).status, 'revoked')
        assert.equal((await clerk.sessions.revokeSession(made.id)).status, 'revoked')
        assert.equal((await clerk.sessions.getSession(made.id)).status, 'revoked')
        assert.deepEqual((await clerk.sessions.getSessionList({ userId: owner.id, status: 'active' })).data.map((session) => session.id), [other.id])
        assert.deepEqual((await clerk.sessions.getSessionList({ userId: owner.id, status: 'revoked' })).data.map((session) => session.id), [made.id])
        await refused(clerk.sessions.getToken(made.id), 401, 'authentication_invalid')
        await clerk.users.deleteUser(owner.id)
        await refused(clerk.sessions.getSession(other.id), 404, 'resource_not_found')
        await refused(clerk.sessions.getSession(made.id), 404, 'resource_not_found')
      })

      test('a ban ends sessions, and no new one begins', async () => {
        const owner = await clerk.users.createUser({ emailAddress: [email()] })
        const made = await clerk.sessions.createSession({ userId: owner.id })
        await clerk.users.banUser(owner.id)
        assert.equal((await clerk.sessions.getSession(made.id)).status, 'revoked')
        await refused(clerk.sessions.getToken(made.id), 401, 'authentication_invalid')
        await refused(clerk.sessions.createSession({ userId: owner.id }), 403, 'user_banned')
        await clerk.users.unbanUser(owner.id)
        await refused(clerk.sessions.getToken(made.id), 401, 'authentication_invalid')
        assert.equal((await clerk.sessions.createSession({ userId: owner.id })).status, 'active')
      })

      test("GoTrue's sessions are seen, and end here for it, too", async () => {
        const address = email()
        const owner = await clerk.users.createUser({ emailAddress: [address], password })
        const grant = await (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password }) })).json()
        const [session] = (await clerk.sessions.getSessionList({ userId: owner.id })).data
        assert.equal(session.status, 'active')
        const refresh = () => fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token: grant.refresh_token }) })
        assert.equal((await refresh()).status, 200)
        const claims = await verify(await token(session))
        assert.equal(claims.sid, session.id)
        await clerk.sessions.revokeSession(session.id)
        assert.equal((await refresh()).status, 400)
        const me = await fetch(`${server.gotrue.url}/user`, { headers: { authorization: `Bearer ${grant.access_token}` } })
        assert.equal(me.status, 403)
      })

      test('verifySession looks at the session, not at the token alone', async () => {
        const [one, two] = [await clerk.sessions.createSession({ userId: user.id }), await clerk.sessions.createSession({ userId: user.id })]
        const jwt = await token(one)
        assert.equal((await clerk.sessions.verifySession(one.id, jwt)).id, one.id)
        await refused(clerk.sessions.verifySession(two.id, jwt), 401, 'authentication_invalid')
        await clerk.sessions.revokeSession(one.id)
        await refused(clerk.sessions.verifySession(one.id, jwt), 401, 'authentication_invalid')
      })

      test('a token has the claims of version 2', async () => {
        const session = await clerk.sessions.createSession({ userId: user.id })
        const [header, claims] = parts(await token(session))
        assert.deepEqual(header, { alg: 'RS256', kid: jwk.kid, typ: 'JWT' })
        assert.match(header.kid, /^ins_/)
        const { exp, iat, nbf, jti, ...rest } = claims
        assert.deepEqual(rest, { fva: [0, -1], iss: `https://${new URL(server.clerk.url).host}`, sid: session.id, sts: 'active', sub: user.id, v: 2 })
        assert.deepEqual([exp - iat, iat - nbf], [60, 10])
        assert.match(jti, /^[0-9a-f]{20}$/)
        assert.notEqual(jti, parts(await token(session))[1].jti)
        for (const life of [30, 315360000]) {
          const { status, body } = await post(`/sessions/${session.id}/tokens`, { expires_in_seconds: life })
          assert.equal(status, 200)
          assert.equal(parts(body.jwt)[1].exp - parts(body.jwt)[1].iat, life)
        }
        assert.equal((await post(`/sessions/${session.id}/tokens`, { expires_in_seconds: 29 })).body.errors[0].code, 'form_param_value_invalid')
        assert.equal((await post(`/sessions/${session.id}/tokens`, { expires_in_seconds: 315360001 })).body.errors[0].code, 'form_param_value_too_large')
        await refused(clerk.sessions.getToken(session.id, 'supabase'), 404, 'resource_not_found')
      })

      test('the table of tokens: verifyToken and authenticateRequest accept and refuse', async () => {
        const session = await clerk.sessions.createSession({ userId: user.id })
        const good = await token(session)
        const [header, claims] = parts(good)
        const [h, c, s] = good.split('.')
        const address = email()
        await clerk.users.createUser({ emailAddress: [address], password })
        const grant = await (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password }) })).json()
        const secret = (key, head = { ...header, alg: 'HS256' }) => {
          const text = `${base64(head)}.${base64(claims)}`
          return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
        }
        const bad = {
          'another key': signed(header, claims),
          'another key and kid': signed({ ...header, kid: 'ins_other' }, claims),
          'no kid': signed({ alg: 'RS256', typ: 'JWT' }, claims),
          'claims changed': `${h}.${base64({ ...claims, sub: 'user_other' })}.${s}`,
          'a longer life': `${h}.${base64({ ...claims, exp: claims.exp + 9999 })}.${s}`,
          'another session': `${h}.${base64({ ...claims, sid: 'sess_other' })}.${s}`,
          'header changed': `${base64({ ...header, cty: 'x' })}.${c}.${s}`,
          'alg none': `${base64({ ...header, alg: 'none' })}.${c}.`,
          'alg none, signature kept': `${base64({ ...header, alg: 'none' })}.${c}.${s}`,
          'alg HS256 under the PEM': secret(pem),
          'alg HS256 under the modulus': secret(jwk.n),
          'alg HS256 under the secret key': secret(server.clerk.secretKey),
          'alg RS512 in the header': `${base64({ ...header, alg: 'RS512' })}.${c}.${s}`,
          'alg PS256 in the header': `${base64({ ...header, alg: 'PS256' })}.${c}.${s}`,
          "GoTrue's access token": grant.access_token,
          "GoTrue's service key": server.gotrue.serviceKey,
          'no signature': `${h}.${c}.`,
          'two parts': `${h}.${c}`,
          'four parts': `${good}.x`,
          'signature cut': good.slice(0, -8),
          'signature of another token': `${h}.${c}.${(await token(session)).split('.')[2]}`,
          'signature in hex': `${h}.${c}.${Buffer.from(s, 'base64url').toString('hex')}`,
          'claims that are no JSON': `${h}.${base64('x')}.${s}`,
          'header that is no JSON': `${base64('x')}.${c}.${s}`,
          'a key in the header': signed({ ...header, jwk: { kty: 'RSA' } }, claims),
          'an expired one': signed(header, { ...claims, exp: claims.iat - 100 }),
        }
        assert.ok((await verify(good)).sub === user.id)
        const byPem = !pemTaken.has(version)
        pemTaken.add(version)
        if (byPem) assert.equal((await verify(good, { jwtKey: pem })).sub, user.id)
        assert.equal((await authenticate(good)).toAuth().userId, user.id)
        if (byPem) assert.equal((await authenticate(good, { jwtKey: pem })).toAuth().sessionId, session.id)
        for (const [name, jwt] of Object.entries(bad)) {
          await assert.rejects(async () => { await verify(jwt) }, name)
          if (byPem) await assert.rejects(async () => { await verify(jwt, { jwtKey: pem }) }, `${name}, by PEM`)
          const state = await authenticate(jwt)
          assert.equal(state.toAuth()?.userId ?? null, null, name)
          const answer = await post(`/sessions/${session.id}/verify`, { token: jwt })
          assert.equal(answer.status, 401, `${name}, by the server`)
        }
        assert.equal((await authenticate(undefined)).toAuth()?.userId ?? null, null)
        // a party that is not authorized: only a token that names its party, or the newest client, tells
        const state = await authenticate(good, { authorizedParties: ['https://other.example.com'] })
        assert.equal(state.toAuth()?.userId ?? null, version === '3.25.0' ? null : user.id)
        // cookies
        const cookies = (jwt) => clerk.authenticateRequest(new Request('http://app.example.com/', { headers: { cookie: `__session=${jwt}; __client_uat=${claims.iat - 5}; __clerk_db_jwt=x` } }), { publishableKey })
        assert.equal((await cookies(good)).toAuth().userId, user.id)
        assert.equal((await cookies(bad['another key']).then((it) => it.toAuth()))?.userId ?? null, null)
        await clerk.sessions.revokeSession(session.id)
        assert.equal((await post(`/sessions/${session.id}/verify`, { token: good })).status, 401)
        assert.equal((await verify(good)).sub, user.id) // off-line it stands until it is over
      })

      test('sign-in tokens are made and revoked', async () => {
        const made = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 })
        assert.match(made.id, /^sit_/)
        assert.deepEqual([made.userId, made.status, made.token.length], [user.id, 'pending', 43])
        await assert.rejects(async () => { await verify(made.token) })
        const gone = await clerk.signInTokens.revokeSignInToken(made.id)
        assert.deepEqual([gone.status, gone.token], ['revoked', undefined])
        await refused(clerk.signInTokens.revokeSignInToken(made.id), 400, 'sign_in_token_cannot_be_revoked_code')
        await refused(clerk.signInTokens.revokeSignInToken('sit_x'), 404, 'resource_not_found')
        await refused(clerk.signInTokens.createSignInToken({ userId: 'user_x', expiresInSeconds: 600 }), 404, 'resource_not_found')
      })
    })
