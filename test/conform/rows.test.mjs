// rows.test.mjs: after each of the requests of data/auth_rows.json, the rows of schema auth on PostgreSQL are those that the reference leaves: which columns are
// NULL, empty or set, and how values are spelled. Ids, times, hashes and tokens are made anew each time: each gets a name, the same wherever it stands.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { differences, psql, root, rows } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'
import { totp } from '../lib/totp.mjs'

const { cases } = JSON.parse(readFileSync(root + 'test/data/auth_rows.json', 'utf8'))
const ada = { email: 'ada@example.com', password: 'Secret-pw-1' }, phone = '15551234567', data = { name: 'Ada' }

// ---- rows, made comparable ----

// The order in which names are given: users first, then what points to them.
const orders = {
  users: 'id', identities: 'provider', sessions: 'created_at', mfa_factors: 'created_at', mfa_challenges: 'created_at', mfa_amr_claims: 'authentication_method',
  refresh_tokens: 'id', flow_state: 'created_at', one_time_tokens: 'token_type', audit_log_entries: 'created_at',
}

const digest = (text) => createHash('sha256').update(text).digest('base64url')

// Replaces, in one traversal, what no two runs share. `id` is the user's: a softly deleted one keeps digests of it and its addresses.
function named(tables) {
  const names = new Map(), counts = {}
  const name = (kind, value) => {
    if (!names.has(value)) names.set(value, `<${kind} ${counts[kind] = (counts[kind] ?? 0) + 1}>`)
    return names.get(value)
  }
  const kinds = [
    [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, (text) => (/^[0-]*$/.test(text) ? text : name('id', text))],
    [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(?=(\+00:00)?$)/, () => '<time>'],
    [/[0-9a-f]{56}/, (text) => name('hash', text)],
    [/^\$2a\$10\$[./A-Za-z0-9]{53}$/, () => '<bcrypt of cost 10>'],
    [/^[A-Z2-7]{32}$/, () => '<TOTP secret>'],
  ]
  const special = {
    'refresh_tokens.id': (id) => name('number', `number ${id}`), 'refresh_tokens.token': (token) => (/^[a-z2-7]{12}$/.test(token) ? name('token', token) : token),
    'refresh_tokens.parent': (token) => token === null ? null : name('token', token),
  }
  for (const { id } of tables.users ?? [])
    for (const [label, text] of [['email', ada.email], ['nothing', ''], ['provider and subject', `email:${id}`]])
      for (const length of [43, 15]) names.set(digest(id + text).slice(0, length), `<digest of ${label}, ${length} characters>`)
  const of = (value, at) => {
    if (special[at]) return special[at](value)
    if (Array.isArray(value)) return value.map((item) => of(item))
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.keys(value).sort().map((key) => [key, of(value[key])]))
    if (typeof value !== 'string') return value
    return names.get(value) ?? kinds.reduce((text, [pattern, as]) => text.replace(pattern, as), value)
  }
  const byKey = (key) => (a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0)
  return Object.fromEntries(Object.entries(orders).map(([table, key]) => [table, (tables[table] ?? []).toSorted(byKey(key))
    .map((row) => Object.fromEntries(Object.keys(row).sort().map((column) => [column, of(row[column], `${table}.${column}`)])))]))
}

// Where ours are other on purpose: the token of a session at aal2 is no child of the one from before, which a child would open again and again.
const on_purpose = ['/refresh_tokens/1/parent: want "<token 1>", have null']

// ---- the requests, in the order of the cases ----

const password = (call, body = ada) => call('POST', '/token?grant_type=password', body)
const confirmed = (admin) => admin('POST', '/admin/users', { ...ada, email_confirm: true })
const signedIn = async ({ call, admin }) => {
  await confirmed(admin)
  return password(call)
}
const refresh = (call, refresh_token) => call('POST', '/token?grant_type=refresh_token', { refresh_token })
const pending = (path, more) => async ({ call, admin }) => {
  await confirmed(admin)
  await call('POST', path, { email: ada.email, ...more })
}
const deleted = (body) => async (them) => {
  const { user } = await signedIn(them)
  await them.admin('DELETE', `/admin/users/${user.id}`, body)
}
const enrolled = async (them) => {
  const { access_token: token } = await signedIn(them)
  return { token, factor: await them.call('POST', '/factors', { factor_type: 'totp', friendly_name: 'phone app' }, token) }
}
const changed = (body) => async ({ admin }) => {
  const { id } = await confirmed(admin)
  await admin('PUT', `/admin/users/${id}`, body)
}

const requests = [
  ({ admin }) => admin('POST', '/admin/users', ada),
  ({ admin }) => admin('POST', '/admin/users', { ...ada, email_confirm: true, role: 'editor', user_metadata: data, app_metadata: { plan: 'pro' } }),
  ({ admin }) => admin('POST', '/admin/users', { phone, phone_confirm: true }),
  ({ confirming }) => confirming('POST', '/signup', { ...ada, data }),
  ({ confirming }) => confirming('POST', '/signup', { phone, password: ada.password }),
  ({ confirming }) => confirming('POST', '/signup', {}),
  ({ call }) => call('POST', '/signup', { ...ada, data }),
  signedIn,
  async (them) => refresh(them.call, (await signedIn(them)).refresh_token),
  async (them) => {
    const first = await signedIn(them), second = await refresh(them.call, first.refresh_token)
    await refresh(them.call, second.refresh_token)
    await refresh(them.call, first.refresh_token).catch(() => {})
  },
  pending('/recover'),
  pending('/otp'),
  pending('/otp', { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 's256' }),
  async (them) => them.call('PUT', '/user', { email: 'ada.new@example.com' }, (await signedIn(them)).access_token),
  async (them) => them.call('GET', '/reauthenticate', undefined, (await signedIn(them)).access_token),
  ({ admin }) => admin('POST', '/invite', { email: ada.email, data }),
  async ({ admin }) => {
    await confirmed(admin)
    await admin('POST', '/admin/generate_link', { type: 'magiclink', email: ada.email })
  },
  enrolled,
  async (them) => {
    const { token, factor } = await enrolled(them)
    const { id } = await them.call('POST', `/factors/${factor.id}/challenge`, {}, token)
    await them.call('POST', `/factors/${factor.id}/verify`, { challenge_id: id, code: totp(factor.totp.secret) }, token)
  },
  changed({ ban_duration: '24h' }),
  changed({ password: 'Another-pw-1', email: 'ada.two@example.com', email_confirm: true, phone, phone_confirm: true }),
  deleted({ should_soft_delete: true }),
  deleted(),
  async (them) => {
    const { access_token: token } = await signedIn(them)
    await password(them.call)
    await them.call('POST', '/logout?scope=global', {}, token)
  },
]

describe('rows of the directory', { skip: !stores.includes('postgres') && 'needs PostgreSQL' }, () => {
  const env = { HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2), GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: 'true', GOTRUE_SITE_URL: 'http://localhost:3000' }
  let server, other, them

  const caller = ({ gotrue }, key) => async (method, path, body, token = key) => {
    const headers = { 'user-agent': 'example-client/1.0', ...(token ? { authorization: `Bearer ${token}` } : {}) }
    const answer = await fetch(gotrue.url + path, { method, headers, body: body && JSON.stringify(body) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  before(async () => {
    server = await start({ store: 'postgres', env })
    other = await start({ store: 'postgres', database: server.database, env: { ...env, GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_SMS_AUTOCONFIRM: 'true' } })
    them = { call: caller(server), admin: caller(server, server.gotrue.serviceKey), confirming: caller(other) }
  })
  after(async () => {
    await other?.stop()
    await server.stop()
  })

  assert.equal(requests.length, cases.length)
  for (const [i, { after: title, rows: want }] of cases.entries())
    test(title, async () => {
      psql(server.database, 'DELETE FROM auth.users; DELETE FROM auth.audit_log_entries; DELETE FROM auth.flow_state')
      await requests[i](them)
      const have = Object.fromEntries(Object.keys(orders).map((table) => [table, rows(server.database, `SELECT * FROM auth.${table}`)]))
      assert.deepEqual(differences(named(want), named(have)), title.includes('aal2') ? on_purpose : [])
    })
})
