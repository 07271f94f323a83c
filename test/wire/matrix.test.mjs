// matrix.test.mjs: each route that `hecate routes --json` prints × each credential: served exactly where the route asks for it, and no dialect's credential
// opens another's door. Routes that ask for nothing, or for a user, are listed here by hand: a new one must be added with open eyes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { signingKey, signToken } from '../lib/sealed.mjs'
import { binary, mint, start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const routes = JSON.parse(execFileSync(binary, ['routes', '--json'], { encoding: 'utf8' }))

// ---- what each route must ask for ----

const open = new Set([
  'gotrue GET /oauth/authorize', 'gotrue POST /oauth/token', 'gotrue POST /sso', 'gotrue GET /sso/saml/metadata', 'gotrue GET /passkeys',
  'gotrue GET /oauth/userinfo', 'gotrue POST /oauth/clients/register', 'gotrue GET /oauth/authorizations/{authorization_id}', 'gotrue POST /oauth/authorizations/{authorization_id}/consent',
  'gotrue POST /sso/saml/acs', 'gotrue PATCH /passkeys/{passkey_id}', 'gotrue DELETE /passkeys/{passkey_id}',
  ...['authentication', 'registration'].flatMap((what) => ['options', 'verify'].map((step) => `gotrue POST /passkeys/${what}/${step}`)), // these say that they are off
  'gotrue GET /health', 'gotrue GET /settings', 'gotrue GET /.well-known/jwks.json', 'gotrue GET /.well-known/openid-configuration',
  'gotrue GET /.well-known/oauth-authorization-server', 'gotrue POST /signup', 'gotrue POST /token', 'gotrue POST /otp', 'gotrue POST /magiclink',
  'gotrue POST /recover', 'gotrue POST /resend', 'gotrue GET /verify', 'gotrue POST /verify', 'gotrue GET /callback', 'gotrue POST /callback',
  'gotrue GET /authorize', 'clerk GET /public/images/{image_id}', 'auth0 POST /oauth/token', 'auth0 GET /.well-known/jwks.json',
  'auth0 GET /.well-known/openid-configuration', 'auth0 POST /oauth/revoke', 'auth0 POST /mfa/challenge', 'auth0 GET /mfa/authenticators', 'auth0 DELETE /mfa/authenticators/{id}', 'auth0 POST /mfa/associate', 'auth0 GET /userinfo', 'auth0 POST /userinfo', // these look at the token they are given
  'auth0 POST /dbconnections/signup', 'auth0 POST /dbconnections/change_password', 'auth0 GET /u/email-verification', 'auth0 GET /u/reset-password',
  'auth0 POST /u/reset-password', 'auth0 GET /exports/{id}/{file}', // these look at what the link carries
  'ops GET /healthz', 'ops GET /readyz',
])
const ofUsers = /^gotrue \w+ \/(user|logout|reauthenticate|factors)(\/|$)/

const nameOf = ({ dialect, method, path }) => `${dialect} ${method} ${path}`

test('each route asks for what it must', () => {
  for (const route of routes) {
    const name = nameOf(route)
    assert.equal(route.credential, open.has(name) ? 'none' : ofUsers.test(name) ? 'user' : 'admin', name)
    assert.equal(Boolean(route.scopes), route.dialect === 'auth0' && route.credential === 'admin', `scopes of ${name}`)
  }
})

// ---- credentials ----

// All that some route asks for.
const SCOPES = [...new Set(routes.flatMap(({ scopes }) => (scopes ?? '').split(/[,+]/).filter(Boolean)))]

// What each credential opens: a dialect's routes for admins ('gotrue admin', …), those for users ('gotrue user'), or nothing (''). For Auth0 a function of
// the route gives the token.
async function credentialsOf(server, users) {
  const { gotrue, clerk, auth0 } = server
  const [clerkKey, auth0Key] = [await signingKey(server, 'clerk'), await signingKey(server, 'auth0')]
  const past = Math.floor(Date.now() / 1000) - 10
  const service = { role: 'service_role' }, user = { sub: users.well.user.id, role: 'authenticated', aud: 'authenticated', session_id: users.session }
  const machine = { iss: `${auth0.url}/`, aud: `${auth0.url}/api/v2/`, sub: `${auth0.clientId}@clients`, azp: auth0.clientId, gty: 'client-credentials' }
  const all = SCOPES.join(' ')
  const machineToken = (change) => signToken({ ...machine, scope: all, ...change }, auth0Key)
  return {
    'nothing': [undefined, ''],
    'an empty key': ['Bearer ', ''],
    'nonsense': ['Bearer x.y.z', ''],
    'client id and secret': [`Basic ${Buffer.from(`${auth0.clientId}:${auth0.clientSecret}`).toString('base64')}`, ''],
    'the client secret': [`Bearer ${auth0.clientSecret}`, ''],
    'the JWT secret itself': [`Bearer ${gotrue.jwtSecret}`, ''],
    'GoTrue: service key': [`Bearer ${gotrue.serviceKey}`, 'gotrue admin'],
    'GoTrue: role supabase_admin': [`Bearer ${mint({ role: 'supabase_admin' })}`, 'gotrue admin'],
    'GoTrue: service key, other scheme': [`Token ${gotrue.serviceKey}`, ''],
    'GoTrue: service key, twice': [`Bearer ${gotrue.serviceKey}, Bearer ${gotrue.serviceKey}`, ''],
    'GoTrue: service key, expired': [`Bearer ${mint({ ...service, exp: past })}`, ''],
    'GoTrue: service key, not yet valid': [`Bearer ${mint({ ...service, nbf: past + 3600 })}`, ''],
    'GoTrue: service key of another secret': [`Bearer ${mint(service, 'another-secret-for-tests-of-forty-chars-1')}`, ''],
    'GoTrue: role in capitals': [`Bearer ${mint({ role: 'SERVICE_ROLE' })}`, ''],
    'GoTrue: claim in capitals': [`Bearer ${mint({ Role: 'service_role' })}`, ''],
    'GoTrue: anon key': [`Bearer ${gotrue.anonKey}`, ''],
    'GoTrue: user': [`Bearer ${users.well.access_token}`, 'gotrue user'],
    'GoTrue: user, expired': [`Bearer ${mint({ ...user, exp: past })}`, ''],
    'GoTrue: user, without an end': [`Bearer ${mint({ ...user, exp: undefined })}`, ''],
    'GoTrue: user of another secret': [`Bearer ${mint(user, 'another-secret-for-tests-of-forty-chars-1')}`, ''],
    'GoTrue: user in a session of another': [`Bearer ${mint({ ...user, sub: users.banned.user.id })}`, ''],
    'GoTrue: user, banned': [`Bearer ${users.banned.access_token}`, ''],
    'GoTrue: user, deleted': [`Bearer ${users.gone.access_token}`, ''],
    'GoTrue: user, signed out': [`Bearer ${users.out.access_token}`, ''],
    'GoTrue: admin role of a banned user': [`Bearer ${mint({ ...service, sub: users.banned.user.id, session_id: users.bannedSession })}`, ''],
    'GoTrue: refresh token': [`Bearer ${users.well.refresh_token}`, ''],
    'Clerk: secret key': [`Bearer ${clerk.secretKey}`, 'clerk admin'],
    'Clerk: secret key, cut': [`Bearer ${clerk.secretKey.slice(0, -1)}`, ''],
    'Clerk: secret key, longer': [`Bearer ${clerk.secretKey}a`, ''],
    'Clerk: secret key, live': [`Bearer ${clerk.secretKey.replace('test', 'live')}`, ''],
    'Clerk: secret key, in capitals': [`Bearer ${clerk.secretKey.toUpperCase()}`, ''],
    'Clerk: secret key, without a scheme': [clerk.secretKey, ''],
    'Clerk: publishable key': ['Bearer pk_test_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', ''],
    'Clerk: session token': [`Bearer ${signToken({ sub: 'user_2abc', sid: 'sess_2abc', iss: clerk.url, azp: clerk.url }, clerkKey)}`, ''],
    'Clerk: key signs for GoTrue': [`Bearer ${signToken(service, clerkKey)}`, ''],
    'Clerk: key signs for Auth0': [`Bearer ${signToken({ ...machine, scope: all }, clerkKey)}`, ''],
    'Auth0: token with all scopes': [`Bearer ${machineToken()}`, 'auth0 admin'],
    'Auth0: token with all but the scope': [(route) => `Bearer ${machineToken({ scope: SCOPES.filter((scope) => !(route.scopes ?? '').split(/[,+]/).includes(scope)).join(' ') })}`, ''],
    'Auth0: token without scopes': [`Bearer ${machineToken({ scope: undefined })}`, ''],
    'Auth0: scope in capitals': [`Bearer ${machineToken({ scope: all.toUpperCase() })}`, ''],
    'Auth0: scope with commas': [`Bearer ${machineToken({ scope: SCOPES.join(',') })}`, ''],
    'Auth0: token, expired': [`Bearer ${machineToken({ exp: past })}`, ''],
    'Auth0: token without an end': [`Bearer ${machineToken({ exp: undefined })}`, ''],
    'Auth0: token for another audience': [`Bearer ${machineToken({ aud: 'https://example.com/api/v2/' })}`, ''],
    'Auth0: token without audience': [`Bearer ${machineToken({ aud: undefined })}`, ''],
    'Auth0: token of another issuer': [`Bearer ${machineToken({ iss: 'https://example.com/' })}`, ''],
    'Auth0: token of another client': [`Bearer ${machineToken({ sub: 'other@clients' })}`, ''],
    'Auth0: token of a user': [`Bearer ${machineToken({ sub: 'auth0|1' })}`, ''],
    'Auth0: key signs for GoTrue': [`Bearer ${signToken(service, auth0Key)}`, ''],
    'Auth0: claims under the secret of GoTrue': [`Bearer ${mint({ ...machine, scope: all })}`, ''],
  }
}

// ---- requests ----

const filling = { id: 'auth0|none', user_id: { gotrue: '00000000-0000-4000-8000-0000000000aa', clerk: 'user_2NoSuchUserAtAll00000000000' } }
const pathOf = ({ dialect, path }) =>
  ({ clerk: '/v1' }[dialect] ?? '') + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(filling[name]?.[dialect] ?? filling[name] ?? '1'))

const doors = ['gotrue', 'clerk', 'auth0']
const codeOf = ({ text }) => { // a 204 has no body
  const json = JSON.parse(text || '{}')
  return json.error_code ?? json.errorCode
}
const refusals = {
  gotrue: (answer) => (answer.status === 401 && codeOf(answer) === 'no_authorization') ||
    codeOf(answer) === 'bad_jwt' || (answer.status === 403 && ['not_admin', 'user_banned', 'user_not_found', 'session_not_found'].includes(codeOf(answer))),
  clerk: ({ status }) => status === 401,
  auth0: (answer) => answer.status === 401 || (answer.status === 400 && codeOf(answer) === 'Bearer') || (answer.status === 403 && codeOf(answer) === 'insufficient_scope'),
}

for (const store of stores)
  describe(`credentials (${store})`, () => {
    let server, wires, users, credentials

    const signUp = async (email) => (await wires.gotrue.request('POST', '/signup', { email, password: 'secret-pw-1' })).json
    const sessionOf = ({ access_token: token }) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).session_id
    const admin = (method, path, body) => wires.gotrue.request(method, path, body, { authorization: `Bearer ${server.gotrue.serviceKey}` })

    const ask = (route, authorization, change = {}) => {
      const { dialect, method, path } = { ...route, path: pathOf(route), ...change }
      const headers = { ...(authorization === undefined ? {} : { authorization }), ...change.headers }
      return wires[dialect].request(method, path, ['GET', 'DELETE'].includes(method) ? undefined : {}, headers)
    }

    before(async () => {
      server = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      users = { well: await signUp('well@example.com'), banned: await signUp('banned@example.com'), gone: await signUp('gone@example.com'), out: await signUp('out@example.com') }
      users.session = sessionOf(users.well)
      users.bannedSession = sessionOf(users.banned)
      await admin('PUT', `/admin/users/${users.banned.user.id}`, { ban_duration: '24h' })
      await admin('DELETE', `/admin/users/${users.gone.user.id}`)
      await wires.gotrue.request('POST', '/logout', {}, { authorization: `Bearer ${users.out.access_token}` })
      credentials = await credentialsOf(server, users)
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
    })

    test('open exactly the routes that ask for them', async () => {
      for (const route of routes.filter(({ dialect, credential }) => doors.includes(dialect) && credential !== 'none'))
        for (const [name, [value, opens]] of Object.entries(credentials)) {
          const wanted = opens === `${route.dialect} ${route.credential}`
          if (wanted && opens === 'gotrue user') users.well = (await wires.gotrue.request('POST', '/token?grant_type=password', { email: 'well@example.com', password: 'secret-pw-1' })).json
          const answer = await ask(route, wanted && opens === 'gotrue user' ? `Bearer ${users.well.access_token}` : typeof value === 'function' ? value(route) : value)
          assert.equal(!refusals[route.dialect](answer), wanted, `${nameOf(route)} with ${name}: ${answer.status} ${answer.text}`)
          assert.ok(answer.status < 500, `${nameOf(route)} with ${name}: ${answer.status} ${answer.text}`)
        }
    })

    test('no route names a limiter that is not there', async () => { // it would serve nobody; from this machine nobody is limited
      for (const route of routes.filter(({ dialect }) => doors.includes(dialect))) {
        const opens = Object.values(credentials).find(([, opens]) => opens === `${route.dialect} ${route.credential}`)?.[0]
        const answer = await ask(route, opens)
        assert.notEqual(answer.status, 429, `${nameOf(route)}: ${answer.text}`)
      }
    })

    test('each scope of Auth0 is enough by itself, those needed together are so together', async () => {
      const key = await signingKey(server, 'auth0')
      for (const route of routes.filter(({ dialect, credential }) => dialect === 'auth0' && credential !== 'none'))
        for (const scope of route.scopes.split(',').map((words) => words.replaceAll('+', ' '))) {
          const { auth0 } = server
          const claims = { iss: `${auth0.url}/`, aud: `${auth0.url}/api/v2/`, sub: `${auth0.clientId}@clients`, azp: auth0.clientId, scope }
          const answer = await ask(route, `Bearer ${signToken(claims, key)}`)
          assert.notEqual(answer.status, 401, `${nameOf(route)} with ${scope}: ${answer.text}`)
          if (scope.endsWith('current_user') || scope.endsWith('current_user_metadata')) continue // those open a client's own user alone, and it has none
          assert.ok(!refusals.auth0(answer), `${nameOf(route)} with ${scope}: ${answer.status} ${answer.text}`)
        }
    })

    test('count in the Authorization header alone', async () => {
      const keys = { gotrue: server.gotrue.serviceKey, clerk: server.clerk.secretKey, auth0: credentials['Auth0: token with all scopes'][0].slice('Bearer '.length) }
      for (const route of routes.filter(({ dialect, credential }) => doors.includes(dialect) && credential === 'admin')) {
        const key = keys[route.dialect]
        for (const change of [
          ...['access_token', 'token', 'apikey', 'api_key', 'authorization', 'secret_key'].map((name) => ({ path: `${pathOf(route)}?${name}=${key}` })),
          ...['apikey', 'x-api-key', 'proxy-authorization', 'x-authorization', 'x-forwarded-authorization'].map((name) => ({ headers: { [name]: `Bearer ${key}` } })),
          { headers: { apikey: key } }, ...['access_token', '__session', 'sb-access-token'].map((name) => ({ headers: { cookie: `${name}=${key}` } })),
        ]) {
          const answer = await ask(route, undefined, change)
          assert.ok(refusals[route.dialect](answer), `${nameOf(route)} with ${JSON.stringify(change).slice(0, 60)}: ${answer.status} ${answer.text}`)
        }
      }
    })

    test('no spelling of a path, and no other method, is served without a key', async () => {
      const spell = (path) => {
        const at = path.lastIndexOf('/'), first = path.indexOf('/', 1) + 1, tail = path.slice(1)
        return [`/${path}`, `${path}/`, `${path}//`, `${path};x`, `${path};/`, `${path}.`, `${path}%20`, `${path}%00`, `${path}?`, `${path}%3f`, `${path}%23`, `${path}/.`, `${path}/..`,
          `${path}/../${path.slice(at + 1)}`, `/.${path}`, `/x/..${path}`, `/health/..${path}`, `/health/%2e%2e${path}`, `/health/..;${path}`, `/%2e${path}`, `/%2f${tail}`,
          `${path.slice(0, at)}//${path.slice(at + 1)}`, `${path.slice(0, at)}%2f${path.slice(at + 1)}`, `${path.slice(0, at)}/%2e/${path.slice(at + 1)}`,
          `${path.slice(0, at)}/./${path.slice(at + 1)}`, `${path.slice(0, at)}%5c${path.slice(at + 1)}`, path.toUpperCase(), path.replace('u', '%75'), path.replace('u', '%2575'),
          path.slice(0, first) + path.slice(first).toUpperCase(), `/auth/v1${path}`, `/auth/v1/${path}`, `/auth%2fv1${path}`, `/auth/v1/..${path}`, `/v1${path}`, `/api/v2${path}`]
      }
      for (const [dialect, path, ...more] of [['gotrue', '/admin/users'], ['gotrue', `/admin/users/${filling.user_id.gotrue}`], ['gotrue', '/user'], ['clerk', '/v1/users'],
        ['clerk', '/v1/users/count'], ['clerk', '/v1/jwks'], ['auth0', '/api/v2/users'], ['auth0', '/api/v2/users-by-email?email=a@example.com'], ['auth0', '/api/v2/users/auth0%7C1']])
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'REPORT'])
          for (const spelled of method === 'GET' || method === 'POST' ? [path, ...spell(path), ...more] : [path]) {
            const wire = new Wire(server[dialect].url, { connection: 'close' }, server.auth0.ca) // a HEAD's answer has a length and no body
            const answer = method === 'HEAD' ? await head(wire, spelled) : await wire.request(method, spelled, method === 'POST' ? {} : undefined)
            wire.close()
            assert.ok(answer.status >= 400 && answer.status < 500, `${dialect} ${method} ${spelled}: ${answer.status} ${answer.text}`)
          }
    })
  })

// The status alone.
async function head(wire, path) {
  await wire.open()
  const status = new Promise((resolve, reject) => {
    wire.socket.removeAllListeners('data')
    wire.socket.once('data', (data) => resolve({ status: Number(data.toString('latin1').split(' ')[1]), text: '' })).once('close', reject)
  })
  wire.socket.write(wire.bytes('HEAD', path))
  return status
}
