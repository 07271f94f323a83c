// auth0_account.test.mjs: what hangs on a user (sessions, refresh tokens, second factors, events, blocks) through the real clients, effects seen by other calls.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const email = () => `account-${process.pid}-${n++}@example.com`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      create: (body) => data(m.users.create(body)), sessions: (id, q) => data(m.users.getSessions({ user_id: id, ...q })), endSessions: (id) => m.users.deleteSessions({ user_id: id }),
      tokens: (id, q) => data(m.users.getRefreshTokens({ user_id: id, ...q })), endTokens: (id) => m.users.deleteRefreshTokens({ user_id: id }), session: (id) => data(m.sessions.get({ id })), endSession: (id) => m.sessions.delete({ id }), revoke: (id) => m.sessions.delete({ id }),
      token: (id) => data(m.refreshTokens.get({ id })), endToken: (id) => m.refreshTokens.delete({ id }),
      methods: (id) => data(m.users.getAuthenticationMethods({ id })), addMethod: (id, body) => data(m.users.createAuthenticationMethod({ id }, body)), setMethods: (id, body) => data(m.users.updateAuthenticationMethods({ id }, body)), dropMethods: (id) => m.users.deleteAuthenticationMethods({ id }),
      method: (id, method) => data(m.users.getAuthenticationMethod({ id, authentication_method_id: method })), setMethod: (id, method, body) => data(m.users.updateAuthenticationMethod({ id, authentication_method_id: method }, body)), dropMethod: (id, method) => m.users.deleteAuthenticationMethod({ id, authentication_method_id: method }),
      authenticators: (id) => m.users.deleteAllAuthenticators({ id }), provider: (id, provider) => m.users.deleteMultifactorProvider({ id, provider }), browsers: (id) => m.users.invalidateRememberBrowser({ id }), recovery: (id) => data(m.users.regenerateRecoveryCode({ id })), enrollments: (id) => data(m.users.getEnrollments({ id })),
      logs: (id, q) => data(m.users.getLogs({ id, ...q })), organizations: (id) => data(m.users.getUserOrganizations({ id })), risk: (id) => m.users.clearRiskAssessors({ id }, { connection, assessors: ['new-device'] }), accounts: (id) => data(m.users.getConnectedAccounts({ id })),
      blocks: (id) => data(m.userBlocks.get({ id })), unblock: (id) => m.userBlocks.delete({ id }), blocksOf: (identifier) => data(m.userBlocks.getAll({ identifier })), unblockAll: (identifier) => m.userBlocks.deleteAll({ identifier }), tokensets: (id) => data(m.users.getAllTokensets({ id })), dropTokenset: (id) => m.users.deleteTokenset({ id, tokenset_id: 'x' }),
      connections: () => data(m.connections.getAll()), connection: (id) => data(m.connections.get({ id })),
      note: (id, body) => data(m.sessions.update ? m.sessions.update({ id }, body) : Promise.resolve({})), allLogs: (q) => data(m.logs.getAll(q)), log: (id) => data(m.logs.get({ id })),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    const page = async (promise) => (await promise).data
    return {
      create: (body) => m.users.create(body, plain), sessions: async (id, q) => (await m.users.sessions.list(id, q, plain)).response, endSessions: (id) => m.users.sessions.delete(id, plain),
      tokens: async (id, q) => (await m.users.refreshToken.list(id, q, plain)).response, endTokens: (id) => m.users.refreshToken.delete(id, plain), session: (id) => m.sessions.get(id, plain), endSession: (id) => m.sessions.delete(id, plain), revoke: (id) => m.sessions.revoke(id, plain),
      token: (id) => m.refreshTokens.get(id, plain), endToken: (id) => m.refreshTokens.delete(id, plain),
      methods: (id) => page(m.users.authenticationMethods.list(id, {}, plain)), addMethod: (id, body) => m.users.authenticationMethods.create(id, body, plain), setMethods: (id, body) => m.users.authenticationMethods.set(id, body, plain), dropMethods: (id) => m.users.authenticationMethods.deleteAll(id, plain),
      method: (id, method) => m.users.authenticationMethods.get(id, method, plain), setMethod: (id, method, body) => m.users.authenticationMethods.update(id, method, body, plain), dropMethod: (id, method) => m.users.authenticationMethods.delete(id, method, plain),
      authenticators: (id) => m.users.authenticators.deleteAll(id, plain), provider: (id, provider) => m.users.multifactor.deleteProvider(id, provider, plain), browsers: (id) => m.users.multifactor.invalidateRememberBrowser(id, plain), recovery: (id) => m.users.regenerateRecoveryCode(id, plain), enrollments: (id) => m.users.enrollments.get(id, plain),
      logs: async (id, q) => (q?.include_totals ? (await m.users.logs.list(id, q, plain)).response : page(m.users.logs.list(id, q ?? {}, plain))), organizations: (id) => page(m.users.organizations.list(id, {}, plain)), risk: (id) => m.users.riskAssessments.clear(id, { connection, assessors: ['new-device'] }, plain),
      accounts: async (id) => (await m.users.connectedAccounts.list(id, { take: 10 }, plain)).response, blocks: (id) => m.userBlocks.list(id, {}, plain), unblock: (id) => m.userBlocks.delete(id, plain), blocksOf: (identifier) => m.userBlocks.listByIdentifier({ identifier }, plain), unblockAll: (identifier) => m.userBlocks.deleteByIdentifier({ identifier }, plain),
      connections: () => page(m.connections.list({}, plain)), connection: (id) => m.connections.get(id, {}, plain),
      note: (id, body) => m.sessions.update(id, body, plain), noteToken: (id, body) => m.refreshTokens.update(id, body, plain), access: (id, body) => m.users.revokeAccess(id, body, plain), log: (id) => m.logs.get(id, plain),
      allLogs: async ({ q: search, ...q }) => { const r = await m.logs.list({ ...q, search }, plain); return q.include_totals ? r.response : r.data }, tokensOf: async (q) => (await m.refreshTokens.list(q, plain)).response, revokeTokens: (body) => m.refreshTokens.revoke(body, plain),
    }
  },
}

async function refused(promise, status, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body.message], [status, message])
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`accounts: ${version} on ${store}`, () => {
      let server, m
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        m = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })
      const user = (more = {}) => m.create({ connection, email: email(), password, email_verified: true, ...more })
      const gotrue = async (path, body) => { const r = await fetch(server.gotrue.url + path, { method: 'POST', body: JSON.stringify(body) }); return { status: r.status, json: await r.json() } }
      const signIn = async (u) => (await gotrue('/token?grant_type=password', { email: u.email, password })).json
      const refresh = async (token) => (await gotrue('/token?grant_type=refresh_token', { refresh_token: token })).status

      test('sessions: listed by pages, ended one by one and all', async () => {
        const u = await user(), signed = [await signIn(u), await signIn(u), await signIn(u)]
        const { sessions, total } = await m.sessions(u.user_id, { include_totals: true })
        assert.deepEqual([sessions.length, total], [3, 3])
        assert.deepEqual([sessions[0].user_id, sessions[0].authentication.methods[0].name, typeof sessions[0].device.last_user_agent], [u.user_id, 'pwd', 'string'])
        const first = await m.sessions(u.user_id, { take: 2 }), rest = await m.sessions(u.user_id, { take: 2, from: first.next })
        assert.deepEqual([...first.sessions, ...rest.sessions].map((s) => s.id), sessions.map((s) => s.id))
        assert.equal(rest.next, undefined)
        assert.deepEqual(await m.session(sessions[0].id), sessions[0])
        await m.endSession(sessions[0].id)
        await refused(m.session(sessions[0].id), 404, 'The session does not exist.')
        assert.equal(await refresh(signed[0].refresh_token), 400)
        await m.revoke(sessions[1].id)
        assert.equal((await m.sessions(u.user_id, {})).sessions.length, 1)
        await m.endSessions(u.user_id)
        assert.deepEqual((await m.sessions(u.user_id, {})).sessions, [])
        assert.equal(await refresh(signed[2].refresh_token), 400)
        await refused(m.sessions('auth0|nobody', {}), 404, 'The user does not exist.')
        await refused(m.session('nothing'), 404, 'The session does not exist.')
        await refused(m.sessions(u.user_id, { from: 'x!' }), 400, "The checkpoint ID provided in the 'from' parameter has expired or is invalid, please remove the checkpoint ID and try again")
      })

      test('refresh tokens: ended, while the sessions stay', async () => {
        const u = await user(), signed = [await signIn(u), await signIn(u)]
        const { tokens, total } = await m.tokens(u.user_id, { include_totals: true })
        assert.deepEqual([tokens.length, total, tokens[0].user_id, tokens[0].rotating], [2, 2, u.user_id, true])
        assert.ok(!JSON.stringify(tokens).includes(signed[0].refresh_token))
        assert.deepEqual(await m.token(tokens[0].id), tokens[0])
        await m.endToken(tokens[0].id)
        await refused(m.token(tokens[0].id), 404, 'The refresh token does not exist.')
        assert.deepEqual([await refresh(signed[0].refresh_token), await refresh(signed[1].refresh_token)], [400, 200])
        await m.endTokens(u.user_id)
        assert.deepEqual((await m.tokens(u.user_id, {})).tokens, [])
        assert.equal((await m.sessions(u.user_id, {})).sessions.length, 2)
      })

      test('metadata of a session', async () => {
        const u = await user()
        await signIn(u)
        const [{ id }] = (await m.sessions(u.user_id, {})).sessions
        if (version === 'auth0 newest') {
          assert.deepEqual((await m.note(id, { session_metadata: { a: 'b' } })).session_metadata, { a: 'b' })
          assert.deepEqual((await m.session(id)).session_metadata, { a: 'b' })
          assert.deepEqual((await m.note(id, { session_metadata: { c: 'd' } })).session_metadata, { c: 'd' })
          await refused(m.note(id, { session_metadata: { a: 1 } }), 400, "Payload validation error: 'Expected type string but found type integer' on property session_metadata.a.")
          await refused(m.note(id, { session_metadata: { a: 'x'.repeat(256) } }), 400, "Payload validation error: 'String is too long (256 chars), maximum 255' on property session_metadata.a.")
          await refused(m.note(id, { session_metadata: Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`k${i}`, 'v'])) }), 400, "Payload validation error: 'Too many properties defined (26), maximum 25' on property session_metadata.")
          assert.equal((await m.note(id, { session_metadata: null })).session_metadata, undefined)
          await refused(m.note('00000000-0000-4000-8000-000000000000', { session_metadata: {} }), 404, 'The session does not exist.')
          const token = (await m.tokensOf({ user_id: u.user_id })).refresh_tokens[0]
          assert.deepEqual((await m.noteToken(token.id, { refresh_token_metadata: { a: 'b' } })).refresh_token_metadata, { a: 'b' })
          assert.deepEqual([(await m.token(token.id)).refresh_token_metadata, (await m.session(id)).session_metadata], [{ a: 'b' }, undefined])
        }
      })

      if (version === 'auth0 newest') {
        test('access is revoked, with its refresh tokens or without', async () => {
          const u = await user(), signed = [await signIn(u), await signIn(u), await signIn(u)], { sessions } = await m.sessions(u.user_id, {})
          await m.access(u.user_id, { session_id: sessions[0].id })
          assert.equal(await refresh(signed[0].refresh_token), 400)
          await m.access(u.user_id, { session_id: sessions[1].id, preserve_refresh_tokens: true })
          assert.deepEqual((await m.sessions(u.user_id, { include_totals: true })), { sessions: [sessions[2]], total: 1 })
          await refused(m.session(sessions[1].id), 404, 'The session does not exist.')
          assert.deepEqual((await m.tokens(u.user_id, {})).tokens.map((t) => t.session_id), [null, sessions[2].id])
          assert.equal(await refresh(signed[1].refresh_token), 200)
          await m.access(u.user_id, { preserve_refresh_tokens: true })
          assert.deepEqual((await m.sessions(u.user_id, {})).sessions, [])
          assert.equal((await m.tokens(u.user_id, {})).tokens.length, 2)
          assert.equal(await refresh(signed[2].refresh_token), 200)
          await m.access(u.user_id, {})
          assert.deepEqual((await m.tokens(u.user_id, {})).tokens, [])
          await m.access(u.user_id, { session_id: 'nothing' })
          await refused(m.access('auth0|nobody', {}), 404, 'The user does not exist.')
        })

        test('refresh tokens of a user and of a client, revoked by each', async () => {
          const u = await user(), signed = [await signIn(u), await signIn(u), await signIn(u)], list = (q = {}) => m.tokensOf({ user_id: u.user_id, ...q })
          const first = await list({ take: 2 }), rest = await list({ take: 2, from: first.next })
          assert.deepEqual([first.refresh_tokens.length, rest.refresh_tokens.length, rest.next], [2, 1, undefined])
          assert.deepEqual((await list({ client_id: 'other' })).refresh_tokens, [])
          assert.deepEqual((await list({ fields: 'id', include_fields: true })).refresh_tokens.map(Object.keys), [['id'], ['id'], ['id']])
          await m.revokeTokens({ ids: [first.refresh_tokens[0].id, 'nothing'] })
          assert.deepEqual([await refresh(signed[0].refresh_token), await refresh(signed[1].refresh_token)], [400, 200])
          await m.revokeTokens({ user_id: u.user_id, client_id: 'other' })
          assert.equal((await list()).refresh_tokens.length, 2)
          await m.revokeTokens({ user_id: u.user_id, client_id: server.auth0.clientId })
          assert.deepEqual((await list()).refresh_tokens, [])
          for (const body of [{ client_id: 'x' }, { ids: ['a'], user_id: u.user_id }]) await refused(m.revokeTokens(body), 400, "Payload validation error: 'Data does not match any schemas from 'oneOf''.")
          await refused(m.revokeTokens({}), 400, "Payload validation error: 'Too few properties defined (0), minimum 1'.")
          await refused(m.tokensOf({}), 400, "Missing required 'user_id' parameter.")
          await refused(m.tokensOf({ user_id: 'auth0|nobody' }), 404, 'The user does not exist.')
        })
      }

      test('logs of all: pages, search, one by its id, checkpoints', async () => {
        const u = await user(), other = await user()
        await signIn(u)
        const q = (text) => m.allLogs({ q: text })
        const of = await q(`user_id:"${u.user_id}"`)
        assert.deepEqual(of.map((l) => [l.type, l.user_id, l.user_name]), [['s', u.user_id, u.email], ['ss', u.user_id, u.email]])
        assert.deepEqual((await q(`type:s AND user_id:"${u.user_id}"`)).map((l) => l.log_id), [of[0].log_id])
        const mine = `user_id:"${u.user_id}"`, [login, signup] = of, found = async (text) => (await q(text)).map((l) => l.log_id)
        for (const [text, expected] of [
          [`${mine} AND type:(ss OR sapi)`, [signup]], [`(type:s OR type:ss) AND ${mine}`, of], [`${mine} AND NOT type:s`, [signup]], [`${mine} AND -type:ss`, [login]], [`${mine} && !type:(s ss)`, []],
          [`${mine} AND type:s*`, of], [`${mine} AND type:*`, of], [`${mine} AND description:"Successful login"`, [login]], [`${mine} AND description:*signup`, [signup]], [`${mine} AND user_name:"${u.email.toUpperCase()}"`, of],
          [`user_name:${u.email.split('@')[0]}*`, of], [`${mine} AND ip:10.*`, []], [`${mine} AND NOT ip:10.0.0.1`, of], [`log_id:${login.log_id}`, [login]], [`_id:${signup.log_id} OR log_id:${login.log_id}`, of], ['log_id:nothing', []],
          [`${mine} AND client_id:${server.auth0.clientId}`, of], [`${mine} AND client_id:other`, []], [`${mine} AND _exists_:type`, of], [`${mine} AND _exists_:user_id`, of], [`${mine} AND NOT _exists_:user_name`, []], [`${mine} AND date:${login.date.slice(0, 7)}`, of], [`${mine} AND date:{${login.date.slice(0, 4)} TO *}`, []],
          [`${mine} AND date:["${login.date}" TO *]`, [login]], [`user_id:("${u.user_id}" OR "auth0|nobody") AND type:s`, [login]], [`${u.email}`, of], [`"${u.email}" AND (type:ss)`, [signup]],
        ]) assert.deepEqual(await found(text), expected.map((l) => l.log_id), text)
        assert.deepEqual(await q('type:nothing'), [])
        assert.deepEqual(await q(`user_id:"${other.user_id}" AND type:s`), [])
        assert.deepEqual(await q('user_id:"auth0|nobody"'), [])
        const day = of[0].date.slice(0, 10)
        assert.equal((await q(`date:[${day} TO *] AND user_id:"${u.user_id}"`)).length, 2)
        assert.equal((await q(`date:[* TO 2020] AND user_id:"${u.user_id}"`)).length, 0)
        for (const bad of ['type:', 'nothing:x', 'date:[2020 TO', 'date:[x TO y]', 'type:[a TO b]', 'user_id:"x', 'user_id:a*', '_exists_:nothing', '(type:s', 'type:s)', 'type:s~', Array(200).fill('type:s').join(' OR ')])
          await assert.rejects(q(bad), (e) => e.statusCode === 400, bad)
        assert.deepEqual(await m.log(of[0].log_id), of[0])
        for (const id of ['nothing', '9', `900${'0'.repeat(52)}`, `900${'9'.repeat(52)}`]) await refused(m.log(id), 404, 'The log does not exist.')
        const pages = await m.allLogs({ page: 0, per_page: 2, include_totals: true })
        assert.deepEqual([pages.start, pages.limit, pages.length, pages.logs.length], [0, 2, 2, 2])
        assert.ok(pages.total >= 3 && pages.logs[0].date >= pages.logs[1].date)
        const up = await m.allLogs({ per_page: 100, sort: 'date:1' })
        assert.deepEqual(up.map((l) => l.log_id), up.map((l) => l.log_id).sort())
        await refused(m.allLogs({ page: 10, per_page: 100 }), 400, 'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation')
        if (version === 'auth0 newest') return
        await refused(m.allLogs({ from: 'nothing', take: 1 }), 400, "Query validation error: 'The checkpoint is no log id' on property from (Log event id).")
        const seen = []
        for (let from; ;) {
          const page = await m.allLogs({ take: 3, ...(from ? { from } : {}) })
          seen.push(...page.map((l) => l.log_id))
          if (page.length < 3) break
          from = page.at(-1).log_id
        }
        assert.deepEqual(seen, up.map((l) => l.log_id))
        assert.deepEqual(Object.keys((await m.allLogs({ fields: 'type,date', include_fields: true }))[0]), ['date', 'type'])
      })

      test('logs of a user who is gone', async () => {
        const u = await user({ user_id: `own-${n++}` })
        await assert.doesNotReject(m.logs(u.user_id))
        const plain = await user()
        await fetch(`${server.gotrue.url}/admin/users/${plain.user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`, { method: 'DELETE', headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
        assert.deepEqual((await m.allLogs({ q: `user_id:"${plain.user_id}"` })).map((l) => [l.type, l.user_id]), [['sdu', plain.user_id], ['ss', plain.user_id]])
      })

      test('authentication methods: all seven calls', async () => {
        const { user_id } = await user()
        assert.deepEqual(await m.methods(user_id), [])
        const phone = await m.addMethod(user_id, { type: 'phone', name: 'mobile', phone_number: '+44207183875044', preferred_authentication_method: 'sms' })
        assert.deepEqual([phone.type, phone.name, phone.phone_number, phone.confirmed], ['phone', 'mobile', 'XXXXXXXXXXX5044', undefined])
        assert.match(phone.id, /^phone\|dev_/)
        const mail = await m.addMethod(user_id, { type: 'email', name: 'mail', email: 'chuck334@example.com' })
        assert.equal(mail.email, 'chuc****@exam*******')
        const totp = await m.addMethod(user_id, { type: 'totp', name: 'app', totp_secret: 'JBSWY3DPEHPK3PXP' })
        assert.ok(!JSON.stringify(totp).includes('JBSWY3DPEHPK3PXP'))
        assert.deepEqual(new Set((await m.methods(user_id)).map((x) => x.id)), new Set([phone.id, mail.id, totp.id]))
        assert.deepEqual(await m.method(user_id, mail.id), { ...mail, confirmed: true })
        for (const made of [phone, mail, totp]) assert.equal((await m.setMethod(user_id, made.id, { name: `x-${made.type}` })).name, `x-${made.type}`)
        assert.equal((await m.method(user_id, totp.id)).name, 'x-totp')
        await refused(m.addMethod(user_id, { type: 'phone', name: 'again', phone_number: '+44207183875044' }), 409, 'Authentication method already exists.')
        await refused(m.addMethod(user_id, { type: 'email', email: 'chuck334@example.com' }), 409, 'Authentication method already exists.')
        await m.dropMethod(user_id, phone.id)
        await refused(m.method(user_id, phone.id), 404, 'The authentication method could not be found.')
        await refused(m.dropMethod(user_id, phone.id), 404, 'The authentication method could not be found.')
        await refused(m.setMethod(user_id, 'nothing', { name: 'x' }), 404, 'The authentication method could not be found.')
        const set = await m.setMethods(user_id, [{ type: 'email', name: 'one', email: 'one@example.com' }, { type: 'phone', name: 'two', phone_number: '+4930123456' }])
        assert.deepEqual(set.map((x) => [x.type, x.name, x.email ?? x.phone_number]), [['email', 'one', 'one@example.com'], ['phone', 'two', '+4930123456']])
        assert.equal((await m.methods(user_id)).length, 2)
        await m.dropMethods(user_id)
        assert.deepEqual(await m.methods(user_id), [])
        await refused(m.addMethod('auth0|nobody', { type: 'totp', name: 'x' }), 404, 'The user does not exist.')
      })

      test('a factor made here is one in GoTrue; authenticators and providers are taken away', async () => {
        const u = await user(), id = u.user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
        const factors = async () => (await (await fetch(`${server.gotrue.url}/admin/users/${id}/factors`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()).map((f) => [f.factor_type, f.status])
        await m.addMethod(u.user_id, { type: 'totp', name: 'app' })
        await m.addMethod(u.user_id, { type: 'phone', name: 'p', phone_number: '+4930123457' })
        assert.deepEqual(new Set((await factors()).map(String)), new Set(['totp,verified', 'phone,verified']))
        const [enrolled] = await m.enrollments(u.user_id)
        assert.equal(enrolled.status, 'confirmed')
        await m.provider(u.user_id, 'google-authenticator')
        assert.deepEqual(await factors(), [['phone', 'verified']])
        await m.provider(u.user_id, 'duo')
        await refused(m.provider(u.user_id, 'other'), 400, "Path validation error: 'No enum match for: other' on property provider (The multi-factor provider).")
        await m.authenticators(u.user_id)
        assert.deepEqual([await factors(), await m.enrollments(u.user_id), await m.methods(u.user_id)], [[], [], []])
      })

      test('recovery codes, browsers, risk, accounts, organizations', async () => {
        const { user_id } = await user()
        const one = await m.recovery(user_id), two = await m.recovery(user_id)
        assert.match(one.recovery_code, /^[0-9A-Z]{24}$/)
        assert.notEqual(one.recovery_code, two.recovery_code)
        await m.browsers(user_id)
        await m.risk(user_id)
        assert.deepEqual((await m.accounts(user_id)).connected_accounts, [])
        assert.deepEqual(await m.organizations(user_id), [])
        if (m.tokensets) {
          assert.deepEqual(await m.tokensets(user_id), [])
          await m.dropTokenset(user_id)
        }
        for (const call of [m.recovery, m.browsers, m.risk, m.accounts, m.organizations, m.enrollments, m.logs, m.methods]) await refused(call('auth0|nobody'), 404, 'The user does not exist.')
      })

      test('logs of a user, the newest first', async () => {
        const u = await user()
        const { refresh_token } = await signIn(u)
        assert.equal(await refresh(refresh_token), 200)
        const [exchange, ...logs] = await m.logs(u.user_id)
        assert.deepEqual([exchange, ...logs].map((l) => l.type), ['sertft', 's', 'ss'])
        assert.deepEqual([logs[0].user_id, logs[0].user_name, logs[0]._id], [u.user_id, u.email, logs[0].log_id])
        const page = await m.logs(u.user_id, { include_totals: true, per_page: 1, page: 2 })
        assert.deepEqual([page.start, page.limit, page.length, page.total, page.logs.map((l) => l.log_id)], [2, 1, 1, 3, [logs[1].log_id]])
      })

      test('events of a user whose name is as long as metadata may be', async () => {
        const u = await user({ user_metadata: { full_name: 'x'.repeat(65_400) } })
        const { refresh_token } = await signIn(u)
        assert.equal(await refresh(refresh_token), 200)
        assert.deepEqual((await m.logs(u.user_id)).map((l) => l.type), ['sertft', 's', 'ss'])
        assert.deepEqual((await m.allLogs({ q: `user_id:"${u.user_id}"` })).map((l) => l.type), ['sertft', 's', 'ss'])
        assert.equal(broken(server), '')
      })

      test('blocks by id and by identifier', async () => {
        const u = await user()
        const clerk = (method, path) => fetch(`${server.clerk.url}/v1${path}`, { method, headers: { authorization: `Bearer ${server.clerk.secretKey}` } }).then((r) => r.json())
        const [{ id }] = await clerk('GET', `/users?email_address=${u.email}`)
        const lock = () => clerk('POST', `/users/${id}/lock`)
        assert.deepEqual(await m.blocks(u.user_id), { blocked_for: [] })
        await lock()
        assert.deepEqual(await m.blocks(u.user_id), { blocked_for: [{ identifier: u.email, connection }] })
        await m.unblock(u.user_id)
        assert.deepEqual(await m.blocks(u.user_id), { blocked_for: [] })
        await lock()
        assert.deepEqual((await m.blocksOf(u.email)).blocked_for.length, 1)
        await m.unblockAll(u.email)
        assert.deepEqual(await m.blocksOf(u.email), { blocked_for: [] })
        await m.unblockAll('nobody@example.com')
        assert.equal((await clerk('GET', `/users/${id}`)).locked, false)
        await refused(m.blocks('auth0|nobody'), 404, 'The user does not exist.')
      })

      test('the connection', async () => {
        const [one] = await m.connections()
        assert.deepEqual([one.name, one.strategy], [connection, 'auth0'])
        assert.match(one.id, /^con_[A-Za-z0-9]{16}$/)
        assert.deepEqual(await m.connection(one.id), one)
        await refused(m.connection('con_0000000000000000'), 404, 'The connection does not exist')
      })
    })
