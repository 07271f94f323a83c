// dialects.mjs: the same operation in each dialect, one request at a time: µs of CPU, server + database, and how many times the cheapest one's; and
// memory with 10,000 connections that rest.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { auth0Token, client, tokenRequest } from './client.mjs'
import { fixed, measureCalls, memory, nameOf, option, row } from './lib.mjs'
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
    'client-credentials token': { Auth0: () => token.send('POST', '/oauth/token', tokenRequest(server)) },
  }
}

async function users(clients, n) {
  const list = []
  for (let i = 0; i < n; i++) {
    const address = email(), { body } = await clients.clerk.send('POST', '/v1/users', { email_address: [address], password_hasher: 'bcrypt', password_digest: HASH })
    const found = (await clients.gotrue.get(`/admin/users?email=${address}`)).body.users[0]
    list.push({ email: address, Clerk: body.id, GoTrue: found.id, Auth0: (await clients.auth0.get(`/api/v2/users-by-email?email=${address}`)).body[0].user_id })
  }
  const at = (key) => (i) => list[i % list.length][key]
  return { email: at('email'), Clerk: at('Clerk'), GoTrue: at('GoTrue'), Auth0: at('Auth0') }
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

async function restingRow(server) {
  const before = memory(server.pid), sockets = await rest(server.ports[0], 10000)
  await sleep(500)
  row(`${nameOf(server.store)}: anonymous memory, 10,000 resting connections above none`, fixed(memory(server.pid) - before, 1), '≤ 12 MiB', ' MiB')
  for (const socket of sockets) socket.destroy()
}

export async function benchDialects(store) {
  const server = await start({ store })
  try {
    const ca = readFileSync(server.auth0.ca)
    const clients = {
      gotrue: client(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` }), clerk: client(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }),
      auth0: client(server.auth0.url, { authorization: `Bearer ${await auth0Token(server, ca)}` }, ca), token: client(server.auth0.url, {}, ca),
    }
    await restingRow(server)
    const of = await users(clients, 100)
    for (const [name, ways] of Object.entries(operations(clients, server, of))) {
      const costs = []
      for (const [dialect, once] of Object.entries(ways)) costs.push([dialect, await measureCalls(server, once, { calls: option('--calls', 2000), time: 3000 })])
      const least = Math.min(...costs.map(([, cost]) => cost.ms))
      for (const [dialect, cost] of costs)
        row(`${nameOf(store)}: ${name}, ${dialect}, CPU`, `${fixed(cost.server_ms * 1e3, 0)} + ${fixed(cost.database_ms * 1e3, 0)} µs, ${fixed(cost.ms / least)} ×`, dialect === 'Clerk' ? '≤ 1.2 ×' : dialect === 'Auth0' && costs.length > 1 ? '≤ 1.3 ×' : '')
    }
    for (const { close } of Object.values(clients)) close()
  } finally {
    await server.stop()
  }
}
