// clerk_organizations.test.mjs: organizations, memberships and invitations through the real clients, the effects seen by other calls.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

let n = 0
const unique = (word = 'x') => `${word}-${process.pid}-${n++}`
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.from([0, 0, 0, 2, 0, 0, 0, 2]), Buffer.alloc(24)])

async function refused(call, status, code, param) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.equal(error.status, status, JSON.stringify(error.errors ?? error.message))
  assert.equal(error.errors[0].code, code)
  assert.equal(error.errors[0].meta?.paramName, param)
}
const ids = ({ data }) => data.map(({ id }) => id)

for (const store of stores)
  for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`organizations of @clerk/backend ${version} on ${store}`, () => {
      let server, clerk, api
      const user = (more = {}) => clerk.users.createUser({ emailAddress: [`${unique('u')}@example.com`], skipPasswordRequirement: true, ...more })
      const organization = (more = {}) => api.createOrganization({ name: unique('Org'), ...more })
      const join = (org, member, role = 'org:member') => api.createOrganizationMembership({ organizationId: org.id, userId: member.id, role })
      const call = async (method, path, body) => {
        const headers = { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
        return { status: answer.status, body: await answer.json() }
      }

      before(async () => {
        server = await start({ store })
        clerk = client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
        api = clerk.organizations
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })

      test('an organization is made, read by id and slug, changed and deleted', async () => {
        const creator = await user()
        const made = await api.createOrganization({ name: 'Blue & Green 7', createdBy: creator.id, publicMetadata: { a: { b: 1 } }, privateMetadata: { c: 2 }, maxAllowedMemberships: 9 })
        assert.match(made.id, /^org_[0-9A-Za-z]{27}$/)
        assert.match(made.slug, /^blue-green-7/)
        assert.deepEqual([made.name, made.membersCount, made.maxAllowedMemberships, made.createdBy, made.hasImage, made.adminDeleteEnabled], ['Blue & Green 7', 1, 9, creator.id, false, true])
        assert.deepEqual([made.publicMetadata, made.privateMetadata], [{ a: { b: 1 } }, { c: 2 }])
        const { membersCount, ...plain } = await api.getOrganization({ organizationId: made.id })
        assert.equal(membersCount, undefined)
        assert.deepEqual(plain.id, made.id)
        assert.equal((await api.getOrganization({ slug: made.slug, includeMembersCount: true })).membersCount, 1)
        const slug = unique('renamed')
        const changed = await api.updateOrganization(made.id, { name: 'Other', slug, maxAllowedMemberships: 0, adminDeleteEnabled: false })
        assert.deepEqual([changed.name, changed.slug, changed.maxAllowedMemberships, changed.adminDeleteEnabled], ['Other', slug, 0, false])
        assert.ok(changed.updatedAt > made.updatedAt)
        assert.deepEqual((await api.getOrganization({ slug })).publicMetadata, { a: { b: 1 } })
        const gone = await api.deleteOrganization(made.id)
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['organization', made.id, true])
        await refused(api.getOrganization({ organizationId: made.id }), 404, 'resource_not_found')
        await refused(api.updateOrganization(made.id, { name: 'x' }), 404, 'resource_not_found')
        await refused(api.deleteOrganization(made.id), 404, 'resource_not_found')
        assert.deepEqual(await clerk.users.getOrganizationMembershipList({ userId: creator.id }), { data: [], totalCount: 0 })
      })

      test('what is wrong with an organization is said', async () => {
        const taken = await organization({ slug: unique('taken') })
        await refused(organization({ slug: taken.slug }), 422, 'form_identifier_exists', 'slug')
        await refused(api.updateOrganization((await organization()).id, { slug: taken.slug }), 422, 'form_identifier_exists', 'slug')
        await refused(api.createOrganization({}), 422, 'form_param_missing', 'name')
        await refused(organization({ name: 'n'.repeat(257) }), 422, 'form_param_max_length_exceeded', 'name')
        await refused(organization({ name: 'see https://evil.example' }), 422, 'form_param_format_invalid', 'name')
        await refused(organization({ name: '<b>x</b>' }), 422, 'form_param_format_invalid', 'name')
        for (const slug of ['Upper', 'a b', 'a_b', '-a', 'ä', 'x'.repeat(65)]) await refused(organization({ slug }), 422, 'form_param_format_invalid', 'slug')
        await refused(organization({ maxAllowedMemberships: -1 }), 422, 'form_param_value_invalid', 'max_allowed_memberships')
        await refused(organization({ publicMetadata: { big: 'x'.repeat(9000) } }), 422, 'form_param_exceeds_allowed_size', 'public_metadata')
        await refused(organization({ privateMetadata: ['x'] }), 422, 'form_param_value_invalid', 'private_metadata')
        await refused(organization({ createdBy: 'user_nobody' }), 404, 'resource_not_found')
        assert.deepEqual((await call('PATCH', `/organizations/${taken.id}`, { role_set_key: 'x' })).body.errors[0].code, 'form_param_unknown')
        const unnamed = await organization({ name: '組織' })
        assert.match(unnamed.slug, /^org-[0-9a-z]{8}$/)
      })

      test('metadata is merged at every depth, and replaced whole', async () => {
        const made = await organization({ publicMetadata: { keep: 1, deep: { a: 1, b: [1] } } })
        const merged = await api.updateOrganizationMetadata(made.id, { publicMetadata: { deep: { a: null, c: 2 } }, privateMetadata: { p: true } })
        assert.deepEqual([merged.publicMetadata, merged.privateMetadata], [{ keep: 1, deep: { b: [1], c: 2 } }, { p: true }])
        assert.deepEqual((await api.updateOrganization(made.id, { publicMetadata: { only: 1 } })).publicMetadata, { only: 1 })
        const put = await call('PUT', `/organizations/${made.id}/metadata`, { public_metadata: {}, private_metadata: { q: null } })
        assert.deepEqual([put.body.public_metadata, put.body.private_metadata], [{}, { q: null }])
        if (version === '3.25.0') { // older ones have no such method
          await api.replaceOrganizationMetadata(made.id, { publicMetadata: { deep: { a: null } } })
          const { publicMetadata, privateMetadata } = await api.getOrganization({ organizationId: made.id })
          assert.deepEqual([publicMetadata, privateMetadata], [{ deep: { a: null } }, { q: null }])
        }
        const old = await fetch(`${server.clerk.url}/v1/organizations/${made.id}`, { method: 'PATCH', body: '{"public_metadata":{}}', headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json', 'clerk-api-version': '2026-05-12' } })
        assert.equal(old.status, 422)
        await refused(api.updateOrganizationMetadata(made.id, { privateMetadata: { big: 'x'.repeat(9000) } }), 422, 'form_param_exceeds_allowed_size', 'private_metadata')
      })

      test('a logo is put, served and taken away', async () => {
        const made = await organization()
        const shown = await api.updateOrganizationLogo(made.id, { file: new Blob([png], { type: 'image/png' }) })
        assert.equal(shown.hasImage, true)
        const served = await fetch(shown.imageUrl)
        assert.deepEqual([served.status, served.headers.get('content-type'), served.headers.get('x-content-type-options')], [200, 'image/png', 'nosniff'])
        await refused(api.updateOrganizationLogo(made.id, { file: new Blob(['<svg/>']) }), 400, 'request_body_invalid')
        assert.equal((await api.getOrganization({ organizationId: made.id })).hasImage, true)
        assert.equal((await api.deleteOrganizationLogo(made.id)).hasImage, false)
        assert.equal((await api.getOrganization({ organizationId: made.id })).hasImage, false)
        assert.equal((await fetch(shown.imageUrl)).status, 404)
      })

      test('the list is filtered, ordered and paged', async () => {
        const word = unique('find')
        const [a, b, c] = [await organization({ name: `${word} b` }), await organization({ name: `${word} A` }), await organization({ name: `${word}%_` })]
        const [one, two] = [await user(), await user()]
        await join(b, one); await join(b, two); await join(c, two)
        const list = (more) => api.getOrganizationList({ query: word.toUpperCase(), ...more })
        assert.deepEqual(ids(await list()), [c.id, b.id, a.id])
        assert.deepEqual(ids(await list({ orderBy: '+created_at' })), [a.id, b.id, c.id])
        assert.deepEqual(ids(await list({ orderBy: 'name' })), [b.id, a.id, c.id])
        assert.deepEqual(ids(await list({ orderBy: '-members_count' })), [b.id, c.id, a.id])
        const page = await list({ limit: 1, offset: 1 })
        assert.deepEqual([ids(page), page.totalCount], [[b.id], 3])
        assert.deepEqual((await list({ includeMembersCount: true })).data.map((o) => o.membersCount), [1, 2, 0])
        assert.deepEqual(ids(await api.getOrganizationList({ query: `${word}%_` })), [c.id])
        assert.deepEqual(ids(await api.getOrganizationList({ query: a.id })), [a.id])
        assert.deepEqual(ids(await list({ organizationId: [a.id, c.id] })), [c.id, a.id])
        const raw = async (text) => (await call('GET', `/organizations?query=${word}&${text}`)).body.data?.map(({ id }) => id)
        assert.deepEqual(await raw(`organization_id=-${a.id}`), [c.id, b.id])
        assert.deepEqual(await raw(`user_id=${one.id}`), [b.id])
        assert.deepEqual(await raw(`user_id=-${one.id}`), [c.id, a.id])
        assert.deepEqual(await raw('user_id=user_nobody'), [])
        assert.deepEqual((await call('GET', `/organizations?query=${word}&include_missing_member_with_elevated_permissions=true`)).body.data.map((o) => o.missing_member_with_elevated_permissions), [true, true, true])
        await refused(list({ orderBy: 'slug' }), 422, 'form_param_value_invalid', 'order_by')
        await refused(list({ limit: 501 }), 422, 'form_param_value_too_large', 'limit')
      })

      test('members join, change and leave; the quota and the last admin hold', async () => {
        const [ada, bob, eve] = [await user({ firstName: 'Ada', username: unique('ada').replaceAll('-', '_') }), await user(), await user()]
        const made = await organization({ createdBy: ada.id, maxAllowedMemberships: 2 })
        const joined = await join(made, bob)
        assert.match(joined.id, /^orgmem_[0-9A-Za-z]{27}$/)
        assert.deepEqual([joined.role, joined.organization.id, joined.publicUserData.userId, joined.publicUserData.identifier], ['org:member', made.id, bob.id, bob.emailAddresses[0].emailAddress])
        assert.equal((await api.getOrganization({ organizationId: made.id, includeMembersCount: true })).membersCount, 2)
        await refused(join(made, bob), 400, 'already_a_member_in_organization')
        await refused(join(made, eve), 403, 'organization_membership_quota_exceeded')
        await refused(join(made, { id: 'user_nobody' }), 404, 'resource_not_found')
        await refused(join({ id: 'org_nothing' }, eve), 404, 'resource_not_found')
        await refused(join(made, eve, 'org:owner'), 404, 'resource_not_found')
        const at = { organizationId: made.id, userId: ada.id }
        await refused(api.updateOrganizationMembership({ ...at, role: 'org:member' }), 400, 'organization_minimum_permissions_needed')
        await refused(api.deleteOrganizationMembership(at), 400, 'organization_minimum_permissions_needed')
        const raised = await api.updateOrganizationMembership({ organizationId: made.id, userId: bob.id, role: 'org:admin' })
        assert.deepEqual([raised.role, raised.id], ['org:admin', joined.id])
        const left = await api.deleteOrganizationMembership(at)
        assert.deepEqual([left.publicUserData.userId, left.publicUserData.firstName], [ada.id, 'Ada'])
        await refused(api.deleteOrganizationMembership(at), 404, 'resource_not_found')
        await refused(api.updateOrganizationMembership({ ...at, role: 'org:member' }), 404, 'resource_not_found')
        const meta = (more) => api.updateOrganizationMembershipMetadata({ organizationId: made.id, userId: bob.id, ...more })
        assert.deepEqual((await meta({ publicMetadata: { a: { b: 1, c: 2 } }, privateMetadata: { x: 1 } })).publicMetadata, { a: { b: 1, c: 2 } })
        assert.deepEqual((await meta({ publicMetadata: { a: { b: null } } })).publicMetadata, { a: { c: 2 } })
        await refused(meta({ publicMetadata: { big: 'x'.repeat(9000) } }), 422, 'form_param_exceeds_allowed_size', 'public_metadata')
        await clerk.users.deleteUser(bob.id)
        assert.equal((await api.getOrganization({ organizationId: made.id, includeMembersCount: true })).membersCount, 0)
        const events = (await query(server, `SELECT payload FROM auth.audit_log_entries`)).map(({ payload }) => (typeof payload === 'string' ? JSON.parse(payload) : payload).action)
        for (const action of ['organization_created', 'organization_member_added', 'organization_member_modified', 'organization_member_removed']) assert.ok(events.includes(action), action)
      })

      test('members are listed by every filter and order, and a user lists its memberships', async () => {
        const word = unique('m').replaceAll('-', '_')
        const made = await organization({ maxAllowedMemberships: 0 })
        const phone = `+4420${String(10000000 + process.pid % 100000 * 100 + n++).slice(0, 8)}`
        const a = await user({ firstName: 'Zoe', lastName: 'Apple', username: `${word}_b` })
        const b = await user({ firstName: 'Yan', lastName: 'Pear', username: `${word}_a`, phoneNumber: [phone] })
        const c = await user()
        await join(made, a, 'org:admin'); await join(made, b); await join(made, c)
        const list = async (more) => (await api.getOrganizationMembershipList({ organizationId: made.id, ...more })).data.map((m) => m.publicUserData.userId)
        assert.deepEqual(await list(), [c.id, b.id, a.id])
        assert.deepEqual(await list({ orderBy: '+created_at' }), [a.id, b.id, c.id])
        assert.deepEqual(await list({ orderBy: '+first_name' }), [b.id, a.id, c.id])
        assert.deepEqual(await list({ orderBy: '-last_name' }), [b.id, a.id, c.id])
        assert.deepEqual(await list({ orderBy: 'username' }), [b.id, a.id, c.id])
        assert.deepEqual((await list({ orderBy: 'phone_number' }))[0], b.id)
        assert.equal((await list({ orderBy: 'email_address' })).length, 3)
        assert.deepEqual(await list({ userId: [a.id, c.id] }), [c.id, a.id])
        assert.deepEqual(await list({ emailAddress: [a.emailAddresses[0].emailAddress] }), [a.id])
        assert.deepEqual(await list({ phoneNumber: [phone] }), [b.id])
        assert.deepEqual(await list({ username: [`${word}_a`] }), [b.id])
        assert.deepEqual(await list({ role: ['org:admin'] }), [a.id])
        assert.deepEqual(await list({ query: 'appl' }), [a.id])
        assert.deepEqual(await list({ nameQuery: 'pear' }), [b.id])
        assert.deepEqual(await list({ usernameQuery: `${word}_` }), [b.id, a.id])
        assert.deepEqual(await list({ phoneNumberQuery: phone.slice(3) }), [b.id])
        assert.deepEqual(await list({ emailAddressQuery: c.emailAddresses[0].emailAddress.slice(0, -4) }), [c.id])
        assert.deepEqual(await list({ createdAtAfter: c.createdAt - 1 }), [c.id])
        assert.deepEqual(await list({ createdAtBefore: b.createdAt }), [a.id])
        const page = await api.getOrganizationMembershipList({ organizationId: made.id, limit: 1, offset: 1 })
        assert.deepEqual([page.data.length, page.data[0].publicUserData.userId, page.totalCount], [1, b.id, 3])
        await refused(list({ orderBy: 'last_active_at' }), 422, 'form_param_value_invalid', 'order_by')
        await refused(list({ limit: 501 }), 422, 'form_param_value_too_large', 'limit')
        await refused(api.getOrganizationMembershipList({ organizationId: 'org_nothing' }), 404, 'resource_not_found')

        const other = await organization({ createdBy: b.id })
        const own = await clerk.users.getOrganizationMembershipList({ userId: b.id })
        assert.deepEqual([own.data.map((m) => [m.organization.id, m.role]), own.totalCount], [[[other.id, 'org:admin'], [made.id, 'org:member']], 2])
        assert.equal(own.data[0].organization.membersCount, 1)
        const second = await clerk.users.getOrganizationMembershipList({ userId: b.id, limit: 1, offset: 1 })
        assert.deepEqual([second.data.map((m) => m.organization.id), second.totalCount], [[made.id], 2])
        await refused(clerk.users.getOrganizationMembershipList({ userId: 'user_nobody' }), 404, 'resource_not_found')
        const all = (await call('GET', `/organization_memberships?user_id=${b.id}&order_by=%2Bcreated_at`)).body
        assert.deepEqual([all.data.map((m) => m.organization.id), all.total_count], [[made.id, other.id], 2])
        const newestOf = await api.getInstanceOrganizationMembershipList({ limit: 1, orderBy: '-created_at' })
        assert.deepEqual([newestOf.data.map((m) => m.organization.id), newestOf.totalCount >= 4], [[other.id], true])

        const found = async (organizationId) => (await clerk.users.getUserList({ organizationId })).data.map(({ id }) => id).sort()
        assert.deepEqual(await found([made.id]), [a.id, b.id, c.id].sort())
        assert.deepEqual(await found([made.id, `-${other.id}`]), [a.id, c.id].sort())
        assert.equal(await clerk.users.getCount({ organizationId: [made.id] }), 3)
        assert.deepEqual(await found(['org_nothing']), [])
      })

      test('people are invited, one by one and several at once, and uninvited', async () => {
        const admin = await user({ firstName: 'Ada' }), guest = await user()
        const address = guest.emailAddresses[0].emailAddress
        const made = await organization({ createdBy: admin.id, maxAllowedMemberships: 0 })
        const invite = (more) => api.createOrganizationInvitation({ organizationId: made.id, emailAddress: address, role: 'org:member', inviterUserId: admin.id, ...more })
        const sent = await invite({ emailAddress: address.toUpperCase(), publicMetadata: { a: 1 }, privateMetadata: { b: 2 }, redirectUrl: 'https://app.example/in' })
        assert.match(sent.id, /^orginv_[0-9A-Za-z]{27}$/)
        assert.deepEqual([sent.emailAddress, sent.role, sent.status, sent.organizationId, sent.publicMetadata, sent.privateMetadata], [address, 'org:member', 'pending', made.id, { a: 1 }, { b: 2 }])
        const raw = (await call('GET', `/organizations/${made.id}/invitations/${sent.id}`)).body
        assert.deepEqual([raw.inviter_id, raw.public_inviter_data.first_name, raw.expires_at - raw.created_at], [admin.id, 'Ada', 30 * 86400000])
        assert.equal((await api.getOrganizationInvitation({ organizationId: made.id, invitationId: sent.id })).id, sent.id)
        await refused(invite(), 400, 'organization_invitation_not_unique', 'email_address')
        await refused(invite({ emailAddress: admin.emailAddresses[0].emailAddress }), 400, 'already_a_member_in_organization', 'email_address')
        await refused(invite({ emailAddress: 'nothing' }), 422, 'form_param_format_invalid', 'email_address')
        await refused(invite({ emailAddress: `${unique()}@example.com`, role: 'org:x' }), 404, 'resource_not_found')
        await refused(invite({ emailAddress: `${unique()}@example.com`, inviterUserId: 'user_nobody' }), 404, 'resource_not_found')
        await refused(invite({ organizationId: 'org_nothing' }), 404, 'resource_not_found')
        for (const [days, code] of [[0, 'form_param_value_invalid'], [366, 'form_param_value_too_large']]) assert.deepEqual((await call('POST', `/organizations/${made.id}/invitations`, { email_address: `${unique()}@example.com`, role: 'org:member', expires_in_days: days })).body.errors[0].code, code)

        const seen = await clerk.users.getOrganizationInvitationList({ userId: guest.id })
        assert.deepEqual([ids(seen), seen.totalCount], [[sent.id], 1])
        assert.equal((await call('GET', `/users/${guest.id}/organization_invitations`)).body.data[0].public_organization_data.slug, made.slug)
        assert.deepEqual(ids(await clerk.users.getOrganizationInvitationList({ userId: guest.id, status: ['revoked', 'expired'] })), [])
        await refused(clerk.users.getOrganizationInvitationList({ userId: guest.id, status: ['x'] }), 422, 'form_param_value_invalid', 'status')
        assert.deepEqual(await clerk.users.getOrganizationInvitationList({ userId: (await user()).id }), { data: [], totalCount: 0 })

        const bulk = (body) => call('POST', `/organizations/${made.id}/invitations/bulk`, body)
        const bodies = [1, 2].map(() => ({ email_address: `${unique('bulk')}@example.com`, role: 'org:admin' }))
        const both = await bulk(bodies)
        assert.deepEqual([both.status, both.body.data.map((i) => i.email_address), both.body.total_count], [200, bodies.map((b) => b.email_address), 2])
        const third = await api.createOrganizationInvitationBulk(made.id, [{ emailAddress: `${unique('bulk')}@example.com`, role: 'org:member', publicMetadata: { keepCase: 1 } }])
        const [sentThird] = third.data ?? third
        assert.deepEqual((await api.getOrganizationInvitation({ organizationId: made.id, invitationId: sentThird.id })).publicMetadata, { keepCase: 1 })
        await api.revokeOrganizationInvitation({ organizationId: made.id, invitationId: sentThird.id, requestingUserId: admin.id })
        assert.equal((await bulk([{ email_address: `${unique()}@example.com`, role: 'org:member' }, bodies[0]])).body.errors[0].code, 'organization_invitation_not_unique')
        assert.equal((await bulk(Array(11).fill(bodies[0]))).body.errors[0].code, 'bulk_size_exceeded')
        assert.equal((await bulk({})).body.errors[0].code, 'request_body_invalid')
        assert.equal((await bulk([{ role: 'org:member' }])).body.errors[0].meta.param_name, 'email_address')

        const list = async (more) => ids(await api.getOrganizationInvitationList({ organizationId: made.id, ...more }))
        const all = [sentThird.id, both.body.data[1].id, both.body.data[0].id, sent.id]
        assert.deepEqual(await list(), all)
        assert.deepEqual(await list({ limit: 1, offset: 3 }), [sent.id])
        const revoked = await api.revokeOrganizationInvitation({ organizationId: made.id, invitationId: sent.id, requestingUserId: admin.id })
        assert.equal(revoked.status, 'revoked')
        await refused(api.revokeOrganizationInvitation({ organizationId: made.id, invitationId: sent.id, requestingUserId: admin.id }), 404, 'organization_invitation_not_pending')
        await refused(api.revokeOrganizationInvitation({ organizationId: made.id, invitationId: 'orginv_x', requestingUserId: admin.id }), 404, 'resource_not_found')
        assert.deepEqual(await list({ status: ['revoked'] }), [sentThird.id, sent.id])
        assert.deepEqual(await list({ status: ['pending', 'revoked'] }), all)
        const again = await invite()
        await join(made, guest)
        assert.equal((await api.getOrganizationInvitation({ organizationId: made.id, invitationId: again.id })).status, 'accepted')
        await clerk.users.deleteUser(admin.id)
        assert.equal((await call('GET', `/organizations/${made.id}/invitations/${again.id}`)).body.inviter_id, null)
        await api.deleteOrganization(made.id)
        await refused(api.getOrganizationInvitation({ organizationId: made.id, invitationId: again.id }), 404, 'resource_not_found')
        assert.equal((await clerk.users.getOrganizationInvitationList({ userId: guest.id })).totalCount, 0)
      })

      test('open invitations take room in the quota', async () => {
        const made = await organization({ maxAllowedMemberships: 1 })
        const at = (emailAddress) => api.createOrganizationInvitation({ organizationId: made.id, emailAddress, role: 'org:member', inviterUserId: undefined })
        const sent = await at(`${unique()}@example.com`)
        await refused(at(`${unique()}@example.com`), 403, 'organization_membership_quota_exceeded')
        await refused(join(made, await user()), 403, 'organization_membership_quota_exceeded')
        await api.revokeOrganizationInvitation({ organizationId: made.id, invitationId: sent.id })
        await join(made, await user())
      })

      test('people are invited to the application', async () => {
        const emailAddress = `${unique('app')}@example.com`
        const sent = await clerk.invitations.createInvitation({ emailAddress, publicMetadata: { plan: 'x' }, redirectUrl: 'https://app.example/', notify: false })
        assert.match(sent.id, /^inv_[0-9A-Za-z]{27}$/)
        assert.deepEqual([sent.emailAddress, sent.status, sent.revoked, sent.publicMetadata], [emailAddress, 'pending', false, { plan: 'x' }])
        await refused(clerk.invitations.createInvitation({ emailAddress }), 400, 'duplicate_record')
        const more = await clerk.invitations.createInvitation({ emailAddress, ignoreExisting: true })
        await refused(clerk.invitations.createInvitation({ emailAddress: (await user()).emailAddresses[0].emailAddress }), 422, 'form_identifier_exists', 'email_address')
        await refused(clerk.invitations.createInvitation({ emailAddress: 'no' }), 422, 'form_param_format_invalid', 'email_address')
        const found = async (q) => { const list = await clerk.invitations.getInvitationList(q); return Array.isArray(list) ? list.map(({ id }) => id) : ids(list) }
        assert.deepEqual((await found({ limit: 2 })), [more.id, sent.id])
        const revoked = await clerk.invitations.revokeInvitation(sent.id)
        assert.deepEqual([revoked.status, revoked.revoked], ['revoked', true])
        await refused(clerk.invitations.revokeInvitation(sent.id), 400, 'invitation_already_revoked')
        await refused(clerk.invitations.revokeInvitation('inv_x'), 404, 'resource_not_found')
        assert.deepEqual((await call('GET', `/invitations?query=${emailAddress.slice(0, 10)}`)).body.map(({ id }) => id).includes(sent.id), false)
        assert.ok((await found({ status: 'revoked' })).includes(sent.id))
        const both = await call('POST', '/invitations/bulk', [{ email_address: `${unique()}@example.com` }, { email_address: `${unique()}@example.com` }])
        assert.deepEqual([both.status, both.body.length], [200, 2])
        if (version !== '1.34.0') { // it has no such method
          const [one] = await clerk.invitations.createInvitationBulk([{ emailAddress: `${unique()}@example.com`, publicMetadata: { keepCase: 1 }, expiresInDays: 3, notify: false }])
          assert.deepEqual([(await found({ limit: 1 })), one.publicMetadata], [[one.id], { keepCase: 1 }])
        }
        assert.deepEqual((await call('DELETE', `/invitations/${more.id}`)).body, { object: 'invitation', id: more.id, deleted: true })
        assert.equal((await call('DELETE', `/invitations/${more.id}`)).status, 404)
      })

      test('a session in an organization says so in its tokens, as long as the user is a member', async () => {
        const member = await user(), made = await organization({ maxAllowedMemberships: 0 })
        const begin = () => call('POST', '/sessions', { user_id: member.id, active_organization_id: made.id })
        assert.equal((await begin()).status, 404)
        await join(made, member, 'org:admin')
        const session = (await begin()).body
        assert.equal(session.last_active_organization_id, made.id)
        const claims = async () => client.verifyToken((await clerk.sessions.getToken(session.id)).jwt, { secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, skipJwksCache: true })
        const { o } = await claims()
        assert.deepEqual(o, { id: made.id, slg: made.slug, rol: 'admin' })
        assert.equal((await clerk.sessions.getSession(session.id)).lastActiveOrganizationId ?? made.id, made.id)
        await clerk.organizations.createOrganizationMembership({ organizationId: made.id, userId: (await user()).id, role: 'org:admin' })
        await api.updateOrganizationMembership({ organizationId: made.id, userId: member.id, role: 'org:member' })
        assert.equal((await claims()).o.rol, 'member')
        await api.deleteOrganizationMembership({ organizationId: made.id, userId: member.id })
        assert.equal((await claims()).o, undefined)
        assert.equal((await call('POST', '/sessions', { user_id: member.id, active_organization_id: 'org_x' })).status, 404)
      })

      test('hostile values are refused or found nothing by', { skip: version !== '3.25.0' }, async () => {
        const made = await organization()
        const hostile = ["'", '"', "' OR 1=1 --", '%', '_', '\\', '%27', '%00', '%ff', '../../etc/passwd', 'org_', `org_${'0'.repeat(27)}`, '🙂', 'a'.repeat(4000), '-', '+', ';', '{"$gt":""}', '${7*7}', '<script>', '0x0', '-1', '99999999999999999999', 'NaN', 'null', '\u202e', '(', '*']
        const paths = (v) => [`/organizations?query=${v}`, `/organizations?organization_id=${v}`, `/organizations?user_id=${v}`, `/organizations?order_by=${v}`, `/organizations?limit=${v}`, `/organizations/${v}`,
          `/organizations/${made.id}/memberships?query=${v}`, `/organizations/${made.id}/memberships?role=${v}`, `/organizations/${made.id}/memberships?user_id=${v}`, `/organizations/${made.id}/memberships?created_at_after=${v}`,
          `/organizations/${made.id}/invitations?status=${v}`, `/organizations/${made.id}/invitations?email_address=${v}`, `/organizations/${made.id}/invitations/${v}`, `/invitations?query=${v}`, `/organization_memberships?order_by=${v}`, `/users?organization_id=${v}`]
        for (const value of hostile)
          for (const path of paths(/^%..$/.test(value) ? value : encodeURIComponent(value))) {
            const answer = await fetch(`${server.clerk.url}/v1${path}`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })
            const text = await answer.text()
            assert.ok(answer.status < 500, `${path}: ${answer.status} ${text}`)
            assert.doesNotMatch(text, /SELECT|syntax error|sqlite|pg_/i, path)
          }
        for (const value of hostile.filter((v) => !v.startsWith('%'))) {
          const answers = [await call('POST', '/organizations', { name: value, slug: value }), await call('POST', '/organizations', { name: value }), await call('POST', `/organizations/${made.id}/memberships`, { user_id: value, role: value }),
            await call('POST', `/organizations/${made.id}/invitations`, { email_address: value, role: 'org:member' }), await call('PATCH', `/organizations/${made.id}/metadata`, { public_metadata: { [value]: value } }), await call('POST', '/invitations', { email_address: value })]
          for (const { status, body } of answers) assert.ok(status < 500, `${value}: ${status} ${JSON.stringify(body)}`)
        }
      })
    })
