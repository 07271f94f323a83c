// keys.test.mjs: `hecate keys` beside a live server, for each dialect, and beside two on one PostgreSQL: what the old key signed is taken until the key is taken away, and by
// nobody a second later; nothing good is refused meanwhile.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient, verifyToken } from '@clerk/backend'
import { sleep, start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'
import { ended } from './run.mjs'

const rounds = Number(process.env.HECATE_TRIALS ?? 1)
const head = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[0], 'base64url'))

for (const store of stores)
  describe(`keys on ${store}`, () => {
    let server, other, clerk, auth0
    const keys = (...args) => ended(['keys', ...args], { HECATE_DATA: server.dir, HECATE_DATABASE_URL: server.database, HECATE_LISTEN_CLERK: server.clerk.url.slice(7), HECATE_LISTEN_AUTH0: `127.0.0.1:${server.ports[2]}` })
    // The rows that `keys list` prints of a dialect.
    const rows = (out, dialect) => out.split('\n').filter(Boolean).map((line) => line.split(/\s+/)).filter((row) => row[1] === dialect).map(([id, , alg, state, since, kid]) => ({ id, alg, state, since, kid }))
    const good = async (...args) => {
      const { code, out, err } = await keys(...(args[0] === 'list' ? ['list'] : args))
      assert.equal(code, 0, err)
      return rows(out, args[0] === 'retire' ? args[1].split('-')[0] : args[1])
    }
    const jwks = async (url, more) => {
      const answer = more ? await more('/.well-known/jwks.json') : await (await fetch(url, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()
      for (const key of answer.keys) assert.deepEqual(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name)), [])
      return answer.keys.map((key) => key.kid)
    }
    // Until `ask` says what is due: who asks after a second hears it.
    const soon = async (ask, due, what) => {
      const end = Date.now() + 1000
      let said, begun
      do {
        begun = Date.now()
        said = await ask()
      } while (said !== due && begun < end && (await sleep(20)) === undefined)
      assert.equal(said, due, what)
    }

    before(async () => {
      const env = { GOTRUE_JWT_SECRET: undefined, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true' }
      server = await start({ store, env })
      if (store === 'postgres') other = await start({ store, env, database: server.database, data: server.dir })
      clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      auth0 = async (path, token, body) => {
        const wire = new Wire(server.auth0.url, token ? { authorization: `Bearer ${token}` } : {}, server.auth0.ca)
        const answer = await wire.request(body ? 'POST' : 'GET', path, body)
        wire.close()
        return answer
      }
    })
    after(async () => {
      await other?.stop()
      await server.stop()
    })

    test('Clerk, under load', async () => {
      const user = await clerk.users.createUser({ emailAddress: ['keys@example.com'] })
      const { id } = await clerk.sessions.createSession({ userId: user.id })
      const token = async () => (await clerk.sessions.getToken(id)).jwt
      const nodes = [server, other].filter(Boolean).map((one) => createClerkClient({ secretKey: one.clerk.secretKey, apiUrl: one.clerk.url, telemetry: { disabled: true } }))
      // What all nodes say.
      const taken = async (jwt) => [...new Set(await Promise.all(nodes.map((one) => one.sessions.verifySession(id, jwt).then(() => 'taken', (error) => error.status))))].join()
      const verified = (jwt) => verifyToken(jwt, { secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, skipJwksCache: true }).then(() => 'taken', (error) => error.reason)
      const instance = async () => (await (await fetch(`${server.clerk.url}/v1/instance`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()).id
      const [name, url] = [await instance(), `${server.clerk.url}/v1/jwks`]
      let done = false, asked = 0
      const refused = []
      const load = Promise.all([0, 1].map(async () => {
        while (!done) {
          const jwt = await token()
          const said = await Promise.all([taken(jwt), verified(jwt)])
          refused.push(...said.filter((one) => one !== 'taken'))
          asked++
        }
      }))
      for (let i = 0; i < rounds; i++) {
        const old = await token(), [before] = (await good('list', 'clerk')).filter((one) => one.state === 'current')
        const made = i % 2 === 0 ? await good('create', 'clerk') : undefined
        if (made) {
          await soon(async () => (await jwks(url)).length, 2, 'the next key is shown')
          assert.equal(head(await token()).kid, before.kid) // and signs nothing yet
        }
        const turned = await good('rotate', 'clerk'), current = turned.find((one) => one.state === 'current')
        assert.deepEqual(turned.map((one) => one.state).sort(), ['current', 'previous'])
        if (made) assert.equal(current.id, made.find((one) => one.state === 'next').id)
        await soon(async () => head(await token()).kid, current.kid, 'the new key signs')
        assert.deepEqual((await jwks(url)).sort(), [before.kid, current.kid].sort())
        assert.deepEqual([await taken(old), await verified(old), await instance()], ['taken', 'taken', name])
        assert.deepEqual((await good('retire', before.id)).map((one) => one.id), [current.id])
        await soon(() => taken(old), '401', 'the old token is refused')
        assert.deepEqual([await taken(await token()), await jwks(url)], ['taken', [current.kid]])
      }
      done = true
      await load
      assert.ok(asked > 0)
      assert.deepEqual(refused, [])
    })

    const here = { skip: store === 'postgres' } // one store tells

    test('Auth0', here, async () => {
      const grant = async () => (await auth0('/oauth/token', undefined, { grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `https://${server.auth0.domain}/api/v2/` })).json.access_token
      const old = await grant(), [before] = await good('list', 'auth0')
      const status = async (token) => (await auth0('/api/v2/users', token)).status
      await good('create', 'auth0')
      await soon(async () => (await jwks(undefined, async (path) => (await auth0(path)).json)).length, 2, 'the next key is shown')
      await good('rotate', 'auth0')
      await soon(async () => head(await grant()).kid !== before.kid, true, 'the new key signs')
      assert.deepEqual([await status(old), await status(await grant())], [200, 200])
      await good('retire', before.id)
      await soon(() => status(old), 401, 'the old token is refused')
      assert.equal(await status(await grant()), 200)
    })

    test("GoTrue: from the secret to a key of its own, whose roles' tokens are printed", here, async () => {
      const post = async (path, body) => (await fetch(`${server.gotrue.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()
      const status = async (path, token) => (await fetch(`${server.gotrue.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status
      const printed = (text) => text.match(/\(service role\):.*'([\w-]+\.[\w-]+\.[\w-]+)'/)[1]
      const service = printed(server.log()), { access_token: old } = await post('/signup', { email: 'keys-gt@example.com', password: 'secret-pw-1' })
      const [secret] = await good('list', 'gotrue')
      assert.deepEqual([secret.alg, head(old).alg, await status('/user', old), await status('/admin/users', service)], ['HS256', 'HS256', 200, 200])
      const { code, out } = await keys('rotate', 'gotrue'), fresh = printed(out)
      assert.deepEqual([code, head(fresh).alg], [0, 'ES256'])
      const signIn = async () => (await post('/token?grant_type=password', { email: 'keys-gt@example.com', password: 'secret-pw-1' })).access_token
      await soon(async () => head(await signIn()).alg, 'ES256', 'the new key signs')
      const now = await signIn()
      assert.deepEqual([await status('/user', old), await status('/user', now), await status('/admin/users', service), await status('/admin/users', fresh)], [200, 200, 200, 200])
      assert.deepEqual((await (await fetch(`${server.gotrue.url}/.well-known/jwks.json`)).json()).keys.map((key) => [key.kty, key.d]), [['EC', undefined]])
      await good('retire', secret.id)
      await soon(() => status('/user', old), 403, 'the old token is refused')
      assert.deepEqual([await status('/user', now), await status('/admin/users', service), await status('/admin/users', fresh)], [200, 403, 200])
    })

    test('what cannot be done is said', async () => {
      const said = async (...args) => {
        const { code, err } = await keys(...args)
        return [code, err.trim()]
      }
      const [current] = await good('list', 'clerk')
      assert.deepEqual(await said('retire', current.id), [78, `hecate: ${current.id} signs: rotate first`])
      assert.deepEqual(await said('retire', 'clerk-admin-1'), [78, 'hecate: there is no key clerk-admin-1'])
      for (const args of store === 'sqlite' ? [[], ['rotate'], ['rotate', 'ops'], ['retire'], ['turn', 'clerk']] : []) assert.equal((await keys(...args)).code, 64, args.join(' '))
      assert.equal((await ended(['keys', 'list'], { HECATE_DATA: server.dir, DATABASE_URL: 'sqlite:/nonexistent/x.db' })).code, 69)
      const given = await ended(['keys', 'rotate', 'gotrue'], { HECATE_DATA: server.dir, HECATE_DATABASE_URL: server.database, GOTRUE_JWT_SECRET: 'a-secret-for-tests-of-forty-characters-0' })
      assert.deepEqual([given.code, given.err.trim()], [78, 'hecate: the keys of gotrue are given by GOTRUE_JWT_SECRET or GOTRUE_JWT_KEYS: change them there'])
      if (store === 'sqlite') return
      const sealed = await ended(['keys', 'list'], { HECATE_DATA: server.dir, HECATE_DATABASE_URL: server.database, HECATE_DATA_KEY: 'ab'.repeat(32) })
      assert.deepEqual([sealed.code, sealed.err.trim()], [78, 'hecate: the keys are sealed with another data key'])
    })
  })
