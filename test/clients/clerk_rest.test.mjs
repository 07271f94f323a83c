// clerk_rest.test.mjs: what stands around users and sessions, through the real client: actor, sign-in and testing tokens, clients, settings of the instance, domains. Each
// is seen by another call, and each refusal is a row of a table. The older clients have these by other names or not at all: they send the same.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient, verifyToken } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

for (const store of stores)
  describe(`the rest of @clerk/backend on ${store}`, () => {
    let server, clerk, user
    const options = () => ({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    const api = async (method, path, body) => {
      const answer = await fetch(`${server.clerk.url}/v1${path}`, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' } })
      const text = await answer.text()
      return { status: answer.status, type: answer.headers.get('content-type'), body: text && JSON.parse(text) }
    }

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      clerk = createClerkClient(options())
      user = await clerk.users.createUser({ emailAddress: ['rest@example.com'] })
    })
    after(() => server.stop())

    test('an actor token is made and revoked, and is no sign-in token', async () => {
      const made = await clerk.actorTokens.create({ userId: user.id, actor: { sub: 'user_boss', why: { ticket: 7 } }, expiresInSeconds: 60, sessionMaxDurationInSeconds: 60 })
      assert.match(made.id, /^act_[0-9A-Za-z]{27}$/)
      assert.deepEqual([made.userId, made.status, made.actor, made.token.length], [user.id, 'pending', { sub: 'user_boss', why: { ticket: 7 } }, 43])
      assert.equal((await api('POST', `/sign_in_tokens/${made.id.replace('act_', 'sit_')}/revoke`)).status, 404)
      const gone = await clerk.actorTokens.revoke(made.id)
      assert.deepEqual([gone.status, gone.actor.sub, gone.token], ['revoked', 'user_boss', undefined])
      const ticket = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 })
      assert.equal((await api('POST', `/actor_tokens/${ticket.id.replace('sit_', 'act_')}/revoke`)).status, 404)
      assert.equal((await clerk.signInTokens.revokeSignInToken(ticket.id)).status, 'revoked')
    })

    test('a testing token has its form', async () => {
      for (const client of [clerk, second(options()), first(options())]) {
        const made = await client.testingTokens.createTestingToken()
        const raw = made.expires_at ?? made.expiresAt
        assert.match(made.token, /^\d{10}-c_[\w-]{43}$/)
        assert.ok(Math.abs(raw - Date.now() / 1000 - 3600) < 60)
      }
    })

    test('each session has a client', async () => {
      const owner = await clerk.users.createUser({ emailAddress: ['client@example.com'] })
      const session = await clerk.sessions.createSession({ userId: owner.id })
      for (const client of [clerk, second(options()), first(options())]) {
        const seen = await client.clients.getClient(session.clientId)
        assert.deepEqual([seen.id, seen.sessionIds, seen.sessions.map((one) => one.userId), seen.lastActiveSessionId, seen.signInId], [session.clientId, [session.id], [owner.id], session.id, null])
        const list = await client.clients.getClientList({ limit: 1 })
        assert.deepEqual([list.data.map((one) => one.id), list.totalCount], [[session.clientId], (await clerk.sessions.getSessionList()).totalCount])
        const { jwt } = await client.sessions.getToken(session.id)
        assert.equal((await client.clients.verifyClient(jwt)).id, session.clientId)
      }
      const { jwt } = await clerk.sessions.getToken(session.id)
      await clerk.sessions.revokeSession(session.id)
      assert.equal((await clerk.clients.getClient(session.clientId)).lastActiveSessionId, null)
      await assert.rejects(clerk.clients.verifyClient(jwt), { status: 401 })
      // A token by a template is of no session.
      await clerk.jwtTemplates.create({ name: 'of_no_session', claims: { a: 1 } })
      const other = await clerk.sessions.createSession({ userId: owner.id })
      await assert.rejects(clerk.clients.verifyClient((await clerk.sessions.getToken(other.id, 'of_no_session')).jwt), { status: 401 })
      assert.equal((await verifyToken(jwt, options())).sid, session.id) // off-line it stands
    })

    test('settings of the instance are taken as they are, and not changed', async () => {
      const before = await clerk.instance.get()
      assert.deepEqual([before.environmentType, before.allowedOrigins], ['development', null])
      assert.equal(await clerk.instance.update({ hibp: false, testMode: null, supportEmail: '', allowedOrigins: [] }), undefined)
      const empty = await api('PATCH', '/instance', { hibp: false })
      assert.deepEqual([empty.status, empty.type, empty.body], [204, null, ''])
      assert.deepEqual(await clerk.instance.get(), before)
      const settings = await clerk.instance.getOrganizationSettings()
      assert.deepEqual([settings.enabled, settings.maxAllowedMemberships, settings.creatorRole, settings.domainsEnabled, settings.domainsEnrollmentModes, settings.domainsDefaultRole], [true, 5, 'org:admin', false, [], 'org:member'])
      const made = await clerk.organizations.createOrganization({ name: 'Of the settings', createdBy: user.id })
      assert.equal(made.maxAllowedMemberships, settings.maxAllowedMemberships)
      assert.deepEqual(await clerk.instance.updateOrganizationSettings({ enabled: true, maxAllowedMemberships: null, domainsEnabled: false }), settings)
      const { data: [domain], totalCount } = await clerk.domains.list()
      assert.equal(totalCount, 1)
      const { jwt } = await clerk.sessions.getToken((await clerk.sessions.createSession({ userId: user.id })).id)
      assert.equal(domain.frontendApiUrl, JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).iss)
      assert.deepEqual([domain.isSatellite, domain.cnameTargets], [false, []])
      assert.deepEqual((await api('GET', `/users/${user.id}/trusted_devices`)).body, { data: [], total_count: 0 })
    })

    test('redirect URLs are made, read, listed and taken away', async () => {
      for (const client of [clerk, second(options()), first(options())]) {
        const [one, two] = [await client.redirectUrls.createRedirectUrl({ url: 'https://example.com/in' }), await client.redirectUrls.createRedirectUrl({ url: 'com.example.app://in' })]
        assert.match(one.id, /^ru_[0-9A-Za-z]{27}$/)
        assert.deepEqual(await client.redirectUrls.getRedirectUrl(two.id), two)
        const list = await client.redirectUrls.getRedirectUrlList()
        assert.deepEqual([list.data.map((row) => row.url), list.totalCount], [['com.example.app://in', 'https://example.com/in'], 2])
        await assert.rejects(client.redirectUrls.createRedirectUrl({ url: one.url }), (error) => error.status === 400 && error.errors[0].code === 'duplicate_record')
        for (const { id } of [one, two]) assert.equal((await client.redirectUrls.deleteRedirectUrl(id)).id, id)
        assert.deepEqual((await client.redirectUrls.getRedirectUrlList()).data, [])
        await assert.rejects(client.redirectUrls.getRedirectUrl(one.id), { status: 404 })
      }
    })

    test('who waits is invited or turned away', async () => {
      const api = clerk.waitlistEntries
      const one = await api.create({ emailAddress: 'Wait_One@example.com', notify: false }), [two, three] = await api.createBulk([{ emailAddress: 'wait-two@example.com' }, { emailAddress: 'wait_three@example.com' }])
      assert.match(one.id, /^wle_[0-9A-Za-z]{27}$/)
      assert.deepEqual([one.emailAddress, one.status, one.invitation, one.isLocked], ['wait_one@example.com', 'pending', null, false])
      assert.deepEqual(await api.create({ emailAddress: 'wait_one@EXAMPLE.com' }), one)
      const names = async (query) => { const list = await api.list(query); return [list.data.map((row) => row.emailAddress.split('@')[0].slice(5)), list.totalCount] }
      assert.deepEqual(await names({ orderBy: 'email_address' }), [['two', 'one', 'three'], 3])
      assert.deepEqual(await names({ orderBy: '-email_address', limit: 1, offset: 1 }), [['one'], 3])
      assert.deepEqual(await names({ orderBy: '+created_at', query: 'WAIT_' }), [['one', 'three'], 2])
      assert.deepEqual(await names({ query: '%' }), [[], 0])
      assert.deepEqual(await names({ limit: 5, offset: 9 }), [[], 3])
      const invited = await api.invite(one.id)
      assert.deepEqual([invited.status, invited.invitation.status, invited.invitation.emailAddress], ['invited', 'pending', 'wait_one@example.com'])
      assert.ok((await clerk.invitations.getInvitationList({ query: 'wait_one' })).data.some((row) => row.id === invited.invitation.id))
      await assert.rejects(api.invite(one.id), (error) => error.status === 400 && error.errors[0].code === 'duplicate_record')
      assert.equal((await api.invite(one.id, { ignoreExisting: true })).status, 'invited')
      assert.equal((await api.reject(two.id)).status, 'rejected')
      assert.deepEqual([await names({ status: 'invited' }), await names({ status: 'rejected' }), await names({ status: 'pending' })], [[['one'], 1], [['two'], 1], [['three'], 1]])
      assert.deepEqual(await names({ orderBy: '-invited_at', limit: 1 }), [['two'], 3])
      await clerk.users.createUser({ emailAddress: ['wait_one@example.com'] })
      assert.deepEqual(await names({ status: 'completed' }), [['one'], 1])
      for (const { id } of [one, two, three]) assert.equal((await api.delete(id)).id, id)
      assert.deepEqual(await names({}), [[], 0])
      await assert.rejects(api.reject(one.id), { status: 404 })
    })

    test('what is refused', async () => {
      const token = await clerk.actorTokens.create({ userId: user.id, actor: { sub: 'user_boss' } }), session = await clerk.sessions.createSession({ userId: user.id })
      await clerk.actorTokens.revoke(token.id)
      const actor = (more, code, param, status = 422) => ['POST', '/actor_tokens', { user_id: user.id, actor: { sub: 'x' }, ...more }, status, code, param]
      const off = (path, body) => ['PATCH', path, body, 403, 'feature_not_enabled']
      const { jwt } = await clerk.sessions.getToken(session.id), [h, c] = jwt.split('.')
      const rows = [
        actor({ user_id: undefined }, 'form_param_missing', 'user_id'), actor({ user_id: 'user_x' }, 'resource_not_found', undefined, 404), actor({ user_id: 5 }, 'form_param_type_invalid', 'user_id'),
        actor({ actor: undefined }, 'form_param_missing', 'actor'), actor({ actor: 'x' }, 'form_param_value_invalid', 'actor'), actor({ actor: null }, 'form_param_missing', 'actor'), actor({ actor: {} }, 'form_param_value_invalid', 'actor'),
        actor({ actor: { sub: 5 } }, 'form_param_value_invalid', 'actor'), actor({ actor: { sub: '' } }, 'form_param_value_invalid', 'actor'), actor({ actor: { sub: 'x', more: 'y'.repeat(8192) } }, 'form_param_exceeds_allowed_size', 'actor'),
        actor({ expires_in_seconds: 0 }, 'form_param_value_invalid', 'expires_in_seconds'), actor({ expires_in_seconds: 1e12 }, 'form_param_value_too_large', 'expires_in_seconds'), actor({ expires_in_seconds: 'x' }, 'form_param_type_invalid', 'expires_in_seconds'),
        actor({ session_max_duration_in_seconds: -1 }, 'form_param_value_invalid', 'session_max_duration_in_seconds'), actor({ bogus: 1 }, 'form_param_unknown', 'bogus'),
        ['POST', `/actor_tokens/${token.id}/revoke`, undefined, 400, 'actor_token_cannot_be_revoked_code'], ['POST', '/actor_tokens/act_x/revoke', undefined, 404, 'resource_not_found'],
        ...['javascript:alert(1)', 'javascript://x/%0aalert(1)', 'DATA://x', '/in', '//example.com', 'https://', 'https://a b', 'https://example.com/\r\nBcc: x', 'https://"><script>', '1a://x', '://x', 'x'].map((redirect_url) => ['POST', '/invitations', { email_address: 'in@example.com', redirect_url }, 422, 'form_param_format_invalid', 'redirect_url']),
        ...[['javascript:alert(1)', 'form_param_format_invalid'], ['', 'form_param_nil'], [undefined, 'form_param_missing'], [5, 'form_param_type_invalid'], [`https://example.com/${'x'.repeat(2048)}`, 'form_param_max_length_exceeded'],
          [`https://example.com/${'🔐'.repeat(1000)}`, 'form_param_max_length_exceeded']].map(([url, code]) => ['POST', '/redirect_urls', { url }, 422, code, 'url']),
        ...[['nobody', 'form_param_format_invalid'], ['', 'form_param_nil'], [undefined, 'form_param_missing'], [5, 'form_param_type_invalid']].map(([email_address, code]) => ['POST', '/waitlist_entries', { email_address }, 422, code, 'email_address']),
        ['POST', '/waitlist_entries/bulk', [{ email_address: 'fine@example.com' }, { email_address: 'nobody' }], 422, 'form_param_format_invalid', 'email_address'], ['POST', '/waitlist_entries/bulk', Array(51).fill({ email_address: 'fine@example.com' }), 400, 'bulk_size_exceeded'],
        ['POST', '/waitlist_entries/bulk', {}, 400, 'request_body_invalid'], ['GET', '/waitlist_entries?status=lost', undefined, 422, 'form_param_value_invalid', 'status'], ['GET', '/waitlist_entries?order_by=shoe', undefined, 422, 'form_param_value_invalid', 'order_by'],
        ['GET', '/waitlist_entries?limit=501', undefined, 422, 'form_param_value_too_large', 'limit'], ['GET', '/waitlist_entries?bogus=1', undefined, 422, 'form_param_unknown', 'bogus'],
        ...['invite', 'reject'].map((verb) => ['POST', `/waitlist_entries/wle_x/${verb}`, undefined, 404, 'resource_not_found']), ['DELETE', '/waitlist_entries/wle_x', undefined, 404, 'resource_not_found'],
        ['GET', '/redirect_urls/ru_x', undefined, 404, 'resource_not_found'], ['DELETE', '/redirect_urls/ru_x', undefined, 404, 'resource_not_found'], ['GET', '/redirect_urls?limit=501', undefined, 422, 'form_param_value_too_large', 'limit'],
        ['GET', '/clients/client_x', undefined, 404, 'resource_not_found'], ['GET', '/clients?limit=501', undefined, 422, 'form_param_value_too_large', 'limit'], ['GET', '/clients?offset=-1', undefined, 422, 'form_param_value_invalid', 'offset'],
        ['GET', '/clients/handshake_payload?nonce=x', undefined, 404, 'resource_not_found'], ['POST', '/clients/verify', {}, 422, 'form_param_missing', 'token'],
        ...['', 'x', `${h}.${c}.`, `${h}.${c}.AAAA`, server.gotrue.serviceKey, server.clerk.secretKey].map((bad) => ['POST', '/clients/verify', { token: bad }, 401, 'authentication_invalid']),
        ...[{ hibp: true }, { test_mode: true }, { support_email: 'a@example.com' }, { allowed_origins: ['https://example.com'] }, { url_based_session_syncing: true }].map((body) => off('/instance', body).concat(body.hibp ? ['hibp'] : [])),
        ['PATCH', '/instance', { test_mode: 'x' }, 422, 'form_param_type_invalid', 'test_mode'], ['PATCH', '/instance', { bogus: 1 }, 422, 'form_param_unknown', 'bogus'],
        ...[{ enabled: false }, { max_allowed_memberships: 9 }, { domains_enabled: true }, { domains_enrollment_modes: ['automatic_invitation'] }, { creator_role_id: 'role_x' }].map((body) => off('/instance/organization_settings', body)),
        ['GET', `/users/user_x/trusted_devices`, undefined, 404, 'resource_not_found'], ['DELETE', `/users/${user.id}/trusted_devices/x`, undefined, 404, 'resource_not_found'],
      ]
      for (const [method, path, body, status, code, param] of rows) {
        const answer = await api(method, path, body)
        assert.deepEqual([answer.status, answer.body.errors?.[0].code, answer.body.errors?.[0].meta?.param_name], [status, code, param], `${method} ${path} ${JSON.stringify(body)?.slice(0, 100)}: ${JSON.stringify(answer.body)}`)
        assert.ok(answer.body.errors[0].long_message)
      }
      for (const redirect_url of ['https://example.com/in?a=1#b', 'com.example.app://in', 'http://127.0.0.1:3000', 'https://bücher.example', '']) {
        const answer = await api('POST', '/invitations', { email_address: 'in@example.com', redirect_url, ignore_existing: true, notify: false })
        assert.equal(answer.status, 200, redirect_url)
      }
    })
  })
