// clerk.test.mjs: what the Backend API answers to bad requests, route by route: exact status, code and parameter, and nothing has changed.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { crc32, inflateSync } from 'node:zlib'
import { start, stores } from '../lib/server.mjs'

const json = { 'content-type': 'application/json' }
const body = (value) => ({ body: typeof value === 'string' || value instanceof Buffer ? value : JSON.stringify(value), headers: json })
const unknown = 'user_29w83sxmDNGwOuEthce5gg56FcC'
const big = 'x'.repeat(1 << 20)

// What any route refuses before its handler is asked.
const routes = [
  ['GET', '/users'], ['POST', '/users'], ['GET', '/users/count'], ['GET', '/users/<ID>'], ['PATCH', '/users/<ID>'], ['DELETE', '/users/<ID>'], ['PATCH', '/users/<ID>/metadata'],
  ['PUT', '/users/<ID>/metadata'], ['POST', '/users/<ID>/ban'], ['POST', '/users/<ID>/unban'], ['POST', '/users/<ID>/lock'], ['POST', '/users/<ID>/unlock'],
  ['DELETE', '/users/<ID>/mfa'], ['DELETE', '/users/<ID>/totp'], ['DELETE', '/users/<ID>/backup_code'], ['DELETE', '/users/<ID>/passkeys/idn_x'], ['DELETE', '/users/<ID>/web3_wallets/idn_x'],
  ['DELETE', '/users/<ID>/external_accounts/eac_x'], ['GET', '/users/<ID>/oauth_access_tokens/oauth_google'], ['GET', '/users/<ID>/organization_memberships'],
  ['GET', '/users/<ID>/organization_invitations'], ['POST', '/users/<ID>/verify_password'], ['POST', '/users/<ID>/remove_password'], ['POST', '/users/ban'], ['POST', '/users/unban'], ['GET', '/jwks'],
  ['POST', '/email_addresses'], ['GET', '/email_addresses/<EMAIL>'], ['PATCH', '/email_addresses/<EMAIL>'], ['DELETE', '/email_addresses/<EMAIL>'], ['PUT', '/users/<ID>/email_address'],
  ['POST', '/phone_numbers'], ['GET', '/phone_numbers/idn_x'], ['PATCH', '/phone_numbers/idn_x'], ['DELETE', '/phone_numbers/idn_x'], ['PUT', '/users/<ID>/phone_number'],
  ['GET', '/sessions'], ['POST', '/sessions'], ['GET', '/sessions/sess_x'], ['POST', '/sessions/sess_x/revoke'], ['POST', '/sessions/sess_x/verify'], ['POST', '/sessions/sess_x/tokens'],
  ['POST', '/sessions/sess_x/tokens/supabase'], ['POST', '/sign_in_tokens'], ['POST', '/sign_in_tokens/sit_x/revoke'], ['POST', '/users/<ID>/verify_totp'], ['POST', '/users/<ID>/password/set_compromised'], ['POST', '/users/<ID>/password/unset_compromised'],
  ['GET', '/allowlist_identifiers'], ['POST', '/allowlist_identifiers'], ['DELETE', '/allowlist_identifiers/alid_x'], ['GET', '/blocklist_identifiers'], ['POST', '/blocklist_identifiers'],
  ['DELETE', '/blocklist_identifiers/blid_x'], ['GET', '/instance'], ['PATCH', '/instance/restrictions'],
]
// Routes that read a JSON object.
const readers = routes.filter(([method, path]) => method !== 'GET' && method !== 'DELETE' && !/ID>\/(un)?(ban|lock)$|revoke$|unset_compromised$|tokens\/supabase$/.test(path))
const named = (members) => body({ username: 'good_name', ...members })

// method, path, request, status, code, param_name
const cases = [
  // paths and methods
  ['GET', '/', {}, 404, 'resource_not_found'],
  ['GET', '/nothing/here', {}, 404, 'resource_not_found'],
  ['GET', '/users/', {}, 404, 'resource_not_found'],
  ['PUT', '/users', body({}), 405, 'method_not_allowed'],
  ['DELETE', '/users', {}, 405, 'method_not_allowed'],
  ['POST', '/users/<ID>', body({}), 405, 'method_not_allowed'],
  ['GET', '/users/<ID>/ban', {}, 405, 'method_not_allowed'],
  ['POST', '/jwks', body({}), 405, 'method_not_allowed'],
  // versions
  ['GET', '/users', { headers: { 'clerk-api-version': '1999-01-01' } }, 400, 'api_version_invalid'],
  ['GET', '/users?__clerk_api_version=x', {}, 400, 'api_version_invalid'],
  ['GET', '/users?__clerk_api_version=2025-04-10', { headers: { 'clerk-api-version': '2025-04-10' } }, 400, 'api_version_invalid'],
  ['PATCH', '/users/<ID>', { body: '{"public_metadata":{}}', headers: { ...json, 'clerk-api-version': '2026-05-12' } }, 422, 'form_param_unknown', 'public_metadata'],
  // encodings
  ['GET', '/users?query=%zz', {}, 400, 'malformed_request_parameters'],
  ['GET', '/users?query=%ff', {}, 400, 'malformed_request_parameters'],
  ['GET', '/users?query=%00', {}, 400, 'malformed_request_parameters'],
  ['GET', '/users/%zz', {}, 400, 'malformed_request_parameters'],
  ['POST', '/users', { body: 'email_address=a', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_content_type'],
  // users that are not there
  ['GET', `/users/${unknown}`, {}, 404, 'resource_not_found'],
  ['GET', '/users/%2e%2e%2fx', {}, 404, 'resource_not_found'],
  ['PATCH', `/users/${unknown}`, body({ first_name: 'x' }), 404, 'resource_not_found'],
  ['DELETE', `/users/${unknown}`, {}, 404, 'resource_not_found'],
  ['PATCH', `/users/${unknown}/metadata`, body({ public_metadata: {} }), 404, 'resource_not_found'],
  ['PUT', `/users/${unknown}/metadata`, body({ public_metadata: {} }), 404, 'resource_not_found'],
  ['POST', `/users/${unknown}/ban`, {}, 404, 'resource_not_found'],
  ['POST', `/users/${unknown}/unban`, {}, 404, 'resource_not_found'],
  ['POST', `/users/${unknown}/verify_password`, body({ password: 'secret-pw-1' }), 404, 'resource_not_found'],
  ...['lock', 'unlock', 'remove_password'].map((verb) => ['POST', `/users/${unknown}/${verb}`, {}, 404, 'resource_not_found']),
  ...['mfa', 'totp', 'backup_code', 'passkeys/idn_x', 'web3_wallets/idn_x', 'external_accounts/eac_x'].map((part) => ['DELETE', `/users/${unknown}/${part}`, {}, 404, 'resource_not_found']),
  ...['oauth_access_tokens/oauth_google', 'organization_memberships', 'organization_invitations'].flatMap((part) => [
    ['GET', `/users/${unknown}/${part}`, {}, 404, 'resource_not_found'],
    ['GET', `/users/<ID>/${part}?limit=501`, {}, 422, 'form_param_value_too_large', 'limit'],
    ['GET', `/users/<ID>/${part}?limit=0`, {}, 422, 'form_param_value_invalid', 'limit'],
    ['GET', `/users/<ID>/${part}?offset=x`, {}, 422, 'form_param_type_invalid', 'offset'],
    ['GET', `/users/<ID>/${part}?shoe_size=1`, {}, 422, 'form_param_unknown', 'shoe_size'],
  ]),
  ['DELETE', '/users/<ID>/passkeys/idn_x', {}, 404, 'passkey_not_registered'],
  ['DELETE', '/users/<ID>/web3_wallets/idn_x', {}, 404, 'resource_not_found'],
  ['DELETE', '/users/<ID>/external_accounts/eac_x', {}, 404, 'external_account_not_found'],
  ['GET', '/users/<ID>/oauth_access_tokens/google', {}, 400, 'oauth_unsupported_provider'],
  ['GET', '/users/<ID>/organization_invitations?status=lost', {}, 422, 'form_param_value_invalid', 'status'],
  // several users: all or none
  ...['/users/ban', '/users/unban'].flatMap((path) => [
    ['POST', path, body({}), 422, 'form_param_missing', 'user_ids'],
    ['POST', path, body({ user_ids: [] }), 422, 'form_param_nil', 'user_ids'],
    ['POST', path, body({ user_ids: '<ID>' }), 422, 'form_param_type_invalid', 'user_ids'],
    ['POST', path, body({ user_ids: Array(51).fill('<ID>') }), 400, 'bulk_size_exceeded'],
    ['POST', path, body({ user_ids: ['<ID>', unknown] }), 404, 'resource_not_found'],
    ['POST', path, body({ user_ids: ['<ID>', '<GONE>'] }), 404, 'resource_not_found'],
  ]),
  // members: unknown, of a wrong type, too long
  ['POST', '/users', body({}), 422, 'form_data_missing'],
  ['POST', '/users', body({ nope: 1 }), 422, 'form_param_unknown', 'nope'],
  ['POST', '/users', body({ object: 'user' }), 422, 'form_param_unknown', 'object'],
  ['POST', '/users', body({ email_address: 'a@example.com' }), 422, 'form_param_type_invalid', 'email_address'],
  ['POST', '/users', body({ email_address: Array.from({ length: 101 }, (_, i) => `${i}@example.com`) }), 422, 'form_param_array_size_exceeded', 'email_address'],
  ['POST', '/users', named({ totp_secret: 'GEZDGNBVGY3TQOJ1' }), 422, 'invalid_totp_secret_code', 'totp_secret'],
  ['POST', '/users', named({ totp_secret: 1 }), 422, 'form_param_type_invalid', 'totp_secret'],
  ['POST', '/users', named({ backup_codes: 'x' }), 422, 'form_param_type_invalid', 'backup_codes'],
  ['POST', '/users', named({ backup_codes: ['x', 'x'] }), 422, 'form_param_duplicate', 'backup_codes'],
  ['POST', '/users', named({ backup_codes: [1] }), 422, 'form_param_type_invalid', 'backup_codes'],
  ['POST', '/users', named({ locked: 'yes' }), 422, 'form_param_type_invalid', 'locked'],
  ['PATCH', '/users/<ID>', body({ locked: true }), 422, 'form_param_unknown', 'locked'],
  ['POST', '/users/<ID>/verify_totp', body({}), 422, 'form_param_missing', 'code'],
  ['POST', '/users/<ID>/verify_totp', body({ code: 123456 }), 422, 'form_param_type_invalid', 'code'],
  ['POST', '/users/<ID>/verify_totp', body({ code: '' }), 422, 'form_param_nil', 'code'],
  ['POST', '/users/<ID>/verify_totp', body({ code: '123456' }), 400, 'totp_disabled'],
  ['POST', '/users/<ID>/verify_totp', body({ code: '123456', user_id: 'x' }), 422, 'form_param_unknown', 'user_id'],
  ['POST', `/users/${unknown}/verify_totp`, body({ code: '123456' }), 404, 'resource_not_found'],
  ['POST', `/users/${unknown}/password/set_compromised`, body({}), 404, 'resource_not_found'],
  ['POST', `/users/${unknown}/password/unset_compromised`, {}, 404, 'resource_not_found'],
  ['POST', '/users/<ID>/password/set_compromised', body({ revoke_all_sessions: 'x' }), 422, 'form_param_type_invalid', 'revoke_all_sessions'],
  ['POST', '/users', body({ email_address: [1] }), 422, 'form_param_type_invalid', 'email_address'],
  ['POST', '/users', body({ email_address: [''] }), 422, 'form_param_format_invalid', 'email_address'],
  ['POST', '/users', body({ email_address: [`${'x'.repeat(300)}@example.com`] }), 422, 'form_param_format_invalid', 'email_address'],
  ['POST', '/users', body({ phone_number: ['+1 555 123'] }), 422, 'form_param_format_invalid', 'phone_number'],
  ['POST', '/users', body({ username: ['x'] }), 422, 'form_param_type_invalid', 'username'],
  ['POST', '/users', named({ first_name: 'x'.repeat(257) }), 422, 'form_param_max_length_exceeded', 'first_name'],
  ['POST', '/users', named({ external_id: 'x'.repeat(257) }), 422, 'form_param_max_length_exceeded', 'external_id'],
  ['POST', '/users', named({ public_metadata: [] }), 422, 'form_param_value_invalid', 'public_metadata'],
  ['POST', '/users', named({ private_metadata: 'x' }), 422, 'form_param_value_invalid', 'private_metadata'],
  ['POST', '/users', named({ unsafe_metadata: { x: 'y'.repeat(8190) } }), 422, 'form_param_exceeds_allowed_size', 'unsafe_metadata'],
  ['POST', '/users', named({ created_at: 1 }), 422, 'form_param_invalid_time', 'created_at'],
  ['POST', '/users', named({ created_at: '2020-13-01T00:00:00Z' }), 422, 'form_param_invalid_time', 'created_at'],
  ['POST', '/users', named({ delete_self_enabled: 'yes' }), 422, 'form_param_type_invalid', 'delete_self_enabled'],
  ['POST', '/users', named({ create_organizations_limit: 1.5 }), 422, 'form_param_type_invalid', 'create_organizations_limit'],
  ['POST', '/users', named({ create_organizations_limit: -1 }), 422, 'form_param_value_invalid', 'create_organizations_limit'],
  ['POST', '/users', named({ password: '' }), 422, 'form_param_nil', 'password'],
  ['POST', '/users', named({ password: 'short' }), 422, 'form_password_length_too_short', 'password'],
  ['POST', '/users', named({ password: '日'.repeat(25) }), 422, 'form_password_size_in_bytes_exceeded', 'password'],
  ['POST', '/users', named({ password: '日'.repeat(25), skip_password_checks: true }), 422, 'form_password_size_in_bytes_exceeded', 'password'],
  ['POST', '/users', named({ password_digest: '5f4dcc3b5aa765d61d8327deb882cf99', password_hasher: 'md6' }), 422, 'form_param_value_invalid', 'password_hasher'],
  ...['', '$$$$', 'YQ==$YQ==$YQ==$$8', 'YQ==$YQ==$YQ==$$8$14$1', '*$YQ==$YQ==$$8$14', 'YQ==$YQ==$YQ==$$8$99', 'YWI=$YQ==$YQ==$$8$14', 'x'.repeat(5000)].map((password_digest) =>
    ['POST', '/users', named({ password_digest, password_hasher: 'scrypt_firebase' }), 422, 'form_password_digest_invalid_code', 'password_digest']),
  ['POST', '/users', named({ password_digest: '$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHQxNmJ5dGVzIQ$vkoNNWvcny4MfDDk', password_hasher: 'argon2id' }), 422,
    'form_password_digest_invalid_code', 'password_digest'],
  ['PATCH', '/users/<ID>', body({ banned: true }), 422, 'form_param_unknown', 'banned'],
  ['PATCH', '/users/<ID>', body({ email_address: ['a@example.com'] }), 422, 'form_param_unknown', 'email_address'],
  ['PATCH', '/users/<ID>', body({ first_name: {} }), 422, 'form_param_type_invalid', 'first_name'],
  ['PATCH', '/users/<ID>', body({ primary_email_address_id: 'idn_nope' }), 422, 'form_resource_not_found', 'primary_email_address_id'],
  ['PATCH', '/users/<ID>', body({ primary_email_address_id: 7 }), 422, 'form_param_type_invalid', 'primary_email_address_id'],
  ['PATCH', '/users/<ID>', body({ unsafe_metadata: 1 }), 422, 'form_param_value_invalid', 'unsafe_metadata'],
  ['PATCH', '/users/<ID>', body({ username: 'TAKEN' }), 422, 'form_identifier_exists', 'username'],
  ['PATCH', '/users/<ID>', body({ first_name: 'Half', username: 'taken' }), 422, 'form_identifier_exists', 'username'],
  ['PATCH', '/users/<ID>/metadata', body({ metadata: {} }), 422, 'form_param_unknown', 'metadata'],
  ['PATCH', '/users/<ID>/metadata', body({ public_metadata: 'x' }), 422, 'form_param_value_invalid', 'public_metadata'],
  ['PUT', '/users/<ID>/metadata', body({ private_metadata: { x: 'y'.repeat(8190) } }), 422, 'form_param_exceeds_allowed_size', 'private_metadata'],
  ['POST', '/users/<ID>/verify_password', body({}), 422, 'form_param_missing', 'password'],
  ['POST', '/users/<ID>/verify_password', body({ password: null }), 422, 'form_param_missing', 'password'],
  ['POST', '/users/<ID>/verify_password', body({ password: '' }), 422, 'form_param_nil', 'password'],
  ['POST', '/users/<ID>/verify_password', body({ password: 1 }), 422, 'form_param_type_invalid', 'password'],
  ['POST', '/users/<ID>/verify_password', body({ password: 'x', code: 'y' }), 422, 'form_param_unknown', 'code'],
  ['POST', '/users/<ID>/verify_password', body({ password: 'wrong-pw-1' }), 422, 'incorrect_password'],
  // addresses
  ...[['/email_addresses', 'email_address', 'x@example.com', ['', 'x', 'x@', 'x@y@z', '<x@y>', "x@example.com' OR 1=1", `${'x'.repeat(300)}@example.com`]],
    ['/phone_numbers', 'phone_number', '+15550001111', ['', '15550001111', '+1', '+0155500011', '+1 555 000 1111', '+1555x', `+${'1'.repeat(16)}`]]].flatMap(([path, name, good, bad]) => [
    ['POST', path, body({}), 422, 'form_param_missing', 'user_id'],
    ['POST', path, body({ user_id: '<ID>' }), 422, 'form_param_missing', name],
    ['POST', path, body({ user_id: 1, [name]: good }), 422, 'form_param_type_invalid', 'user_id'],
    ['POST', path, body({ user_id: '<ID>', [name]: [good] }), 422, 'form_param_type_invalid', name],
    ['POST', path, body({ user_id: '<ID>', [name]: good, verified: 'yes' }), 422, 'form_param_type_invalid', 'verified'],
    ['POST', path, body({ user_id: '<ID>', [name]: good, reserved: true }), 422, 'form_param_unknown', 'reserved'],
    ['POST', path, body({ user_id: unknown, [name]: good }), 404, 'resource_not_found'],
    ['POST', path, body({ user_id: '<GONE>', [name]: good }), 404, 'resource_not_found'],
    ['POST', path, body({ user_id: 'x', [name]: good }), 404, 'resource_not_found'],
    ...bad.map((value) => ['POST', path, body({ user_id: '<ID>', [name]: value }), 422, value === '' ? 'form_param_nil' : 'form_param_format_invalid', name]),
    ...bad.map((value) => ['PUT', `/users/<ID>/${name}`, body({ [name]: value }), 422, value === '' ? 'form_param_nil' : 'form_param_format_invalid', name]),
    ['PUT', `/users/<ID>/${name}`, body({ [name]: good, identification_status: 'lost' }), 422, 'form_param_value_invalid', 'identification_status'],
    ['PUT', `/users/${unknown}/${name}`, body({ [name]: good }), 404, 'resource_not_found'],
    ...['GET', 'PATCH', 'DELETE'].flatMap((method) => ['idn_x', '<ID>', 'idn_29w83sxmDNGwOuEthce5gg56FcC', '%27'].map((one) => [method, `${path}/${one}`, method === 'PATCH' ? body({ verified: true }) : {}, 404, 'resource_not_found'])),
    ['PATCH', `${path}/idn_x`, body({ [name]: good }), 422, 'form_param_unknown', name],
    ['GET', path, {}, 405, 'method_not_allowed'],
  ]),
  ['POST', '/email_addresses', body({ user_id: '<ID>', email_address: 'WIRE@example.com' }), 422, 'form_identifier_exists', 'email_address'],
  ['POST', '/email_addresses', body({ user_id: '<ID>', email_address: 'y@example.com', reserved_for_second_factor: true }), 422, 'form_param_unknown', 'reserved_for_second_factor'],
  ['POST', '/phone_numbers', body({ user_id: '<ID>', phone_number: '+15550001111', reserved_for_second_factor: true }), 400, 'identification_create_second_factor_unverified', 'reserved_for_second_factor'],
  ['POST', '/email_addresses', body({ user_id: '<ID>', email_address: 'y@example.com', primary: true }), 422, 'form_verification_needed', 'primary'],
  ['GET', '/phone_numbers/<EMAIL>', {}, 404, 'resource_not_found'],
  ['PATCH', '/phone_numbers/<EMAIL>', body({ verified: true }), 404, 'resource_not_found'],
  ['DELETE', '/phone_numbers/<EMAIL>', {}, 404, 'resource_not_found'],
  // sessions and tokens
  ...['sess_x', '<ID>', 'sess_29w83sxmDNGwOuEthce5gg56FcC', '%27%20OR%201=1'].flatMap((one) => [
    ['GET', `/sessions/${one}`, {}, 404, 'resource_not_found'],
    ['POST', `/sessions/${one}/revoke`, {}, 404, 'resource_not_found'],
    ['POST', `/sessions/${one}/tokens`, {}, 404, 'resource_not_found'],
    ['POST', `/sessions/${one}/tokens/x`, {}, 404, 'resource_not_found'],
    ['POST', `/sessions/${one}/verify`, body({ token: 'a.b.c' }), 404, 'resource_not_found'],
    ['POST', `/sign_in_tokens/${one}/revoke`, {}, 404, 'resource_not_found'],
  ]),
  ...['/sessions', '/sign_in_tokens'].flatMap((path) => [
    ['POST', path, body({}), 422, 'form_param_missing', 'user_id'],
    ['POST', path, body({ user_id: null }), 422, 'form_param_missing', 'user_id'],
    ['POST', path, body({ user_id: 1 }), 422, 'form_param_type_invalid', 'user_id'],
    ['POST', path, body({ user_id: 'x' }), 404, 'resource_not_found'],
    ['POST', path, body({ user_id: '<GONE>' }), 404, 'resource_not_found'],
    ['POST', path, body({ user_id: '<ID>', shoe_size: 1 }), 422, 'form_param_unknown', 'shoe_size'],
  ]),
  ['POST', '/sign_in_tokens', body({ user_id: '<ID>', expires_in_seconds: 0 }), 422, 'form_param_value_invalid', 'expires_in_seconds'],
  ['POST', '/sign_in_tokens', body({ user_id: '<ID>', expires_in_seconds: 1e12 }), 422, 'form_param_value_too_large', 'expires_in_seconds'],
  ['POST', '/sign_in_tokens', body({ user_id: '<ID>', expires_in_seconds: '60' }), 422, 'form_param_type_invalid', 'expires_in_seconds'],
  ['POST', '/sessions/sess_x/tokens', body({ expires_in_seconds: 1 }), 422, 'form_param_value_invalid', 'expires_in_seconds'],
  ['POST', '/sessions/sess_x/verify', body({}), 422, 'form_param_missing', 'token'],
  ['GET', '/sessions?limit=0', {}, 422, 'form_param_value_invalid', 'limit'],
  ['GET', '/sessions?limit=501', {}, 422, 'form_param_value_too_large', 'limit'],
  ['GET', '/sessions?offset=-1', {}, 422, 'form_param_value_invalid', 'offset'],
  ['GET', '/sessions?status=lost', {}, 422, 'form_param_value_invalid', 'status'],
  ['GET', '/sessions?shoe_size=1', {}, 422, 'form_param_unknown', 'shoe_size'],
  // lists
  ...['/users', '/users/count'].flatMap((path) => [
    ['GET', `${path}?shoe_size=1`, {}, 422, 'form_param_unknown', 'shoe_size'],
    ['GET', `${path}?limit=x`, {}, 422, 'form_param_type_invalid', 'limit'],
    ['GET', `${path}?banned=maybe`, {}, 422, 'form_param_type_invalid', 'banned'],
    ['GET', `${path}?banned=true&banned=false`, {}, 422, 'form_param_duplicate', 'banned'],
    ['GET', `${path}?created_at_after=yesterday`, {}, 422, 'form_param_invalid_date', 'created_at_after'],
    ['GET', `${path}?created_at_before=9999999999999`, {}, 422, 'form_disallow_future_date', 'created_at_before'],
    ['GET', `${path}?provider=oauth_google`, {}, 422, 'form_conditional_param_missing', 'provider_user_id'],
    ['GET', `${path}?provider_user_id=1`, {}, 422, 'form_conditional_param_missing', 'provider'],
    ['GET', `${path}?${'user_id=x&'.repeat(101)}`, {}, 422, 'form_param_array_size_exceeded', 'user_id'],
  ]),
  ['GET', '/users?limit=0', {}, 422, 'form_param_value_invalid', 'limit'],
  ['GET', '/users?limit=501', {}, 422, 'form_param_value_too_large', 'limit'],
  ['GET', '/users?limit=99999999999999999999', {}, 422, 'form_param_type_invalid', 'limit'],
  ['GET', '/users?offset=-1', {}, 422, 'form_param_value_invalid', 'offset'],
  ['GET', '/users?order_by=password', {}, 422, 'form_param_value_invalid', 'order_by'],
  ['GET', '/users?order_by=', {}, 422, 'form_param_value_invalid', 'order_by'],
  ['GET', `/users?starting_after=${unknown}&order_by=username`, {}, 422, 'form_param_value_invalid', 'starting_after'],
  ['GET', `/users?starting_after=${unknown}&offset=1`, {}, 422, 'form_param_value_invalid', 'starting_after'],
]

for (const store of stores)
  describe(`Clerk's Backend API on ${store}`, () => {
    let server, id, gone, mail, state
    const filled = (text) => (typeof text === 'string' ? text.replaceAll('<ID>', id).replaceAll('<GONE>', gone).replaceAll('<EMAIL>', mail) : text)
    const call = (method, path, { headers = {}, body: content, ...rest } = {}, key = server.clerk.secretKey) =>
      fetch(`${server.clerk.url}/v1${filled(path)}`, { method, headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers }, body: filled(content), ...rest })
    const everything = async () => [await (await call('GET', '/users')).text(), await (await call('GET', '/users/count')).text()]

    async function check(reply, status, code, param) {
      const text = await reply.text()
      assert.equal(reply.status, status, text)
      assert.equal(reply.headers.get('content-type'), 'application/json')
      const { errors, clerk_trace_id } = JSON.parse(text)
      assert.equal(errors.length, 1)
      assert.equal(errors[0].code, code, text)
      assert.equal(errors[0].meta?.param_name, param)
      assert.ok(errors[0].message.length > 0 && errors[0].long_message.length > 0)
      assert.doesNotMatch(text, /\{(param|type|text|id|most|size)\}/)
      assert.match(clerk_trace_id, /^[0-9a-f]{32}$/)
      assert.equal(reply.headers.get('x-clerk-trace-id'), clerk_trace_id)
      return errors[0]
    }

    before(async () => {
      server = await start({ store })
      const made = await call('POST', '/users', body({ email_address: ['wire@example.com'], username: 'wire_user', password: 'secret-pw-1', public_metadata: { a: 1 } }))
      const user = await made.json()
      id = user.id
      mail = user.primary_email_address_id
      await call('POST', '/users', body({ username: 'Taken' }))
      gone = (await (await call('POST', '/users', body({ username: 'gone_user' }))).json()).id
      assert.equal((await call('DELETE', `/users/${gone}`)).status, 200)
      state = await everything()
    })
    after(() => server.stop())

    test('good answers: exact type, version and trace id', async () => {
      const reply = await call('GET', '/users/<ID>')
      assert.equal(reply.status, 200)
      assert.equal(reply.headers.get('content-type'), 'application/json')
      assert.equal(reply.headers.get('clerk-api-version'), '2025-04-10')
      assert.match(reply.headers.get('x-clerk-trace-id'), /^[0-9a-f]{32}$/)
      const newer = await call('GET', '/users/<ID>', { headers: { 'clerk-api-version': '2026-05-12' } })
      assert.equal(newer.headers.get('clerk-api-version'), '2026-05-12')
      assert.equal((await call('GET', '/users/<ID>?__clerk_api_version=2021-02-05')).headers.get('clerk-api-version'), '2021-02-05')
      assert.deepEqual(await newer.json(), await reply.json())
    })

    test('an empty body is {}, whatever its type', async () => {
      assert.equal((await call('PATCH', '/users/<ID>', { headers: json })).status, 200)
      assert.equal((await call('PATCH', '/users/<ID>')).status, 200)
      assert.equal((await call('POST', '/users/<ID>/unban', { headers: json })).status, 200)
      state = await everything()
    })

    test('several users are banned and unbanned in the order of the request', async () => {
      const [other] = await (await call('GET', '/users?username=taken')).json()
      for (const [verb, banned] of [['ban', true], ['unban', false]]) {
        const reply = await call('POST', `/users/${verb}`, body({ user_ids: [other.id, id] }))
        assert.deepEqual((await reply.json()).map((user) => [user.id, user.banned]), [[other.id, banned], [id, banned]])
        assert.equal((await (await call('GET', `/users?banned=${banned}`)).json()).length, 2)
      }
      state = await everything()
    })

    test('changes of several users in opposite orders end well', async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, async (_, i) => (await (await call('POST', '/users', body({ username: `bulk_${i}` }))).json()).id))
      const replies = await Promise.all(Array.from({ length: 12 }, (_, i) => call('POST', i % 3 ? '/users/ban' : '/users/unban', body({ user_ids: i % 2 ? ids : [...ids].reverse() }))))
      for (const reply of replies) assert.equal(reply.status, 200, await reply.text())
      await Promise.all(ids.map((one) => call('DELETE', `/users/${one}`)))
      state = await everything()
    })

    test('pictures are for everybody', async () => {
      const { image_url: url, has_image } = await (await call('GET', '/users/<ID>')).json()
      const reply = await fetch(url)
      assert.deepEqual([reply.status, reply.headers.get('content-type'), reply.headers.get('x-content-type-options'), has_image], [200, 'image/png', 'nosniff', false])
      // By another hand: the chunks and their checks, and a head in the middle of the pixels.
      const png = Buffer.from(await reply.arrayBuffer()), kinds = []
      let data
      assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n')
      for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
        const n = png.readUInt32BE(at)
        assert.equal(png.readUInt32BE(at + 8 + n), crc32(png.subarray(at + 4, at + 8 + n)))
        kinds.push(png.toString('latin1', at + 4, at + 8))
        if (kinds.at(-1) === 'IDAT') data = inflateSync(png.subarray(at + 8, at + 8 + n))
      }
      assert.deepEqual([kinds, png.readUInt32BE(16), png.readUInt32BE(20), data.length], [['IHDR', 'PLTE', 'IDAT', 'IEND'], 96, 96, 96 * 13])
      const pixel = (x, y) => data[y * 13 + 1 + (x >> 3)] >> (7 - (x & 7)) & 1
      assert.deepEqual([pixel(48, 38), pixel(48, 80), pixel(0, 0), pixel(95, 95), pixel(48, 58)], [1, 1, 0, 0, 0])
      await check(await fetch(url.replace('default', 'img_x')), 404, 'image_not_found')
    })

    test('lists of sessions: a bare array, or a page', async () => {
      const [other] = await (await call('GET', '/users?username=taken')).json()
      const made = await (await call('POST', '/sessions', body({ user_id: other.id }))).json()
      assert.deepEqual(await (await call('GET', `/sessions?user_id=${other.id}`)).json(), [made])
      assert.deepEqual(await (await call('GET', `/sessions?user_id=${other.id}&paginated=true`)).json(), { data: [made], total_count: 1 })
      assert.deepEqual(await (await call('GET', '/sessions?paginated=true&limit=1&offset=7')).json(), { data: [], total_count: 1 })
      for (const none of ['user_id=<ID>', 'user_id=x', 'client_id=x', 'client_id=client_29w83sxmDNGwOuEthce5gg56FcC', `client_id=${made.client_id}&status=revoked`, `client_id=${made.client_id}&user_id=<ID>`, 'status=ended'])
        assert.deepEqual(await (await call('GET', `/sessions?${none}`)).json(), [], none)
      state = await everything()
    })

    test('the list is a bare array, the count an object', async () => {
      assert.ok(Array.isArray(await (await call('GET', '/users?limit=1')).json()))
      assert.deepEqual(await (await call('GET', '/users/count?limit=1&offset=7&order_by=username')).json(), { object: 'total_count', total_count: 2 })
      assert.deepEqual((await (await call('GET', '/users?order_by=+username')).json()).map((user) => user.username), ['Taken', 'wire_user']) // an unencoded plus
      assert.deepEqual((await (await call('GET', '/users?order_by=username&order_by=-username')).json()).map((user) => user.username), ['Taken', 'wire_user'])
      const [first] = await (await call('GET', '/users?limit=1')).json()
      assert.deepEqual((await (await call('GET', `/users?starting_after=${first.id}`)).json()).map((user) => user.id), [id])
      assert.deepEqual(await (await call('GET', '/users?starting_after=<ID>')).json(), [])
      assert.deepEqual(await (await call('GET', `/users?starting_after=${unknown}`)).json(), [])
      assert.equal((await (await call('GET', '/users?banned=false')).json()).length, 2)
      assert.deepEqual(await (await call('GET', '/users?banned=true')).json(), [])
      assert.deepEqual(await (await call('GET', '/users?provider=oauth_google&provider_user_id=1')).json(), [])
    })

    for (const [method, path] of [...routes, ['GET', '/unknown/path']])
      test(`${method} ${path} asks for the key`, async () => {
        await check(await call(method, path, {}, null), 401, 'authorization_header_format_invalid')
        await check(await call(method, path, { headers: { authorization: `Basic ${server.clerk.secretKey}` } }, null), 401, 'authorization_header_format_invalid')
        for (const key of ['sk_test_wrong', `${server.clerk.secretKey}x`, server.clerk.secretKey.slice(0, -1), server.gotrue.serviceKey, server.auth0.clientSecret])
          await check(await call(method, path, {}, key), 401, 'clerk_key_invalid')
        assert.deepEqual(await everything(), state)
      })

    for (const [method, path] of readers)
      test(`${method} ${path} refuses what is no JSON object, and too much of it`, async () => {
        const bad = ['{', '[]', '"x"', '1', 'null', '{"a":1,"a":2}', '{"a":"\\u0000"}', '{"a":"\\ud800"}', 'x=1', '{"a":\u0001}', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`,
          Buffer.from('{"a":"\xff"}', 'latin1')]
        for (const text of bad) await check(await call(method, path, body(text)), 400, 'request_body_invalid')
        const error = await check(await call(method, path, body({ big })), 413, 'request_body_too_large')
        assert.equal(error.long_message, 'The request body exceeds the maximum allowed size of 1048576 bytes.')
        assert.deepEqual(await everything(), state)
      })

    for (const [method, path, request, status, code, param] of cases)
      test(`${method} ${path.slice(0, 80)} ${String(request.body ?? '').slice(0, 60)}: ${status} ${code}`, async () => {
        const reply = await call(method, path, request)
        if (status === 405) assert.ok(reply.headers.get('allow'))
        await check(reply, status, code, param)
        assert.deepEqual(await everything(), state)
      })
  })
