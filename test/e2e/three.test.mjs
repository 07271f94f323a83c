// three.test.mjs: one server, three unmodified clients, the same users: what one does, the others see.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi as NewestGoTrue, GoTrueClient } from '@supabase/auth-js'
import { GoTrueAdminApi as OldGoTrue } from '@supabase/gotrue-js'
import { createClerkClient as newestClerk } from '@clerk/backend'
import { createClerkClient as oldClerk } from 'clerk-1'
import { ManagementClient as NewestAuth0 } from 'auth0'
import { ManagementClient as OldAuth0 } from 'auth0-4'
import { ok } from '../lib/auth.mjs'
import { mint, start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `three-${process.pid}-${n++}@example.com`

// The two generations of each client, under one set of names.
const generations = {
  newest: {
    gotrue: NewestGoTrue, clerk: newestClerk,
    auth0: (options) => {
      const { users } = new NewestAuth0(options)
      return {
        get: (id) => users.get(id), create: (body) => users.create(body), update: (id, body) => users.update(id, body), delete: (id) => users.delete(id),
        byEmail: (address) => users.listUsersByEmail({ email: address }),
      }
    },
  },
  old: {
    gotrue: OldGoTrue, clerk: oldClerk,
    auth0: (options) => {
      const { users, usersByEmail } = new OldAuth0(options)
      const data = (promise) => promise.then((answer) => answer.data)
      return {
        get: (id) => data(users.get({ id })), create: (body) => data(users.create(body)), update: (id, body) => data(users.update({ id }, body)),
        delete: (id) => users.delete({ id }), byEmail: (address) => data(usersByEmail.getByEmail({ email: address })),
      }
    },
  },
}

for (const store of stores)
  for (const [generation, make] of Object.entries(generations))
    describe(`${generation} clients on ${store}`, () => {
      let server, gotrue, clerk, auth0

      before(async () => {
        server = await start({ store })
        gotrue = new make.gotrue({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
        clerk = make.clerk({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
        const { domain, clientId, clientSecret } = server.auth0
        auth0 = make.auth0({ domain, clientId, clientSecret })
      })
      after(() => server.stop())

      const signIn = (address, secret) =>
        new GoTrueClient({ url: server.gotrue.url, persistSession: false, autoRefreshToken: false }).signInWithPassword({ email: address, password: secret })
      // A user's three names, found by its address.
      const names = async (address) => {
        const { users } = ok(await gotrue.listUsers({ perPage: 1000 }))
        const { data } = await clerk.getUserList({ emailAddress: [address] })
        const found = await auth0.byEmail(address)
        assert.equal(data.length, 1)
        assert.equal(found.length, 1)
        return { gotrue: users.find((user) => user.email === address).id, clerk: data[0].id, auth0: found[0].user_id }
      }
      const gone = async (call, status) => {
        const error = await call.then((answer) => answer.error ?? assert.fail('it is still there'), (reason) => reason)
        assert.equal(error.status ?? error.statusCode, status)
      }

      const creators = {
        gotrue: async (address) => ok(await gotrue.createUser({ email: address, password, email_confirm: true, user_metadata: { by: 'one' }, app_metadata: { plan: 'pro' } })),
        clerk: (address) => clerk.createUser({ emailAddress: [address], password, skipPasswordChecks: true, unsafeMetadata: { by: 'one' }, publicMetadata: { plan: 'pro' } }),
        auth0: (address) =>
          auth0.create({ connection: 'Username-Password-Authentication', email: address, password, email_verified: true, user_metadata: { by: 'one' }, app_metadata: { plan: 'pro' } }),
      }

      for (const [dialect, create] of Object.entries(creators))
        test(`created by ${dialect}, seen by all with the same identity`, async () => {
          const address = email()
          await create(address)
          const id = await names(address)
          assert.equal(id.auth0, `auth0|${id.gotrue.replaceAll('-', '')}`)
          const one = ok(await gotrue.getUserById(id.gotrue)).user, two = await clerk.getUser(id.clerk), three = await auth0.get(id.auth0)
          assert.equal(one.email, address)
          assert.ok(one.email_confirmed_at)
          assert.equal(two.emailAddresses[0].emailAddress, address)
          assert.equal(two.emailAddresses[0].verification.status, 'verified')
          assert.equal(three.email, address)
          assert.equal(three.email_verified, true)
          for (const meta of [one.user_metadata, two.unsafeMetadata, three.user_metadata]) assert.equal(meta.by, 'one')
          for (const meta of [one.app_metadata, two.publicMetadata, three.app_metadata]) assert.equal(meta.plan, 'pro')
          assert.equal(ok(await signIn(address, password)).user.id, id.gotrue)
          assert.equal((await clerk.verifyPassword({ userId: id.clerk, password })).verified, true)
        })

      test('metadata changed in one is changed in all, class by class', async () => {
        const address = email()
        await creators.clerk(address)
        const id = await names(address)
        await clerk.updateUserMetadata(id.clerk, { publicMetadata: { seats: 3 }, privateMetadata: { note: 'x' }, unsafeMetadata: { colour: 'red' } })
        await auth0.update(id.auth0, { user_metadata: { size: 'L' } })
        ok(await gotrue.updateUserById(id.gotrue, { app_metadata: { team: 'a' } }))
        const one = ok(await gotrue.getUserById(id.gotrue)).user, two = await clerk.getUser(id.clerk), three = await auth0.get(id.auth0)
        for (const meta of [one.user_metadata, two.unsafeMetadata, three.user_metadata])
          assert.deepEqual([meta.by, meta.colour, meta.size], ['one', 'red', 'L'])
        for (const meta of [one.app_metadata, two.publicMetadata, three.app_metadata])
          assert.deepEqual([meta.plan, meta.seats, meta.team], ['pro', 3, 'a'])
        assert.deepEqual(two.privateMetadata, { note: 'x' })
        assert.ok(!JSON.stringify([one, three]).includes('note'))
      })

      const bans = {
        clerk: [(id) => clerk.banUser(id.clerk), (id) => clerk.unbanUser(id.clerk)],
        auth0: [(id) => auth0.update(id.auth0, { blocked: true }), (id) => auth0.update(id.auth0, { blocked: false })],
        gotrue: [(id) => gotrue.updateUserById(id.gotrue, { ban_duration: '24h' }), (id) => gotrue.updateUserById(id.gotrue, { ban_duration: 'none' })],
      }
      for (const [dialect, [ban, unban]] of Object.entries(bans))
        test(`banned by ${dialect}, kept out by all`, async () => {
          const address = email()
          await creators.gotrue(address)
          const id = await names(address)
          const before = ok(await signIn(address, password)).session
          await ban(id)
          assert.ok(Date.parse(ok(await gotrue.getUserById(id.gotrue)).user.banned_until) > Date.now())
          assert.equal((await clerk.getUser(id.clerk)).banned, true)
          assert.equal((await auth0.get(id.auth0)).blocked, true)
          assert.equal((await signIn(address, password)).error.code, 'user_banned')
          const refresh = await fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token: before.refresh_token }) })
          assert.equal(refresh.status, 400)
          await unban(id)
          assert.equal((await clerk.getUser(id.clerk)).banned, false)
          assert.ok(!(await auth0.get(id.auth0)).blocked)
          ok(await signIn(address, password))
        })

      const setters = {
        gotrue: (id, secret) => gotrue.updateUserById(id.gotrue, { password: secret }),
        clerk: (id, secret) => clerk.updateUser(id.clerk, { password: secret }),
        auth0: (id, secret) => auth0.update(id.auth0, { password: secret, connection: 'Username-Password-Authentication' }),
        'the user': async (id, secret, address) => {
          const own = new GoTrueClient({ url: server.gotrue.url, persistSession: false, autoRefreshToken: false })
          ok(await own.signInWithPassword({ email: address, password }))
          ok(await own.updateUser({ password: secret }))
        },
      }
      for (const [dialect, set] of Object.entries(setters))
        test(`a password set by ${dialect} verifies in all`, async () => {
          const address = email(), secret = `another-pw-${dialect.slice(-6)}-9`
          await creators[dialect === 'gotrue' ? 'clerk' : dialect === 'clerk' ? 'auth0' : 'gotrue'](address)
          const id = await names(address), setAt = async () => (await clerk.getUser(id.clerk)).raw.password_last_updated_at, before = await setAt()
          await set(id, secret, address)
          assert.ok((await setAt()) > before)
          ok(await signIn(address, secret))
          assert.notEqual((await signIn(address, password)).error, null)
          assert.equal((await clerk.verifyPassword({ userId: id.clerk, password: secret })).verified, true)
        })

      const deleters = { gotrue: (id) => gotrue.deleteUser(id.gotrue), clerk: (id) => clerk.deleteUser(id.clerk), auth0: (id) => auth0.delete(id.auth0) }
      for (const [dialect, remove] of Object.entries(deleters))
        test(`deleted by ${dialect}, gone in all`, async () => {
          const address = email()
          await creators[dialect === 'gotrue' ? 'clerk' : 'gotrue'](address)
          const id = await names(address)
          await remove(id)
          await gone(gotrue.getUserById(id.gotrue), 404)
          await gone(clerk.getUser(id.clerk), 404)
          await gone(auth0.get(id.auth0), 404)
          assert.equal((await signIn(address, password)).error.code, 'invalid_credentials')
        })

      test('an address taken in one is taken in all', async () => {
        const address = email()
        await creators.clerk(address)
        assert.equal((await gotrue.createUser({ email: address })).error.status, 422)
        await gone(creators.auth0(address), 409)
        await gone(creators.clerk(address), 422)
      })
    })

for (const store of stores)
  test(`keys of one dialect open no other on ${store}`, async () => {
    const server = await start({ store })
    try {
      const { access_token: management } = await (await fetch(`${server.auth0.url}/oauth/token`, {
        method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` }),
      })).json()
      assert.ok(management)
      const keys = { gotrue: server.gotrue.serviceKey, clerk: server.clerk.secretKey, auth0: management }
      const doors = { gotrue: `${server.gotrue.url}/admin/users`, clerk: `${server.clerk.url}/v1/users`, auth0: `${server.auth0.url}/api/v2/users` }
      for (const [door, url] of Object.entries(doors))
        for (const [dialect, key] of [...Object.entries(keys), ['forged', mint({ role: 'service_role' }, 'another-secret-of-at-least-32-characters')]]) {
          const { status } = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
          assert.equal(status === 200, door === dialect, `${dialect}'s key at ${door}: ${status}`)
          // 400: Auth0's word for a bearer that is no JWT
          assert.ok([200, 400, 401, 403].includes(status), `${dialect} at ${door}: ${status}`)
        }
    } finally {
      await server.stop()
    }
  })
