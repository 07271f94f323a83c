// doors.test.mjs (Z3, Z4, Z5): a path is judged after one decoding and has one spelling; no body writes what is not its writer's; and nobody sees anybody else's rows.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { count, sample, stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { start } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `door-${process.pid}-${n++}@example.com`
const bearer = (token) => ({ authorization: `Bearer ${token}` })

// ---- Z3: spellings of a path that is not to be found under them ----

function spellings(path) {
  const at = path.lastIndexOf('/'), [head, last] = [path.slice(0, at), path.slice(at + 1)], first = path.slice(1), c = last[0], code = c.charCodeAt(0).toString(16)
  return [
    `/${path}`, `//${path}`, `${path}/`, `${path}//`, `${path}/.`, `${path}/./`, `${path}/..`, `${path}/../${last}`, `${path};`, `${path};x`, `${path};x=y`, `${path};/`, `${path};jsessionid=1`, `${head};x/${last}`, `${head};/${last}`, `${path}.`, `${path}..`, `${path}.json`, `${path}.html`, `${path},`, `${path}~`, `${path}'`, `${path}"`,
    `${path}%20`, `${path}%09`, `${path}%0a`, `${path}%0d`, `${path}%00`, `${path}%00.png`, `${path}%3f`, `${path}%3fx=y`, `${path}%23`, `${path}%2f`, `${path}%5c`, `${path}%2e`, `${path}%3b`, `${path}%ff`, `${path}%c0%af`, `${path}%e2%80%8b`, `${path}%`, `${path}%2`, `${path}%zz`, `${path}%u002f`,
    `/.${path}`, `/./${first}`, `/..${path}`, `/../${first}`, `/x/..${path}`, `/x/../${first}`, `/health/..${path}`, `/health/%2e%2e${path}`, `/health/%2e%2e%2f${first}`, `/health/..;${path}`, `/health/..%2f${first}`, `/health/..%5c${first}`, `/%2e${path}`, `/%2e%2e${path}`, `/%2f${first}`, `/%5c${first}`, `/%20${first}`, `/%00${path}`,
    `${head}//${last}`, `${head}///${last}`, `${head}/./${last}`, `${head}/x/../${last}`, `${head}%2f${last}`, `${head}%2F${last}`, `${head}%252f${last}`, `${head}%5c${last}`, `${head}/%2e/${last}`, `${head}/%2e%2e/${head.slice(head.lastIndexOf('/') + 1)}/${last}`, `${head}/%20${last}`, `${head}/${last}/%2e%2e/${last}`, `${head}\\${last}`,
    path.toUpperCase(), `${head}/${last.toUpperCase()}`, `${head}/${c.toUpperCase()}${last.slice(1)}`, `${head}/%25${code}${last.slice(1)}`, `${head}/%${code}%${code}`, `${head}/${c}\u200b${last.slice(1)}`, `/auth%2fv1${path}`, `/auth/v1/${path}`, `/auth/v1/..${path}`, `/auth/v1%00${path}`, `/Auth/V1${path}`, `/v1/v1${path}`, `/v2${path}`, `/api/v2/..${path}`,
  ].filter((one, i, all) => one !== path && all.indexOf(one) === i && one.toLowerCase() !== path)
}
// Served to whoever has the key: the table of routes says so.
const served = ['/admin/users/', '/admin/audit/']
const paths = {
  gotrue: ['/admin/users', '/admin/audit', '/admin/generate_link', '/admin/users/00000000-0000-4000-8000-0000000000aa'], clerk: ['/v1/users', '/v1/users/count', '/v1/jwks', '/v1/organizations'], auth0: ['/api/v2/users', '/api/v2/roles', '/api/v2/connections', '/api/v2/logs'],
}

for (const store of stores)
  describe(`doors (${store})`, () => {
    let server, wires, machine

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_RATE_LIMIT_EMAIL_SENT: '100000' } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      machine = (await oauth({ grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` })).json.access_token
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
    })

    const client = () => ({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret })
    const oauth = (body) => wires.auth0.request('POST', '/oauth/token', { ...client(), ...body })
    const key = (dialect) => bearer({ gotrue: server.gotrue.serviceKey, clerk: server.clerk.secretKey, auth0: machine }[dialect])
    const ask = (dialect, method, where, body, headers) => wires[dialect].request(method, where, body, headers)

    test('a path has one spelling', { timeout: 300_000 }, async (t) => {
      let asked = 0
      for (const [dialect, list] of Object.entries(paths))
        for (const path of sample(list, 4)) {
          const all = spellings(path)
          assert.ok(all.length >= 80, `${path}: ${all.length}`)
          for (const spelled of sample(all, 5))
            for (const headers of [{}, key(dialect)]) {
              const bytes = Buffer.from(spelled, 'utf8').toString('latin1')
              const answer = await ask(dialect, 'GET', bytes, undefined, headers).catch(() => ({ status: 400, text: '' }))
              asked++
              if (headers.authorization && served.includes(spelled)) continue
              assert.ok(headers.authorization ? [400, 404].includes(answer.status) : [400, 401, 404].includes(answer.status), `${dialect} ${spelled}${headers.authorization ? ', with its key' : ''}: ${answer.status} ${answer.text.slice(0, 200)}`)
            }
        }
      figure(t, `${asked} spellings (${store}), 0 served`)
    })

    // ---- Z5 ----

    const FAR = '2030-01-01T00:00:00Z', UUID = '00000000-0000-4000-8000-00000000beef'
    const names = {
      id: UUID, user_id: UUID, instance_id: UUID, sub: UUID, aud: 'other', role: 'service_role', roles: ['admin'], is_super_admin: true, is_sso_user: true, is_anonymous: true, email_confirmed_at: FAR, phone_confirmed_at: FAR, confirmed_at: FAR, email_confirm: true, phone_confirm: true, email_verified: true, phone_verified: true,
      verified: true, invited_at: FAR, created_at: FAR, updated_at: FAR, last_sign_in_at: FAR, deleted_at: FAR, banned_until: FAR, ban_duration: '24h', banned: true, blocked: true, locked: true, encrypted_password: '$2a$04$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W', password_hash: '$2a$04$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W',
      password_digest: 'x', confirmation_token: 'x', recovery_token: 'x', email_change_token_new: 'x', email_change_token_current: 'x', reauthentication_token: 'x', email_change: 'moved@example.com', new_email: 'moved@example.com', phone_change: '15550000000', email_change_confirm_status: 1, app_metadata: { admin: true }, raw_app_meta_data: { admin: true },
      public_metadata: { admin: true }, private_metadata: { admin: true }, raw_user_meta_data: { admin: true }, identities: [{ provider: 'google', id: '1' }], factors: [], sessions: [], permissions: ['admin'], scope: 'admin', aal: 'aal2', provider: 'google', providers: ['google'], connection: 'other', external_id: 'x', logins_count: 9, last_ip: '1.2.3.4', last_login: FAR,
      multifactor: ['x'], amr: [], org_id: 'x', organizations: [], __proto: {}, constructor: { prototype: { admin: true } }, tenant: 'x', object: 'x',
    }
    const shapes = (name, value) => [[name, value], [name, null], [name, ''], [name, []], [name, { [name]: value }], [`${name}.x`, value], [`user.${name}`, value], [`user[${name}]`, value], [name.replace(/_(.)/g, (_, c) => c.toUpperCase()), value]]
    // All rows of a user but what writing may change.
    const free = ['updated_at', 'hecate_log_head', 'raw_user_meta_data', 'last_active_at', 'meta_at']
    async function rowsOf(id) {
      const all = {}
      for (const [table, column] of [['auth.users', 'id'], ['auth.identities', 'user_id'], ['auth.mfa_factors', 'user_id'], ['hecate.profiles', 'user_id'], ['hecate.addresses', 'user_id'], ['hecate.passwords', 'user_id']])
        all[table] = (await query(server, `SELECT * FROM ${table} WHERE ${column} = '${id}'`)).map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !free.includes(name) || (table === 'auth.identities' && name !== 'updated_at'))))
      return all
    }
    const person = async () => {
      const address = email()
      const { json } = await ask('gotrue', 'POST', '/admin/users', { email: address, password, email_confirm: true, user_metadata: { a: 1 }, app_metadata: { plan: 'free' } }, key('gotrue'))
      const [{ user_id: auth0Id }] = (await ask('auth0', 'GET', `/api/v2/users-by-email?email=${address}`, undefined, key('auth0'))).json
      const session = (await ask('gotrue', 'POST', '/token?grant_type=password', { email: address, password })).json
      const own = (await oauth({ grant_type: 'password', username: address, password, scope: 'openid read:current_user update:current_user_metadata', audience: `${server.auth0.url}/api/v2/` })).json
      return { address, id: json.id, auth0Id, token: session.access_token, own: own.access_token }
    }
    // Users who write their own rows; each gives what a member is sent with.
    const writers = {
      'PUT /user': (p, more) => ['gotrue', 'PUT', '/user', { data: { a: 2 }, ...more }, bearer(p.token)],
      'POST /user': (p, more) => ['gotrue', 'POST', '/user', { ...more }, bearer(p.token)],
      'PATCH of Auth0, by the user': (p, more) => ['auth0', 'PATCH', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, { user_metadata: { a: 3 }, ...more }, bearer(p.own)],
      'PATCH of Auth0, by the user, alone': (p, more) => ['auth0', 'PATCH', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, more, bearer(p.own)],
      'POST /signup': (p, more) => ['gotrue', 'POST', '/signup', { email: p.address, password, ...more }],
      'POST /otp': (p, more) => ['gotrue', 'POST', '/otp', { email: `nobody-${p.id}@example.com`, create_user: false, ...more }],
      'POST /recover': (p, more) => ['gotrue', 'POST', '/recover', { email: `nobody-${p.id}@example.com`, ...more }],
      'POST /token': (p, more) => ['gotrue', 'POST', '/token?grant_type=password', { email: p.address, password: 'wrong', ...more }],
      'sign-up at Auth0': (p, more) => ['auth0', 'POST', '/dbconnections/signup', { client_id: server.auth0.clientId, connection: 'Username-Password-Authentication', email: p.address, password: 'Secret-pw-1', ...more }],
    }

    test('a body writes nothing that is not its writer\'s', { timeout: 900_000 }, async (t) => {
      let asked = 0
      for (const [writer, make] of Object.entries(writers)) {
        const p = await person(), before = await rowsOf(p.id)
        for (const [name, value] of sample(Object.entries(names), 9)) {
          for (const [member, sent] of shapes(name, value)) {
            // what the route itself takes is not protected there
            if (/PUT|POST \/user/.test(writer) && ['email', 'phone'].includes(member)) continue
            const answer = await ask(...make(p, { [member]: sent }))
            asked++
            assert.ok(answer.status < 500, `${writer} ${member}: ${answer.status} ${answer.text}`)
          }
          if (whole ? name.length % 9 === 0 : true) assert.deepEqual(await rowsOf(p.id), before, `${writer} with ${name}`)
        }
        assert.deepEqual(await rowsOf(p.id), before, writer)
      }
      // who signs up is what the server says
      for (const [name, value] of sample(Object.entries(names), 6)) {
        const address = email(), answer = await ask('gotrue', 'POST', '/signup', { email: address, password, [name]: value, data: { [name]: value } })
        asked++
        assert.ok(answer.status < 500, answer.text)
        if (answer.status !== 200) continue
        const [row] = await query(server, `SELECT * FROM auth.users WHERE email = '${address}'`), app = typeof row.raw_app_meta_data === 'string' ? JSON.parse(row.raw_app_meta_data) : row.raw_app_meta_data
        assert.deepEqual([row.role, row.aud, row.email_confirmed_at, row.phone_confirmed_at, row.banned_until, row.deleted_at, row.invited_at, app, Boolean(Number(row.is_anonymous))], ['authenticated', 'authenticated', null, null, null, null, null, { provider: 'email', providers: ['email'] }, false], name)
        assert.ok(row.id !== UUID && !Number(row.is_super_admin) && !Number(row.is_sso_user) && row.encrypted_password.startsWith('$2a$04$') && !row.encrypted_password.includes('GGgFFcYeueaAql8Z7U7CnCTRw4DR77W'), name)
      }
      figure(t, `${asked} bodies of ${Object.keys(writers).length} writers (${store}), 0 protected fields changed`)
    })

    test('what an administrator may not write, either', { timeout: 300_000 }, async (t) => {
      const fixed = ['id', 'user_id', 'instance_id', 'is_super_admin', 'is_sso_user', 'is_anonymous', 'encrypted_password', 'confirmation_token', 'recovery_token', 'email_change_token_new', 'reauthentication_token', 'identities', 'last_sign_in_at', 'deleted_at', 'logins_count', 'last_ip', 'last_login', 'sub', 'sessions', 'factors', 'updated_at', 'object']
      const p = await person(), [{ id: clerkId }] = (await ask('clerk', 'GET', `/v1/users?email_address=${p.address}`, undefined, key('clerk'))).json, before = await rowsOf(p.id)
      let asked = 0
      for (const [dialect, method, where] of [['gotrue', 'PUT', `/admin/users/${p.id}`], ['clerk', 'PATCH', `/v1/users/${clerkId}`], ['clerk', 'PATCH', `/v1/users/${clerkId}/metadata`], ['auth0', 'PATCH', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`]])
        for (const name of sample(fixed, 4))
          for (const [member, sent] of shapes(name, names[name])) {
            asked++
            const answer = await ask(dialect, method, where, { [member]: sent }, key(dialect))
            assert.ok(answer.status < 500, `${dialect} ${member}: ${answer.text}`)
          }
      assert.deepEqual(await rowsOf(p.id), before)
      figure(t, `${asked} bodies of administrators (${store}), 0 fixed fields changed`)
    })

    // ---- Z4 ----

    test('nobody sees rows of another', { timeout: 900_000 }, async (t) => {
      const people = [], total = Number(process.env.HECATE_REPLIES ?? count(300, 60_000))
      for (let i = 0; i < count(5, 50); i++) people.push(await person())
      const shared = Array.from({ length: 8 }, () => ({ gotrue: new Wire(server.gotrue.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }))
      const marks = new Map(people.map((p) => [p.id, p]))
      const of = (text, p) => people.every((other) => other === p || (!text.includes(other.id) && !text.includes(other.address)))
      let replies = 0
      const asks = [
        (p) => ['gotrue', 'GET', '/user', undefined, p.token], (p) => ['gotrue', 'GET', '/user/identities', undefined, p.token], (p) => ['gotrue', 'PUT', '/user', { data: { mark: p.id } }, p.token], (p) => ['auth0', 'GET', '/userinfo', undefined, p.info],
        (p) => ['auth0', 'GET', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, undefined, p.own], (p, other) => ['auth0', 'GET', `/api/v2/users/${encodeURIComponent(other.auth0Id)}`, undefined, p.own], (p, other) => ['gotrue', 'GET', `/admin/users/${other.id}`, undefined, p.token],
        (p, other) => ['gotrue', 'DELETE', `/user/identities/${other.id}`, undefined, p.token], (p, other) => ['gotrue', 'DELETE', `/factors/${other.id}`, undefined, p.token], (p) => ['gotrue', 'GET', '/user?user_id=' + people[0].id, undefined, p.token],
      ]
      for (const p of people) p.info = (await oauth({ grant_type: 'password', username: p.address, password, scope: 'openid profile email' })).json.access_token
      await Promise.all(shared.map(async (wire, lane) => {
        for (let i = lane; i < total; i += shared.length) {
          const p = people[(i * 7) % people.length], other = people[(i * 11 + 3) % people.length], [dialect, method, where, body, token] = asks[(i * 13 + lane) % asks.length](p, other)
          const answer = await wire[dialect].request(method, where, body, bearer(token))
          replies++
          assert.ok(of(answer.text.replaceAll(where.split('/').at(-1), ''), p) || other === p, `${method} ${where} of ${p.address}: ${answer.status} ${answer.text}`)
          if (where === '/user' && method === 'GET') assert.ok(answer.text.includes(p.id), answer.text)
        }
      }))
      shared.forEach((wire) => Object.values(wire).forEach((one) => one.close()))
      assert.ok(marks.size === people.length)
      figure(t, `${replies} replies to ${people.length} users over 8 shared connections (${store}), 0 foreign rows`)
    })
  })
