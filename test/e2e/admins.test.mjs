// admins.test.mjs: one directory of 1,000 users, administered by the three unmodified clients at once, at random: then the three views agree on every user.
// HECATE_SECONDS: how long (60 is the whole test), HECATE_SEED: the order of what is done.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { GoTrueAdminApi } from '@supabase/auth-js'
import { createClerkClient } from '@clerk/backend'
import { ManagementClient } from 'auth0'
import { start, stores } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'

const SECONDS = Number(process.env.HECATE_SECONDS ?? 3), SEED = Number(process.env.HECATE_SEED ?? 1), SIZE = 1000, EACH = 3
const connection = 'Username-Password-Authentication', password = 'Secret-pw-1'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

// A generator of numbers below 1, the same for the same seed (mulberry32).
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

// Clerk's id: the UUID behind four bytes of its digest, in base 62.
const clerkId = (uuid) => {
  const hex = uuid.replaceAll('-', '')
  let text = '', n = BigInt(`0x${createHash('sha256').update(hex, 'hex').digest('hex').slice(0, 8)}${hex}`)
  for (let i = 0; i < 27; i++, n /= 62n) text = digits[Number(n % 62n)] + text
  return `user_${text}`
}
const auth0Id = (uuid) => `auth0|${uuid.replaceAll('-', '')}`

// Each client's verbs, on the directory's UUID. An answer that somebody else was faster is none; any other error is a fault.
function verbs(server) {
  const gotrue = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
  const clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
  const { domain, clientId, clientSecret } = server.auth0
  const { users } = new ManagementClient({ domain, clientId, clientSecret, maxRetries: 0 })
  const data = async (promise) => {
    const { data: got, error } = await promise
    if (error) throw error
    return got
  }
  return {
    gotrue: {
      create: async (email, mark) => (await data(gotrue.createUser({ email, password, email_confirm: true, user_metadata: { mark } }))).user.id,
      mark: (id, mark) => data(gotrue.updateUserById(id, { user_metadata: { mark } })), ban: (id, on) => data(gotrue.updateUserById(id, { ban_duration: on ? '24h' : 'none' })),
      move: (id, email) => data(gotrue.updateUserById(id, { email, email_confirm: true })), get: (id) => data(gotrue.getUserById(id)), list: (page) => data(gotrue.listUsers({ page, perPage: 50 })), remove: (id) => data(gotrue.deleteUser(id)),
    },
    clerk: {
      create: async (email, mark) => (await clerk.createUser({ emailAddress: [email], password, skipPasswordChecks: true, unsafeMetadata: { mark } })) && undefined,
      mark: (id, mark) => clerk.updateUserMetadata(clerkId(id), { unsafeMetadata: { mark } }), ban: (id, on) => clerk[on ? 'banUser' : 'unbanUser'](clerkId(id)),
      move: (id) => clerk.updateUser(clerkId(id), { firstName: `F${id.slice(0, 4)}` }), get: (id) => clerk.getUser(clerkId(id)), list: (page) => clerk.getUserList({ limit: 50, offset: 50 * page }), remove: (id) => clerk.deleteUser(clerkId(id)),
    },
    auth0: {
      create: async (email, mark) => (await users.create({ connection, email, password, email_verified: true, user_metadata: { mark } })).user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      mark: (id, mark) => users.update(auth0Id(id), { user_metadata: { mark } }), ban: (id, on) => users.update(auth0Id(id), { blocked: on }),
      move: (id, email) => users.update(auth0Id(id), { email, email_verified: true }), get: (id) => users.get(auth0Id(id)), list: (page) => users.list({ page, per_page: 50, q: 'email:admin*' }), remove: (id) => users.delete(auth0Id(id)),
      link: (id, other) => users.identities.link(auth0Id(id), { provider: 'auth0', user_id: auth0Id(other) }),
    },
    all: { gotrue, clerk, users },
  }
}

const faster = new Set([400, 404, 409, 422])
const statusOf = (error) => error.statusCode ?? error.status
// 400 is what links and changes say of an account that is gone or an address that is taken; it is no answer to what cannot meet anybody.
const mayFail = (verb, error) => faster.has(statusOf(error)) && !['list', 'create'].includes(verb)

// Goes on until the time is over and all is done that must be.
async function administer(server, name, verb, ids, seed, over, done) {
  const next = random(seed), pick = () => ids[Math.floor(next() * ids.length)]
  const odds = { create: 8, mark: 30, ban: 14, move: 8, get: 16, list: 6, remove: 6, ...(verb.link ? { link: 10 } : {}) }
  const bag = Object.entries(odds).flatMap(([key, n]) => Array(n).fill(key))
  for (let i = 0; !over(); i++) {
    const what = bag[Math.floor(next() * bag.length)], id = pick(), mark = `${name}-${seed}-${i}`, address = `admin-${mark}@example.com`
    const args = { create: [address, mark], mark: [id, mark], ban: [id, next() < 0.5], move: [id, address], get: [id], list: [Math.floor(next() * 10)], remove: [id], link: [id, pick()] }[what]
    try {
      const made = await verb[what](...args)
      if (what === 'create' && made) ids.push(made)
      done[`${name} ${what}`] = (done[`${name} ${what}`] ?? 0) + 1
    } catch (error) {
      if (!mayFail(what, error)) throw new Error(`${name} ${what} ${args}: ${statusOf(error)} ${error.message} ${JSON.stringify(error.body ?? error.errors ?? '')}`, { cause: error })
      done[`${name} ${what} late`] = (done[`${name} ${what} late`] ?? 0) + 1
    }
  }
}

// Every user in each view, by the directory's id under that client's form: [e-mail, banned, mark].
async function views({ gotrue, clerk, users }) {
  const seen = { gotrue: {}, clerk: {}, auth0: {} }
  for (let page = 1, n = 1; n > 0; page++) {
    const { data } = await gotrue.listUsers({ page, perPage: 500 })
    n = data.users.length
    for (const u of data.users) seen.gotrue[u.id] = [u.email, Date.parse(u.banned_until ?? 0) > Date.now(), u.user_metadata.mark]
  }
  for (let offset = 0, n = 1; n > 0; offset += 500) {
    const { data } = await clerk.getUserList({ limit: 500, offset })
    n = data.length
    for (const u of data) seen.clerk[u.id] = [u.emailAddresses.find((a) => a.id === u.primaryEmailAddressId).emailAddress, u.banned, u.unsafeMetadata.mark]
  }
  for (let page = 0, n = 1; n > 0; page++) {
    const { data } = await users.list({ page, per_page: 100 })
    n = data.length
    for (const u of data) seen.auth0[u.user_id] = [u.email, u.blocked === true, u.user_metadata.mark]
  }
  return seen
}

for (const store of stores)
  test(`three administrators of one directory on ${store}`, async () => {
    const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
    try {
      const by = verbs(server), ids = [], done = {}
      const makers = [by.gotrue, by.auth0]
      await Promise.all(Array.from({ length: 8 }, async (_, k) => {
        for (let i = k; i < SIZE; i += 8) ids.push(await makers[i % 2].create(`admin-first-${i}@example.com`, `first-${i}`))
      }))
      const until = Date.now() + SECONDS * 1000, must = ['gotrue remove', 'clerk ban', 'auth0 link', 'auth0 create'], enough = () => SECONDS < 3 || must.every((key) => done[key] > 0)
      const over = () => Date.now() > until && (enough() || Date.now() > until + 60_000)
      await Promise.all(['gotrue', 'clerk', 'auth0'].flatMap((name, k) => Array.from({ length: EACH }, (_, i) => administer(server, name, by[name], ids, SEED * 100 + k * EACH + i, over, done))))
      const { gotrue, clerk, auth0 } = await views(by.all), all = Object.keys(gotrue)
      if (process.env.HECATE_SECONDS) console.log(`# ${store}: ${all.length} users, ${JSON.stringify(done)}`)
      assert.ok(enough(), JSON.stringify(done))
      assert.deepEqual(Object.keys(clerk).sort(), all.map(clerkId).sort())
      assert.deepEqual(Object.keys(auth0).sort(), all.map(auth0Id).sort())
      for (const id of all) {
        assert.deepEqual(clerk[clerkId(id)], gotrue[id], id)
        assert.deepEqual(auth0[auth0Id(id)], gotrue[id], id)
      }
      assert.equal(broken(server), '')
    } finally {
      await server.stop()
    }
  })
