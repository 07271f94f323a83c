// refused.mjs: refused sign-ins by the clock: kinds of users, what they take, and whether the times tell them from nobody.
import { createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pg.mjs'
import { Wire } from './wire.mjs'

const right = 'Right-pw-1', wrong = 'Wrong-pw-1', argon2 = '$c29tZXNhbHRzb21lc2FsdA$zTsrnxoCAoUmJfzs8fmJXUbXcHSWmZyEnKZYkSlxHuU'
const vectors = JSON.parse(readFileSync(join(root, 'test/data/password_vectors.json'), 'utf8'))
const gotrue = (more) => (email) => ['gotrue', '/admin/users', { email, password: right, email_confirm: true, ...more }]
const hash = (password_hash) => gotrue({ password: undefined, password_hash })
const clerk = (hasher, digest) => (email) => ['clerk', '/v1/users', { email_address: [email], password_hasher: hasher, password_digest: digest }]
const md5 = clerk('md5', createHash('md5').update(right).digest('hex'))
const pbkdf2 = (rounds) => clerk('pbkdf2_sha256_django', `pbkdf2_sha256$${rounds}$salt$${pbkdf2Sync(right, 'salt', rounds, 32, 'sha256').toString('base64')}`)
const bcrypt = (cost) => hash(`$2a$${cost}$C6UzMDM.H6dfI/f/IKcEeO8LBNiGYiGmUBV4eyRMxwpt0RNhI5BEG`)

// How each kind comes to be, in the words of one of the dialects. The first are what `make test` asks for.
export const kinds = {
  known: gotrue(), 'without a password': gotrue({ password: undefined }), 'bcrypt of cost 4': bcrypt('04'), 'bcrypt of cost 9': bcrypt('09'),
  'banned, right password': gotrue({ ban_duration: '24h' }),
  'unconfirmed, right password': gotrue({ email_confirm: false }), banned: gotrue({ ban_duration: '24h' }), unconfirmed: gotrue({ email_confirm: false }), locked: md5, md5,
  'pbkdf2 of 10,000 rounds': pbkdf2(10000), 'pbkdf2 of 260,000 rounds': pbkdf2(260000), 'bcrypt of cost 12': bcrypt('12'),
  'argon2id of 64 MiB': hash(`$argon2id$v=19$m=65536,t=2,p=1${argon2}`),
  'scrypt of 32 MiB': clerk('scrypt_werkzeug', `scrypt:32768:8:1$salt$${scryptSync(right, 'salt', 64, { N: 32768, r: 8, p: 1, maxmem: 1e8 }).toString('hex')}`),
  ...Object.fromEntries(vectors.map(({ hasher, digest }) => [`the first ${hasher}`, clerk(hasher, digest)]).toReversed()),
}

// The share of pairs in which the second is larger: 0.5 when nothing can be told.
export function area(a, b) {
  const all = [...a.map((ms) => [ms, 0]), ...b.map((ms) => [ms, 1])].sort(([x], [y]) => x - y)
  let below = 0, sum = 0
  for (const [, of] of all) of === 0 ? below++ : (sum += below)
  return sum / (a.length * b.length)
}
export const median = (of) => of.toSorted((x, y) => x - y)[of.length >> 1]

// Makes a user of each of these kinds: kind to e-mail address.
async function make(server, names) {
  const wires = { gotrue: new Wire(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` }), clerk: new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }) }
  const emails = Object.fromEntries(names.map((kind, i) => [kind, `kind-${i}@example.com`]))
  for (const kind of names) {
    const [dialect, path, body] = kinds[kind](emails[kind]), answer = await wires[dialect].request('POST', path, body)
    if (answer.status >= 300) throw new Error(`${kind}: ${answer.text}`)
    if (kind === 'locked' && (await wires.clerk.request('POST', `/v1/users/${answer.json.id}/lock`)).status !== 200) throw new Error('not locked')
  }
  for (const wire of Object.values(wires)) wire.close()
  return emails
}

const shuffled = (list) => list.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item)

// Rounds of one try for each kind and one for nobody, one at a time in an order drawn anew: milliseconds by kind, 'nobody' first. What a kind costs is learnt
// of in the first rounds, which do not count. The server must let so many tries be: HECATE_LOCKOUT_ATTEMPTS.
export async function refusals(server, names, n) {
  const emails = await make(server, names), wire = new Wire(server.gotrue.url)
  const times = Object.fromEntries(['nobody', ...names].map((kind) => [kind, []]))
  const ask = async (kind, email) => {
    const since = process.hrtime.bigint()
    const { status } = await wire.request('POST', '/token?grant_type=password', { email, password: kind.endsWith('right password') ? right : wrong })
    if (status !== 400) throw new Error(`${kind}: ${status}`)
    return Number(process.hrtime.bigint() - since) / 1e6
  }
  for (let i = -2; i < n; i++)
    for (const [kind, email] of shuffled([['nobody', `nobody-${i + 2}@example.com`], ...Object.entries(emails)])) {
      const ms = await ask(kind, email)
      if (i >= 0) times[kind].push(ms)
    }
  wire.close()
  return times
}
