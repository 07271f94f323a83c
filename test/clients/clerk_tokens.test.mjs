// clerk_tokens.test.mjs: session tokens as the server signed them, at other times, of other servers and dialects, after a ban: what verifyToken and authenticateRequest
// say. Forged ones stand in clerk_sessions.test.mjs, turned keys in ../server/keys.test.mjs.
import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `token-${process.pid}-${n++}@example.com`

for (const store of stores)
  for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`tokens of @clerk/backend ${version} on ${store}`, () => {
      let server, other, clerk, user, publishableKey
      const at = (one) => ({ secretKey: one.clerk.secretKey, apiUrl: one.clerk.url })
      const verify = (token, more = {}) => client.verifyToken(token, { ...at(server), skipJwksCache: true, ...more }).then((claims) => claims.sub, (error) => error.reason ?? error.message)
      const authenticate = async (token, more = {}) => {
        const state = await clerk.authenticateRequest(new Request('http://app.example.com/', { headers: { authorization: `Bearer ${token}` } }), { publishableKey, skipJwksCache: true, ...more })
        return state.toAuth()?.userId ?? state.reason
      }
      const session = async (one = clerk, id = user.id) => one.sessions.createSession({ userId: id })
      const token = async (of, one = clerk) => (await one.sessions.getToken(of.id)).jwt
      const make = (one) => client.createClerkClient({ ...at(one), publishableKey, telemetry: { disabled: true } })

      before(async () => {
        server = await start({ store })
        other = await start() // its store does not matter
        publishableKey = `pk_test_${Buffer.from(`${new URL(server.clerk.url).host}$`).toString('base64')}`
        clerk = make(server)
        user = await clerk.users.createUser({ emailAddress: [email()], password })
      })
      after(async () => {
        await server.stop()
        await other.stop()
      })

      test('the clock: before, within, after, and the skew', async () => {
        const jwt = await token(await session()), now = JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).iat * 1000
        const table = [[-3600, 'token-not-active-yet'], [-30, 'token-not-active-yet'], [0, user.id], [30, user.id], [58, user.id], [63, user.id], [70, 'token-expired'], [3600, 'token-expired'], [86400 * 365, 'token-expired']]
        for (const [seconds, due] of table) {
          mock.timers.enable({ apis: ['Date'], now: now + seconds * 1000 })
          try {
            const said = await verify(jwt)
            assert.ok(said.startsWith(due) || (due.startsWith('token-not-active') && /not-active|iat-in-the-future/.test(said)), `${seconds} s: ${said}`)
            const state = await authenticate(jwt)
            assert.equal(state === user.id, due === user.id, `${seconds} s: ${state}`)
          } finally {
            mock.timers.reset()
          }
        }
        mock.timers.enable({ apis: ['Date'], now: now + 100_000 })
        try {
          assert.equal(await verify(jwt, { clockSkewInMs: 120_000 }), user.id)
        } finally {
          mock.timers.reset()
        }
      })

      test('tokens of another server, of the other dialects, of another user', async () => {
        // The client keeps keys of all servers by their id alone: the other server is not asked for its keys here.
        const there = make(other), stranger = await there.users.createUser({ emailAddress: [email()] })
        const foreign = await token(await session(there, stranger.id), there)
        assert.match(await verify(foreign), /jwk|kid|signature|resolve/i)
        assert.notEqual(await authenticate(foreign), stranger.id)
        const address = email()
        await clerk.users.createUser({ emailAddress: [address], password })
        const json = { 'content-type': 'application/json' }, { clientId, clientSecret, url } = server.auth0
        const grant = async (body) => (await (await fetch(`${url}/oauth/token`, { method: 'POST', headers: json, body: JSON.stringify({ client_id: clientId, client_secret: clientSecret, ...body }) })).json())
        const machine = await grant({ grant_type: 'client_credentials', audience: `https://${server.auth0.domain}/api/v2/` })
        const person = await grant({ grant_type: 'password', username: address, password, scope: 'openid' })
        const gotrue = await (await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password }) })).json()
        for (const [name, jwt] of Object.entries({ machine: machine.access_token, person: person.access_token, id: person.id_token, gotrue: gotrue.access_token, service: server.gotrue.serviceKey, anon: server.gotrue.anonKey })) {
          assert.ok(jwt, name)
          assert.doesNotMatch(await verify(jwt), /^(user_|auth0|[0-9a-f-]{36})/, name)
          assert.doesNotMatch(String(await authenticate(jwt)), /^user_/, name)
        }
        // and a session token opens nothing in the others
        const jwt = await token(await session())
        for (const door of [`${server.gotrue.url}/user`, `${server.gotrue.url}/admin/users`, `${server.auth0.url}/api/v2/users`, `${server.auth0.url}/userinfo`, `${server.clerk.url}/v1/users`])
          assert.ok([400, 401, 403].includes((await fetch(door, { headers: { authorization: `Bearer ${jwt}` } })).status), door)
      })

      test('a ban, a revocation, the end of the user: no new token, and the server takes the old one no more', async () => {
        for (const end of [(id) => clerk.users.banUser(id), (id, one) => clerk.sessions.revokeSession(one.id), (id) => clerk.users.deleteUser(id)]) {
          const { id } = await clerk.users.createUser({ emailAddress: [email()] })
          const one = await session(clerk, id), jwt = await token(one)
          assert.equal((await clerk.sessions.verifySession(one.id, jwt)).status, 'active')
          await end(id, one)
          assert.equal(await verify(jwt), id) // off-line it stands for its minute
          for (const call of [() => clerk.sessions.getToken(one.id), () => clerk.sessions.verifySession(one.id, jwt)]) {
            const error = await call().then(() => assert.fail('it was taken'), (reason) => reason)
            assert.ok([401, 404].includes(error.status), String(error.status))
          }
        }
      })
    })
