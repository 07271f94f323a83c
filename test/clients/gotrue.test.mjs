// gotrue.test.mjs: the admin methods of the first slice through the real clients, each effect seen by another call.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi as Newest, GoTrueClient } from '@supabase/auth-js'
import { GoTrueAdminApi as Old } from '@supabase/gotrue-js'
import { createClient } from '@supabase/supabase-js'
import { ok } from '../lib/auth.mjs'
import { start, stores } from '../lib/server.mjs'

let n = 0
const email = () => `user-${process.pid}-${n++}@example.com`
const password = 'secret-pw-1'

for (const store of stores)
  for (const [version, Api] of [['auth-js', Newest], ['gotrue-js 2.57', Old]])
    describe(`${version} on ${store}`, () => {
      let server, admin
      const bearer = () => ({ Authorization: `Bearer ${server.gotrue.serviceKey}` })
      const client = () => new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })

      before(async () => {
        server = await start({ store })
        admin = new Api({ url: server.gotrue.url, headers: bearer() })
      })
      after(() => server.stop())

      test('createUser, then getUserById', async () => {
        const address = email()
        const { user } = ok(await admin.createUser({ email: address.toUpperCase(), password, email_confirm: true, user_metadata: { name: 'Ada' }, app_metadata: { plan: 'pro' } }))
        assert.equal(user.email, address)
        assert.equal(user.user_metadata.name, 'Ada')
        assert.deepEqual(user.app_metadata, { plan: 'pro', provider: 'email', providers: ['email'] })
        const { user: again } = ok(await admin.getUserById(user.id))
        assert.deepEqual(again, { ...user, confirmed_at: user.email_confirmed_at }) // the answer to a creation lacks this one
        assert.equal(again.identities[0].identity_data.email, address)
      })

      test('createUser refuses an address twice, no address, a bad key', async () => {
        const address = email()
        ok(await admin.createUser({ email: address, password }))
        const { error } = await admin.createUser({ email: address, password })
        assert.equal(error.status, 422)
        assert.equal(error.code ?? 'email_exists', 'email_exists') // the old client knows no codes
        assert.equal((await admin.createUser({ password })).error.status, 400)
        const stranger = new Api({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.anonKey}` } })
        assert.equal((await stranger.createUser({ email: email() })).error.status, 403)
      })

      test('updateUserById changes what a sign-in sees', async () => {
        const { user } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        const moved = email()
        ok(await admin.updateUserById(user.id, { email: moved, password: 'another-pw-2', user_metadata: { x: 1 } }))
        const wrong = await client().signInWithPassword({ email: moved, password })
        assert.equal(wrong.error.status, 400)
        const { user: signed } = ok(await client().signInWithPassword({ email: moved, password: 'another-pw-2' }))
        assert.equal(signed.id, user.id)
        assert.equal(signed.user_metadata.x, 1)
      })

      test('ban_duration keeps a user out', async () => {
        const { user } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        ok(await admin.updateUserById(user.id, { ban_duration: '24h' }))
        assert.equal((await client().signInWithPassword({ email: user.email, password })).error.status, 400)
        ok(await admin.updateUserById(user.id, { ban_duration: 'none' }))
        ok(await client().signInWithPassword({ email: user.email, password }))
      })

      test('listUsers pages through all, newest first', async () => {
        const made = []
        for (let i = 0; i < 3; i++) made.unshift(ok(await admin.createUser({ email: email() })).user.id)
        const page = ok(await admin.listUsers({ page: 1, perPage: 2 }))
        assert.deepEqual(page.users.map((user) => user.id), made.slice(0, 2))
        assert.equal(page.nextPage, 2)
        const next = ok(await admin.listUsers({ page: 2, perPage: 2 }))
        assert.equal(next.users[0].id, made[2])
        assert.equal(page.total, next.total)
      })

      test('signOut ends sessions: global, local, others', async () => {
        const { user } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        const sign = async () => {
          const one = client()
          return { one, session: ok(await one.signInWithPassword({ email: user.email, password })).session }
        }
        const [a, b, c] = [await sign(), await sign(), await sign()]
        assert.equal((await admin.signOut(a.session.access_token, 'others')).error, null)
        assert.notEqual((await b.one.refreshSession()).error, null)
        assert.equal((await a.one.refreshSession()).error, null)
        const d = await sign()
        assert.equal((await admin.signOut(d.session.access_token, 'local')).error, null)
        assert.notEqual((await d.one.refreshSession()).error, null)
        const e = await sign()
        assert.equal((await admin.signOut(e.session.access_token)).error, null)
        assert.notEqual((await a.one.refreshSession()).error, null)
        assert.notEqual((await c.one.refreshSession()).error, null)
      })

      test('refreshSession and getUser', async () => {
        const { user } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        const one = client()
        const { session } = ok(await one.signInWithPassword({ email: user.email, password }))
        const { session: next } = ok(await one.refreshSession())
        assert.notEqual(next.refresh_token, session.refresh_token)
        assert.equal(ok(await one.getUser()).user.id, user.id)
        assert.equal(ok(await one.getUser(next.access_token)).user.email, user.email)
      })

      test('deleteUser, hard and soft', async () => {
        const { user } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        ok(await admin.deleteUser(user.id))
        assert.equal((await admin.getUserById(user.id)).error.status, 404)
        const { user: other } = ok(await admin.createUser({ email: email(), password, email_confirm: true }))
        ok(await admin.deleteUser(other.id, true))
        const { user: hidden } = ok(await admin.getUserById(other.id))
        assert.notEqual(hidden.email, other.email)
        assert.ok(hidden.deleted_at)
        assert.equal((await client().signInWithPassword({ email: other.email, password })).error.status, 400)
        ok(await admin.createUser({ email: other.email, password }))
      })
    })

for (const store of stores)
  test(`supabase-js finds it under /auth/v1 on ${store}`, async () => {
    const server = await start({ store })
    try {
      const supabase = createClient(server.gotrue.url, server.gotrue.serviceKey, { auth: { persistSession: false, autoRefreshToken: false } })
      const { user } = ok(await supabase.auth.admin.createUser({ email: email(), password, email_confirm: true }))
      assert.equal(ok(await supabase.auth.admin.getUserById(user.id)).user.email, user.email)
      assert.equal(ok(await supabase.auth.signInWithPassword({ email: user.email, password })).user.id, user.id)
    } finally {
      await server.stop()
    }
  })
