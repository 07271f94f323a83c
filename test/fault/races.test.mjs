// races.test.mjs: requests that meet: one winner, proper conflicts, whole tables; on one server, and on two that share a PostgreSQL. HECATE_TRIALS: how
// often each is tried.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { admins, refresh, signIn, signOut } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { start, startTwo, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'
import { race } from '../lib/wire.mjs'

const MANY = 50
const often = (n) => Number(process.env.HECATE_TRIALS ?? n)
const password = 'Secret-pw-1'
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: '0', HECATE_IDLE_TIMEOUT: '30m', HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2) }
const v2 = { GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION: '2' }

let n = 0
const email = () => `race-${process.pid}-${n++}@example.com`
const times = (count, fn) => Array.from({ length: count }, (_, i) => fn(i))

// How many answers there were of each kind, such as {"200": 1, "422 email_exists": 49}.
function tally(answers) {
  const counts = {}
  for (const { status, text } of answers) {
    const json = status < 300 ? undefined : JSON.parse(text)
    const code = json ? ` ${json.error_code ?? json.errorCode ?? json.errors?.[0].code ?? text}` : ''
    counts[status + code] = (counts[status + code] ?? 0) + 1
  }
  return counts
}

// Each answer is of one of the kinds named.
function only(answers, ...kinds) {
  for (const kind of Object.keys(tally(answers))) assert.ok(kinds.includes(kind), `${kind} among ${JSON.stringify(tally(answers))}`)
}

// The servers as one: wires of each dialect, MANY in all, taken from each server in turn.
async function crowd(servers) {
  const each = await Promise.all(servers.map(admins))
  const wires = (name) => times(MANY, (i) => each[i % each.length][name].wire())
  const all = { gotrue: wires('gotrue'), clerk: wires('clerk'), auth0: wires('auth0') }
  return {
    admins: each[0],
    wires: all,
    // One request alone.
    ask: (name, call) => all[name][0].request(...call),
    close: () => Object.values(all).flat().forEach((wire) => wire.close()),
  }
}

async function newUser(them, name = 'gotrue') {
  const address = email()
  const answer = await them.ask(name, them.admins[name].create({ email: address, password }))
  assert.ok(answer.status < 300, answer.text)
  return { email: address, id: them.admins[name].id(answer.json) }
}

async function newSession(them) {
  const user = await newUser(them)
  const answer = await them.ask('gotrue', signIn(user.email, password))
  assert.equal(answer.status, 200, answer.text)
  return { ...user, token: answer.json.refresh_token, access: answer.json.access_token }
}

const sessionsOf = (server, id) => query(server, `SELECT id, refresh_token_counter FROM auth.sessions WHERE user_id = '${id}'`)
const tokensOf = (server, id) => query(server, `SELECT token, parent, revoked FROM auth.refresh_tokens WHERE user_id = '${id}'`)

// ---- refreshes ----

async function refreshRound(them) {
  const user = await newSession(them)
  const answers = await race(them.wires.gotrue.map((wire) => [wire, ...refresh(user.token)]))
  assert.deepEqual(tally(answers), { 200: MANY })
  const given = new Set(answers.map((answer) => answer.json.refresh_token))
  assert.equal(given.size, 1)
  return { user, child: [...given][0] }
}

async function refreshRounds(them, server, rounds) {
  for (let i = 0; i < rounds; i++) {
    const { user, child } = await refreshRound(them)
    const tokens = await tokensOf(server, user.id)
    assert.deepEqual(tokens.filter((row) => !Number(row.revoked)).map((row) => [row.token, row.parent]), [[child, user.token]])
    assert.equal(tokens.length, 2)
    assert.equal((await them.ask('gotrue', refresh(child))).status, 200)
  }
}

async function countedRounds(them, server, rounds) {
  for (let i = 0; i < rounds; i++) {
    const { user, child } = await refreshRound(them)
    assert.deepEqual((await sessionsOf(server, user.id)).map((row) => Number(row.refresh_token_counter)), [1])
    assert.equal((await tokensOf(server, user.id)).length, 0)
    assert.equal((await them.ask('gotrue', refresh(child))).status, 200)
  }
}

// ---- creations ----

// MANY creations of one thing over the dialects named: one succeeds, the others say so in their dialect's words.
async function createRound(them, names, what, fields) {
  const lanes = times(MANY, (i) => names[i % names.length])
  const answers = await race(lanes.map((name, i) => [them.wires[name][i], ...them.admins[name].create(fields(i, name))]))
  const made = answers.filter((answer) => answer.status < 300)
  assert.equal(made.length, 1, JSON.stringify(tally(answers)))
  answers.forEach((answer, i) => answer.status < 300 || assert.equal(them.admins[lanes[i]].taken[what](answer), '', lanes[i]))
}

// The same address in different cases.
const spelled = (address, i) => (i % 2 === 0 ? address : address.replace(/^race/, 'RaCe').replace('example', 'EXAMPLE'))

async function emailRound(them, server, names) {
  const address = email()
  await createRound(them, names, 'email', (i) => ({ email: spelled(address, i), password }))
  const users = await query(server, `SELECT u.id, count(i.id) AS identities FROM auth.users u LEFT JOIN auth.identities i ON i.user_id = u.id WHERE lower(u.email) = '${address}' GROUP BY u.id`)
  assert.deepEqual(users.map((row) => Number(row.identities)), [1])
}

// One address, the first of some and the second of others: whoever has it, nobody else gets it.
async function secondRound(them, server) {
  const address = email()
  const { clerk } = them.admins
  const calls = times(MANY, (i) => {
    const [method, path, body] = clerk.create({ email: email(), password })
    return i % 3 === 0
      ? [them.wires.gotrue[i], ...them.admins.gotrue.create({ email: address, password })]
      : [them.wires.clerk[i], method, path, { ...body, email_address: i % 3 === 1 ? [...body.email_address, address] : [address, ...body.email_address] }]
  })
  const answers = await race(calls)
  assert.equal(answers.filter((answer) => answer.status < 300).length, 1, JSON.stringify(tally(answers)))
  answers.forEach((answer, i) => answer.status < 300 || assert.equal(them.admins[i % 3 === 0 ? 'gotrue' : 'clerk'].taken.email(answer), ''))
}

// MANY users move to one address: one gets it, the others hear what a lone latecomer hears.
async function moveRound(them, server, name) {
  const { admins: all, wires, ask } = them
  const { move } = all[name]
  const people = []
  for (let i = 0; i < 12; i++) people.push(await newUser(them, name))
  const address = email()
  const answers = await race(people.map(({ id }, i) => [wires[name][i], ...move(id, address)]))
  const late = await ask(name, move((await newUser(them, name)).id, address))
  assert.ok(late.status >= 400)
  assert.equal(answers.filter((answer) => answer.status < 300).length, 1, JSON.stringify(tally(answers)))
  only(answers, '200', ...Object.keys(tally([late])))
  assert.equal((await query(server, `SELECT id FROM auth.users WHERE email = '${address}'`)).length, 1)
}

const phone = () => `+1555${String(process.pid % 10000).padStart(4, '0')}${String(n++).padStart(4, '0')}`

async function phoneRound(them, server, names) {
  const number = phone()
  await createRound(them, names, 'phone', () => ({ phone: number, password }))
  assert.equal((await query(server, `SELECT id FROM auth.users WHERE phone = '${number.slice(1)}'`)).length, 1)
}

// ---- what takes away meets what gives ----

const gone = ['400 invalid_credentials', '400 refresh_token_not_found', '400 session_not_found']

async function deleteMeetsSignIn(them, server, name) {
  const { email: address, id } = await newUser(them, name)
  const calls = them.wires.gotrue.slice(0, 12).map((wire) => [wire, ...signIn(address, password)])
  calls.splice(n++ % 12, 0, [them.wires[name][MANY - 1], ...them.admins[name].remove(id)])
  const answers = await race(calls)
  only(answers, '200', '204', ...gone)
  assert.equal((await them.ask(name, them.admins[name].read(id))).status, 404)
  assert.equal((await query(server, `SELECT s.id FROM auth.sessions s LEFT JOIN auth.users u ON u.id = s.user_id WHERE u.id IS NULL OR u.email = '${address}'`)).length, 0)
  for (const { status, json } of answers.filter((answer) => answer.status === 200 && answer.text.includes('refresh_token')).map(({ status, text }) => ({ status, json: JSON.parse(text) })))
    assert.deepEqual(tally([await them.ask('gotrue', refresh(json.refresh_token))]), { '400 refresh_token_not_found': status === 200 ? 1 : 0 })
}

// Who comes in by the old password while it changes is out again when the change is answered.
async function passwordMeetsSignIn(them, server) {
  const { email: address, id } = await newUser(them)
  const calls = them.wires.gotrue.slice(0, 12).map((wire) => [wire, ...signIn(address, password)])
  calls.splice(n++ % 12, 0, [them.wires.gotrue[MANY - 1], ...them.admins.gotrue.password(id, 'Other-pw-2')])
  const answers = await race(calls)
  only(answers, '200', '400 invalid_credentials')
  assert.deepEqual(await sessionsOf(server, id), [])
  assert.equal((await them.ask('gotrue', signIn(address, 'Other-pw-2'))).status, 200)
}

// `end` is sent among refreshes of one token; afterwards the token and its child are worth nothing.
async function refreshMeets(them, server, end, ...kinds) {
  const user = await newSession(them)
  const calls = them.wires.gotrue.slice(0, 12).map((wire) => [wire, ...refresh(user.token)])
  calls.splice(n++ % 12, 0, [them.wires.gotrue[MANY - 1], ...end(user)])
  const answers = await race(calls)
  only(answers, '200', '204', ...kinds)
  const tokens = new Set([user.token, ...answers.map(({ text }) => (text.includes('refresh_token"') ? JSON.parse(text).refresh_token : user.token))])
  for (const token of tokens) only([await them.ask('gotrue', refresh(token))], ...kinds)
  assert.ok((await tokensOf(server, user.id)).filter((row) => !Number(row.revoked)).length <= 1)
}

async function deletedTwice(them, name) {
  const { id } = await newUser(them, name)
  const answers = await race(them.wires[name].slice(0, 10).map((wire) => [wire, ...them.admins[name].remove(id)]))
  const done = answers.filter((answer) => answer.status < 300).length
  assert.equal(done, name === 'auth0' ? 10 : 1, JSON.stringify(tally(answers))) // Auth0's DELETE never says 404
  assert.ok(answers.every((answer) => answer.status < 300 || answer.status === 404), JSON.stringify(tally(answers)))
}

// ---- on which servers ----

function races(title, open, { rounds, counted }) {
  describe(`races on ${title}`, () => {
    const counts = { refreshes: 0, creations: 0 }
    let servers, them, server
    before(async () => {
      servers = await open(env)
      server = servers[0]
      them = await crowd(servers)
    })
    after(async () => {
      them?.close()
      for (const one of servers ?? []) await one.stop()
    })

    test(`${rounds} rounds of ${MANY} refreshes of one token`, async () => {
      await refreshRounds(them, server, rounds)
      counts.refreshes = rounds
    })
    for (const names of [['gotrue'], ['clerk'], ['auth0'], ['gotrue', 'clerk', 'auth0']])
      test(`one e-mail, ${MANY} creations: ${names}`, async () => {
        for (let i = 0; i < often(4); i++, counts.creations++) await emailRound(them, server, names)
      })
    test(`one e-mail, the first of some and the second of others, ${MANY} creations`, async () => {
      for (let i = 0; i < often(4); i++) await secondRound(them, server)
    })
    for (const name of ['gotrue', 'auth0'])
      test(`users move to one e-mail: ${name}`, async () => {
        for (let i = 0; i < often(4); i++) await moveRound(them, server, name)
      })
    for (const names of [['gotrue'], ['clerk'], ['gotrue', 'clerk']])
      test(`one phone, ${MANY} creations: ${names}`, async () => {
        for (let i = 0; i < often(4); i++) await phoneRound(them, server, names)
      })
    test(`one username, one external id, ${MANY} creations`, async () => {
      for (let i = 0; i < often(4); i++) {
        await createRound(them, ['clerk'], 'username', (k) => ({ username: `${k % 2 ? 'Name' : 'name'}_${process.pid}_${i}` }))
        await createRound(them, ['clerk'], 'externalId', () => ({ email: email(), externalId: `ext-${process.pid}-${i}` }))
      }
    })
    for (const name of ['gotrue', 'clerk', 'auth0']) {
      test(`a deletion meets sign-ins: ${name}`, async () => {
        for (let i = 0; i < often(8); i++) await deleteMeetsSignIn(them, server, name)
      })
      test(`deletions meet: ${name}`, () => deletedTwice(them, name))
    }
    test('a new password meets sign-ins by the old one', async () => {
      for (let i = 0; i < often(20); i++) await passwordMeetsSignIn(them, server)
    })
    test('a ban meets refreshes', async () => {
      for (let i = 0; i < often(8); i++) await refreshMeets(them, server, ({ id }) => them.admins.gotrue.ban(id, true), '400 user_banned')
    })
    test('a deletion meets refreshes', async () => {
      for (let i = 0; i < often(8); i++) await refreshMeets(them, server, ({ id }) => them.admins.gotrue.remove(id), ...gone)
    })
    test('a sign-out meets refreshes', async () => {
      for (let i = 0; i < often(8); i++) await refreshMeets(them, server, ({ access }) => signOut(access), ...gone)
    })
    test('all invariants hold', (t) => {
      assert.equal(broken(server), '')
      figure(t, `${title}: ${counts.refreshes} families with one live token, ${counts.creations} addresses with one user`)
    })
  })

  test(`${counted} rounds of ${MANY} refreshes of one version 2 token on ${title}`, async () => {
    const servers = await open({ ...env, ...v2 })
    const them = await crowd(servers)
    try {
      await countedRounds(them, servers[0], counted)
      assert.equal(broken(servers[0]), '')
    } finally {
      them.close()
      for (const one of servers) await one.stop()
    }
  })
}

for (const store of stores) races(store, async (more) => [await start({ store, env: more })], { rounds: often(100), counted: often(20) })

if (stores.includes('postgres')) {
  races('two servers on one postgres', startTwo, { rounds: often(20), counted: often(5) })

  test('two servers share keys: what one signs the other takes', async () => {
    const servers = await startTwo(env)
    const [one, other] = await Promise.all(servers.map(admins))
    const them = await crowd(servers)
    try {
      const { access, token, email: address } = await newSession(them)
      const public2 = other.gotrue.wire()
      const seen = await public2.request('GET', '/user', undefined, { authorization: `Bearer ${access}` })
      assert.equal(seen.json.email, address)
      assert.equal((await public2.request(...refresh(token))).status, 200)
      for (const [from, to] of [[one, other], [other, one]]) {
        const wire = to.auth0.wire()
        const answer = await wire.request('GET', '/api/v2/users', undefined, from.auth0.wire().headers)
        assert.equal(answer.status, 200, answer.text)
        wire.close()
      }
      const jwks = await Promise.all(servers.map((server) => fetch(`${server.clerk.url}/v1/jwks`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } }).then((answer) => answer.json())))
      assert.deepEqual(jwks[0], jwks[1])
      assert.ok(jwks[0].keys.length > 0)
      public2.close()
    } finally {
      them.close()
      for (const server of servers) await server.stop()
    }
  })
}
