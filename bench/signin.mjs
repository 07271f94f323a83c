// signin.mjs [N [SCHEME]]: does the time of a refused sign-in tell whether there is an account? N (1000) rounds, in each a try for every kind of user and one for
// nobody, one at a time in an order drawn anew, with the release build and new hashes of SCHEME (bcrypt:10). The area under the curve of ranks must lie
// within 0.5 ± 0.05; prints one a line, the furthest last, and ends with 1 if one does not.
import { createHash, pbkdf2Sync } from 'node:crypto'
import { existsSync } from 'node:fs'

const release = new URL('../build/release/hecate', import.meta.url).pathname
if (existsSync(release)) process.env.HECATE_TEST_BINARY ??= release
const { start } = await import('../test/lib/server.mjs')
const { Wire } = await import('../test/lib/wire.mjs')

const n = Number(process.argv[2] ?? 1000), LIMIT = 0.05
const md5 = createHash('md5').update('Right-pw-1').digest('hex')
const pbkdf2 = (rounds) => `pbkdf2_sha256$${rounds}$salt$${pbkdf2Sync('Right-pw-1', 'salt', rounds, 32, 'sha256').toString('base64')}`
// Kinds of users: how each comes to be, in the words of one of the dialects.
const gotrue = (email, more) => ['gotrue', '/admin/users', { email, password: 'Right-pw-1', email_confirm: true, ...more }]
const clerk = (email, hasher, digest) => ['clerk', '/v1/users', { email_address: [email], password_hasher: hasher, password_digest: digest }]
const kinds = {
  known: (email) => gotrue(email), banned: (email) => gotrue(email, { ban_duration: '24h' }), unconfirmed: (email) => gotrue(email, { email_confirm: false }),
  locked: (email) => clerk(email, 'md5', md5),
  'without a password': (email) => gotrue(email, { password: undefined }), 'bcrypt of cost 4': (email) => gotrue(email, { password: undefined, password_hash: '$2a$04$C6UzMDM.H6dfI/f/IKcEeO8LBNiGYiGmUBV4eyRMxwpt0RNhI5BEG' }),
  md5: (email) => clerk(email, 'md5', md5), 'pbkdf2 of 10,000 rounds': (email) => clerk(email, 'pbkdf2_sha256_django', pbkdf2(10000)),
}

// The share of pairs in which the second is larger: 0.5 when nothing can be told.
function area(a, b) {
  const all = [...a.map((ms) => [ms, 0]), ...b.map((ms) => [ms, 1])].sort(([x], [y]) => x - y)
  let below = 0, sum = 0
  for (const [, of] of all) of === 0 ? below++ : (sum += below)
  return sum / (a.length * b.length)
}

const server = await start({ env: { HECATE_LOG_LEVEL: 'error', HECATE_LOCKOUT_ATTEMPTS: '100000', HECATE_PASSWORD_HASH: process.argv[3] ?? 'bcrypt:10' } })
const wires = { gotrue: new Wire(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` }), clerk: new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }) }
const visitor = new Wire(server.gotrue.url)
const emails = Object.fromEntries(Object.keys(kinds).map((kind, i) => [kind, `kind-${i}@example.com`]))
for (const [kind, make] of Object.entries(kinds)) {
  const [dialect, path, body] = make(emails[kind])
  const answer = await wires[dialect].request('POST', path, body)
  if (answer.status >= 300) throw new Error(`${kind}: ${answer.text}`)
  if (kind === 'locked' && (await wires.clerk.request('POST', `/v1/users/${answer.json.id}/lock`)).status !== 200) throw new Error('not locked')
}

const times = Object.fromEntries(['nobody', ...Object.keys(kinds)].map((kind) => [kind, []]))
const measure = async (email) => {
  const since = process.hrtime.bigint()
  const { status } = await visitor.request('POST', '/token?grant_type=password', { email, password: 'Wrong-pw-1' })
  if (status !== 400) throw new Error(`${email}: ${status}`)
  return Number(process.hrtime.bigint() - since) / 1e6
}
const shuffled = (list) => list.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item)
for (let i = -5; i < n; i++)
  for (const [kind, email] of shuffled([['nobody', `nobody-${i + 5}@example.com`], ...Object.entries(emails)])) {
    const ms = await measure(email)
    if (i >= 0) times[kind].push(ms)
  }
let furthest = 0
for (const [kind, list] of Object.entries(times).slice(1)) {
  const auc = area(times.nobody, list), median = (of) => of.toSorted((x, y) => x - y)[of.length >> 1].toFixed(2)
  if (Math.abs(auc - 0.5) > Math.abs(furthest)) furthest = auc - 0.5
  console.log(`${kind}: ${auc.toFixed(3)} (nobody ${median(times.nobody)} ms, somebody ${median(list)} ms)`)
}
console.log((0.5 + furthest).toFixed(3))
for (const wire of [...Object.values(wires), visitor]) wire.close()
await server.stop()
process.exitCode = Math.abs(furthest) > LIMIT ? 1 : 0
