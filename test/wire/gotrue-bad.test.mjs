// gotrue-bad.test.mjs: bad requests to each GoTrue route of the first slice: status and code are exact, and nothing changes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { mint, start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
const unknown = '00000000-0000-4000-8000-0000000000aa'
const text = (n) => 'x'.repeat(n)
const deep = (n) => '['.repeat(n) + ']'.repeat(n)

// Rows: name, method, path, body (text as it is, else JSON), status, error_code; then what differs: as (whose token), headers.
const users = '/admin/users', one = '/admin/users/{id}'
const rows = [
  // who is calling, for each admin route
  ...[['GET', users], ['POST', users], ['GET', one], ['PUT', one], ['DELETE', one]].flatMap(([method, path]) => [
    ['no key', method, path, undefined, 401, 'no_authorization', { as: null }],
    ['two keys', method, path, undefined, 401, 'no_authorization', { headers: { authorization: 'Bearer a, Bearer b' } }],
    ['no bearer', method, path, undefined, 401, 'no_authorization', { headers: { authorization: 'Basic Zm9vOmJhcg==' } }],
    ['no token', method, path, undefined, 403, 'bad_jwt', { as: 'nonsense' }],
    ['key of Clerk', method, path, undefined, 403, 'bad_jwt', { as: 'clerk' }],
    ['key of Auth0', method, path, undefined, 403, 'bad_jwt', { as: 'auth0' }],
    ['another secret', method, path, undefined, 403, 'bad_jwt', { as: 'forged' }],
    ['expired', method, path, undefined, 403, 'bad_jwt', { as: 'expired' }],
    ['no algorithm', method, path, undefined, 403, 'bad_jwt', { as: 'none' }],
    ['anon key', method, path, undefined, 403, 'not_admin', { as: 'anon' }],
    ['a user', method, path, undefined, 403, 'not_admin', { as: 'user' }],
  ]),
  // the same for routes of parts and of the audit trail
  ...[['GET', `${one}/factors`], ['DELETE', `${one}/factors/${unknown}`], ['GET', `${one}/identities`], ['DELETE', `${one}/identities/${unknown}`], ['GET', `${one}/sessions`],
    ['DELETE', `${one}/sessions`], ['GET', '/admin/audit']].flatMap(([method, path]) => [
    ['no key', method, path, undefined, 401, 'no_authorization', { as: null }],
    ['key of Clerk', method, path, undefined, 403, 'bad_jwt', { as: 'clerk' }],
    ['a user', method, path, undefined, 403, 'not_admin', { as: 'user' }],
  ]),
  ['unknown factor', 'DELETE', `${one}/factors/${unknown}`, undefined, 404, 'mfa_factor_not_found'],
  ['no UUID', 'PUT', `${one}/factors/nothing`, '{}', 404, 'validation_failed'],
  ['unknown factor before the method', 'PATCH', `${one}/factors/${unknown}`, '{}', 404, 'mfa_factor_not_found'],
  ['unknown identity', 'DELETE', `${one}/identities/${unknown}`, undefined, 404, 'identity_not_found'],
  ['unknown session', 'DELETE', `${one}/sessions/${unknown}`, undefined, 404, 'session_not_found'],
  ['no UUID', 'DELETE', `${one}/sessions/nothing`, undefined, 404, 'session_not_found'],
  ['unknown scope', 'GET', '/admin/audit?query=nothing:x', undefined, 400, 'validation_failed'],
  ['no scope', 'GET', '/admin/audit?query=x', undefined, 400, 'validation_failed'],
  ['per_page zero', 'GET', '/admin/audit?per_page=0', undefined, 400, 'validation_failed'],
  ['page is a word', 'GET', '/admin/audit?page=x', undefined, 400, 'validation_failed'],
  ['no phone number', 'GET', `${users}?phone=abc`, undefined, 400, 'validation_failed'],
  // second factors of the caller
  ...[['POST', '/factors'], ['POST', `/factors/${unknown}/verify`], ['POST', `/factors/${unknown}/challenge`], ['DELETE', `/factors/${unknown}`], ['PUT', `/factors/${unknown}`],
    ['POST', '/factors/nothing/at/all']].flatMap(([method, path]) => [
    ['no token', method, path, '{}', 401, 'no_authorization', { as: null }],
    ['the service key', method, path, '{}', 403, 'bad_jwt'],
  ]),
  ['unknown factor', 'POST', `/factors/${unknown}/challenge`, '{}', 404, 'mfa_factor_not_found', { as: 'user' }],
  ['no UUID', 'POST', '/factors/nothing/verify', '{}', 404, 'validation_failed', { as: 'user' }],
  ['no kind', 'POST', '/factors', '{}', 400, 'validation_failed', { as: 'user' }],
  ['unknown kind', 'POST', '/factors', { factor_type: 'TOTP' }, 400, 'validation_failed', { as: 'user' }],
  ['kind is a number', 'POST', '/factors', { factor_type: 1 }, 400, 'bad_json', { as: 'user' }],
  ['phones are off', 'POST', '/factors', { factor_type: 'phone', phone: '+15550001' }, 422, 'mfa_phone_enroll_not_enabled', { as: 'user' }],
  ['webauthn is off', 'POST', '/factors', { factor_type: 'webauthn' }, 422, 'mfa_webauthn_enroll_not_enabled', { as: 'user' }],
  ['long name', 'POST', '/factors', { factor_type: 'totp', friendly_name: text(256) }, 400, 'validation_failed', { as: 'user' }],
  ['long issuer', 'POST', '/factors', { factor_type: 'totp', issuer: text(256) }, 400, 'validation_failed', { as: 'user' }],
  ['linking is off', 'DELETE', `/user/identities/${unknown}`, undefined, 404, 'manual_linking_disabled', { as: 'user' }],
  // methods and paths
  ['unknown path', 'GET', '/admin/nothing', undefined, 404, undefined],
  ...['/factorsx', '/factors2/nothing', '/factors%20', '/userx', '/adminx/users'].map((path) => ['nobody, beside a group', 'GET', path, undefined, 404, undefined, { as: null }]),
  ['wrong method', 'PATCH', users, '{}', 405, undefined],
  ['wrong method', 'PATCH', one, '{}', 405, undefined],
  ['wrong method', 'GET', '/token', undefined, 405, undefined],
  ['wrong method', 'GET', '/logout', undefined, 405, undefined],
  ['wrong method', 'POST', '/health', '{}', 405, undefined],
  // lists
  ['page is a word', 'GET', `${users}?page=x`, undefined, 400, 'validation_failed'],
  ['page below zero', 'GET', `${users}?page=-1`, undefined, 400, 'validation_failed'],
  ['page too large', 'GET', `${users}?page=99999999999999999999`, undefined, 400, 'validation_failed'],
  ['per_page zero', 'GET', `${users}?per_page=0`, undefined, 400, 'validation_failed'],
  ['unknown sort', 'GET', `${users}?sort=email`, undefined, 400, 'validation_failed'],
  ['unknown direction', 'GET', `${users}?sort=created_at%20up`, undefined, 400, 'validation_failed'],
  ['no UTF-8', 'GET', `${users}?filter=%ff`, undefined, 400, 'validation_failed'],
  ['NUL', 'GET', `${users}?filter=%00`, undefined, 400, 'validation_failed'],
  // bodies, wherever one is read
  ...[['POST', users], ['PUT', one], ['POST', '/token?grant_type=password'], ['POST', '/token?grant_type=refresh_token'], ['POST', '/signup']].flatMap(([method, path]) => [
    ['empty', method, path, '', 400, 'bad_json'],
    ['cut off', method, path, '{"email":"a@', 400, 'bad_json'],
    ['no JSON', method, path, 'email=a@example.com', 400, 'bad_json'],
    ['an array', method, path, '[]', 400, 'bad_json'],
    ['bytes behind', method, path, '{} {}', 400, 'bad_json'],
    ['too deep', method, path, `{"data":${deep(200)}}`, 400, 'bad_json'],
    ['the same name twice', method, path, '{"email":"a@example.com","email":"b@example.com"}', 400, 'bad_json'],
    ['lone surrogate', method, path, '{"email":"\\ud800@example.com"}', 400, 'bad_json'],
    ['NUL', method, path, '{"email":"a\\u0000@example.com"}', 400, 'bad_json'],
    ['no UTF-8', method, path, Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), 400, 'bad_json'],
    ['beyond a double', method, path, '{"x":1e400}', 400, 'bad_json'],
    ['too large', method, path, `{"email":"${text(1 << 20)}"}`, 413, 'request_entity_too_large'],
    ['a form', method, path, '{}', 400, 'bad_json', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ]),
  // creation
  ['no address', 'POST', users, { password }, 400, 'validation_failed'],
  ['e-mail is a number', 'POST', users, { email: 5 }, 400, 'bad_json'],
  ['e-mail without @', 'POST', users, { email: 'nobody' }, 400, 'validation_failed'],
  ['e-mail with blanks', 'POST', users, { email: ' a@example.com' }, 400, 'validation_failed'],
  ['e-mail with a line', 'POST', users, { email: 'a@example.com\r\nbcc: b@example.com' }, 400, 'validation_failed'],
  ['e-mail too long', 'POST', users, { email: `${text(250)}@example.com` }, 400, 'validation_failed'],
  ['e-mail taken', 'POST', users, { email: '{email}' }, 422, 'email_exists'],
  ['e-mail taken, in capitals', 'POST', users, { email: '{EMAIL}' }, 422, 'email_exists'],
  ['phone is a word', 'POST', users, { phone: 'call me' }, 400, 'validation_failed'],
  ['phone too long', 'POST', users, { phone: '+1234567890123456' }, 400, 'validation_failed'],
  ['phone taken', 'POST', users, { phone: '{phone}' }, 422, 'phone_exists'],
  ['password is a number', 'POST', users, { email: 'new@example.com', password: 5 }, 400, 'bad_json'],
  ['password over 72 bytes', 'POST', users, { email: 'new@example.com', password: text(73) }, 400, 'validation_failed'],
  ['password and hash', 'POST', users, { email: 'new@example.com', password, password_hash: '$2a$10$x' }, 400, 'validation_failed'],
  ['hash that the reference cannot read', 'POST', users, { email: 'new@example.com', password_hash: '{MD5}Ts5XphMjtSzP/b7wIZVnVA==' }, 400, 'validation_failed'],
  ['hash that another service keeps', 'POST', users, { email: 'new@example.com', password_hash: 'awscognito#us-east-1_AbC#4kq1#jane' }, 400, 'validation_failed'],
  ['metadata is a text', 'POST', users, { email: 'new@example.com', user_metadata: 'x' }, 400, 'bad_json'],
  ['metadata is an array', 'POST', users, { email: 'new@example.com', app_metadata: [] }, 400, 'bad_json'],
  ['confirm is a text', 'POST', users, { email: 'new@example.com', email_confirm: 'yes' }, 400, 'bad_json'],
  ['id is no UUID', 'POST', users, { email: 'new@example.com', id: 'x' }, 400, 'validation_failed'],
  ['id is nil', 'POST', users, { email: 'new@example.com', id: '00000000-0000-0000-0000-000000000000' }, 400, 'validation_failed'],
  ['ban in days', 'POST', users, { email: 'new@example.com', ban_duration: '1d' }, 400, 'validation_failed'],
  // one user
  ['id is no UUID', 'GET', '/admin/users/x', undefined, 404, 'validation_failed'],
  ['id is SQL', 'GET', `/admin/users/${encodeURIComponent("' OR 1=1 --")}`, undefined, 404, 'validation_failed'],
  ['unknown id', 'GET', `/admin/users/${unknown}`, undefined, 404, 'user_not_found'],
  ['unknown id', 'PUT', `/admin/users/${unknown}`, { email: 'new@example.com' }, 404, 'user_not_found'],
  ['unknown id', 'DELETE', `/admin/users/${unknown}`, undefined, 404, 'user_not_found'],
  ['bad e-mail', 'PUT', one, { email: 'nobody' }, 400, 'validation_failed'],
  ['bad phone', 'PUT', one, { phone: 'x' }, 400, 'validation_failed'],
  ['weak password', 'PUT', one, { password: 'abc' }, 422, 'weak_password'],
  ['empty password', 'PUT', one, { password: '' }, 422, 'weak_password'],
  ['bad ban', 'PUT', one, { ban_duration: 'soon' }, 400, 'validation_failed'],
  ['metadata is a number', 'PUT', one, { user_metadata: 1 }, 400, 'bad_json'],
  ['soft is a text', 'DELETE', one, { should_soft_delete: 'yes' }, 400, 'bad_json'],
  // tokens
  ['no grant type', 'POST', '/token', {}, 400, 'invalid_credentials', { as: 'anon' }],
  ['unknown grant type', 'POST', '/token?grant_type=magic', {}, 400, 'invalid_credentials', { as: 'anon' }],
  ['grant type in capitals', 'POST', '/token?grant_type=PASSWORD', {}, 400, 'invalid_credentials', { as: 'anon' }],
  ['no address', 'POST', '/token?grant_type=password', { password }, 400, 'validation_failed', { as: 'anon' }],
  ['both addresses', 'POST', '/token?grant_type=password', { email: 'a@example.com', phone: '1555', password }, 400, 'validation_failed', { as: 'anon' }],
  ['unknown user', 'POST', '/token?grant_type=password', { email: 'nobody@example.com', password }, 400, 'invalid_credentials', { as: 'anon' }],
  ['wrong password', 'POST', '/token?grant_type=password', { email: '{email}', password: 'wrong-pw-1' }, 400, 'invalid_credentials', { as: 'anon' }],
  ['no password', 'POST', '/token?grant_type=password', { email: '{email}' }, 400, 'invalid_credentials', { as: 'anon' }],
  ['phones are off', 'POST', '/token?grant_type=password', { phone: '{phone}', password }, 422, 'phone_provider_disabled', { as: 'anon' }],
  ['no refresh token', 'POST', '/token?grant_type=refresh_token', {}, 400, 'validation_failed', { as: 'anon' }],
  ['bad refresh token', 'POST', '/token?grant_type=refresh_token', { refresh_token: 'x' }, 400, 'validation_failed', { as: 'anon' }],
  ['unknown refresh token', 'POST', '/token?grant_type=refresh_token', { refresh_token: 'aaaaaaaaaaaa' }, 400, 'refresh_token_not_found', { as: 'anon' }],
  ['refresh token is a number', 'POST', '/token?grant_type=refresh_token', { refresh_token: 5 }, 400, 'bad_json', { as: 'anon' }],
  // the user of a token
  ...[['GET', '/user'], ['POST', '/logout']].flatMap(([method, path]) => [
    ['no token', method, path, undefined, 401, 'no_authorization', { as: null }],
    ['nonsense', method, path, undefined, 403, 'bad_jwt', { as: 'nonsense' }],
    ['expired', method, path, undefined, 403, 'bad_jwt', { as: 'expired' }],
    ['another secret', method, path, undefined, 403, 'bad_jwt', { as: 'forged' }],
    ['no subject', method, path, undefined, 403, 'bad_jwt', { as: 'anon' }],
    ['subject is no UUID', method, path, undefined, 400, 'bad_jwt', { as: 'someone' }],
    ['subject is gone', method, path, undefined, 403, 'user_not_found', { as: 'ghost' }],
    ['session is no UUID', method, path, undefined, 403, 'bad_jwt', { as: 'odd session' }],
    ['session is gone', method, path, undefined, 403, 'session_not_found', { as: 'old session' }],
  ]),
  ['another audience', 'GET', '/user', undefined, 400, 'validation_failed', { as: 'user', headers: { 'x-jwt-aud': 'other' } }],
  ['unknown scope', 'POST', '/logout?scope=all', undefined, 400, 'validation_failed', { as: 'user' }],
  // sign-up
  ['no password', 'POST', '/signup', { email: 'new@example.com' }, 400, 'validation_failed', { as: 'anon' }],
  ['weak password', 'POST', '/signup', { email: 'new@example.com', password: 'abc' }, 422, 'weak_password', { as: 'anon' }],
  ['data is a text', 'POST', '/signup', { email: 'new@example.com', password, data: 'x' }, 400, 'bad_json', { as: 'anon' }],
  ['anonymous, which is off', 'POST', '/signup', {}, 422, 'anonymous_provider_disabled', { as: 'anon' }],
  // messages: sign-in by mail or phone
  ['both addresses', 'POST', '/otp', { email: '{email}', phone: '{phone}' }, 400, 'validation_failed', { as: null }],
  ['a channel for mail', 'POST', '/otp', { email: '{email}', channel: 'sms' }, 400, 'validation_failed', { as: null }],
  ['no address', 'POST', '/otp', {}, 400, 'validation_failed', { as: null }],
  ['nobody, who may not sign up', 'POST', '/otp', { email: 'nobody@example.com', create_user: false }, 422, 'otp_disabled', { as: null }],
  ['a bad address, which may not sign up', 'POST', '/otp', { email: 'x', create_user: false }, 422, 'otp_disabled', { as: null }],
  ['a phone where there are none', 'POST', '/otp', { phone: '{phone}' }, 400, 'phone_provider_disabled', { as: null }],
  ['create_user is a text', 'POST', '/otp', { email: '{email}', create_user: 'yes' }, 400, 'bad_json', { as: null }],
  ...['/otp', '/magiclink', '/recover'].flatMap((path) => [
    ['no body', 'POST', path, undefined, path === '/otp' ? 400 : 400, 'bad_json', { as: null }],
    ['cut off', 'POST', path, '{"email":', 400, 'bad_json', { as: null }],
    ['a number as address', 'POST', path, { email: 1 }, 400, 'bad_json', { as: null }],
    ['a line in the address', 'POST', path, { email: '{email}\r\nBcc: x@example.com' }, 400, 'validation_failed', { as: null }],
    ['two addresses in one', 'POST', path, { email: '{email},x@example.com' }, 400, 'validation_failed', { as: null }],
    ['a challenge alone', 'POST', path, { email: '{email}', code_challenge: text(43) }, 400, 'validation_failed', { as: null }],
    ['a method alone', 'POST', path, { email: '{email}', code_challenge_method: 's256' }, 400, 'validation_failed', { as: null }],
    ['a short challenge', 'POST', path, { email: '{email}', code_challenge: text(42), code_challenge_method: 's256' }, 400, 'validation_failed', { as: null }],
    ['a long challenge', 'POST', path, { email: '{email}', code_challenge: text(129), code_challenge_method: 's256' }, 400, 'validation_failed', { as: null }],
    ['an odd challenge', 'POST', path, { email: '{email}', code_challenge: `${text(43)}+`, code_challenge_method: 's256' }, 400, 'validation_failed', { as: null }],
    ['an unknown method', 'POST', path, { email: '{email}', code_challenge: text(43), code_challenge_method: 'md5' }, 400, 'validation_failed', { as: null }],
  ]),
  ['no address', 'POST', '/magiclink', {}, 422, 'validation_failed', { as: null }],
  ['no address', 'POST', '/recover', {}, 400, 'validation_failed', { as: null }],
  ['no type', 'POST', '/resend', { email: '{email}' }, 400, 'validation_failed', { as: null }],
  ['an unknown type', 'POST', '/resend', { type: 'recovery', email: '{email}' }, 400, 'validation_failed', { as: null }],
  ['a sign-up without an address', 'POST', '/resend', { type: 'signup' }, 400, 'validation_failed', { as: null }],
  ['a code without a number', 'POST', '/resend', { type: 'sms', email: '{email}' }, 400, 'validation_failed', { as: null }],
  ['both addresses', 'POST', '/resend', { type: 'email_change', email: '{email}', phone: '{phone}' }, 400, 'validation_failed', { as: null }],
  ['neither', 'POST', '/resend', { type: 'email_change' }, 400, 'validation_failed', { as: null }],
  // what a message carried
  ['nothing', 'POST', '/verify', {}, 400, 'validation_failed', { as: null }],
  ['a type alone', 'POST', '/verify', { type: 'signup' }, 400, 'validation_failed', { as: null }],
  ['a code and a hash', 'POST', '/verify', { type: 'signup', token: '123456', token_hash: 'x' }, 400, 'validation_failed', { as: null }],
  ['a code without an address', 'POST', '/verify', { type: 'signup', token: '123456' }, 400, 'validation_failed', { as: null }],
  ['a code with two', 'POST', '/verify', { type: 'signup', token: '123456', email: '{email}', phone: '{phone}' }, 400, 'validation_failed', { as: null }],
  ['a hash with an address', 'POST', '/verify', { type: 'signup', token_hash: 'x', email: '{email}' }, 400, 'validation_failed', { as: null }],
  ['a hash with a redirect', 'POST', '/verify', { type: 'signup', token_hash: 'x', redirect_to: 'http://127.0.0.1' }, 400, 'validation_failed', { as: null }],
  ['a bad address', 'POST', '/verify', { type: 'signup', token: '123456', email: 'x' }, 422, 'validation_failed', { as: null }],
  ['a bad number', 'POST', '/verify', { type: 'sms', token: '123456', phone: '0' }, 400, 'validation_failed', { as: null }],
  ['an unknown hash', 'POST', '/verify', { type: 'recovery', token_hash: text(56) }, 403, 'otp_expired', { as: null }],
  ['an unknown type', 'POST', '/verify', { type: 'bogus', token_hash: text(56) }, 400, 'validation_failed', { as: null }],
  ['an unknown type of code', 'POST', '/verify', { type: 'bogus', token: '123456', email: '{email}' }, 403, 'otp_expired', { as: null }],
  ['a wrong code', 'POST', '/verify', { type: 'email', token: '123456', email: '{email}' }, 403, 'otp_expired', { as: null }],
  ['the code of nobody', 'POST', '/verify', { type: 'email', token: '123456', email: 'nobody@example.com' }, 403, 'otp_expired', { as: null }],
  ['an empty hash', 'POST', '/verify', { type: 'email', token: '', email: '{email}' }, 400, 'validation_failed', { as: null }],
  ['a NUL in the hash', 'POST', '/verify', '{"type":"email","token_hash":"a\\u0000b"}', 400, 'bad_json', { as: null }],
  ['no type', 'GET', '/verify?token=x', undefined, 400, 'validation_failed', { as: null }],
  ['no token', 'GET', '/verify?type=signup', undefined, 400, 'validation_failed', { as: null }],
  ['a code that nobody has', 'POST', '/token?grant_type=pkce', { auth_code: unknown, code_verifier: text(43) }, 404, 'flow_state_not_found', { as: null }],
  ['no verifier', 'POST', '/token?grant_type=pkce', { auth_code: unknown }, 400, 'validation_failed', { as: null }],
  // a user changes itself
  ...[['PUT', '/user', {}], ['GET', '/reauthenticate', undefined]].flatMap(([method, path, body]) => [
    ['no key', method, path, body, 401, 'no_authorization', { as: null }],
    ['anon key', method, path, body, 403, 'bad_jwt', { as: 'anon' }],
    ['nobody', method, path, body, 403, 'user_not_found', { as: 'ghost' }],
    ['a session that is gone', method, path, body, 403, 'session_not_found', { as: 'old session' }],
  ]),
  ['a bad address', 'PUT', '/user', { email: 'x' }, 400, 'validation_failed', { as: 'user' }],
  ['a line in the address', 'PUT', '/user', { email: 'new@example.com\nBcc: x@example.com' }, 400, 'validation_failed', { as: 'user' }],
  ['a bad number', 'PUT', '/user', { phone: '0' }, 400, 'validation_failed', { as: 'user' }],
  ['a weak password', 'PUT', '/user', { password: 'abc' }, 422, 'weak_password', { as: 'user' }],
  ['an empty password', 'PUT', '/user', { password: '' }, 422, 'weak_password', { as: 'user' }],
  ['a long password', 'PUT', '/user', { password: text(73) }, 400, 'validation_failed', { as: 'user' }],
  ['the same password', 'PUT', '/user', { password }, 422, 'same_password', { as: 'user' }],
  ['data is a list', 'PUT', '/user', { data: [] }, 400, 'bad_json', { as: 'user' }],
  ['data is too large', 'PUT', '/user', { data: { x: text(70000) } }, 400, 'validation_failed', { as: 'user' }],
  ['app_metadata', 'PUT', '/user', { app_metadata: { role: 'admin' } }, 403, 'not_admin', { as: 'user' }],
  // invitations and links
  ...[['POST', '/invite'], ['POST', '/admin/generate_link']].flatMap(([method, path]) => [
    ['no key', method, path, '{}', 401, 'no_authorization', { as: null }],
    ['a user', method, path, '{}', 403, 'not_admin', { as: 'user' }],
    ['no body', method, path, undefined, 400, 'bad_json'],
    ['no address', method, path, { type: 'invite' }, 400, 'validation_failed'],
    ['a bad address', method, path, { type: 'invite', email: 'x' }, 400, 'validation_failed'],
    ['a line in the address', method, path, { type: 'invite', email: '{email}\r\nBcc: x@example.com' }, 400, 'validation_failed'],
    ['who is confirmed', method, path, { type: 'invite', email: '{email}' }, 422, 'email_exists'],
    ['data is a text', method, path, { type: 'invite', email: '{email}', data: 'x' }, 400, 'bad_json'],
  ]),
  ['an unknown type', 'POST', '/admin/generate_link', { type: 'sms', email: '{email}' }, 400, 'validation_failed'],
  ['a recovery of nobody', 'POST', '/admin/generate_link', { type: 'recovery', email: 'nobody@example.com' }, 404, 'user_not_found'],
  ['a sign-up without a password', 'POST', '/admin/generate_link', { type: 'signup', email: 'nobody@example.com' }, 400, 'validation_failed'],
  ['a sign-up with a weak one', 'POST', '/admin/generate_link', { type: 'signup', email: 'nobody@example.com', password: 'abc' }, 422, 'weak_password'],
  ['a change to no address', 'POST', '/admin/generate_link', { type: 'email_change_new', email: '{email}' }, 400, 'validation_failed'],
  ['a change to the present one', 'POST', '/admin/generate_link', { type: 'email_change_current', email: '{email}', new_email: '{EMAIL}' }, 422, 'email_exists'],
]

for (const store of stores)
  describe(`bad requests to GoTrue on ${store}`, () => {
    let server, tokens, id, snapshot
    const values = {}
    const call = (method, path, { as = 'service', headers = {}, body } = {}) =>
      fetch(server.gotrue.url + path, {
        method, body, headers: { ...(as === null || headers.authorization ? {} : { authorization: `Bearer ${tokens[as]}` }), ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      })
    const admin = async (method, path, body) => (await call(method, path, { body: body && JSON.stringify(body) })).json()
    const state = async () => [await admin('GET', '/admin/users?per_page=1000'), await admin('GET', `/admin/users/${id}`)]

    before(async () => {
      server = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
      const now = Math.floor(Date.now() / 1000)
      tokens = {
        service: server.gotrue.serviceKey, anon: server.gotrue.anonKey, nonsense: 'nonsense', clerk: server.clerk.secretKey,
        forged: mint({ role: 'service_role' }, 'another-secret-of-at-least-32-characters'), expired: mint({ role: 'service_role', exp: now - 1 }),
        none: `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from('{"role":"service_role"}').toString('base64url')}.`,
      }
      Object.assign(values, { email: 'bad-table@example.com', EMAIL: 'BAD-TABLE@EXAMPLE.COM', phone: '15551234567' })
      const user = await admin('POST', '/admin/users', { email: values.email, phone: values.phone, password, email_confirm: true, phone_confirm: true, user_metadata: { keep: 1 } })
      id = user.id
      const session = await (await call('POST', '/token?grant_type=password', { as: 'anon', body: JSON.stringify({ email: values.email, password }) })).json()
      const claims = { aud: 'authenticated', role: 'authenticated', sub: id }
      tokens.user = session.access_token
      tokens.someone = mint({ ...claims, sub: 'someone' })
      tokens.ghost = mint({ ...claims, sub: unknown })
      tokens['odd session'] = mint({ ...claims, session_id: 'x' })
      tokens['old session'] = mint({ ...claims, session_id: unknown })
      const auth0 = await fetch(`${server.auth0.url}/oauth/token`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` }),
      })
      tokens.auth0 = (await auth0.json()).access_token
      snapshot = await state()
    })
    after(() => server.stop())

    for (const [name, method, path, body, status, code, options = {}] of rows)
      test(`${method} ${path}: ${name} is ${status} ${code ?? ''}`, async () => {
        const fill = (value) => value.replace(/\{(email|EMAIL|phone)\}/g, (_, key) => values[key])
        const sent = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : fill(JSON.stringify(body))
        const answer = await call(method, path.replace('{id}', id), { ...options, body: sent })
        const answered = await answer.text()
        assert.equal(answer.status, status, answered)
        if (code === undefined) return
        assert.equal(answer.headers.get('content-type'), 'application/json')
        const error = JSON.parse(answered)
        assert.equal(error.error_code, code, answered)
        assert.equal(error.code, status)
        assert.equal(answer.headers.get('x-sb-error-code'), code)
        assert.ok(error.msg.length > 0)
      })

    test('nothing has changed', async () => assert.deepEqual(await state(), snapshot))
    test('no answer was a 500, no secret is in the log', () => {
      assert.doesNotMatch(server.log(), /"status": ?5\d\d/)
      for (const secret of [password, 'wrong-pw-1', values.email, server.gotrue.jwtSecret, tokens.user]) assert.ok(!server.log().includes(secret), secret)
    })
  })
