// clerk_brought.test.mjs: what the operators' listener gives a user (accounts of other parties with tokens, passkeys, wallets) is seen by all dialects and taken away
// through the real clients.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { ManagementClient } from 'auth0'
import { GoTrueAdminApi } from '@supabase/auth-js'
import { freePort, start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'

const opsToken = 'an-ops-token-of-at-least-32-characters'
let n = 0

async function refused(call, status, code) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.deepEqual([error.status, error.errors?.[0].code], [status, code], JSON.stringify(error.errors ?? error.message))
}

for (const store of stores)
  for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`what is brought, through @clerk/backend ${version} on ${store}`, () => {
      let server, users, auth0, ops
      const put = async (id, what, body, { token = opsToken, type = 'application/json' } = {}) => {
        const answer = await fetch(`${ops}/admin/v1/users/${id}/${what}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type, ...(token ? { authorization: `Bearer ${token}` } : {}) } })
        return { status: answer.status, ...(answer.ok ? await answer.json() : {}) }
      }
      const gotrue = async (id) => (await fetch(`${server.gotrue.url}/admin/users/${id}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()
      const make = () => users.createUser({ emailAddress: [`brought-${process.pid}-${n++}@example.com`] })

      before(async () => {
        const port = await freePort()
        server = await start({ store, env: { HECATE_LISTEN_OPS: `127.0.0.1:${port}`, HECATE_OPS_TOKEN: opsToken } })
        ops = `http://127.0.0.1:${port}`
        users = client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
        const { domain, clientId, clientSecret } = server.auth0
        auth0 = new ManagementClient({ domain, clientId, clientSecret })
      })
      after(() => server.stop())

      test('an external account with its tokens', async () => {
        const user = await make(), subject = `sub-${n++}`, address = `social-${process.pid}-${n++}@example.com`
        const { user_id: uuid, id: identity, status } = await put(user.id, 'external_accounts', {
          provider: 'oauth_google', provider_user_id: subject, email_address: address.toUpperCase(), email_address_verified: true, first_name: 'Ada', last_name: 'L', username: 'ada',
          image_url: 'https://example.com/a.png', approved_scopes: 'email profile', label: 'work', token: 'ya29.secret', id_token: 'an.id.token', expires_at: Date.now() + 3600_000,
        })
        assert.equal(status, 200)
        const [account] = (await users.getUser(user.id)).externalAccounts
        assert.deepEqual([account.provider, account.externalId ?? account.providerUserId, account.emailAddress, account.approvedScopes, account.label, account.firstName, account.imageUrl],
          ['oauth_google', subject, address, 'email profile', 'work', 'Ada', 'https://example.com/a.png'])
        const tokens = await users.getUserOauthAccessToken(user.id, version === '3.25.0' ? 'google' : 'oauth_google')
        assert.equal(tokens.totalCount, 1)
        const [token] = tokens.data
        assert.deepEqual([token.externalAccountId, token.provider, token.token, token.label, token.scopes, token.providerUserId ?? subject], [account.id, 'oauth_google', 'ya29.secret', 'work', ['email', 'profile'], subject])
        // the other dialects
        const seen = await gotrue(uuid)
        assert.deepEqual(seen.identities.map((one) => one.provider).sort(), ['email', 'google'])
        assert.deepEqual(seen.app_metadata.providers, ['email', 'google'])
        assert.equal(seen.identities.find((one) => one.provider === 'google').identity_data.sub, subject)
        const profile = await auth0.users.get(`auth0|${uuid.replaceAll('-', '')}`)
        assert.ok(profile.identities.some((one) => one.provider.startsWith('google') && one.user_id === subject), JSON.stringify(profile.identities))
        // Auth0 shows the token to whoever has the scope for it
        const brought = profile.identities.find((one) => one.user_id === subject)
        assert.equal(brought.access_token, 'ya29.secret')
        assert.ok(brought.expires_in > 3500 && brought.expires_in <= 3600)
        const { clientId: client_id, clientSecret: client_secret, url } = server.auth0, json = { 'content-type': 'application/json' }
        const { access_token } = await (await fetch(`${url}/oauth/token`, { method: 'POST', headers: json, body: JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience: `${url}/api/v2/`, scope: 'read:users' }) })).json()
        const few = await (await fetch(`${url}/api/v2/users/auth0%7C${uuid.replaceAll('-', '')}`, { headers: { authorization: `Bearer ${access_token}` } })).json()
        assert.equal(few.user_id, profile.user_id)
        assert.ok(!JSON.stringify([seen, few, await users.getUser(user.id)]).includes('ya29'))
        assert.ok(!server.log().includes('ya29'))
        // found, unique
        const list = await fetch(`${server.clerk.url}/v1/users?provider=oauth_google&provider_user_id=${subject}`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })
        assert.deepEqual((await list.json()).map((one) => one.id), [user.id])
        const other = await make()
        assert.equal((await put(other.id, 'external_accounts', { provider: 'google', provider_user_id: subject })).status, 409)
        assert.equal((await users.getUser(other.id)).externalAccounts.length, 0)
        // gone
        const gone = await users.deleteUserExternalAccount({ userId: user.id, externalAccountId: account.id })
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['external_account', account.id, true])
        assert.equal((await users.getUser(user.id)).externalAccounts.length, 0)
        assert.equal((await users.getUserOauthAccessToken(user.id, 'oauth_google')).totalCount, 0)
        assert.deepEqual((await gotrue(uuid)).identities.map((one) => one.provider), ['email'])
        await refused(users.deleteUserExternalAccount({ userId: user.id, externalAccountId: account.id }), 404, 'external_account_not_found')
        assert.ok(identity)
      })

      test('tokens that are over, or not there', async () => {
        const user = await make(), past = Date.now() - 1000
        for (const [provider, body, status, code] of [['github', {}, 422, 'oauth_missing_access_token'], ['gitlab', { token: 'x', expires_at: past }, 422, 'oauth_missing_refresh_token'],
          ['slack', { token: 'x', refresh_token: 'y', expires_at: past }, 400, 'oauth_token_retrieval_error']]) {
          assert.equal((await put(user.id, 'external_accounts', { provider, provider_user_id: `s${n++}`, ...body })).status, 200)
          await refused(users.getUserOauthAccessToken(user.id, `oauth_${provider}`), status, code)
        }
        assert.deepEqual([(await users.getUserOauthAccessToken(user.id, 'oauth_nothing')).data], [[]])
        await refused(users.getUserOauthAccessToken('user_x', 'oauth_google'), 404, 'resource_not_found')
      })

      test('a passkey', async () => {
        const user = await make(), credential = `cred-${n++}`
        const { user_id: uuid } = await put(user.id, 'passkeys', { name: 'Phone', credential_id: credential, public_key: 'a-key' })
        assert.equal((await put(uuid, 'passkeys', { name: 'Key', credential_id: `${credential}-2`, public_key: 'a-key' })).status, 200)
        assert.equal((await put(uuid, 'passkeys', { name: 'Again', credential_id: credential, public_key: 'a-key' })).status, 409)
        const shown = async () => (await (await fetch(`${server.clerk.url}/v1/users/${user.id}`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()).passkeys
        const [one, two] = await shown()
        assert.deepEqual([one.object, one.name, two.name, one.verification.strategy], ['passkey', 'Phone', 'Key', 'passkey'])
        assert.match(one.id, /^idn_/)
        const remove = (id) => users.deleteUserPasskey({ userId: user.id, passkeyIdentificationId: id })
        const gone = await remove(one.id)
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['passkey', one.id, true])
        assert.deepEqual((await shown()).map((passkey) => passkey.id), [two.id])
        await refused(remove(one.id), 404, 'passkey_not_registered')
        await refused(users.deleteUserPasskey({ userId: (await make()).id, passkeyIdentificationId: two.id }), 404, 'passkey_not_registered')
        await users.deleteUser(user.id)
      })

      if (version === '3.25.0')
        test('passkeys, as administrators of GoTrue see them, beside those of a directory that was taken over', async () => {
          const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })
          const user = await make(), { user_id: userId, id: brought } = await put(user.id, 'passkeys', { name: 'Phone', credential_id: `seen-${n++}`, public_key: 'a-key' })
          const old = '7b1c63a5-2f6a-4d43-9d3e-0d3c5f0a9b11', [bytes, created, used] = store === 'postgres' ? ["'\\x01'", "'2020-01-02T03:04:05Z'", "'2021-01-02T03:04:05Z'"] : ["x'01'", '1577934245000000', '1609556645000000']
          await query(server, `INSERT INTO auth.webauthn_credentials (id, user_id, credential_id, public_key, friendly_name, created_at, updated_at, last_used_at)
            VALUES ('${old}', '${userId}', ${bytes}, ${bytes}, 'Old key', ${created}, ${created}, ${used}) RETURNING id`, true)
          const list = async () => (await admin.passkey.listPasskeys({ userId })).data
          const seen = await list()
          assert.deepEqual(seen.map(({ id, friendly_name: name }) => [id, name]), [[old, 'Old key'], [brought, 'Phone']])
          assert.deepEqual([seen[0].created_at, seen[0].last_used_at, 'last_used_at' in seen[1]], ['2020-01-02T03:04:05Z', '2021-01-02T03:04:05Z', false])
          const other = (await put((await make()).id, 'passkeys', { name: 'x', credential_id: `seen-${n++}`, public_key: 'a-key' })).id
          assert.equal((await admin.passkey.deletePasskey({ userId, passkeyId: other })).error.status, 404)
          for (const passkeyId of [brought, old]) assert.deepEqual(await admin.passkey.deletePasskey({ userId, passkeyId }), { data: null, error: null })
          assert.deepEqual(await list(), [])
          const audit = await (await fetch(`${server.gotrue.url}/admin/audit?query=action:passkey_deleted`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()
          assert.deepEqual(audit.filter(({ payload }) => payload.traits.user_id === userId).map(({ payload }) => [payload.traits.passkey_id, payload.log_type]), [[old, 'user'], [brought, 'user']])
        })

      test('a wallet', async () => {
        const user = await make(), wallet = `0x${String(process.pid).padStart(20, '0')}${String(n++).padStart(20, '0')}`
        assert.equal((await put(user.id, 'web3_wallets', { web3_wallet: wallet })).status, 200)
        assert.equal((await put((await make()).id, 'web3_wallets', { web3_wallet: wallet })).status, 409)
        const [shown] = (await users.getUser(user.id)).web3Wallets
        assert.equal(shown.web3Wallet, wallet)
        assert.deepEqual((await users.getUserList({ web3Wallet: [wallet.toUpperCase().replace('0X', '0x')] })).data.map((one) => one.id), [user.id])
        const gone = await users.deleteUserWeb3Wallet({ userId: user.id, web3WalletIdentificationId: shown.id })
        assert.deepEqual([gone.object, gone.deleted], ['web3_wallet', true])
        await refused(users.deleteUserWeb3Wallet({ userId: user.id, web3WalletIdentificationId: shown.id }), 404, 'resource_not_found')
      })

      if (version === '3.25.0')
        test('who may put, and what', async () => {
          const user = await make(), good = { provider: 'google', provider_user_id: `s${n++}` }
          for (const [body, how, status] of [[good, { token: null }, 401], [good, { token: 'wrong' }, 401], [good, { token: server.clerk.secretKey }, 401], [good, { type: 'text/plain' }, 415],
            [{ provider: 'google' }, {}, 422], [{ ...good, provider: 'email' }, {}, 422], [{ ...good, provider: 'Goo gle' }, {}, 422], [{ ...good, email_address: 'x' }, {}, 422], [{ ...good, more: 1 }, {}, 422],
            [{ ...good, provider_user_id: 'x'.repeat(300) }, {}, 422], [{ ...good, token: 7 }, {}, 422], ['x', {}, 422]])
            assert.equal((await put(user.id, 'external_accounts', body, how)).status, status, JSON.stringify([body, how]))
          for (const id of ['user_x', '00000000-0000-0000-0000-000000000001', "'--"]) assert.equal((await put(id, 'external_accounts', good)).status, 404)
          assert.equal((await put(user.id, 'web3_wallets', { web3_wallet: '0x1' })).status, 422)
          assert.equal((await users.getUser(user.id)).externalAccounts.length, 0)
        })
    })

test('without a token nobody puts anything', async () => {
  const port = await freePort()
  const server = await start({ env: { HECATE_LISTEN_OPS: `127.0.0.1:${port}` } })
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/admin/v1/users/user_x/passkeys`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    assert.equal(answer.status, 401)
  } finally {
    await server.stop()
  }
})
