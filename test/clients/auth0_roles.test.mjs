// auth0_roles.test.mjs: roles, permissions and resource servers through the real clients, the effects seen by other calls.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const connection = 'Username-Password-Authentication'
let n = 0
const unique = () => `${process.pid}-${n++}`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      user: (body) => data(m.users.create(body)), remove: (id) => m.users.delete({ id }),
      role: (body) => data(m.roles.create(body)), getRole: (id) => data(m.roles.get({ id })), updateRole: (id, body) => data(m.roles.update({ id }, body)), deleteRole: (id) => m.roles.delete({ id }),
      roles: (q) => data(m.roles.getAll(q)), userRoles: (id, q = {}) => data(m.users.getRoles({ id, ...q })), assign: (id, roles) => m.users.assignRoles({ id }, { roles }), unassign: (id, roles) => m.users.deleteRoles({ id }, { roles }),
      roleUsers: (id, q = {}) => data(m.roles.getUsers({ id, ...q })), addUsers: (id, users) => m.roles.assignUsers({ id }, { users }),
      userPermissions: (id, q = {}) => data(m.users.getPermissions({ id, ...q })), permit: (id, permissions) => m.users.assignPermissions({ id }, { permissions }), forbid: (id, permissions) => m.users.deletePermissions({ id }, { permissions }),
      rolePermissions: (id, q = {}) => data(m.roles.getPermissions({ id, ...q })), permitRole: (id, permissions) => m.roles.addPermissions({ id }, { permissions }), forbidRole: (id, permissions) => m.roles.deletePermissions({ id }, { permissions }),
      server: (body) => data(m.resourceServers.create(body)), getServer: (id) => data(m.resourceServers.get({ id })), updateServer: (id, body) => data(m.resourceServers.update({ id }, body)), deleteServer: (id) => m.resourceServers.delete({ id }),
      servers: () => data(m.resourceServers.getAll()),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    const page = async (promise, q) => { const p = await promise; return q?.include_totals ? p.response : p.data }
    const all = {}
    return {
      user: (body) => m.users.create(body, plain), remove: (id) => m.users.delete(id, plain),
      role: (body) => m.roles.create(body, plain), getRole: (id) => m.roles.get(id, plain), updateRole: (id, body) => m.roles.update(id, body, plain), deleteRole: (id) => m.roles.delete(id, plain),
      roles: (q) => page(m.roles.list({ ...all, ...q }, plain), q), userRoles: (id, q) => page(m.users.roles.list(id, { ...all, ...q }, plain), q), assign: (id, roles) => m.users.roles.assign(id, { roles }, plain), unassign: (id, roles) => m.users.roles.delete(id, { roles }, plain),
      roleUsers: async (id, q) => (await m.roles.users.list(id, { take: 50, ...q }, plain)).data, addUsers: (id, users) => m.roles.users.assign(id, { users }, plain), pager: (id) => m.roles.users.list(id, { take: 1 }, plain),
      userPermissions: (id, q) => page(m.users.permissions.list(id, { ...all, ...q }, plain), q), permit: (id, permissions) => m.users.permissions.create(id, { permissions }, plain), forbid: (id, permissions) => m.users.permissions.delete(id, { permissions }, plain),
      rolePermissions: (id, q) => page(m.roles.permissions.list(id, { ...all, ...q }, plain), q), permitRole: (id, permissions) => m.roles.permissions.add(id, { permissions }, plain), forbidRole: (id, permissions) => m.roles.permissions.delete(id, { permissions }, plain),
      server: (body) => m.resourceServers.create(body, plain), getServer: (id) => m.resourceServers.get(id, {}, plain), updateServer: (id, body) => m.resourceServers.update(id, body, plain), deleteServer: (id) => m.resourceServers.delete(id, plain),
      servers: async () => (await m.resourceServers.list({ include_totals: true }, plain)).data,
      effectiveRoles: (id, q = {}) => m.users.effectiveRoles.list(id, q, plain), effectivePermissions: async (id, q) => (await m.users.effectivePermissions.list(id, q, plain)).data,
      permissionRoles: async (id, q) => (await m.users.effectivePermissions.sources.roles.list(id, q, plain)).data, roleGroups: async (id, q) => (await m.users.effectiveRoles.sources.groups.list(id, q, plain)).data, groups: async (id) => (await m.users.groups.get(id, {}, plain)).data,
    }
  },
}

async function refused(promise, status, message, code) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body.message, body.errorCode], [status, message, code])
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`roles: ${version} on ${store}`, () => {
      let server, m
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        m = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      const user = () => m.user({ connection, email: `role-${unique()}@example.com`, password: 'Secret-pw-1' })
      const role = (more = {}) => m.role({ name: `role ${unique()}`, description: 'a role', ...more })
      const api = (values, more = {}) => m.server({ identifier: `https://api.example/${unique()}`, name: 'An API', scopes: values.map((value) => ({ value, description: `may ${value}` })), ...more })
      const ref = (s, permission_name) => ({ resource_server_identifier: s.identifier, permission_name })

      test('a role is made, shown, changed and deleted', async () => {
        const made = await role()
        assert.match(made.id, /^rol_[A-Za-z0-9]{16}$/)
        assert.deepEqual(await m.getRole(made.id), made)
        const changed = await m.updateRole(made.id, { description: 'other' })
        assert.deepEqual(changed, { ...made, description: 'other' })
        assert.deepEqual(await m.getRole(made.id), changed)
        await m.deleteRole(made.id)
        await refused(m.getRole(made.id), 404, 'The role does not exist.')
        await refused(m.deleteRole(made.id), 404, 'The role does not exist.')
        await refused(m.updateRole(made.id, { name: 'x' }), 404, 'The role does not exist.')
      })

      test('names of roles are unique', async () => {
        const one = await role(), two = await role()
        await refused(role({ name: one.name }), 409, 'The role already exists.', 'role_conflict')
        await refused(m.updateRole(two.id, { name: one.name }), 409, 'The role already exists.', 'role_conflict')
        assert.equal((await m.getRole(two.id)).name, two.name)
      })

      test('lists of roles: pages, totals, a filter', async () => {
        const mark = `Mark_${unique()}%`
        const made = [await role({ name: `a ${mark}` }), await role({ name: `b ${mark}` }), await role({ name: `c ${mark}` })]
        assert.deepEqual(await m.roles({ name_filter: mark.toLowerCase() }), made)
        assert.deepEqual(await m.roles({ name_filter: mark, per_page: 2, page: 1 }), [made[2]])
        assert.deepEqual(await m.roles({ name_filter: mark, per_page: 2, page: 0, include_totals: true }), { roles: made.slice(0, 2), start: 0, limit: 2, total: 3 })
        assert.deepEqual(await m.roles({ name_filter: '%%' }), [])
      })

      test('roles of a user', async () => {
        const { user_id } = await user(), [one, two] = [await role({ name: `a ${unique()}` }), await role({ name: `b ${unique()}` })]
        await m.assign(user_id, [one.id, two.id])
        await m.assign(user_id, [two.id])
        assert.deepEqual(await m.userRoles(user_id), [one, two])
        assert.deepEqual(await m.userRoles(user_id, { include_totals: true, per_page: 1, page: 1 }), { roles: [two], start: 1, limit: 1, total: 2 })
        assert.deepEqual((await m.roleUsers(one.id)).map((u) => u.user_id), [user_id])
        await m.unassign(user_id, [one.id])
        await m.unassign(user_id, [one.id])
        assert.deepEqual(await m.userRoles(user_id), [two])
        await m.deleteRole(two.id)
        assert.deepEqual(await m.userRoles(user_id), [])
        await refused(m.assign(user_id, ['rol_nobodynobodynobo']), 404, 'The role does not exist.')
        await refused(m.assign('auth0|nobody', [one.id]), 404, 'The user does not exist.', 'inexistent_user')
        await refused(m.userRoles('auth0|nobody'), 404, 'The user does not exist.', 'inexistent_user')
        await refused(m.assign(user_id, []), 400, "Payload validation error: 'Array is too short (0), minimum 1' on property roles (Ids of the roles).", 'invalid_body')
      })

      test('all of a list is assigned, or none', async () => {
        const { user_id } = await user(), one = await role()
        await refused(m.assign(user_id, [one.id, 'rol_nobodynobodynobo']), 404, 'The role does not exist.')
        assert.deepEqual(await m.userRoles(user_id), [])
      })

      test('users of a role', async () => {
        const one = await role(), users = [await user(), await user()]
        await m.addUsers(one.id, users.map((u) => u.user_id))
        const seen = await m.roleUsers(one.id)
        assert.deepEqual(new Set(seen.map((u) => u.user_id)), new Set(users.map((u) => u.user_id)))
        const { user_id, email, picture, name } = users[0]
        assert.deepEqual(seen.find((u) => u.user_id === user_id), { user_id, email, picture, name })
        assert.deepEqual(await m.userRoles(user_id), [one])
        if (m.pager) {
          const all = []
          for await (const u of await m.pager(one.id)) all.push(u.user_id)
          assert.deepEqual(new Set(all), new Set(users.map((u) => u.user_id)))
          assert.equal(all.length, 2)
        } else assert.equal((await m.roleUsers(one.id, { include_totals: true })).total, 2)
        await refused(m.addUsers(one.id, [user_id, 'auth0|nobody']), 404, 'One or more of the users do not exist.')
        await refused(m.addUsers('rol_nobodynobodynobo', [user_id]), 404, 'The role does not exist.')
        await m.remove(user_id)
        assert.deepEqual((await m.roleUsers(one.id)).map((u) => u.user_id), [users[1].user_id])
      })

      test('a resource server is made, shown, changed and deleted', async () => {
        const made = await api(['read:x', 'write:x'])
        assert.match(made.id, /^[0-9a-f]{24}$/)
        assert.deepEqual([made.signing_alg, made.token_lifetime, made.allow_offline_access], ['RS256', 86400, false])
        assert.deepEqual(made.scopes, [{ value: 'read:x', description: 'may read:x' }, { value: 'write:x', description: 'may write:x' }])
        assert.deepEqual(await m.getServer(made.id), made)
        const changed = await m.updateServer(made.id, { scopes: [{ value: 'read:x', description: 'new' }], token_lifetime: 60 })
        assert.deepEqual(changed, { ...made, token_lifetime: 60, scopes: [{ value: 'read:x', description: 'new' }] })
        assert.deepEqual(await m.getServer(made.id), changed)
        assert.ok((await m.servers()).some((s) => s.id === made.id))
        await refused(m.server({ identifier: made.identifier }), 409, 'A resource server with the same identifier already exists', 'resource_server_conflict')
        await m.deleteServer(made.id)
        await refused(m.getServer(made.id), 404, 'The resource server does not exist', 'inexistent_resource_server')
      })

      test('permissions of a user and of its roles, in one list', async () => {
        const { user_id } = await user(), one = await role(), s = await api(['a', 'b', 'c'])
        await m.permit(user_id, [ref(s, 'a'), ref(s, 'b')])
        await m.permitRole(one.id, [ref(s, 'b'), ref(s, 'c')])
        await m.assign(user_id, [one.id])
        const entry = (name, sources) => ({ permission_name: name, description: `may ${name}`, resource_server_name: 'An API', resource_server_identifier: s.identifier, ...(sources ? { sources } : {}) })
        const direct = { source_id: '', source_name: '', source_type: 'DIRECT' }, by = { source_id: one.id, source_name: one.name, source_type: 'ROLE' }
        assert.deepEqual(await m.userPermissions(user_id), [entry('a', [direct]), entry('b', [direct, by]), entry('c', [by])])
        assert.deepEqual(await m.userPermissions(user_id, { include_totals: true, per_page: 1, page: 2 }), { permissions: [entry('c', [by])], start: 2, limit: 1, total: 3 })
        assert.deepEqual(await m.rolePermissions(one.id), [entry('b'), entry('c')])
        await m.forbid(user_id, [ref(s, 'a'), ref(s, 'b')])
        await m.forbidRole(one.id, [ref(s, 'b')])
        assert.deepEqual(await m.userPermissions(user_id), [entry('c', [by])])
        await m.updateServer(s.id, { scopes: [{ value: 'a' }] })
        assert.deepEqual(await m.userPermissions(user_id), [])
        assert.deepEqual(await m.rolePermissions(one.id), [])
      })

      if (version === 'auth0 newest')
        test('effective roles, permissions and groups', async () => {
          const { user_id } = await user(), one = await role(), two = await role(), s = await api(['a', 'b', 'c']), other = await api(['a'])
          await m.permit(user_id, [ref(s, 'a'), ref(s, 'b'), ref(other, 'a')])
          await m.permitRole(one.id, [ref(s, 'b'), ref(s, 'c')])
          await m.permitRole(two.id, [ref(s, 'b')])
          await m.assign(user_id, [one.id, two.id])
          assert.deepEqual((await m.effectiveRoles(user_id)).data.sort((a, b) => (a.id < b.id ? -1 : 1)), [one, two].map((r) => ({ id: r.id, name: r.name, description: r.description, sources: ['direct'] })).sort((a, b) => (a.id < b.id ? -1 : 1)))
          const seen = []
          for await (const r of await m.effectiveRoles(user_id, { take: 1 })) seen.push(r.id)
          assert.deepEqual(seen.sort(), [one.id, two.id].sort())
          const of = { resource_server_identifier: s.identifier }
          assert.deepEqual((await m.effectivePermissions(user_id, of)).map((p) => [p.permission_name, p.sources, p.resource_server_identifier]), [['a', ['direct'], s.identifier], ['b', ['direct', 'roles'], s.identifier], ['c', ['roles'], s.identifier]])
          assert.deepEqual((await m.permissionRoles(user_id, { ...of, permission_name: 'b' })).map((r) => r.id).sort(), [one.id, two.id].sort())
          assert.deepEqual((await m.permissionRoles(user_id, { ...of, permission_name: 'c' })).map((r) => [r.id, r.description]), [[one.id, one.description]])
          assert.deepEqual(await m.permissionRoles(user_id, { ...of, permission_name: 'a' }), [])
          assert.deepEqual([await m.groups(user_id), await m.roleGroups(user_id, { role_id: one.id })], [[], []])
          await refused(m.effectiveRoles('auth0|nobody'), 404, 'The user does not exist.', 'inexistent_user')
          await refused(m.effectivePermissions(user_id, {}), 400, "Query validation error: 'Missing required property: resource_server_identifier'.", 'invalid_query_string')
          await refused(m.effectiveRoles(user_id, { from: 'x' }), 400, "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again", 'invalid_paging')
        })

      test('permissions are refused', async () => {
        const { user_id } = await user(), one = await role(), s = await api(['a'])
        await refused(m.permit(user_id, [ref(s, 'a'), ref(s, 'nothing')]), 400, 'One or more of the permissions do not exist.', 'invalid_body')
        assert.deepEqual(await m.userPermissions(user_id), [])
        await refused(m.permitRole(one.id, [ref({ identifier: 'nowhere' }, 'a')]), 404, 'The resource server does not exist.', 'inexistent_resource_server')
        await refused(m.permit('auth0|nobody', [ref(s, 'a')]), 404, 'The user does not exist.', 'inexistent_user')
        await refused(m.permitRole('rol_nobodynobodynobo', [ref(s, 'a')]), 404, 'The role does not exist.')
        await refused(m.permit(user_id, []), 400, "Payload validation error: 'Array is too short (0), minimum 1' on property permissions (The permissions).", 'invalid_body')
        await refused(m.permit(user_id, [{ permission_name: 'a' }]), 400, "Payload validation error: 'Missing required property: resource_server_identifier'.", 'invalid_body')
        await m.permit(user_id, [ref(s, 'a')])
        await m.deleteServer(s.id)
        assert.deepEqual(await m.userPermissions(user_id), [])
      })

      test('at once: assignments of one user are all there', async () => {
        const { user_id } = await user(), roles = []
        for (let i = 0; i < 8; i++) roles.push(await role())
        await Promise.all(roles.map((r) => m.assign(user_id, [r.id])))
        assert.equal((await m.userRoles(user_id)).length, 8)
        const one = await role()
        const answers = await Promise.allSettled([m.deleteRole(one.id), ...Array.from({ length: 6 }, () => m.assign(user_id, [one.id]))])
        for (const a of answers) assert.ok(a.status === 'fulfilled' || a.reason.statusCode === 404, a.reason?.message)
        assert.equal((await m.userRoles(user_id)).length, 8)
      })
    })
