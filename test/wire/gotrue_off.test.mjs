// gotrue_off.test.mjs: who signs in by a provider that is not set up is refused in the reference's words, and what is not served says so (spec/gotrue.md 3.5, 3.6, 3.17).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mint, start } from '../lib/server.mjs'

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (claims) => `${base64({ alg: 'none' })}.${base64(claims)}.`
let server, user
before(async () => {
  server = await start({ env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true', GOTRUE_SITE_URL: 'https://app.example.com/in?a=1', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
  user = (await (await call('POST', '/signup', { body: { email: 'off@example.com', password: 'secret-pw-1' } })).json()).access_token
})
after(() => server.stop())

const call = (method, path, { as, body, type = 'application/json' } = {}) => fetch(`${server.gotrue.url}${path}`, {
  method, redirect: 'manual', body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  headers: { ...(body === undefined ? {} : { 'content-type': type }), ...(as ? { authorization: `Bearer ${as}` } : {}) },
})
// Status, code and message of a refusal; of one in the shape of OAuth, its error.
async function refusal(method, path, how) {
  const answer = await call(method, path, how), { error, error_code: code, msg, error_description: text } = await answer.json()
  return [answer.status, code ?? error, msg ?? text]
}

test('id_token: of whom, and why not', async () => {
  const apple = 'https://appleid.apple.com', azure = 'https://login.microsoftonline.com/a-tenant/v2.0'
  const off = (issuer) => [400, 'provider_disabled', `Provider (issuer "${issuer}") is not enabled`], bad = (text) => [400, 'validation_failed', text]
  for (const [body, expected] of [
    [{ provider: 'apple', id_token: token({ iss: apple }) }, off(apple)],
    [{ client_id: 'x', issuer: apple, id_token: token({ iss: 'https://account.apple.com' }) }, bad('Provided issuer does not match ID token issuer')],
    [{ provider: 'apple', id_token: token({ iss: 'https://evil.example.com' }) }, bad('Detected ID token issuer is not an Apple ID token issuer')],
    [{ provider: 'apple', id_token: token({}) }, bad('Detected ID token issuer is not an Apple ID token issuer')],
    ...['x', 'a.b', 'a.b.c', 'a.b.c.d', `a.${Buffer.from('[1').toString('base64url')}.c`].map((id_token) => [{ provider: 'azure', id_token }, bad('Unable to detect issuer in ID token for Azure provider')]),
    [{ provider: 'azure', id_token: token({ iss: 'https://sts.windows.net/x' }) }, off('https://sts.windows.net/x')],
    [{ client_id: 'x', issuer: azure, id_token: token({ iss: azure }) }, off(azure)],
    [{ client_id: 'x', issuer: `${azure}x`, id_token: token({ iss: azure }) }, bad('Custom OIDC provider "" not allowed')],
    [{ provider: 'keycloak', id_token: 'x' }, off('')],
    [{ client_id: 'x', issuer: 'https://kauth.kakao.com', id_token: 'x' }, off('https://kauth.kakao.com')],
    [{ provider: 'github', id_token: 'x' }, bad('Custom OIDC provider "github" not allowed')],
    [{ provider: 'a"b', id_token: 'x' }, bad('Custom OIDC provider "a\\"b" not allowed')],
    [{ id_token: 'x', issuer: apple }, [400, 'invalid request', 'provider or client_id and issuer required']],
  ]) assert.deepEqual(await refusal('POST', '/token?grant_type=id_token', { body }), expected, JSON.stringify(body))
  assert.equal((await refusal('POST', '/token?grant_type=id_token', { body: { id_token: 7 } }))[1], 'bad_json')
  assert.equal((await refusal('POST', '/token?grant_type=id_token', { body: '{' }))[1], 'bad_json')
})

test('id_token: linking asks for the user first', async () => {
  const body = { provider: 'google', id_token: 'x', link_identity: true }, path = '/token?grant_type=id_token'
  assert.deepEqual((await refusal('POST', path, { body })).slice(1), ['invalid request', 'Linking requires a valid user access token in Authorization'])
  assert.deepEqual((await refusal('POST', path, { body, as: 'x' })).slice(0, 2), [403, 'bad_jwt'])
  assert.deepEqual((await refusal('POST', path, { body, as: mint({ role: 'service_role' }) })).slice(0, 2), [403, 'bad_jwt'])
  assert.deepEqual((await refusal('POST', path, { body, as: user })).slice(0, 2), [400, 'provider_disabled'])
})

test('other providers and a callback', async () => {
  for (const [name, text] of [['GitHub', 'provider is not enabled'], ['x', 'provider is not enabled'], ['email', 'Provider email could not be found'], ['custom:mine', 'custom provider custom:mine not found']])
    for (const [path, as] of [['/authorize', undefined], ['/user/identities/authorize', user]])
      assert.deepEqual(await refusal('GET', `${path}?provider=${name}`, { as }), [400, 'validation_failed', `Unsupported provider: ${text}`])
  const form = { type: 'application/x-www-form-urlencoded' }
  for (const [method, path, how, code, text] of [
    ['GET', '/callback', {}, 'bad_oauth_callback', 'OAuth state parameter missing'],
    ['POST', '/callback', { body: 'code=1', ...form }, 'bad_oauth_callback', 'OAuth state parameter missing'],
    ['POST', '/callback', { body: 'state=x', ...form }, 'bad_oauth_state', 'OAuth state parameter is invalid'],
    ['GET', '/callback/?state=7b1c63a5-2f6a-4d43-9d3e-0d3c5f0a9b11&redirect_to=https://evil.example.com', {}, 'bad_oauth_state', 'OAuth state not found or expired'],
  ]) {
    const answer = await call(method, path, how), where = new URL(answer.headers.get('location'))
    assert.deepEqual([answer.status, where.origin + where.pathname, Object.fromEntries(where.searchParams)],
      [303, 'https://app.example.com/in', { a: '1', error: 'invalid_request', error_code: code, error_description: text }])
  }
})

test('what is not served says so, to those who may ask', async () => {
  const service = server.gotrue.serviceKey
  for (const [method, path, code, as] of [
    ['POST', '/passkeys/registration/options', 'passkey_disabled'], ['DELETE', '/passkeys/x', 'passkey_disabled'], ['POST', '/sso/saml/acs', 'saml_provider_disabled'],
    ['GET', '/oauth/userinfo', 'feature_disabled'], ['POST', '/oauth/clients/register', 'feature_disabled'], ['GET', '/user/oauth/grants', 'feature_disabled', user],
    ['POST', '/admin/oauth/clients', 'feature_disabled', service], ['PUT', '/admin/oauth/clients/x', 'feature_disabled', service], ['GET', '/admin/custom-providers', 'feature_disabled', service],
  ]) assert.deepEqual((await refusal(method, path, { as })).slice(0, 2), [404, code], path)
  for (const path of ['/admin/oauth/clients', '/admin/custom-providers', '/user/oauth/grants']) assert.equal((await call('GET', path)).status, 401, path)
  assert.equal((await call('GET', '/admin/custom-providers', { as: user })).status, 403)
})
