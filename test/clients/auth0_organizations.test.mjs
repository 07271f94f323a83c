// auth0_organizations.test.mjs: organizations, members and invitations through the real clients, the effects seen by other calls and by Clerk's client.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const connection = 'Username-Password-Authentication'
let n = 0
const unique = (word = 'x') => `${word}-${process.pid}-${n++}`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    const o = m.organizations
    return {
      user: (body) => data(m.users.create(body)), remove: (id) => m.users.delete({ id }), search: (q) => data(m.users.getAll({ q })), of: (id, q = {}) => data(m.users.getUserOrganizations({ id, ...q })), role: (body) => data(m.roles.create(body)), dropRole: (id) => m.roles.delete({ id }),
      make: (body) => data(o.create(body)), get: (id) => data(o.get({ id })), named: (name) => data(o.getByName({ name })), change: (id, body) => data(o.update({ id }, body)), drop: (id) => o.delete({ id }), list: (q) => data(o.getAll(q)), raw: (q) => data(o.getAll(q)),
      members: (id, q = {}) => data(o.getMembers({ id, ...q })), rawMembers: (id, q) => data(o.getMembers({ id, ...q })), add: (id, members) => o.addMembers({ id }, { members }), take: (id, members) => o.deleteMembers({ id }, { members }),
      roles: (id, user_id, q = {}) => data(o.getMemberRoles({ id, user_id, ...q })), give: (id, user_id, roles) => o.addMemberRoles({ id, user_id }, { roles }), withdraw: (id, user_id, roles) => o.deleteMemberRoles({ id, user_id }, { roles }),
      invite: (id, body) => data(o.createInvitation({ id }, body)), invitation: (id, invitation_id, q = {}) => data(o.getInvitation({ id, invitation_id, ...q })), invitations: (id, q = {}) => data(o.getInvitations({ id, ...q })), uninvite: (id, invitation_id) => o.deleteInvitation({ id, invitation_id }),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }, o = m.organizations
    const page = async (promise, q) => { const p = await promise; return q?.include_totals ? p.response : p.data }
    return {
      user: (body) => m.users.create(body, plain), remove: (id) => m.users.delete(id, plain), search: async (q) => (await m.users.list({ q }, plain)).data, of: (id, q) => page(m.users.organizations.list(id, { ...q }, plain), q), role: (body) => m.roles.create(body, plain), dropRole: (id) => m.roles.delete(id, plain),
      make: (body) => o.create(body, plain), get: (id) => o.get(id, plain), named: (name) => o.getByName(name, plain), change: (id, body) => o.update(id, body, plain), drop: (id) => o.delete(id, plain), list: async (q) => (await o.list({ ...q }, plain)).data, raw: async (q) => (await o.list(q, plain)).response, pager: (q) => o.list(q, plain),
      members: async (id, q) => (await o.members.list(id, { ...q }, plain)).data, rawMembers: async (id, q) => (await o.members.list(id, q, plain)).response, add: (id, members) => o.members.create(id, { members }, plain), take: (id, members) => o.members.delete(id, { members }, plain),
      roles: (id, user, q) => page(o.members.roles.list(id, user, { ...q }, plain), q), give: (id, user, roles) => o.members.roles.assign(id, user, { roles }, plain), withdraw: (id, user, roles) => o.members.roles.delete(id, user, { roles }, plain),
      invite: (id, body) => o.invitations.create(id, body, plain), invitation: (id, invitation, q = {}) => o.invitations.get(id, invitation, q, plain), invitations: (id, q) => page(o.invitations.list(id, { ...q }, plain), q), uninvite: (id, invitation) => o.invitations.delete(id, invitation, plain),
    }
  },
}

async function refused(promise, status, message, code) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.equal(error.statusCode, status, JSON.stringify(body ?? error.message))
  if (message instanceof RegExp) assert.match(body.message, message)
  else assert.equal(body.message, message)
  assert.equal(body.errorCode, code)
}
const missing = 'No organization found by that id or name'
const ids = (list) => list.map(({ id }) => id)

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`organizations: ${version} on ${store}`, () => {
      let server, m, clerk
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        m = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      const email = () => `${unique('org')}@example.com`
      const user = (more = {}) => m.user({ connection, email: email(), password: 'Secret-pw-1', email_verified: true, ...more })
      const make = (more = {}) => m.make({ name: unique('org'), ...more })

      test('an organization is made, read by id and name, changed and deleted', async () => {
        const name = unique('blue_team')
        const branding = { logo_url: 'https://cdn.example/logo.png', colors: { primary: '#aabbcc', page_background: '#ffffff' } }
        const made = await make({ name, display_name: 'Blue Team', branding, metadata: { plan: 'pro' } })
        assert.match(made.id, /^org_[A-Za-z0-9]{16}$/)
        assert.deepEqual(made, { id: made.id, name, display_name: 'Blue Team', branding, metadata: { plan: 'pro' } })
        assert.deepEqual(await m.get(made.id), made)
        assert.deepEqual(await m.named(name), made)
        const changed = await m.change(made.id, { display_name: 'Green Team', metadata: { other: 'x' } })
        assert.deepEqual(changed, { ...made, display_name: 'Green Team', metadata: { other: 'x' } })
        assert.deepEqual(await m.change(made.id, { metadata: {} }), { id: made.id, name, display_name: 'Green Team', branding })
        assert.equal((await make()).display_name.slice(0, 4), 'org-')
        await m.drop(made.id)
        await m.drop(made.id)
        await refused(m.get(made.id), 404, missing)
        await refused(m.named(name), 404, missing)
        await refused(m.change(made.id, { display_name: 'x' }), 404, missing)
        await refused(m.get('org_nothing'), 404, missing)
      })

      test('what is wrong with an organization is said', async () => {
        const taken = await make(), other = await make()
        await refused(make({ name: taken.name }), 409, 'An organization with this name already exists.', 'organization_conflict')
        await refused(m.change(other.id, { name: taken.name }), 409, 'An organization with this name already exists.', 'organization_conflict')
        const bad = (body, message) => refused(m.make(body), 400, message, 'invalid_body')
        await bad({}, "Payload validation error: 'Missing required property: name'.")
        await bad({ name: '' }, /String is too short \(0 chars\), minimum 1' on property name/)
        await bad({ name: 'n'.repeat(51) }, /String is too long \(51 chars\), maximum 50' on property name/)
        for (const name of ['Upper', 'a b', '-a', 'a-', 'org_x', 'ä', "a'b"]) await bad({ name }, /Object didn't pass validation for format organization-name/)
        await bad({ name: 'x', display_name: 'd'.repeat(256) }, /on property display_name/)
        await bad({ name: 'x', display_name: 7 }, /Expected type string but found type integer' on property display_name/)
        await bad({ name: 'x', metadata: { a: 1 } }, /Expected type string but found type integer' on property metadata\.a/)
        await bad({ name: 'x', metadata: { a: 'x'.repeat(256) } }, /String is too long \(256 chars\), maximum 255' on property metadata\.a/)
        await bad({ name: 'x', metadata: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`k${i}`, 'v'])) }, /Too many properties defined \(26\), maximum 25' on property metadata/)
        await bad({ name: 'x', branding: { logo_url: 'no' } }, /strict-uri: no' on property branding\.logo_url/)
        await bad({ name: 'x', branding: { strange: 1 } }, /Additional properties not allowed: strange' on property branding/)
        await bad({ name: 'x', branding: { colors: { primary: '#fff' } } }, /Missing required property: page_background' on property branding\.colors/)
        await bad({ name: 'x', strange: 1 }, "Payload validation error: 'Additional properties not allowed: strange'.")
        await refused(m.change(other.id, {}), 400, /Too few properties defined/, 'invalid_body')
      })

      test('organizations are listed by page, order and checkpoint', async () => {
        const word = unique('list')
        const made = [await make({ name: `${word}-b`, display_name: 'zz' }), await make({ name: `${word}-a`, display_name: 'zy' }), await make({ name: `${word}-c`, display_name: 'zx' })]
        const mine = (list) => ids(list.filter(({ name }) => name.startsWith(word)))
        const all = await m.raw({ per_page: 100, page: 0, include_totals: true, ...(version.endsWith('1') ? {} : { take: 100 }) })
        assert.deepEqual(mine(all.organizations), ids(made))
        if (version.endsWith('1')) {
          assert.deepEqual([all.start, all.limit], [0, 100])
          assert.ok(all.total >= 3)
          assert.deepEqual(mine(await m.list({ per_page: 100, sort: 'name:1' })), [made[1].id, made[0].id, made[2].id])
          assert.deepEqual(mine(await m.list({ per_page: 100, sort: 'display_name:1' })), [made[2].id, made[1].id, made[0].id])
          assert.deepEqual(mine(await m.list({ per_page: 100, sort: 'created_at:-1' })), ids(made).reverse())
          assert.equal((await m.list({ per_page: 1, page: 1 })).length, 1)
          await refused(m.list({ sort: 'id:1' }), 400, /No sort by id/, 'invalid_query_string')
          await refused(m.list({ per_page: 101 }), 400, /Value 101 is greater than maximum 100/, 'invalid_query_string')
        } else {
          const seen = []
          for await (const one of await m.pager({ take: 1 })) seen.push(one)
          assert.deepEqual(mine(seen), ids(made))
          assert.equal(new Set(ids(seen)).size, seen.length)
        }
        const first = await m.raw({ take: 2 }), rest = await m.raw({ take: 100, from: first.next })
        assert.deepEqual([first.organizations.length, rest.next], [2, undefined])
        assert.ok(rest.organizations.every(({ id }) => !ids(first.organizations).includes(id)))
        await refused(m.raw({ from: 'nonsense', take: 1 }), 400, /checkpoint ID/, 'invalid_paging')
      })

      test('members join, are listed, and leave', async () => {
        const made = await make(), [a, b, c] = [await user({ name: 'A' }), await user(), await user()]
        await m.add(made.id, [a.user_id])
        await m.add(made.id, [b.user_id, a.user_id])
        assert.deepEqual((await m.members(made.id)).map(({ user_id, email, name }) => [user_id, email, name]), [[a.user_id, a.email, 'A'], [b.user_id, b.email, b.email]])
        const first = await m.rawMembers(made.id, { take: 1 })
        assert.deepEqual([first.members.map((u) => u.user_id), typeof first.next], [[a.user_id], 'string'])
        const rest = await m.rawMembers(made.id, { take: 1, from: first.next })
        assert.deepEqual([rest.members.map((u) => u.user_id), rest.next], [[b.user_id], undefined])
        if (version.endsWith('1')) assert.deepEqual(await m.members(made.id, { per_page: 1, page: 1, include_totals: true, fields: 'user_id' }), { members: [{ user_id: b.user_id }], start: 1, limit: 1, total: 2 })
        await refused(m.add(made.id, [c.user_id, 'auth0|nobody']), 404, 'The user does not exist.', 'inexistent_user')
        assert.equal((await m.members(made.id)).length, 2)
        await refused(m.add(made.id, []), 400, /Array is too short \(0\), minimum 1' on property members/, 'invalid_body')
        await refused(m.add('org_nothing', [a.user_id]), 404, missing)
        await refused(m.members('org_nothing'), 404, missing)

        const found = async (q) => (await m.search(q)).map((u) => u.user_id).sort()
        assert.deepEqual(await found(`organization_id:"${made.id}"`), [a.user_id, b.user_id].sort())
        assert.deepEqual(await found(`organization_id:${made.id} AND NOT user_id:"${b.user_id}"`), [a.user_id])
        assert.deepEqual(await found('organization_id:org_nothing'), [])
        const other = await make()
        await m.add(other.id, [a.user_id])
        assert.deepEqual(await m.of(a.user_id), [made, other])
        assert.deepEqual(await m.of(a.user_id, { per_page: 1, page: 1, include_totals: true }), { organizations: [other], start: 1, limit: 1, total: 2 })
        await refused(m.of('auth0|nobody'), 404, 'The user does not exist.', 'inexistent_user')
        await m.take(made.id, [a.user_id, c.user_id, 'auth0|nobody'])
        assert.deepEqual(ids(await m.of(a.user_id)), [other.id])
        await m.drop(other.id)
        assert.deepEqual(await m.of(a.user_id), [])
        await m.remove(b.user_id)
        assert.deepEqual(await m.members(made.id), [])
      })

      test('members have roles within the organization alone', async () => {
        const made = await make(), a = await user(), b = await user(), role = await m.role({ name: unique('role'), description: 'd' })
        await m.add(made.id, [a.user_id])
        await m.give(made.id, a.user_id, [role.id])
        await m.give(made.id, a.user_id, [role.id])
        assert.deepEqual(await m.roles(made.id, a.user_id), [role])
        assert.deepEqual(await m.roles(made.id, a.user_id, { include_totals: true }), { roles: [role], start: 0, limit: 50, total: 1 })
        assert.deepEqual((await m.members(made.id, { fields: 'user_id,roles' })), [{ user_id: a.user_id, roles: [{ id: role.id, name: role.name }] }])
        await refused(m.give(made.id, a.user_id, ['rol_0000000000000000']), 404, 'The role does not exist.')
        await refused(m.give(made.id, b.user_id, [role.id]), 404, 'The user is not a member of the organization.')
        await refused(m.roles(made.id, b.user_id), 404, 'The user is not a member of the organization.')
        await m.withdraw(made.id, a.user_id, [role.id])
        assert.deepEqual(await m.roles(made.id, a.user_id), [])
        await m.give(made.id, a.user_id, [role.id])
        await m.dropRole(role.id)
        assert.deepEqual(await m.roles(made.id, a.user_id), [])
      })

      test('people are invited and uninvited', async () => {
        const made = await make(), address = email(), role = await m.role({ name: unique('role'), description: 'd' })
        const body = { inviter: { name: 'Ada' }, invitee: { email: address }, client_id: server.auth0.clientId }
        const sent = await m.invite(made.id, { ...body, ttl_sec: 3600, roles: [role.id], app_metadata: { a: 1 }, user_metadata: { b: 2 }, send_invitation_email: false })
        assert.match(sent.id, /^uinv_[A-Za-z0-9]{16}$/)
        assert.deepEqual([sent.organization_id, sent.inviter, sent.invitee, sent.client_id, sent.roles, sent.app_metadata, sent.user_metadata], [made.id, { name: 'Ada' }, { email: address }, server.auth0.clientId, [role.id], { a: 1 }, { b: 2 }])
        assert.equal(Date.parse(sent.expires_at) - Date.parse(sent.created_at), 3600000)
        assert.match(sent.invitation_url, new RegExp(`^https://.*invitation=${sent.ticket_id}&organization=${made.id}&`))
        assert.deepEqual(await m.invitation(made.id, sent.id), sent)
        assert.deepEqual(await m.invitation(made.id, sent.id, { fields: 'id,invitee' }), { id: sent.id, invitee: { email: address } })
        await refused(m.invite(made.id, body), 409, 'The address is invited to the organization already.')
        const member = await user()
        await m.add(made.id, [member.user_id])
        await refused(m.invite(made.id, { ...body, invitee: { email: member.email } }), 409, 'The user is a member of the organization already.')
        const bad = (more, message) => refused(m.invite(made.id, { ...body, ...more }), 400, message, 'invalid_body')
        await bad({ invitee: { email: 'no' } }, /format email: no' on property invitee\.email/)
        await bad({ invitee: {} }, /Missing required property: email' on property invitee/)
        await bad({ inviter: {} }, /Missing required property: name' on property inviter/)
        await bad({ ttl_sec: 2592001 }, /Value 2592001 is greater than maximum 2592000/)
        await refused(m.invite(made.id, { ...body, client_id: 'nobody' }), 404, 'The client does not exist', 'inexistent_client')
        await refused(m.invite(made.id, { ...body, invitee: { email: email() }, roles: ['rol_0000000000000000'] }), 404, 'The role does not exist.')
        await refused(m.invite('org_nothing', body), 404, missing)
        const second = await m.invite(made.id, { ...body, invitee: { email: email() } })
        assert.deepEqual(ids(await m.invitations(made.id)), [sent.id, second.id])
        assert.deepEqual(ids(await m.invitations(made.id, { sort: 'created_at:-1' })), [second.id, sent.id])
        const page = await m.invitations(made.id, { per_page: 1, page: 1, include_totals: true })
        assert.deepEqual([ids(page.invitations), page.start, page.limit, page.total], [[second.id], 1, 1, 2])
        await m.uninvite(made.id, sent.id)
        await refused(m.invitation(made.id, sent.id), 404, 'The invitation does not exist.')
        await refused(m.uninvite(made.id, sent.id), 404, 'The invitation does not exist.')
        await refused(m.invitation((await make()).id, second.id), 404, 'The invitation does not exist.')
        assert.deepEqual(ids(await m.invitations(made.id)), [second.id])
      })

      test('hostile values are refused or found nothing by', { skip: version !== 'auth0 newest' }, async () => {
        const made = await make()
        const body = { grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `https://${server.auth0.domain}/api/v2/` }
        const wire = new Wire(server.auth0.url, {}, server.auth0.ca)
        const token = (await wire.request('POST', '/oauth/token', body)).json.access_token
        const ask = (method, path, json) => wire.request(method, `/api/v2${path}`, json, { authorization: `Bearer ${token}` })
        const hostile = ["'", '"', "' OR 1=1 --", '%', '_', '\\', '../../etc/passwd', 'org_', 'org_0000000000000000', 'auth0|', '|', '🙂', 'a'.repeat(3000), '-1', '99999999999999999999', 'NaN', 'null', '{"$gt":""}', '<script>', '\u202e', '(', '*', 'MSwn', 'name:1', 'name:9']
        for (const value of hostile) {
          const v = encodeURIComponent(value)
          const answers = [
            await ask('GET', `/organizations/${v}`), await ask('GET', `/organizations/name/${v}`), await ask('GET', `/organizations?sort=${v}`), await ask('GET', `/organizations?from=${v}&take=1`), await ask('GET', `/organizations?per_page=${v}`),
            await ask('GET', `/organizations/${made.id}/members?from=${v}`), await ask('GET', `/organizations/${made.id}/members?fields=${v}`), await ask('GET', `/organizations/${made.id}/members/${v}/roles`), await ask('GET', `/organizations/${made.id}/invitations/${v}`),
            await ask('POST', '/organizations', { name: value, display_name: value }), await ask('PATCH', `/organizations/${made.id}`, { metadata: { [value]: value } }), await ask('POST', `/organizations/${made.id}/members`, { members: [value] }),
            await ask('POST', `/organizations/${made.id}/invitations`, { inviter: { name: value }, invitee: { email: value }, client_id: value }), await ask('GET', `/users/${v}/organizations`),
          ]
          for (const { status, text } of answers) {
            assert.ok(status < 500, `${value}: ${status} ${text}`)
            assert.doesNotMatch(text, /SELECT|syntax error|sqlite|pg_/i, value)
          }
        }
        wire.close()
      })

      test('what one dialect makes, the other shows', async () => {
        const here = await make({ name: unique('shared'), display_name: 'Shared', metadata: { plan: 'pro' } })
        const there = await clerk.organizations.getOrganization({ slug: here.name })
        assert.deepEqual([there.name, there.privateMetadata, there.publicMetadata, there.maxAllowedMemberships], ['Shared', { plan: 'pro' }, {}, 0])
        const address = email(), ada = await user({ email: address })
        const [known] = (await clerk.users.getUserList({ emailAddress: [address] })).data
        await m.add(here.id, [ada.user_id])
        const [membership] = (await clerk.users.getOrganizationMembershipList({ userId: known.id })).data
        assert.deepEqual([membership.organization.id, membership.role, membership.publicUserData.identifier], [there.id, 'org:member', address])
        await clerk.organizations.updateOrganization(there.id, { name: 'Renamed', slug: `${here.name}-2` })
        assert.deepEqual([(await m.get(here.id)).display_name, (await m.named(`${here.name}-2`)).id], ['Renamed', here.id])

        const made = await clerk.organizations.createOrganization({ name: unique('From Clerk'), createdBy: known.id, maxAllowedMemberships: 1, privateMetadata: { secret: '1' }, publicMetadata: { open: 1 } })
        const shown = await m.named(made.slug)
        assert.deepEqual([shown.display_name, shown.metadata], [made.name, { secret: '1' }])
        assert.deepEqual(ids(await m.of(ada.user_id)), [here.id, shown.id])
        await refused(m.add(shown.id, [(await user()).user_id]), 403, 'The organization has as many members as it may have.', 'insufficient_entitlement')
        await clerk.organizations.updateOrganization(made.id, { maxAllowedMemberships: 5 })
        const sent = await clerk.organizations.createOrganizationInvitation({ organizationId: made.id, emailAddress: email(), role: 'org:admin', inviterUserId: known.id })
        const [invitation] = await m.invitations(shown.id)
        assert.deepEqual([invitation.invitee.email, invitation.inviter.name, invitation.client_id], [sent.emailAddress, ada.name, server.auth0.clientId])
        await m.uninvite(shown.id, invitation.id)
        assert.equal((await clerk.organizations.getOrganizationInvitationList({ organizationId: made.id })).totalCount, 0)

        const bearer = { authorization: `Bearer ${server.gotrue.serviceKey}` }
        const listed = (await (await fetch(`${server.gotrue.url}/admin/users?email=${address}`, { headers: bearer })).json()).users[0]
        assert.equal(JSON.stringify(listed).includes('org_'), false)
        await fetch(`${server.gotrue.url}/admin/users/${listed.id}`, { method: 'DELETE', headers: { ...bearer, 'content-type': 'application/json' }, body: '{"should_soft_delete":true}' })
        assert.deepEqual([await m.members(here.id), await m.members(shown.id)], [[], []])
        await m.drop(shown.id)
        await assert.rejects(clerk.organizations.getOrganization({ organizationId: made.id }), { status: 404 })
      })
    })
