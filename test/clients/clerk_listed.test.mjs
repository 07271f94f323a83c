// clerk_listed.test.mjs: allow and block lists through the real clients: what they hold, and whom they keep out in all dialects.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = (domain = 'example.com') => `listed-${process.pid}-${n++}@${domain}`

async function refused(call, status, code, meta) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.deepEqual([error.status, error.errors?.[0].code], [status, code], JSON.stringify(error.errors ?? error.message))
  if (meta) assert.deepEqual(error.errors[0].meta.identifiers ?? error.errors[0].meta.paramName, meta)
}

for (const store of stores)
  for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`lists of @clerk/backend ${version} on ${store}`, () => {
      let server, clerk
      const api = async (method, path, body) => {
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' } })
        const json = await answer.json()
        if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { status: answer.status, errors: json.errors })
        return json
      }
      const restrict = (change) => clerk.instance.updateRestrictions(change)
      // The older clients have no block list.
      const block = (identifier) => (clerk.blocklistIdentifiers ? clerk.blocklistIdentifiers.createBlocklistIdentifier({ identifier }) : api('POST', '/blocklist_identifiers', { identifier }))
      const unblock = (id) => (clerk.blocklistIdentifiers ? clerk.blocklistIdentifiers.deleteBlocklistIdentifier(id) : api('DELETE', `/blocklist_identifiers/${id}`))
      const gotrue = async (address) => {
        const answer = await fetch(`${server.gotrue.url}/signup`, { method: 'POST', body: JSON.stringify({ email: address, password }) })
        return (await answer.json()).error_code ?? answer.status
      }
      const auth0 = async (address) => (await fetch(`${server.auth0.url}/dbconnections/signup`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_id: server.auth0.clientId, connection: 'Username-Password-Authentication', email: address, password }),
      })).status

      before(async () => {
        server = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_DISABLE_SIGNUP: 'false' } })
        clerk = client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      })
      after(() => server.stop())

      test('an allow list is made, read and taken away', async () => {
        const api = clerk.allowlistIdentifiers
        const made = []
        for (const identifier of ['Some.One@Example.com', '*@example.org', '+4915112345678', '0xAbCdefabcdefabcdefabcdefabcdefabcdefabcd']) made.push(await api.createAllowlistIdentifier({ identifier, notify: false }))
        assert.deepEqual(made.map((row) => [row.identifier, row.identifierType ?? 'as wire says']),
          [['some.one@example.com', 'email_address'], ['*@example.org', 'email_address'], ['+4915112345678', 'phone_number'], ['0xabcdefabcdefabcdefabcdefabcdefabcdefabcd', 'web3_wallet']])
        for (const row of made) assert.match(row.id, /^alid_[0-9A-Za-z]{27}$/)
        const list = await api.getAllowlistIdentifierList()
        assert.deepEqual([list.data.map((row) => row.id), list.totalCount], [made.map((row) => row.id).reverse(), 4])
        assert.ok(Math.abs(list.data[0].createdAt - Date.now()) < 60_000)
        assert.equal((await api.getAllowlistIdentifierList({ limit: 1, offset: 1 })).data[0].id, made[2].id)
        assert.deepEqual([(await api.getAllowlistIdentifierList({ limit: 1, offset: 9 })).totalCount], [4])
        await refused(api.createAllowlistIdentifier({ identifier: 'some.one@EXAMPLE.com', notify: false }), 400, 'duplicate_record')
        for (const identifier of ['x@', '*@', '+12', 'with blanks', '*@a b']) await refused(api.createAllowlistIdentifier({ identifier, notify: false }), 422, 'form_param_format_invalid', 'identifier')
        for (const row of made) {
          const gone = await api.deleteAllowlistIdentifier(row.id)
          assert.deepEqual([gone.object, gone.id, gone.deleted], ['allowlist_identifier', row.id, true])
        }
        await refused(api.deleteAllowlistIdentifier(made[0].id), 404, 'resource_not_found')
        await refused(api.deleteAllowlistIdentifier('alid_x'), 404, 'resource_not_found')
        assert.equal((await api.getAllowlistIdentifierList()).totalCount, 0)
      })

      test('the block list keeps out, in all dialects, and administrators of the others', async () => {
        const one = email('blocked.example'), two = email('blocked.example')
        const all = await block('*@blocked.example')
        assert.match(all.id, /^blid_/)
        await refused(clerk.users.createUser({ emailAddress: [one] }), 403, 'not_allowed_access', [one])
        await refused(clerk.users.createUser({ emailAddress: [email(), one.toUpperCase()] }), 403, 'not_allowed_access', [one])
        assert.equal(await gotrue(one), 'email_address_not_authorized')
        assert.equal(await auth0(one), 403)
        const answer = await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers: { authorization: `Bearer ${server.gotrue.serviceKey}` }, body: JSON.stringify({ email: two }) })
        assert.equal(answer.status, 200)
        if (clerk.blocklistIdentifiers) assert.equal((await clerk.blocklistIdentifiers.getBlocklistIdentifierList()).totalCount, 1)
        assert.deepEqual((await api('GET', '/blocklist_identifiers')).data.map((row) => row.identifier), ['*@blocked.example'])
        await restrict({ blocklist: false })
        await clerk.users.createUser({ emailAddress: [one] })
        await restrict({ blocklist: true })
        assert.equal((await unblock(all.id)).deleted, true)
        assert.equal(await gotrue(email('blocked.example')), 200)
        for (const [identifier, user] of [['+4915112345678', { phoneNumber: ['+4915112345678'] }], ['0xAbCdefabcdefabcdefabcdefabcdefabcdefabcd', { web3Wallet: ['0xabcdefabcdefabcdefabcdefabcdefabcdefabcD'] }]]) {
          const { id } = await block(identifier)
          await refused(clerk.users.createUser(user), 403, 'not_allowed_access')
          await unblock(id)
          await clerk.users.createUser(user)
        }
      })

      test('the allow list lets in, once it counts', async () => {
        const listed = email()
        const made = await clerk.allowlistIdentifiers.createAllowlistIdentifier({ identifier: listed, notify: false })
        await clerk.users.createUser({ emailAddress: [email()] })
        assert.deepEqual({ ...await restrict({ allowlist: true }) }, { allowlist: true, blocklist: true, blockEmailSubaddresses: false, blockDisposableEmailDomains: false, ignoreDotsForGmailAddresses: false })
        await refused(clerk.users.createUser({ emailAddress: [email()] }), 403, 'not_allowed_access')
        await refused(clerk.users.createUser({ username: `listed_${process.pid}_${n++}` }), 403, 'not_allowed_access')
        assert.equal(await gotrue(email()), 'email_address_not_authorized')
        await clerk.users.createUser({ emailAddress: [listed] })
        await refused(restrict({ blockEmailSubaddresses: true }), 403, 'feature_not_enabled')
        assert.equal((await restrict({ allowlist: false, blocklist: null })).allowlist, false)
        await clerk.users.createUser({ emailAddress: [email()] })
        await clerk.allowlistIdentifiers.deleteAllowlistIdentifier(made.id)
        if (version === '3.25.0') assert.match((await clerk.instance.get()).id, /^ins_/)
      })
    })
