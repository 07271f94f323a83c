// gotrue_limits.test.mjs: whose bucket a request takes from: the client's behind a trusted proxy, nobody else's, whatever the headers say.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { start } from '../lib/server.mjs'

const tries = async (server, n, headers) => {
  const counts = {}
  for (let i = 0; i < n; i++) {
    const { status } = await fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: '{"refresh_token":"aaaaaaaaaaaa"}', headers: typeof headers === 'function' ? headers(i) : headers })
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

describe('limits by address', () => {
  let server
  before(async () => { server = await start({ env: { HECATE_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '0', GOTRUE_EXTERNAL_GITHUB_ENABLED: 'true', GOTRUE_EXTERNAL_GITHUB_CLIENT_ID: 'a', GOTRUE_EXTERNAL_GITHUB_SECRET: 'b' } }) })
  after(() => server.stop())

  test('a client behind a trusted proxy', async () => {
    assert.deepEqual(await tries(server, 35, { 'x-forwarded-for': '203.0.113.7' }), { 400: 30, 429: 5 })
    assert.deepEqual(await tries(server, 5, { 'x-forwarded-for': '203.0.113.8' }), { 400: 5 })
  })
  test('ways to another provider, each of which leaves a row', async () => {
    const counts = {}
    for (let i = 0; i < 35; i++) {
      const { status } = await fetch(`${server.gotrue.url}/authorize?provider=github`, { redirect: 'manual', headers: { 'x-forwarded-for': '203.0.113.10' } })
      counts[status] = (counts[status] ?? 0) + 1
    }
    assert.deepEqual(counts, { 302: 30, 429: 5 })
  })
  test('an address put in front does not help', async () => {
    assert.deepEqual(await tries(server, 35, (i) => ({ 'x-forwarded-for': `198.51.100.${i}, 203.0.113.9` })), { 400: 30, 429: 5 })
  })
  test('a network of IPv6 is one client', async () => {
    assert.deepEqual(await tries(server, 35, (i) => ({ 'x-forwarded-for': `2001:db8:1:2::${i + 1}` })), { 400: 30, 429: 5 })
    assert.deepEqual(await tries(server, 1, { 'x-forwarded-for': '2001:db8:1:3::1' }), { 400: 1 })
  })
  test('this machine and private networks are not limited without a header', async () => {
    assert.deepEqual(await tries(server, 35, {}), { 400: 35 })
    assert.deepEqual(await tries(server, 35, { 'x-forwarded-for': '192.168.1.1' }), { 400: 35 })
  })
  test('the answer is exact', async () => {
    const answer = await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: '{', headers: { 'x-forwarded-for': '203.0.113.7' } })
    assert.equal(answer.status, 429)
    assert.equal(answer.headers.get('retry-after'), null)
    assert.equal(answer.headers.get('x-sb-error-code'), 'over_request_rate_limit')
    assert.deepEqual(await answer.json(), { code: 429, error_code: 'over_request_rate_limit', msg: 'Request rate limit reached' })
  })
})
