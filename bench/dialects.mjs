// dialects.mjs: the same operation in each dialect over the same transport (one listener with TLS), one request at a time: µs of CPU, server + database,
// and how many times the cheapest one's; an import; and memory with 10,000 connections that rest.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { hashes } from '../test/lib/auth0_hashes.mjs'
import { psql } from '../test/lib/pg.mjs'
import { auth0Token, client, tokenRequest } from './client.mjs'
import { fixed, measureCalls, median, memory, nameOf, option, row, spent } from './lib.mjs'
const { sleep, start } = await import('../test/lib/server.mjs')

const HASH = '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'
let made = 0
const email = () => `bench-${process.pid}-${made++}@example.com`

// Operation → dialect → how to call it. `of` knows the ids of the users who were made.
function operations({ gotrue, clerk, auth0, token }, server, of) {
  return {
    'create with a ready digest': {
      GoTrue: () => gotrue.send('POST', '/admin/users', { email: email(), password_hash: HASH, email_confirm: true }),
      Clerk: () => clerk.send('POST', '/v1/users', { email_address: [email()], password_hasher: 'bcrypt', password_digest: HASH }),
    },
    'get a user': {
      GoTrue: (i) => gotrue.get(`/admin/users/${of.GoTrue(i)}`), Clerk: (i) => clerk.get(`/v1/users/${of.Clerk(i)}`),
      Auth0: (i) => auth0.get(`/api/v2/users/${encodeURIComponent(of.Auth0(i))}`),
    },
    'list of 10': {
      GoTrue: () => gotrue.get('/admin/users?per_page=10'), Clerk: () => clerk.get('/v1/users?limit=10'), Auth0: () => auth0.get('/api/v2/users?per_page=10'),
    },
    'look up by e-mail': {
      GoTrue: (i) => gotrue.get(`/admin/users?email=${of.email(i)}`), Clerk: (i) => clerk.get(`/v1/users?email_address=${of.email(i)}`),
      Auth0: (i) => auth0.get(`/api/v2/users?q=${encodeURIComponent(`email:"${of.email(i)}"`)}`),
    },
    'change metadata': {
      GoTrue: (i) => gotrue.send('PUT', `/admin/users/${of.GoTrue(i)}`, { user_metadata: { n: i } }),
      Clerk: (i) => clerk.send('PATCH', `/v1/users/${of.Clerk(i)}/metadata`, { unsafe_metadata: { n: i } }),
      Auth0: (i) => auth0.send('PATCH', `/api/v2/users/${encodeURIComponent(of.Auth0(i))}`, { user_metadata: { n: i } }),
    },
    'a token signed with RS256': {
      Clerk: () => clerk.send('POST', `/v1/sessions/${of.session}/tokens`, {}), Auth0: () => token.send('POST', '/oauth/token', tokenRequest(server)),
    },
  }
}

// Users as all three made them; of some, what each dialect calls them.
async function users({ gotrue, clerk, auth0 }, n) {
  const list = []
  for (let i = 0; i < n; i++) {
    const address = email()
    if (i % 10 > 0) await gotrue.send('POST', '/admin/users', { email: address, password_hash: HASH, email_confirm: true, user_metadata: { name: `Seed ${i}`, plan: 'pro' } })
    else await clerk.send('POST', '/v1/users', { email_address: [address], password_hasher: 'bcrypt', password_digest: HASH })
    if (i % 9 > 0) continue
    const [shown] = (await clerk.get(`/v1/users?email_address=${address}`)).body
    list.push({ email: address, Clerk: shown.id, GoTrue: (await gotrue.get(`/admin/users?email=${address}`)).body.users[0].id, Auth0: (await auth0.get(`/api/v2/users-by-email?email=${address}`)).body[0].user_id })
  }
  const at = (key) => (i) => list[i % list.length][key]
  const session = (await clerk.send('POST', '/v1/sessions', { user_id: list[0].Clerk })).body.id
  return { email: at('email'), Clerk: at('Clerk'), GoTrue: at('GoTrue'), Auth0: at('Auth0'), session }
}

// Connections that have asked once, and rest.
async function rest(port, n) {
  const sockets = []
  while (sockets.length < n)
    sockets.push(...await Promise.all(Array.from({ length: Math.min(200, n - sockets.length) }, () => new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'))
      socket.once('data', () => resolve(socket)).once('error', reject)
    }))))
  return sockets
}

async function restingRow(store) {
  const server = await start({ store }) // plain: a TLS connection's memory is OpenSSL's
  const before = memory(server.pid), sockets = await rest(server.ports[0], 10000)
  await sleep(500)
  row(`${nameOf(server.store)}: anonymous memory, 10,000 resting connections above none`, fixed(memory(server.pid) - before, 1), '≤ 12 MiB', ' MiB')
  for (const socket of sockets) socket.destroy()
  await server.stop()
}

// Each dialect's cost of an operation, in turns: the machine may change its mind in between. In µs, server and database.
async function costsOf(server, ways) {
  const turns = Object.fromEntries(Object.keys(ways).map((dialect) => [dialect, []]))
  for (let turn = 0; turn < 3; turn++)
    for (const [dialect, once] of Object.entries(ways)) turns[dialect].push(await measureCalls(server, (i) => once(i + 1000 * turn), { calls: option('--calls', 1000), time: 3000 }))
  return Object.entries(turns).map(([dialect, costs]) => [dialect, ...['server_ms', 'database_ms'].map((part) => median(costs.map((cost) => cost[part])) * 1e3)])
}

// A session's token of Clerk needs its session and its user, where Auth0's of a client needs neither: it is shown beside it, and has no aim.
const aims = { Clerk: '≤ 1.2 ×', Auth0: '≤ 1.3 ×' }
const aimOf = (name, dialect) => (name.startsWith('a token') && dialect === 'Clerk' ? '' : aims[dialect] ?? '')

// The least of all costs is what a dialect's is measured by.
async function operationRows(server, name, ways) {
  const costs = await costsOf(server, ways)
  const least = Math.min(...costs.map(([, own, database]) => own + database))
  for (const [dialect, own, database] of costs)
    row(`${nameOf(server.store)}: ${name}, ${dialect}, CPU`, `${fixed(own, 0)} + ${fixed(database, 0)} µs, ${fixed((own + database) / least)} ×`, aimOf(name, dialect))
}

// A file of users with each algorithm in turn (spec/auth0.md 9.3).
async function importRow(server, { auth0 }) {
  const rows = Array.from({ length: option('--import', 10000) }, (_, i) => ({ email: `import-${i}@example.com`, email_verified: true, name: `Import ${i}`, user_metadata: { i }, ...hashes[i % hashes.length][1] }))
  const form = new FormData(), authorization = `Bearer ${await auth0Token(server, readFileSync(server.auth0.ca))}`
  form.set('connection_id', (await auth0.get('/api/v2/connections?name=Username-Password-Authentication')).body[0].id)
  form.set('users', new Blob([JSON.stringify(rows)], { type: 'application/json' }), 'users.json')
  const before = spent(server), begun = performance.now()
  const { id } = await (await fetch(`${server.auth0.url}/api/v2/jobs/users-imports`, { method: 'POST', headers: { authorization }, body: form })).json()
  let job
  do {
    await sleep(20)
    job = (await auth0.get(`/api/v2/jobs/${id}`)).body
  } while (job.status === 'pending' || job.status === 'processing')
  const seconds = (performance.now() - begun) / 1000, used = spent(server).map((value, i) => ((value - before[i]) * 1e6) / rows.length)
  if (job.summary?.inserted !== rows.length) throw new Error(`the import ended with ${JSON.stringify(job)}`)
  row(`${nameOf(server.store)}: import of ${rows.length} users with ${hashes.length} kinds of hashes`, fixed(rows.length / seconds, 0), server.store === 'sqlite' ? '≥ 5000/s' : '', '/s')
  row(`${nameOf(server.store)}: import, CPU of server + database`, `${fixed(used[0], 0)} + ${fixed(used[1], 0)}`, server.store === 'sqlite' ? '≤ 200 in all' : '', ' µs a user')
}

export async function benchDialects(store) {
  const server = await start({ store, together: true, env: { HECATE_AUTH0_IMPORT_LIMIT: '16MiB' } })
  try {
    const ca = readFileSync(server.auth0.ca)
    const clients = {
      gotrue: client(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` }, ca), clerk: client(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }, ca),
      auth0: client(server.auth0.url, { authorization: `Bearer ${await auth0Token(server, ca)}` }, ca), token: client(server.auth0.url, {}, ca),
    }
    const of = await users(clients, option('--people', 2000))
    if (store === 'postgres') psql(server.database, 'ANALYZE') // as autovacuum does a minute later
    for (const [name, ways] of Object.entries(operations(clients, server, of))) await operationRows(server, name, ways)
    await importRow(server, clients)
    for (const { close } of Object.values(clients)) close()
  } finally {
    await server.stop()
  }
  await restingRow(store)
}
