// clerk_lockout.test.mjs: wrong passwords are counted in one place for all dialects, lock the user for a time, and nobody learns by it who has an account.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { ManagementClient } from 'auth0'
import { sleep, start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
const raw = async (server, id) => (await fetch(`${server.clerk.url}/v1/users/${id}`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })).json()
let n = 0
const email = () => `lockout-${process.pid}-${n++}@example.com`

for (const store of stores)
  describe(`lockout on ${store}`, () => {
    let server, users, auth0
    const json = { 'content-type': 'application/json' }
    const gotrue = async (name, secret, kind = 'email') => {
      const answer = await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', headers: json, body: JSON.stringify({ [kind]: name, password: secret }) })
      return { status: answer.status, ...(await answer.json()) }
    }
    const grant = async (username, secret) => {
      const answer = await fetch(`${server.auth0.url}/oauth/token`, {
        method: 'POST', headers: json,
        body: JSON.stringify({ grant_type: 'password', username, password: secret, client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }),
      })
      return { status: answer.status, ...(await answer.json()) }
    }
    // Not all that is on the wire is in the client's User.
    const seen = async (id) => {
      const { locked, lockout_expires_in_seconds: seconds, verification_attempts_remaining: left } = await raw(server, id)
      return [locked, seconds !== null, left]
    }
    const make = async () => {
      const address = email()
      return { address, id: (await users.createUser({ emailAddress: [address], username: `locked_${process.pid}_${n++}`, password })).id }
    }

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: '10' } })
      users = newest.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
      const { domain, clientId, clientSecret } = server.auth0
      auth0 = new ManagementClient({ domain, clientId, clientSecret })
    })
    after(() => server.stop())

    test('wrong passwords of all dialects count together, a right one starts anew, ten lock the user', async () => {
      const { address, id } = await make()
      assert.deepEqual(await seen(id), [false, false, 10])
      for (let i = 0; i < 4; i++) assert.equal((await gotrue(address, 'wrong')).error_code, 'invalid_credentials')
      assert.equal((await grant(address.toUpperCase(), 'wrong')).error, 'invalid_grant')
      assert.deepEqual(await seen(id), [false, false, 5])
      assert.equal((await gotrue(address, password)).status, 200)
      assert.deepEqual(await seen(id), [false, false, 10])
      for (let i = 0; i < 9; i++) await gotrue(address, 'wrong')
      assert.equal((await grant(address, password)).status, 200)
      for (let i = 0; i < 10; i++) assert.equal((await gotrue(address, `wrong ${i}`)).error_code, 'invalid_credentials')
      assert.deepEqual(await seen(id), [true, true, 0])
      assert.equal((await gotrue(address, password)).error_code, 'user_banned')
      assert.equal((await gotrue(address, 'wrong')).error_code, 'user_banned')
      assert.deepEqual([(await grant(address, password)).error, (await grant(address, 'wrong')).error], ['too_many_attempts', 'too_many_attempts'])
      assert.equal((await auth0.userBlocks.listByIdentifier({ identifier: address })).blocked_for.length, 1)
      assert.equal((await users.verifyPassword({ userId: id, password })).verified, true) // who has the secret key is not kept out, and does not count
      await users.verifyPassword({ userId: id, password: 'wrong' }).catch(() => {})
      assert.deepEqual(await seen(await users.unlockUser(id).then((user) => user.id)), [false, false, 10])
      assert.equal((await gotrue(address, password)).status, 200)
    })

    for (const [word, open] of [['Auth0', async (id, address) => { await auth0.userBlocks.deleteByIdentifier({ identifier: address }) }], ['a new password', (id) => users.updateUser(id, { password: 'another-pw-2' })]])
      test(`${word} lifts the lock`, async () => {
        const { address, id } = await make()
        for (let i = 0; i < 10; i++) await grant(address, 'wrong')
        assert.deepEqual(await seen(id), [true, true, 0])
        await open(id, address)
        assert.deepEqual(await seen(id), [false, false, 10])
        assert.equal((await gotrue(address, word === 'Auth0' ? password : 'another-pw-2')).status, 200)
      })

    test('an administrator\'s lock leaves the count as it is', async () => {
      const { address, id } = await make()
      for (let i = 0; i < 3; i++) await gotrue(address, 'wrong')
      assert.equal((await users.lockUser(id)).locked, true)
      const locked = await raw(server, id)
      assert.equal(locked.verification_attempts_remaining, 7)
      assert.ok(locked.lockout_expires_in_seconds > 3590 && locked.lockout_expires_in_seconds <= 3600)
      assert.equal((await gotrue(address, password)).error_code, 'user_banned')
      await users.unlockUser(id)
      assert.deepEqual(await seen(id), [false, false, 10])
    })

    test('who is not there is locked out alike', async () => {
      const { address } = await make(), nobody = email()
      const answers = async (name) => {
        const list = []
        for (let i = 0; i < 12; i++) list.push(await gotrue(name, `wrong ${i}`))
        return [...list, await grant(name, 'wrong'), await gotrue(name.toUpperCase(), 'wrong')]
      }
      assert.deepEqual(await answers(nobody), await answers(address))
    })

    test('of many wrong ones at a time ten are looked at; many right ones at a time lock nobody', async () => {
      const { address, id } = await make()
      const tries = await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? gotrue(address, `wrong ${i}`) : grant(address, `wrong ${i}`))))
      assert.equal(tries.filter((answer) => answer.error_code === 'invalid_credentials' || answer.error === 'invalid_grant').length, 10)
      assert.equal((await gotrue(address, password)).error_code, 'user_banned')
      await users.unlockUser(id)
      const right = await Promise.all(Array.from({ length: 30 }, () => gotrue(address, password)))
      assert.deepEqual([...new Set(right.map((answer) => answer.status))], [200])
      assert.deepEqual(await seen(id), [false, false, 10])
    })
  })

for (const store of stores)
  test(`a lock ends by itself; without lockout nothing counts, on ${store}`, async () => {
    const address = email()
    for (const attempts of ['5', '0']) {
      const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: attempts, HECATE_LOCKOUT_DURATION: '3s' } })
      const signIn = (secret) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password: secret }) }).then((answer) => answer.status)
      try {
        for (const client of [first, second, newest]) {
          const { users } = client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
          const { id } = await users.createUser({ emailAddress: [address], password })
          for (let i = 0; i < 5; i++) assert.equal(await signIn('wrong'), 400)
          const user = await raw(server, id)
          assert.deepEqual([user.locked, user.verification_attempts_remaining], attempts === '5' ? [true, 0] : [false, null])
          assert.equal(await signIn(password), attempts === '5' ? 400 : 200)
          if (attempts === '5') await sleep(3100)
          assert.equal(await signIn(password), 200)
          for (const call of attempts === '5' ? [] : [() => users.lockUser(id), () => users.unlockUser(id), () => users.createUser({ username: 'locked_from_start', locked: true })]) {
            const error = await call().then(() => assert.fail('it was taken'), (reason) => reason)
            assert.deepEqual([error.status, error.errors[0].code], [403, 'feature_not_enabled'])
          }
          await users.deleteUser(id)
        }
      } finally {
        await server.stop()
      }
    }
  })
