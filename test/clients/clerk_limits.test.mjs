// clerk_limits.test.mjs: Clerk's own limits, imitated where the operator says so, as the real clients see them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start } from '../lib/server.mjs'

const refusal = (call) => call.then(() => null, (error) => [error.status, error.errors[0].code, error.retryAfter > 0])

for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
  test(`limits of @clerk/backend ${version}: 100 requests of a key of development, 10 changes of a user, JWKS without one`, async () => {
    const server = await start({ env: { HECATE_CLERK_LIMITS: 'true' } })
    const { users } = client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    try {
      const [one, two] = [await users.createUser({ username: 'limits_one' }), await users.createUser({ username: 'limits_two' })]
      const changes = await Promise.all(Array.from({ length: 12 }, (_, i) => refusal(users.updateUserMetadata(one.id, { publicMetadata: { i } }))))
      const refused = changes.filter(Boolean)
      assert.ok(refused.length === 2 || refused.length === 1, String(refused.length))
      assert.deepEqual(refused[0].slice(0, 2), [429, 'too_many_requests'])
      if (version !== '1.34.0') assert.equal(refused[0][2], true)
      await users.updateUserMetadata(two.id, { publicMetadata: { a: 1 } })
      const reads = await Promise.all(Array.from({ length: 130 }, () => refusal(users.getUser(one.id))))
      const late = reads.filter(Boolean).length
      assert.ok(late > 20 && late < 60, String(late))
      const jwks = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })))
      assert.ok(jwks.every((answer) => answer.status === 200))
    } finally {
      await server.stop()
    }
  })

test('without the option there is no limit, and a key of production has wider ones', async () => {
  for (const env of [{}, { HECATE_CLERK_LIMITS: 'true', HECATE_CLERK_SECRET_KEY: 'sk_live_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }]) {
    const server = await start({ env })
    const { users } = newest.createClerkClient({ secretKey: env.HECATE_CLERK_SECRET_KEY ?? server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    try {
      const { id } = await users.createUser({ username: 'limits_one' })
      for (let i = 0; i < 6; i++) assert.deepEqual((await Promise.all(Array.from({ length: 50 }, () => refusal(users.getUser(id))))).filter(Boolean), [])
    } finally {
      await server.stop()
    }
  }
})
