// million.mjs: what lists, searches and counts cost in a directory of a million users, one request at a time: ms of CPU, server + database. bench/run.mjs
// starts it with --million; USERS says how many others than a million.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auth0Token, client } from './client.mjs'
import { fixed, measureCalls, nameOf, option, row } from './lib.mjs'
import { fill, idOf, person } from './people.mjs'
const { newDatabase, sleep, start } = await import('../test/lib/server.mjs')

const DATA_KEY = '5a'.repeat(32) // two servers of one PostgreSQL share it

const q = (values) => '?' + new URLSearchParams(values)
// Clerk's user id of a UUID: base62 of its number.
function clerkId(uuid) {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let n = BigInt('0x' + uuid.replaceAll('-', '')), text = ''
  for (; n > 0n; n /= 62n) text = digits[Number(n % 62n)] + text
  return `user_${text.padStart(22, '0')}`
}

// `i` of a user that differs from call to call, and is neither among the first nor among the last.
const someone = (i, n) => Math.floor(n * 0.1) + ((i * 7919) % Math.floor(n * 0.8))
const ms = (us) => String(Math.floor(us / 1000))

async function gotrueRows(server, n, about, only) {
  const { get, close } = client(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` })
  const total = Number((await get('/admin/users')).headers['x-total-count']), pages = Math.ceil(total / 50)
  if (total !== n) throw new Error(`x-total-count is ${total}`)
  const list = (values) => get('/admin/users' + q(values))
  const middle = Math.floor(pages / 2), near = '≤ 5 ms, ≤ 1.5 × page 1'
  let first
  for (const [name, once, aim = '≤ 5 ms'] of [
    ['page 1', () => list({ page: 1 })], ['page in the middle', () => list({ page: middle }), near], ['last page', () => list({ page: pages }), near],
    ['page in the middle, oldest first', () => list({ page: middle, sort: 'created_at asc' }), near],
    // What page 1 never does: its users are read from the disk's cache, not from the database's.
    ['another page each time', (i) => list({ page: middle + i * 101 })],
    ['by a part of an address', (i) => list({ filter: person(someone(i, n), n, about).email.slice(2, -4) })],
    ['by a part of a name', (i) => list({ filter: person(someone(i, n), n, about).first.slice(1) + ' ' + person(someone(i, n), n, about).last.slice(0, 6) })],
    ['by what all have', () => list({ filter: 'example' })], ['by what nobody has', (i) => list({ filter: `nobody-${i}` })],
    ['by address', (i) => list({ email: person(someone(i, n), n, about).email })],
  ]) {
    if (first && only && !`GoTrue ${name}`.match(only)) continue // page 1 is what others are compared with
    const cost = await measureCalls(server, once, name === 'by what all have' ? { calls: 5 } : {})
    first ??= cost.ms
    row(`${about_name(server, n)} GoTrue list, ${name}, CPU`, `${fixed(cost.server_ms)} + ${fixed(cost.database_ms)}`, aim, aim === near ? ` ms, ${fixed(cost.ms / first)} ×` : ' ms')
  }
  close()
}
const about_name = (server, n) => `${nameOf(server.store)}, ${n >= 1e6 ? `${n / 1e6} M` : n} users:`

async function clerkRows(server, n, now, only) {
  const { get, close } = client(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` })
  const of = (i) => person(someone(i, n), n, now)
  const filters = {
    'user_id': (i) => ({ user_id: clerkId(idOf(someone(i, n))) }), 'email_address': (i) => ({ email_address: of(i).email }), 'phone_number': (i) => ({ phone_number: `+4930${String(someone(i, n)).padStart(8, '0')}` }),
    'username': (i) => ({ username: of(i).username }), 'external_id': (i) => ({ external_id: of(i).external }), 'web3_wallet': (i) => ({ web3_wallet: person(Math.floor(someone(i, n) / 100) * 100 + 5, n, now).wallet }),
    'provider': (i) => ({ provider: 'google', provider_user_id: `nobody-${i}` }), 'banned': () => ({ banned: 'true' }),
    'query, part of an address': (i) => ({ query: of(i).email.slice(3, -10) }), 'query, part of a further address': (i) => ({ query: `cond.${Math.floor(someone(i, n) / 100) * 100 + 3}@else` }),
    'query, part of a name': (i) => ({ query: of(i).last.slice(1) }), 'query, nobody': (i) => ({ query: `nobody-${i}` }), 'query, all': () => ({ query: 'example' }),
    'email_address_query': (i) => ({ email_address_query: of(i).email.slice(3, -10) }), 'phone_number_query': (i) => ({ phone_number_query: String(someone(i, n)).padStart(8, '0').slice(1) }),
    'username_query': (i) => ({ username_query: of(i).username.slice(2) }), 'name_query': (i) => ({ name_query: of(i).last }),
    'created_at_after': () => ({ created_at_after: ms(now - 5e5 * 30e6) }), 'created_at_before': () => ({ created_at_before: ms(now - 5e5 * 30e6) }),
    'last_sign_in_at_after': () => ({ last_sign_in_at_after: ms(now - 3600e6) }), 'last_sign_in_at_before': () => ({ last_sign_in_at_before: ms(now - 86400e6 * 300) }),
    'last_active_at_after': () => ({ last_active_at_after: ms(now - 3600e6) }), 'last_active_at_before': () => ({ last_active_at_before: ms(now - 86400e6 * 300) }),
    'last_active_at_since': () => ({ last_active_at_since: ms(now - 3600e6) }), 'none': () => ({}),
  }
  for (const [name, values] of Object.entries(filters)) {
    if (only && !`Clerk ${name}`.match(only)) continue
    const list = await measureCalls(server, (i) => get('/v1/users' + q(values(i))))
    const count = await measureCalls(server, (i) => get('/v1/users/count' + q(values(i))), { calls: 20 })
    row(`${about_name(server, n)} Clerk list by ${name}, CPU; count`, `${fixed(list.server_ms)} + ${fixed(list.database_ms)} ms; ${fixed(count.ms)}`, '≤ 20 ms', ' ms')
  }
  for (const order of ['created_at', 'updated_at', 'email_address', 'web3wallet', 'first_name', 'last_name', 'phone_number', 'username', 'last_active_at', 'last_sign_in_at']) {
    if (only && !`Clerk order ${order}`.match(only)) continue
    const [up, down] = [await measureCalls(server, () => get('/v1/users' + q({ order_by: `+${order}` })), { calls: 20 }), await measureCalls(server, () => get('/v1/users' + q({ order_by: `-${order}` })), { calls: 20 })]
    row(`${about_name(server, n)} Clerk list in order of ${order}, up; down, CPU`, `${fixed(up.ms)} ms; ${fixed(down.ms)}`, '≤ 20 ms', ' ms')
  }
  close()
}

async function auth0Rows(server, n, now, only) {
  const ca = readFileSync(server.auth0.ca)
  const { get, close } = client(server.auth0.url, { authorization: `Bearer ${await auth0Token(server, ca)}` }, ca)
  const of = (i) => person(someone(i, n), n, now)
  const list = (values) => get('/api/v2/users' + q({ per_page: 50, ...values }))
  for (const [name, once] of [
    ['page 1', () => list({})], ['page 20', () => list({ page: 19 })], ['page 1 with totals', () => list({ include_totals: 'true' })],
    ['by e-mail', (i) => list({ q: `email:"${of(i).email}"` })], ['by user_metadata', (i) => list({ q: `user_metadata.badge:"badge-${someone(i, n)}"` })],
    ['by app_metadata, 20 users', (i) => list({ q: `app_metadata.team:"${JSON.parse(of(i).app).team}"` })], ['by metadata that a third has', () => list({ q: 'user_metadata.plan:"pro"' })],
    ['users-by-email', (i) => get('/api/v2/users-by-email' + q({ email: of(i).email }))],
  ]) {
    if (only && !`Auth0 ${name}`.match(only)) continue
    const cost = await measureCalls(server, once)
    row(`${about_name(server, n)} Auth0 list, ${name}, CPU`, `${fixed(cost.server_ms)} + ${fixed(cost.database_ms)}`, '', ' ms')
  }
  close()
}

// The rows of one store; `kept` is { data, database, now } of a directory that was filled before.
export async function benchMillion(store, kept, only) {
  const n = option('--users', 1e6), data = kept?.data ?? mkdtempSync(join(tmpdir(), 'hecate-million-'))
  const database = store === 'postgres' && !kept ? newDatabase() : undefined
  const where = { store, data, database: kept?.database ?? database?.url, env: { HECATE_DATA_KEY: DATA_KEY }, log: join(data, 'log') }
  const now = kept?.now ?? Date.now() * 1000
  let server
  try {
    if (!kept) {
      await (await start(where)).stop()
      fill(database?.url ?? `sqlite:${join(data, 'hecate.db')}`, n, data, now)
    }
    server = await start(where)
    await sleep(4000) // at its start the server counts the users on PostgreSQL
    await gotrueRows(server, n, now, only)
    await clerkRows(server, n, now, only)
    await auth0Rows(server, n, now, only)
  } finally {
    await server?.stop()
    database?.drop()
    if (!kept) rmSync(data, { recursive: true, force: true })
  }
}
