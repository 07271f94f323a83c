// paging.test.mjs: pages by offset while users are made and deleted: nobody who is there throughout comes twice or not at all. With the real clients, in
// each of Clerk's orders, and at a depth where the pages are found by the kept counts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@supabase/supabase-js'
import { createClerkClient } from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const N = 36, LIMIT = 5
const orders = ['created_at', 'updated_at', 'email_address', 'first_name', 'last_name', 'username', 'phone_number', 'last_active_at', 'last_sign_in_at', 'web3wallet']

for (const store of stores)
  test(`pages on ${store}`, async (t) => {
    const server = await start({ store })
    const clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url })
    const { admin } = createClient(server.gotrue.url, server.gotrue.serviceKey, { auth: { persistSession: false }, global: { fetch: (url, init) => fetch(String(url).replace('/auth/v1', ''), init) } }).auth
    let made = 0
    const make = async () => {
      const i = made++
      return (await clerk.users.createUser({ emailAddress: [`${i % 7}-user-${i}@example.com`], ...(i % 3 ? { firstName: `Name${i % 5}`, username: `user_${i * 7919 % 1000}` } : {}), skipPasswordRequirement: true })).id
    }

    // Reads all pages; before each but the first, one user who was seen and one who was not go, and two come. Gives what each page held.
    async function walk(page, here) {
      const seen = [], gone = new Set()
      for (;;) {
        const ids = await page(seen.length)
        seen.push(...ids)
        if (ids.length === 0 || seen.length > 2 * N) return { seen, gone }
        const unseen = [...here].filter((id) => !seen.includes(id) && !gone.has(id))
        for (const id of [ids[0], unseen[unseen.length >> 1]].filter(Boolean)) {
          await clerk.users.deleteUser(id)
          gone.add(id)
        }
        for (let i = 0; i < 2; i++) await make()
        if (ids.length < LIMIT) return { seen, gone }
      }
    }

    async function check(name, page) {
      await t.test(name, async () => {
        while ((await clerk.users.getCount()) < N) await make()
        const here = new Set((await clerk.users.getUserList({ limit: 500 })).data.map(({ id }) => id))
        const { seen, gone } = await walk(page, here)
        assert.equal(new Set(seen).size, seen.length, 'nobody comes twice')
        assert.deepEqual([...here].filter((id) => !gone.has(id) && !seen.includes(id)), [], 'nobody is passed over')
      })
    }

    try {
      for (const order of orders)
        for (const sign of ['+', '-'])
          await check(`Clerk, ${sign}${order}`, async (offset) => (await clerk.users.getUserList({ limit: LIMIT, offset, orderBy: `${sign}${order}` })).data.map(({ id }) => id))
      await check('Clerk, by a search', async (offset) => (await clerk.users.getUserList({ limit: LIMIT, offset, query: 'user' })).data.map(({ id }) => id))

      const ids = async (list) => Promise.all(list.map(async ({ email }) => (await clerk.users.getUserList({ emailAddress: [email] })).data[0].id))
      await check('GoTrue', async (offset) => {
        const { data, error } = await admin.listUsers({ page: Math.ceil(offset / LIMIT) + 1, perPage: LIMIT })
        assert.equal(error, null)
        return ids(data.users)
      })

      await t.test('a deep page is the one at its offset, and the total is exact', async () => {
        while ((await clerk.users.getCount()) < 130) await make()
        const all = (await clerk.users.getUserList({ limit: 500 })).data.map(({ id }) => id), total = await clerk.users.getCount()
        assert.equal(all.length, total)
        for (const offset of [100, 117, total - 3, total, total + 5, total + 5000]) {
          assert.deepEqual((await clerk.users.getUserList({ limit: 5, offset })).data.map(({ id }) => id), all.slice(offset, offset + 5))
          assert.deepEqual((await clerk.users.getUserList({ limit: 5, offset, orderBy: '+created_at' })).data.map(({ id }) => id), all.toReversed().slice(offset, offset + 5))
        }
      })
      // SQLite puts what is searched for into its indexes some hundred users at a time.
      await t.test('who is searched for is found from the first moment on, changed and gone', async () => {
        const found = async (query) => (await clerk.users.getUserList({ query })).data.map(({ id }) => id)
        const called = [], name = (i) => `Quz${i}wort`
        for (let i = 0; i < 3; i++) {
          called.push((await clerk.users.createUser({ emailAddress: [`some-${i}-body@search.example`], firstName: name(i), publicMetadata: { badge: `badge-${i}` }, skipPasswordRequirement: true })).id)
          assert.deepEqual(await found(name(i)), [called[i]])
          await Promise.all(Array.from({ length: 130 }, make))
        }
        for (let i = 0; i < 3; i++) assert.deepEqual([await found(name(i)), await found(`e-${i}-body@search`)], [[called[i]], [called[i]]])
        await clerk.users.updateUser(called[0], { firstName: 'Vexier' })
        await clerk.users.deleteUser(called[1])
        const after = async () => assert.deepEqual([await found(name(0)), await found('exie'), await found(name(1)), await found('e-1-body'), await found(name(2))], [[], [called[0]], [], [], [called[2]]])
        await after()
        await Promise.all(Array.from({ length: 260 }, make))
        await after()
        assert.equal(await clerk.users.getCount({ query: 'search.example' }), 2)
      })
    } finally {
      await server.stop()
    }
  })
