// nomem.mjs (D5): the N-th allocation of a request fails, for 60 requests and N = 1, 2, 3 … until the request needs no more. It gets an answer, or the server says that it
// ends for want of memory (SIGABRT; arenas do so); it never crashes, what was acknowledged is there, and the service goes on. HECATE_TRIALS: how many N of a request at most.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { admins, refresh, signIn, signOut } from '../lib/admins.mjs'
import { figure } from '../lib/figure.mjs'
import { root } from '../lib/pg.mjs'
import { sleep, start } from '../lib/server.mjs'
import { broken } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const TRIALS = Number(process.env.HECATE_TRIALS ?? 40), PASSWORD = 'Right-pw-1'
const bearer = (token) => ({ authorization: `Bearer ${token}` })
let n = 0
const email = () => `nomem-${process.pid}-${n++}@example.com`

// The number that the preloaded library counts down.
class Fault {
  constructor(dir) {
    this.path = join(dir, 'fault')
    writeFileSync(this.path, Buffer.alloc(16))
    this.file = openSync(this.path, 'r+')
  }
  arm(left) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(left))
    writeSync(this.file, bytes, 0, 8, 0)
  }
  // Is the fault still to come? Then it does no more.
  disarm() {
    const bytes = Buffer.alloc(8)
    readSync(this.file, bytes, 0, 8, 0)
    this.arm(0)
    return bytes.readBigInt64LE() > 0n
  }
}

// ---- the requests: what each needs, what it asks, and what must be so once it was acknowledged ----

const stated = (key, value) => (json) => assert.equal(json[key], value)
// The verbs of an administrator, in each dialect.
function verbs(name, all) {
  const admin = all[name], wire = 'admin'
  const one = async (w) => { const address = email(), made = await w[name].request(...admin.create({ email: address, password: PASSWORD })); assert.ok(made.status < 300, made.text); return { address, id: admin.id(made.json) } }
  const row = (title, call, holds) => ({ title: `${name} ${title}`, on: name, wire, prepare: one, call, after: async (w, p, answer) => {
    if (!holds) return
    const seen = await w[name].request(...admin.read(answer.json?.[name === 'auth0' ? 'user_id' : 'id'] && /create/.test(title) ? admin.id(answer.json) : p.id))
    holds(seen.status === 200 ? admin.state(seen.json) : { gone: true }, p)
  } })
  return [
    row('create', () => admin.create({ email: email(), password: PASSWORD, mark: 5 }), stated('mark', 5)), row('create of what is there', (p) => admin.create({ email: p.address, password: PASSWORD })),
    row('read', (p) => admin.read(p.id)), row('read of nobody', (p) => admin.read(`${p.id.slice(0, -1)}0`)), row('metadata', (p) => admin.mark(p.id, 7), stated('mark', 7)),
    row('ban', (p) => admin.ban(p.id, true), stated('banned', true)), row('unban', (p) => admin.ban(p.id, false), stated('banned', false)), row('password', (p) => admin.password(p.id, 'Other-pw-1')),
    { ...row('removal', (p) => admin.remove(p.id)), after: async (w, p) => assert.equal((await w[name].request(...admin.read(p.id))).status, 404) },
  ]
}
function requests(all, server) {
  const { clientId: client_id, clientSecret: client_secret, domain } = server.auth0, audience = `https://${domain}/api/v2/`
  const person = async (w) => { const address = email(); const { json } = await w.gotrue.request(...all.gotrue.create({ email: address, password: PASSWORD })); return { address, id: json.id } }
  const session = async (w) => { const p = await person(w); return { ...p, ...(await w.public.request(...signIn(p.address, PASSWORD))).json } }
  const clerk = async (w) => { const { json } = await w.clerk.request(...all.clerk.create({ email: email(), password: PASSWORD })); return { user: json.id, session: (await w.clerk.request('POST', '/v1/sessions', { user_id: json.id })).json.id } }
  const oauth = (body) => ['POST', '/oauth/token', { client_id, client_secret, ...body }], grant = (p) => oauth({ grant_type: 'password', username: p.address, password: PASSWORD, scope: 'openid offline_access' })
  const signed = async (w) => { const p = await person(w); return { ...p, ...(await w.oauth.request(...grant(p))).json } }
  const on = (wire, prepare) => (title, call, after) => ({ title, on: wire, prepare, call: typeof call === 'function' ? call : () => call, after })
  const nobody = async () => ({}), gotrue = on('public', nobody), hers = on('public', session), hers2 = on('public', person), operator = on('gotrue', nobody), api = on('clerk', clerk), auth0 = on('auth0', nobody), tokens = on('oauth', signed)
  const refused = (ask) => async (w, p) => assert.ok((await w.public.request(...ask(p))).status >= 400)
  return [
    ...['gotrue', 'clerk', 'auth0'].flatMap((name) => verbs(name, all)),
    gotrue('GoTrue sign-up', () => ['POST', '/signup', { email: email(), password: PASSWORD }]), hers2('GoTrue sign-in', (p) => signIn(p.address, PASSWORD)), hers2('GoTrue wrong password', (p) => signIn(p.address, 'wrong')),
    gotrue('GoTrue sign-in of nobody', () => signIn(email(), PASSWORD)), hers('GoTrue refresh', (p) => refresh(p.refresh_token)), hers('GoTrue user', (p) => ['GET', '/user', undefined, bearer(p.access_token)]),
    hers('GoTrue sign-out', (p) => signOut(p.access_token), refused((p) => refresh(p.refresh_token))), hers('GoTrue change of data', (p) => ['PUT', '/user', { data: { a: 1 } }, bearer(p.access_token)]),
    hers('GoTrue change of password', (p) => ['PUT', '/user', { password: 'Other-pw-1' }, bearer(p.access_token)], refused((p) => signIn(p.address, PASSWORD))),
    hers('GoTrue factor', (p) => ['POST', '/factors', { factor_type: 'totp', friendly_name: 'a' }, bearer(p.access_token)]), gotrue('GoTrue settings', ['GET', '/settings']), gotrue('GoTrue keys', ['GET', '/.well-known/jwks.json']),
    hers2('GoTrue recovery', (p) => ['POST', '/recover', { email: p.address }]), gotrue('GoTrue broken body', ['POST', '/signup', 'text']),
    operator('GoTrue list', ['GET', '/admin/users?per_page=50']), operator('GoTrue link', () => ['POST', '/admin/generate_link', { type: 'magiclink', email: email() }]),
    api('Clerk session', (p) => ['POST', '/v1/sessions', { user_id: p.user }]), api('Clerk token', (p) => ['POST', `/v1/sessions/${p.session}/tokens`, {}]), api('Clerk sessions', (p) => ['GET', `/v1/sessions?user_id=${p.user}`]),
    api('Clerk revocation', (p) => ['POST', `/v1/sessions/${p.session}/revoke`, {}], async (w, p) => assert.ok((await w.clerk.request('POST', `/v1/sessions/${p.session}/tokens`, {})).status >= 400)),
    api('Clerk list', ['GET', '/v1/users?limit=50']), api('Clerk count', ['GET', '/v1/users/count']), api('Clerk password', (p) => ['POST', `/v1/users/${p.user}/verify_password`, { password: PASSWORD }]),
    api('Clerk organization', (p) => ['POST', '/v1/organizations', { name: 'One', created_by: p.user }]),
    auth0('Auth0 list', ['GET', '/api/v2/users?per_page=50&include_totals=true']), auth0('Auth0 search', ['GET', '/api/v2/users?q=email%3Anomem*&search_engine=v3']), auth0('Auth0 role', () => ['POST', '/api/v2/roles', { name: email() }]),
    auth0('Auth0 logs', ['GET', '/api/v2/logs?per_page=20']), auth0('Auth0 connections', ['GET', '/api/v2/connections']),
    tokens('Auth0 machine', oauth({ grant_type: 'client_credentials', audience })), tokens('Auth0 password grant', grant), tokens('Auth0 refresh', (p) => oauth({ grant_type: 'refresh_token', refresh_token: p.refresh_token })),
    tokens('Auth0 userinfo', (p) => ['GET', '/userinfo', undefined, bearer(p.access_token)]),
  ]
}

// ---- one server after another: it may end for want of memory ----

class Service {
  constructor(dir) {
    this.fault = new Fault(dir)
    this.data = dir
    this.ends = 0
  }
  async begin() {
    const env = { LD_PRELOAD: join(root, 'build/release/test/bar/bar-nomem.so'), HECATE_NOMEM: this.fault.path, HECATE_LANDLOCK: 'false', HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error',
      HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2), GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1000000', GOTRUE_RATE_LIMIT_OTP: '1000000', HECATE_LOCKOUT_ATTEMPTS: '1000000' }
    this.server = await start({ data: join(this.data, 'data'), env, ports: this.server?.ports })
    this.all ??= await admins(this.server)
    this.wires = Object.fromEntries(Object.entries(this.all).map(([name, admin]) => [name, admin.wire()]))
    this.wires.public = new Wire(this.server.gotrue.url)
    this.wires.oauth = new Wire(this.server.auth0.url, {}, this.server.auth0.ca)
  }
  close() {
    Object.values(this.wires).forEach((wire) => wire.close())
  }
  // Did it end? Then it must have said so itself; it is begun anew.
  async again() {
    const alive = await fetch(`${this.server.gotrue.url}/health`, { signal: AbortSignal.timeout(10_000) }).then((answer) => answer.status === 200, () => false)
    if (alive) return false
    const how = await Promise.race([this.server.ended, sleep(5000)])
    assert.equal(how, 'SIGABRT', `it ended with ${how}, or serves no more: ${this.server.log().slice(-500)}`)
    assert.match(this.server.log(), /out of memory/)
    this.ends++
    this.close()
    await this.begin()
    return true
  }
}

// The request with its N-th allocation failing; true when it needed fewer.
async function strike(service, { title, on, prepare, call, after }, at, counts) {
  const state = await prepare(service.wires), asked = call(state)
  await service.wires[on].request(...(on === 'public' ? ['GET', '/health'] : service.all[on === 'oauth' ? 'auth0' : on].read('0'))) // the connection is up
  service.fault.arm(at)
  const late = sleep(10_000).then(() => { throw new Error(`${title}, N = ${at}: no answer`) })
  late.catch(() => {})
  const answer = await Promise.race([service.wires[on].request(...asked).catch(() => undefined), late])
  const over = service.fault.disarm(), ended = !over && await service.again()
  if (answer === undefined) counts[ended ? 'ended' : 'cut']++
  else counts[answer.status >= 500 ? 'refused' : 'answered']++
  if (answer === undefined) assert.ok(!over || ended, `${title}, N = ${at}: no answer, and nothing failed`)
  if (answer?.status < 300) await after?.(service.wires, state, answer)
  return over
}

test('each allocation of 60 requests fails in turn', { timeout: 7_200_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-nomem-')), service = new Service(dir), counts = { answered: 0, refused: 0, cut: 0, ended: 0 }
  try {
    await service.begin()
    const list = requests(service.all, service.server)
    assert.equal(list.length, 60)
    let whole = 0
    for (const one of list.filter(({ title }) => title.includes(process.env.HECATE_CASE ?? ''))) {
      let at = 1, over = false
      for (; at <= TRIALS && !over; at++) over = await strike(service, one, at, counts)
      if (over) whole++
      assert.equal(broken(service.server), '', one.title)
      if (process.env.HECATE_CASE !== undefined) t.diagnostic(`${one.title}: ${at - 1}`)
    }
    figure(t, `${list.length} requests, ${whole} of them to their last allocation: ${counts.answered} answered, ${counts.refused} with 5xx, ${counts.cut} cut, ${counts.ended} ended the server in order, 0 crashes`)
  } finally {
    service.close()
    closeSync(service.fault.file)
    if (!await Promise.race([service.server.ended, sleep(200)])) await service.server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
