// auth0_methods.test.mjs: the 35 methods of UsersManager, a row each: what it answers when all is well and what another call then shows, and each error that
// the newest client documents for it, through both clients.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const require = createRequire(import.meta.url)
const connection = 'Username-Password-Authentication', password = 'Secret-pw-1', secret = 'JBSWY3DPEHPK3PXP', method = 'totp|dev_0000000000000000000000'
let n = 0
const unique = () => `${process.pid}-${n++}`
const plain = { maxRetries: 0 }

// Name in version 4; the call in both; what is wrong with a request (a 400 of the body or the query; NOT_BODY: it has none); what a user who is not there
// gets; which scope it needs; and what is there before and after (`good`, with the face `f`, the user `u` and what the call answered).
const NONE = undefined
const rows = [
  ['getAll', (m, id, x) => m.users.getAll(x), (m, id, x) => m.users.list(x, plain), { per_page: 101 }, NONE, { q: 'name:x' }, async ({ f, u }) => assert.equal((await f.users(u)).length, 1)],
  ['create', (m, id, x) => m.users.create(x), (m, id, x) => m.users.create(x, plain), { connection: 1 }, NONE, () => ({ connection, email: `made-${unique()}@example.com`, password }), async ({ f, said }) => assert.equal((await f.get(said.user_id)).email, said.email)],
  ['get', (m, id, x) => m.users.get({ id, ...x }), (m, id, x) => m.users.get(id, x, plain), { include_fields: 'maybe' }, 404, {}, ({ u, said }) => assert.deepEqual(said, u)],
  ['update', (m, id, x) => m.users.update({ id }, x), (m, id, x) => m.users.update(id, x, plain), { blocked: 'x' }, 404, { name: 'New' }, async ({ f, u }) => assert.equal((await f.get(u.user_id)).name, 'New')],
  ['delete', (m, id) => m.users.delete({ id }), (m, id) => m.users.delete(id, plain), NONE, 204, {}, async ({ f, u }) => assert.equal(await f.status(f.get(u.user_id)), 404)],
  ['link', (m, id, x) => m.users.link({ id }, x), (m, id, x) => m.users.identities.link(id, x, plain), { provider: 'nothing', user_id: 'x' }, 404, async (f) => ({ provider: 'auth0', user_id: (await f.make()).user_id }), async ({ f, u }) => assert.equal((await f.get(u.user_id)).identities.length, 2)],
  ['unlink', (m, id, x) => m.users.unlink({ id, provider: 'auth0', ...x }), (m, id, x) => m.users.identities.delete(id, x.provider ?? 'auth0', x.user_id, plain), { provider: 'nothing', user_id: 'x' }, 404, async (f, u) => {
    const two = await f.make()
    await f.link(u.user_id, two.user_id)
    return { user_id: two.user_id.slice(6) }
  }, async ({ f, u }) => assert.equal((await f.get(u.user_id)).identities.length, 1)],
  ['getLogs', (m, id, x) => m.users.getLogs({ id, ...x }), (m, id, x) => m.users.logs.list(id, x, plain), { per_page: 101 }, 404, {}, ({ u, list }) => assert.equal(list[0].user_id, u.user_id)],
  ['getRoles', (m, id, x) => m.users.getRoles({ id, ...x }), (m, id, x) => m.users.roles.list(id, x, plain), { per_page: 101 }, 404, async (f, u) => { await f.giveRole(u.user_id); return {} }, ({ list }) => assert.equal(list.length, 1)],
  ['assignRoles', (m, id, x) => m.users.assignRoles({ id }, x), (m, id, x) => m.users.roles.assign(id, x, plain), { roles: [] }, 404, async (f) => ({ roles: [await f.role()] }), async ({ f, u }) => assert.equal((await f.roles(u.user_id)).length, 1)],
  ['deleteRoles', (m, id, x) => m.users.deleteRoles({ id }, x), (m, id, x) => m.users.roles.delete(id, x, plain), { roles: [] }, 404, async (f, u) => ({ roles: [await f.giveRole(u.user_id)] }), async ({ f, u }) => assert.deepEqual(await f.roles(u.user_id), [])],
  ['getPermissions', (m, id, x) => m.users.getPermissions({ id, ...x }), (m, id, x) => m.users.permissions.list(id, x, plain), { per_page: 0 }, 404, async (f, u) => { await f.permit(u.user_id); return {} }, ({ list }) => assert.equal(list[0].permission_name, 'read:x')],
  ['assignPermissions', (m, id, x) => m.users.assignPermissions({ id }, x), (m, id, x) => m.users.permissions.create(id, x, plain), { permissions: [] }, 404, async (f) => ({ permissions: [await f.permission()] }), async ({ f, u }) => assert.equal((await f.permissions(u.user_id)).length, 1)],
  ['deletePermissions', (m, id, x) => m.users.deletePermissions({ id }, x), (m, id, x) => m.users.permissions.delete(id, x, plain), { permissions: [] }, 404, async (f, u) => ({ permissions: [await f.permit(u.user_id)] }), async ({ f, u }) => assert.deepEqual(await f.permissions(u.user_id), [])],
  ['getUserOrganizations', (m, id, x) => m.users.getUserOrganizations({ id, ...x }), (m, id, x) => m.users.organizations.list(id, x, plain), { per_page: 101 }, 404, async (f, u) => { await f.organization(u.user_id); return {} }, ({ list }) => assert.equal(list.length, 1)],
  ['getEnrollments', (m, id) => m.users.getEnrollments({ id }), (m, id) => m.users.enrollments.get(id, plain), NONE, 404, async (f, u) => { await f.enrol(u.user_id); return {} }, ({ list }) => assert.deepEqual(list.map((e) => [e.status, e.auth_method]), [['confirmed', 'authenticator']])],
  ['getAuthenticationMethods', (m, id, x) => m.users.getAuthenticationMethods({ id, ...x }), (m, id, x) => m.users.authenticationMethods.list(id, x, plain), { per_page: 101 }, 404, async (f, u) => { await f.enrol(u.user_id); return {} }, ({ list }) => assert.equal(list[0].type, 'totp')],
  ['createAuthenticationMethod', (m, id, x) => m.users.createAuthenticationMethod({ id }, x), (m, id, x) => m.users.authenticationMethods.create(id, x, plain), { type: 'nothing' }, 404, { type: 'totp', name: 'x', totp_secret: secret }, async ({ f, u }) => assert.equal((await f.methods(u.user_id)).length, 1)],
  ['updateAuthenticationMethods', (m, id, x) => m.users.updateAuthenticationMethods({ id }, x), (m, id, x) => m.users.authenticationMethods.set(id, x, plain), [{ type: 'nothing', name: 'x' }], 404, [{ type: 'email', name: 'one', email: 'second@example.com' }], async ({ f, u }) => assert.deepEqual((await f.methods(u.user_id)).map((a) => a.type), ['email'])],
  ['deleteAuthenticationMethods', (m, id) => m.users.deleteAuthenticationMethods({ id }), (m, id) => m.users.authenticationMethods.deleteAll(id, plain), NONE, 404, async (f, u) => { await f.enrol(u.user_id) }, async ({ f, u }) => assert.deepEqual(await f.methods(u.user_id), [])],
  ['getAuthenticationMethod', (m, id, x) => m.users.getAuthenticationMethod({ id, ...x }), (m, id, x) => m.users.authenticationMethods.get(id, x.authentication_method_id, plain), NONE, 404, async (f, u) => ({ authentication_method_id: await f.enrol(u.user_id) }), ({ said }) => assert.deepEqual([said.type, said.confirmed], ['totp', true])],
  ['updateAuthenticationMethod', (m, id, { authentication_method_id, ...x }) => m.users.updateAuthenticationMethod({ id, authentication_method_id }, x), (m, id, { authentication_method_id, ...x }) => m.users.authenticationMethods.update(id, authentication_method_id, x, plain), { name: 1 }, 404, async (f, u) => ({ authentication_method_id: await f.enrol(u.user_id), name: 'other' }), async ({ f, u }) => assert.equal((await f.methods(u.user_id))[0].name, 'other')],
  ['deleteAuthenticationMethod', (m, id, x) => m.users.deleteAuthenticationMethod({ id, ...x }), (m, id, x) => m.users.authenticationMethods.delete(id, x.authentication_method_id, plain), NONE, 404, async (f, u) => ({ authentication_method_id: await f.enrol(u.user_id) }), async ({ f, u }) => assert.deepEqual(await f.methods(u.user_id), [])],
  ['deleteAllAuthenticators', (m, id) => m.users.deleteAllAuthenticators({ id }), (m, id) => m.users.authenticators.deleteAll(id, plain), NONE, 404, async (f, u) => { await f.enrol(u.user_id) }, async ({ f, u }) => assert.deepEqual(await f.methods(u.user_id), [])],
  ['deleteMultifactorProvider', (m, id, x) => m.users.deleteMultifactorProvider({ id, ...x }), (m, id, x) => m.users.multifactor.deleteProvider(id, x.provider, plain), { provider: 'nothing' }, 404, async (f, u) => { await f.enrol(u.user_id); return { provider: 'google-authenticator' } }, async ({ f, u }) => assert.deepEqual(await f.methods(u.user_id), [])],
  ['invalidateRememberBrowser', (m, id) => m.users.invalidateRememberBrowser({ id }), (m, id) => m.users.multifactor.invalidateRememberBrowser(id, plain), NONE, 404, {}, () => {}],
  ['regenerateRecoveryCode', (m, id) => m.users.regenerateRecoveryCode({ id }), (m, id) => m.users.regenerateRecoveryCode(id, plain), NONE, 404, async (f, u) => { await f.enrol(u.user_id) }, async ({ f, u, said }) => assert.equal(await f.recover(u, said.recovery_code), 200)],
  ['getSessions', (m, id, x) => m.users.getSessions({ user_id: id, ...x }), (m, id, x) => m.users.sessions.list(id, x, plain), { take: 101 }, 404, async (f, u) => { await f.enter(u); return {} }, ({ list }) => assert.equal(list.length, 1)],
  ['deleteSessions', (m, id) => m.users.deleteSessions({ user_id: id }), (m, id) => m.users.sessions.delete(id, plain), NONE, 404, async (f, u) => { await f.enter(u) }, async ({ f, u }) => assert.deepEqual(await f.sessions(u.user_id), [])],
  ['getRefreshTokens', (m, id, x) => m.users.getRefreshTokens({ user_id: id, ...x }), (m, id, x) => m.users.refreshToken.list(id, x, plain), { take: 101 }, 404, async (f, u) => { await f.enter(u); return {} }, ({ list }) => assert.equal(list.length, 1)],
  ['deleteRefreshTokens', (m, id) => m.users.deleteRefreshTokens({ user_id: id }), (m, id) => m.users.refreshToken.delete(id, plain), NONE, 404, async (f, u) => ({ token: await f.enter(u) }), async ({ f, sent }) => assert.equal(await f.refresh(sent.token), 403)],
  ['clearRiskAssessors', (m, id, x) => m.users.clearRiskAssessors({ id }, x), (m, id, x) => m.users.riskAssessments.clear(id, x, plain), { connection }, 404, { connection, assessors: ['new-device'] }, () => {}],
  ['getConnectedAccounts', (m, id, x) => m.users.getConnectedAccounts({ id, ...x }), (m, id, x) => m.users.connectedAccounts.list(id, x, plain), { take: 0 }, 404, {}, ({ list }) => assert.deepEqual(list, [])],
  ['getAllTokensets', (m, id) => m.users.getAllTokensets({ id }), NONE, NONE, 404, {}, ({ list }) => assert.deepEqual(list, [])],
  ['deleteTokenset', (m, id, x) => m.users.deleteTokenset({ id, ...x }), NONE, NONE, 404, { tokenset_id: 'x' }, () => {}],
]
const parts = { tokenset_id: 'x', authentication_method_id: method, user_id: 'x', provider: 'duo' } // of a path, where the call needs them and nobody is there

async function statusOf(promise) {
  const error = await promise.then(() => ({ statusCode: 204 }), (e) => e)
  assert.ok(error.statusCode, error.stack)
  return error.statusCode
}
const bodyOf = (error) => (typeof error.body === 'string' ? JSON.parse(error.body) : error.body)
async function refused(promise, status, code) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  assert.deepEqual([error.statusCode, bodyOf(error)?.errorCode], [status, code], error.stack)
  assert.deepEqual([bodyOf(error).statusCode, typeof bodyOf(error).message], [status, 'string'])
}

test('there is a row for each of the 35 methods', () => {
  const { ManagementClient } = require('auth0-4'), proto = Object.getPrototypeOf(new ManagementClient({ domain: 'x', token: 'x' }).users)
  assert.deepEqual(rows.map(([name]) => name).sort(), Object.getOwnPropertyNames(proto).filter((name) => name !== 'constructor').sort())
  assert.equal(rows.length, 35)
})

for (const store of stores) {
  let server, four, newest, few
  describe(`methods on ${store}`, () => {
    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      const { domain, clientId, clientSecret, url } = server.auth0
      four = new Four({ domain, clientId, clientSecret, retry: { enabled: false } })
      newest = new Newest({ domain, clientId, clientSecret })
      const answer = await fetch(`${url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience: `${url}/api/v2/`, scope: 'read:connections' }) })
      few = (await answer.json()).access_token
    })
    after(async () => {
      assert.equal(broken(server), '')
      await server.stop()
    })
    // What brings about what a call needs and looks at what it did.
    const data = async (promise) => (await promise).data
    const ask = (body) => fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body }) })
    const f = {
      make: () => data(four.users.create({ connection, email: `m-${unique()}@example.com`, password })), get: (id) => data(four.users.get({ id })), status: statusOf,
      users: (u) => data(four.users.getAll({ q: `email:"${u.email}"` })), link: (id, user_id) => four.users.link({ id }, { provider: 'auth0', user_id }),
      role: async () => (await data(four.roles.create({ name: `role-${unique()}` }))).id, roles: (id) => data(four.users.getRoles({ id })), permissions: (id) => data(four.users.getPermissions({ id })), methods: (id) => data(four.users.getAuthenticationMethods({ id })),
      giveRole: async (id) => { const one = await f.role(); await four.users.assignRoles({ id }, { roles: [one] }); return one },
      permission: async () => ({ resource_server_identifier: (await data(four.resourceServers.create({ identifier: `https://m.example/${unique()}`, name: 'x', scopes: [{ value: 'read:x' }] }))).identifier, permission_name: 'read:x' }),
      permit: async (id) => { const one = await f.permission(); await four.users.assignPermissions({ id }, { permissions: [one] }); return one },
      organization: async (id) => four.organizations.addMembers({ id: (await data(four.organizations.create({ name: `org-${unique()}` }))).id }, { members: [id] }),
      enrol: async (id) => (await data(four.users.createAuthenticationMethod({ id }, { type: 'totp', name: 'x', totp_secret: secret }))).id,
      enter: async (u) => (await (await ask({ grant_type: 'password', username: u.email, password, scope: 'offline_access' })).json()).refresh_token, refresh: async (refresh_token) => (await ask({ grant_type: 'refresh_token', refresh_token })).status,
      sessions: async (id) => (await data(four.users.getSessions({ user_id: id }))).sessions,
      recover: async (u, recovery_code) => {
        const { mfa_token } = await (await ask({ grant_type: 'password', username: u.email, password })).json()
        return (await ask({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-recovery-code', mfa_token, recovery_code })).status
      },
    }

    for (const [version, make, link, method, set] of [
      ['auth0 4.37.1', (x) => four.users.create(x), (id, x) => four.users.link({ id }, x), (id, x) => four.users.createAuthenticationMethod({ id }, x), (id, x) => four.users.updateAuthenticationMethods({ id }, x)],
      ['auth0 newest', (x) => newest.users.create(x, plain), (id, x) => newest.users.identities.link(id, x, plain), (id, x) => newest.users.authenticationMethods.create(id, x, plain), (id, x) => newest.users.authenticationMethods.set(id, x, plain)],
    ])
      test(`${version}: what is there already is a conflict`, async () => {
        const [u, two, other] = [await f.make(), await f.make(), await f.make()], identity = { provider: 'auth0', user_id: two.user_id }, email = { type: 'email', name: 'x', email: `factor-${unique()}@example.com` }
        await refused(make({ connection, email: u.email.toUpperCase(), password }), 409, 'auth0_idp_error')
        await f.link(u.user_id, two.user_id)
        for (const one of [u, other]) await refused(link(one.user_id, identity), 409, 'identity_conflict')
        await method(u.user_id, email)
        for (const name of ['x', 'other']) assert.equal(await statusOf(method(u.user_id, { ...email, name })), 409)
        assert.equal(await statusOf(set(u.user_id, [email, email])), 409)
      })

    for (const version of ['auth0 4.37.1', 'auth0 newest'])
      for (const [name, old, now, wrong, missing, given, good] of rows) {
        if (version === 'auth0 newest' && now === undefined) continue // it has these two no more
        const call = async (m, id, x = {}) => (version === 'auth0 newest' ? now(m, id, x) : data(old(m, id, x)))
        const client = () => (version === 'auth0 newest' ? newest : four)
        const other = (token) => new (version === 'auth0 newest' ? Newest : Four)({ domain: server.auth0.domain, token, retry: { enabled: false } })
        const empty = () => (Array.isArray(wrong) ? [] : { ...parts }) // nobody looks at it before the credential and the path

        test(`${version}: ${name}`, async () => {
          const u = await f.make(), sent = (typeof given === 'function' ? await given(f, u) : given) ?? {}
          const said = await call(client(), u.user_id, sent)
          const list = Array.isArray(said) ? said : said?.data ?? Object.values(said ?? {}).find(Array.isArray)
          await good({ f, u: await f.get(u.user_id).catch(() => u), said, list, sent })
        })

        test(`${version}: ${name} is refused`, async () => {
          const u = await f.make(), sent = async () => (typeof given === 'function' ? given(f, await f.make()) : given)
          await refused(call(other(few), u.user_id, empty()), 403, 'insufficient_scope')
          for (const token of ['a.b.c', few.slice(0, -6)]) await refused(call(other(token), u.user_id, empty()), 401, undefined)
          if (wrong !== undefined) {
            const error = await call(client(), u.user_id, Array.isArray(wrong) ? wrong : name === 'updateAuthenticationMethod' ? { authentication_method_id: method, ...wrong } : wrong).then(() => assert.fail('was not refused'), (e) => e)
            assert.equal(error.statusCode, 400, error.stack)
            assert.match(bodyOf(error).errorCode, /^invalid_(body|query_string|uri)$/)
          }
          if (missing === undefined) return
          if (name !== 'delete') await refused(call(client(), 'nobody', await sent()), 400, 'invalid_uri') // no id at all
          assert.equal(await statusOf(call(client(), 'auth0|00000000000000000000000000000000', await sent())), missing)
        })
      }
  })
}

