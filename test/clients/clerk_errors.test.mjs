// clerk_errors.test.mjs: each method of UserAPI, of each client, by what it is refused with: a table of method, arguments, status, code and parameter. Every method that takes
// a user has a row for one that is not there and for one whom GoTrue deleted softly, and every code that is documented for these methods, and that something here can lead to, has a row or is named below with where
// it is tested.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { totp, wrong } from '../lib/totp.mjs'
import { freePort, start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1', secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', opsToken = 'an-ops-token-of-at-least-32-characters', unknown = 'user_29w83sxmDNGwOuEthce5gg56FcC'
const argon2 = '$argon2id$v=19$m=1024,t=2,p=4$8PHy8/T19vf4+fr7/P3+/w$Pwc0rj41/nxkQ+VkVMl9Tk1G1A0MfsdWNsclbNlEuVY'
const png = () => new Blob([Buffer.from('89504e470d0a1a0a0000000d49484452000000020000000208060000000000000000000000000000000000', 'hex')])

// Codes that need another server, or more than one call, and where they are tested.
const ELSEWHERE = {
  not_allowed_access: 'clerk_listed', user_banned: 'clerk_sessions', oauth_missing_refresh_token: 'clerk_brought', oauth_token_retrieval_error: 'clerk_brought', feature_not_enabled: 'clerk_lockout',
  too_many_requests: 'clerk_limits', clerk_key_invalid: 'clerk',
}
test('codes that are tested elsewhere are', () => {
  for (const [code, file] of Object.entries(ELSEWHERE)) assert.ok(readFileSync(new URL(`${file}.test.mjs`, import.meta.url), 'utf8').includes(`'${code}'`), code)
})
const DOCUMENTED = `resource_not_found passkey_not_registered external_account_not_found image_not_found form_identifier_exists form_param_missing form_param_nil form_param_unknown form_param_type_invalid
  form_param_value_invalid form_param_format_invalid form_param_invalid_time form_param_invalid_date form_disallow_future_date form_param_duplicate form_param_array_length_mismatch form_param_array_size_exceeded
  form_param_max_length_exceeded form_param_exceeds_allowed_size form_conditional_param_missing form_conditional_param_disallowed form_resource_not_found form_verification_needed form_data_missing
  form_password_length_too_short form_password_length_too_long form_password_size_in_bytes_exceeded form_password_matches_identifier form_password_digest_invalid_code form_username_invalid_length
  form_username_invalid_character form_username_needs_non_number_char form_username_cannot_be_phone_number incorrect_password no_password_set totp_incorrect_code totp_invalid_length totp_disabled
  invalid_totp_secret_code image_too_large request_body_too_large request_body_invalid malformed_request_parameters oauth_unsupported_provider oauth_missing_access_token identification_deletion_failed
  delete_linked_identification_disallowed ${Object.keys(ELSEWHERE).join(' ')}`.split(/\s+/)

// Methods by how a user is named; what else they take for one that is there.
const of = (id) => ({
  getUser: [id], updateUser: [id, {}], updateUserProfileImage: [id, { file: png() }], deleteUserProfileImage: [id], updateUserMetadata: [id, { publicMetadata: {} }], deleteUser: [id],
  getUserOauthAccessToken: [id, 'oauth_google'], disableUserMFA: [id], getOrganizationMembershipList: [{ userId: id }], getOrganizationInvitationList: [{ userId: id }], verifyPassword: [{ userId: id, password }],
  verifyTOTP: [{ userId: id, code: '123456' }], banUser: [id], unbanUser: [id], lockUser: [id], unlockUser: [id], deleteUserPasskey: [{ userId: id, passkeyIdentificationId: 'idn_x' }],
  deleteUserWeb3Wallet: [{ userId: id, web3WalletIdentificationId: 'idn_x' }], deleteUserExternalAccount: [{ userId: id, externalAccountId: 'eac_x' }], deleteUserBackupCodes: [id], deleteUserTOTP: [id],
  replaceUserEmailAddress: [id, { emailAddress: 'x@example.com' }], replaceUserPhoneNumber: [id, { phoneNumber: '+15550001111' }], removePassword: [id], setPasswordCompromised: [id], unsetPasswordCompromised: [id],
  replaceUserMetadata: [id, { publicMetadata: {} }], __experimental_setPasswordCompromised: [id], __experimental_unsetPasswordCompromised: [id],
})
const ofNobody = new Set(['getUserList', 'getCount', 'createUser'])

// [method, arguments, status, code, parameter]; `is` has users of all kinds.
const table = (is) => {
  const create = (more, code, param, status = 422) => ['createUser', [{ username: 'fresh_name', ...more }], status, code, param]
  const update = (more, code, param, status = 422, user = is.plain) => ['updateUser', [user.id, more], status, code, param]
  const list = (query, code, param) => ['getUserList', 'getCount'].filter((name) => name === 'getUserList' || !/^(limit|offset|orderBy)$/.test(Object.keys(query)[0])).map((name) => [name, [query], code === 'malformed_request_parameters' ? 400 : 422, code, param])
  const both = (more, code, param, status) => [create(more, code, param, status), update(more, code, param, status)]
  const many = Array.from({ length: 101 }, (_, i) => `${i}@example.com`)
  return [
    // createUser and updateUser
    ['createUser', [{}], 422, 'form_data_missing'],
    create({ emailAddress: ['nobody'] }, 'form_param_format_invalid', 'email_address'), create({ phoneNumber: ['12'] }, 'form_param_format_invalid', 'phone_number'), create({ web3Wallet: ['0x12'] }, 'form_param_format_invalid', 'web3_wallet'),
    create({ emailAddress: [is.plain.emailAddresses[0].emailAddress] }, 'form_identifier_exists', 'email_address'), create({ phoneNumber: [is.rich.phoneNumbers[0].phoneNumber] }, 'form_identifier_exists', 'phone_number'),
    create({ web3Wallet: [is.rich.web3Wallets[0].web3Wallet] }, 'form_identifier_exists', 'web3_wallet'), create({ emailAddress: ['a@example.com', 'A@example.com'] }, 'form_param_duplicate', 'email_address'),
    create({ emailAddress: many }, 'form_param_array_size_exceeded', 'email_address'), create({ emailAddress: ['a@example.com'], emailAddressIdentificationStatus: ['verified', 'reserved'] }, 'form_param_array_length_mismatch', 'email_address_identification_status'),
    create({ emailAddress: ['a@example.com'], emailAddressIdentificationStatus: ['lost'] }, 'form_param_value_invalid', 'email_address_identification_status'), create({ emailAddress: ['matches@example.com'], password: 'matches@example.com' }, 'form_password_matches_identifier', 'password'),
    ...both({ username: is.rich.username.toUpperCase() }, 'form_identifier_exists', 'username'), ...both({ externalId: is.rich.externalId }, 'form_identifier_exists', 'external_id'),
    ...both({ username: 'abc' }, 'form_username_invalid_length', 'username'), ...both({ username: 'has blank' }, 'form_username_invalid_character', 'username'), ...both({ username: '123456' }, 'form_username_needs_non_number_char', 'username'),
    ...both({ username: '+15551234567' }, 'form_username_cannot_be_phone_number', 'username'), ...both({ password: 'short-1' }, 'form_password_length_too_short', 'password'), ...both({ password: 'x'.repeat(73) }, 'form_password_length_too_long', 'password'),
    ...both({ password: 'é'.repeat(40) }, 'form_password_size_in_bytes_exceeded', 'password'), ...both({ password: '' }, 'form_param_nil', 'password'), ...both({ firstName: 'x'.repeat(257) }, 'form_param_max_length_exceeded', 'first_name'),
    ...both({ lastName: 5 }, 'form_param_type_invalid', 'last_name'), ...both({ bogus: 1 }, 'form_param_unknown', 'bogus'), ...both({ createdAt: 'yesterday' }, 'form_param_invalid_time', 'created_at'), ...both({ legalAcceptedAt: 5 }, 'form_param_invalid_time', 'legal_accepted_at'),
    ...both({ locale: '-' }, 'form_param_format_invalid', 'locale'), ...both({ createOrganizationsLimit: -1 }, 'form_param_value_invalid', 'create_organizations_limit'), ...both({ deleteSelfEnabled: 'x' }, 'form_param_type_invalid', 'delete_self_enabled'),
    ...both({ passwordDigest: argon2 }, 'form_conditional_param_missing', 'password_hasher'), ...both({ passwordHasher: 'bcrypt' }, 'form_conditional_param_missing', 'password_digest'), ...both({ passwordDigest: argon2, passwordHasher: 'rot13' }, 'form_param_value_invalid', 'password_hasher'),
    ...both({ passwordDigest: argon2, passwordHasher: 'bcrypt' }, 'form_password_digest_invalid_code', 'password_digest'), ...both({ password, passwordDigest: argon2, passwordHasher: 'argon2id' }, 'form_conditional_param_disallowed', 'password'),
    ...both({ totpSecret: '1' }, 'invalid_totp_secret_code', 'totp_secret'), ...both({ backupCodes: ['a', 'a'] }, 'form_param_duplicate', 'backup_codes'), create({ publicMetadata: 'x' }, 'form_param_value_invalid', 'public_metadata'),
    create({ privateMetadata: { x: 'y'.repeat(8192) } }, 'form_param_exceeds_allowed_size', 'private_metadata'), update({ unsafeMetadata: 'x' }, 'form_param_value_invalid', 'unsafe_metadata'), update({ unsafeMetadata: { x: 'y'.repeat(8192) } }, 'form_param_exceeds_allowed_size', 'unsafe_metadata'),
    ...both({ firstName: 'x\u0000' }, 'request_body_invalid', undefined, 400), ...both({ firstName: 'x'.repeat(1 << 20) }, 'request_body_too_large', undefined, 413),
    update({ emailAddress: ['a@example.com'] }, 'form_param_unknown', 'email_address'), update({ primaryEmailAddressID: is.rich.primaryEmailAddressId }, 'form_resource_not_found', 'primary_email_address_id'),
    update({ primaryPhoneNumberID: 'idn_x' }, 'form_resource_not_found', 'primary_phone_number_id'), update({ primaryWeb3WalletID: 'idn_x' }, 'form_resource_not_found', 'primary_web3_wallet_id'),
    update({ primaryEmailAddressID: is.open }, 'form_verification_needed', 'primary_email_address_id'), update({ profileImageID: 'img_x' }, 'image_not_found', 'profile_image_id', 404), update({ username: null }, 'identification_deletion_failed', undefined, 400, is.named),
    // lists
    ...list({ bogus: 1 }, 'form_param_unknown', 'bogus'), ...list({ emailAddress: many }, 'form_param_array_size_exceeded', 'email_address'), ...list({ last_active_at_since: 'x' }, 'form_param_invalid_date', 'last_active_at_since'),
    ...list({ createdAtAfter: Date.now() + 1e9 }, 'form_disallow_future_date', 'created_at_after'), ...list({ banned: 'x' }, 'form_param_type_invalid', 'banned'), ...list({ banned: ['true', 'false'] }, 'form_param_duplicate', 'banned'),
    ...list({ provider: 'oauth_google' }, 'form_conditional_param_missing', 'provider_user_id'), ...list({ providerUserId: ['x'] }, 'form_conditional_param_missing', 'provider'), ...list({ query: 'x\u0000' }, 'malformed_request_parameters'),
    ...list({ limit: 501 }, 'form_param_value_too_large', 'limit'), ...list({ limit: -1 }, 'form_param_value_invalid', 'limit'), ...list({ limit: 'x' }, 'form_param_type_invalid', 'limit'), ...list({ offset: -1 }, 'form_param_value_invalid', 'offset'),
    ...list({ orderBy: 'shoe_size' }, 'form_param_value_invalid', 'order_by'),
    // metadata
    ...['updateUserMetadata', 'replaceUserMetadata'].flatMap((method) => [
      [method, [is.plain.id, { publicMetadata: [] }], 422, 'form_param_value_invalid', 'public_metadata'], [method, [is.plain.id, { privateMetadata: { x: 'y'.repeat(8192) } }], 422, 'form_param_exceeds_allowed_size', 'private_metadata'],
      [method, [is.plain.id, { metadata: {} }], 422, 'form_param_unknown', 'metadata']]),
    // images
    ['updateUserProfileImage', [is.plain.id, { file: new Blob(['<svg/>']) }], 400, 'request_body_invalid'], ['updateUserProfileImage', [is.plain.id, { file: new Blob(['']) }], 400, 'form_param_missing'],
    ['updateUserProfileImage', [is.plain.id, { file: new Blob([Buffer.alloc(11 << 20)]) }], 413, 'image_too_large'],
    // lists of one user's
    ['getUserOauthAccessToken', [is.plain.id, 'oauth_no such'], 400, 'oauth_unsupported_provider'], ['getUserOauthAccessToken', [is.linked.id, 'oauth_google'], 422, 'oauth_missing_access_token'],
    ...['getOrganizationMembershipList', 'getOrganizationInvitationList'].flatMap((method) => [[method, [{ userId: is.plain.id, limit: 501 }], 422, 'form_param_value_too_large', 'limit'], [method, [{ userId: is.plain.id, offset: -1 }], 422, 'form_param_value_invalid', 'offset'],
      [method, [{ userId: is.plain.id, limit: 'x' }], 422, 'form_param_type_invalid', 'limit']]),
    ['getOrganizationInvitationList', [{ userId: is.plain.id, status: 'lost' }], 422, 'form_param_value_invalid', 'status'],
    // passwords and factors
    ['verifyPassword', [{ userId: is.plain.id, password: 'wrong-pw-1' }], 422, 'incorrect_password'], ['verifyPassword', [{ userId: is.plain.id, password: '' }], 422, 'form_param_nil', 'password'], ['verifyPassword', [{ userId: is.plain.id }], 422, 'form_param_missing', 'password'],
    ['verifyPassword', [{ userId: is.named.id, password }], 400, 'no_password_set'], ['verifyTOTP', [{ userId: is.plain.id, code: '123456' }], 400, 'totp_disabled'], ['verifyTOTP', [{ userId: is.strong.id, code: wrong(secret) }], 422, 'totp_incorrect_code'],
    ['verifyTOTP', [{ userId: is.strong.id, code: '12345' }], 422, 'totp_invalid_length'], ['verifyTOTP', [{ userId: is.strong.id, code: '' }], 422, 'form_param_nil', 'code'], ['verifyTOTP', [{ userId: is.strong.id }], 422, 'form_param_missing', 'code'],
    ['setPasswordCompromised', [is.named.id], 400, 'no_password_set'], ['setPasswordCompromised', [is.plain.id, { revokeAllSessions: 'x' }], 422, 'form_param_type_invalid', 'revoke_all_sessions'],
    ['removePassword', [is.plain.id, { signOutOfOtherSessions: 'x' }], 422, 'form_param_type_invalid', 'sign_out_of_other_sessions'],
    // parts
    ['deleteUserPasskey', [{ userId: is.plain.id, passkeyIdentificationId: is.plain.primaryEmailAddressId }], 404, 'passkey_not_registered'], ['deleteUserWeb3Wallet', [{ userId: is.plain.id, web3WalletIdentificationId: is.rich.primaryWeb3WalletId }], 404, 'resource_not_found'],
    ['deleteUserWeb3Wallet', [{ userId: is.wallet.id, web3WalletIdentificationId: is.wallet.primaryWeb3WalletId }], 400, 'identification_deletion_failed'], ['deleteUserExternalAccount', [{ userId: is.plain.id, externalAccountId: is.linked.externalAccounts[0].id }], 404, 'external_account_not_found'],
    // replacement
    ['replaceUserEmailAddress', [is.plain.id, { emailAddress: 'x' }], 422, 'form_param_format_invalid', 'email_address'], ['replaceUserEmailAddress', [is.plain.id, {}], 422, 'form_param_missing', 'email_address'],
    ['replaceUserEmailAddress', [is.plain.id, { emailAddress: is.rich.emailAddresses[0].emailAddress }], 422, 'form_identifier_exists', 'email_address'], ['replaceUserEmailAddress', [is.linked.id, { emailAddress: 'y@example.com' }], 400, 'delete_linked_identification_disallowed'],
    ['replaceUserEmailAddress', [is.plain.id, { emailAddress: 'y@example.com', identificationStatus: 'lost' }], 422, 'form_param_value_invalid', 'identification_status'],
    ['replaceUserPhoneNumber', [is.plain.id, { phoneNumber: '12' }], 422, 'form_param_format_invalid', 'phone_number'], ['replaceUserPhoneNumber', [is.plain.id, {}], 422, 'form_param_missing', 'phone_number'],
    ['replaceUserPhoneNumber', [is.plain.id, { phoneNumber: is.rich.phoneNumbers[0].phoneNumber }], 422, 'form_identifier_exists', 'phone_number'],
  ]
}

for (const store of stores)
  describe(`errors of UserAPI on ${store}`, () => {
    let server, is
    const clients = { 1: first, 2: second, 3: newest }
    const api = (version) => clients[version]({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    const methods = (users) => Object.getOwnPropertyNames(Object.getPrototypeOf(users)).filter((name) => !['constructor', 'request', 'requireId'].includes(name) && typeof users[name] === 'function')

    before(async () => {
      const port = await freePort()
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LISTEN_OPS: `127.0.0.1:${port}`, HECATE_OPS_TOKEN: opsToken } })
      const { users, emailAddresses } = api(3)
      const plain = await users.createUser({ emailAddress: ['plain@example.com'], password }), linked = await users.createUser({ emailAddress: ['linked@example.com'] })
      const put = await fetch(`http://127.0.0.1:${port}/admin/v1/users/${linked.id}/external_accounts`, { method: 'POST', headers: { authorization: `Bearer ${opsToken}`, 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'oauth_google', provider_user_id: 'g-1', email_address: 'linked@example.com' }) })
      assert.equal(put.status, 200)
      const gone = await users.createUser({ emailAddress: ['gone@example.com'], password, totpSecret: secret })
      const asAdmin = (method, path, body) => fetch(`${server.gotrue.url}/admin/users${path}`, { method, body, headers: { authorization: `Bearer ${server.gotrue.serviceKey}`, 'content-type': 'application/json' } })
      const { id } = (await (await asAdmin('GET', '?filter=gone@')).json()).users[0]
      assert.equal((await asAdmin('DELETE', `/${id}`, '{"should_soft_delete":true}')).status, 200)
      is = {
        gone: gone.id,
        plain, open: (await emailAddresses.createEmailAddress({ userId: plain.id, emailAddress: 'open@example.com' })).id, linked: await users.getUser(linked.id), named: await users.createUser({ username: 'named_one' }),
        rich: await users.createUser({ emailAddress: ['rich@example.com'], phoneNumber: ['+15550002222'], web3Wallet: ['0x52908400098527886E0F7030069857D2E4169EE7'], username: 'rich_one', externalId: 'ext-rich' }),
        strong: await users.createUser({ emailAddress: ['strong@example.com'], totpSecret: secret }), wallet: await users.createUser({ web3Wallet: ['0x8617E340B3D01FA5F11F306F4090FD50E238070D'] }),
      }
      assert.ok(totp(secret))
    })
    after(() => server.stop())

    for (const version of [1, 2, 3])
      test(`client of version ${version}: what each method is refused with`, async () => {
        const { users } = api(version), names = methods(users), refused = new Set()
        const everything = async () => JSON.stringify([(await users.getUserList({ limit: 500 })).data.map((user) => user.raw ?? user), await users.getCount()])
        const before = await everything()
        const check = async (name, args, status, code, param) => {
          const what = `${name} ${JSON.stringify(args).slice(0, 200)}`
          const error = await users[name](...args).then(() => assert.fail(`${what} was taken`), (reason) => reason)
          assert.deepEqual([error.status, error.errors?.[0].code, error.errors?.[0].meta?.paramName], [status, code, param], `${what}: ${JSON.stringify(error.errors ?? error.message)}`)
          assert.ok(error.errors[0].message && error.errors[0].longMessage, what)
          assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/, what)
          refused.add(name)
          return code
        }
        const nobody = of(unknown), deleted = of(is.gone)
        assert.deepEqual(names.filter((name) => !ofNobody.has(name) && !nobody[name]), [])
        for (const name of names.filter((one) => !ofNobody.has(one))) for (const args of [nobody[name], deleted[name]]) await check(name, args, 404, 'resource_not_found')
        const codes = new Set(['resource_not_found'])
        for (const [name, ...row] of table(is)) if (names.includes(name)) codes.add(await check(name, ...row))
        assert.deepEqual(names.filter((name) => !refused.has(name)), [])
        if (version === 3) assert.deepEqual(DOCUMENTED.filter((code) => !codes.has(code) && !ELSEWHERE[code]), [])
        assert.equal(await everything(), before) // and nothing has changed
      })
  })
