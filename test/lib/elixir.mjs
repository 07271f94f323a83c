// elixir.mjs: Supabase.GoTrue 0.5.2 on supabase_potion 0.6.2, as it is on the wire: its requests byte for byte (no content-type, no content-length without a
// body, explicit nulls, odd queries) and its rules of decoding, which are stricter than those of the clients in JavaScript.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import net from 'node:net'

const CODES = { 400: 'bad_request', 401: 'unauthorized', 403: 'forbidden', 404: 'not_found', 405: 'method_not_allowed', 409: 'resource_already_exists', 411: 'missing_content_length',
  413: 'content_too_large', 416: 'invalid_range', 422: 'unprocessable_entity', 423: 'resource_locked', 429: 'too_many_requests', 500: 'server_error', 501: 'not_implemented', 503: 'service_unavailable', 504: 'gateway_timeout' }

// ---- decoding: a cast that fails throws, as the client answers {:error, changeset}

const PROVIDERS = 'apple azure bitbucket discord email facebook figma fly github gitlab google kakao keycloak linkedin linkedin_oidc notion phone slack spotify twitch twitter workos zoom'.split(' ')
const LINKS = ['signup', 'invite', 'magicLink', 'recovery', 'email_change_current', 'email_change_new']

const kinds = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  object: (value) => typeof value === 'object' && !Array.isArray(value),
  time: (value) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/.test(value) && !Number.isNaN(Date.parse(value)),
}

// One struct: fields are { name: kind }, "" is nil. `due` may not be blank.
function cast(body, fields, due) {
  assert.ok(kinds.object(body) && body !== null, `an object is due, not ${JSON.stringify(body)}`)
  const out = {}
  for (const [name, kind] of Object.entries(fields)) {
    const value = body[name] === '' || body[name] === undefined ? null : body[name]
    assert.ok(value === null || kinds[kind](value), `${name} is no ${kind}: ${JSON.stringify(value)}`)
    assert.ok(value !== null || !due.includes(name), `${name} can't be blank`)
    out[name] = value
  }
  return out
}

// null fails, absent is an empty list.
function castMany(value, one, name) {
  assert.ok(value === undefined || Array.isArray(value), `${name} is no list`)
  return (value ?? []).map(one)
}

const times = (...names) => Object.fromEntries(names.map((name) => [name, 'time']))
const USER = { id: 'string', app_metadata: 'object', aud: 'string', email: 'string', phone: 'string', new_email: 'string', new_phone: 'string', action_link: 'string', role: 'string', is_anonymous: 'boolean',
  ...times('created_at', 'confirmation_sent_at', 'recovery_sent_at', 'email_change_sent_at', 'invited_at', 'confirmed_at', 'email_confirmed_at', 'phone_confirmed_at', 'last_sign_in_at') }
const DUE = ['id', 'app_metadata', 'aud', 'created_at']

export function castIdentity(body) {
  const out = cast(body, { id: 'string', provider: 'string', user_id: 'string', identity_data: 'object', ...times('last_sign_in_at', 'created_at', 'updated_at') }, ['id', 'provider'])
  assert.ok(PROVIDERS.includes(out.provider), `provider ${out.provider} is invalid`)
  return out
}

export function castFactor(body) {
  const out = cast(body, { id: 'string', factor_type: 'string', status: 'string', friendly_name: 'string', ...times('created_at', 'updated_at') }, ['id', 'factor_type', 'status', 'created_at', 'updated_at'])
  assert.ok(out.factor_type === 'totp' && /^(un)?verified$/.test(out.status), `factor ${out.factor_type} ${out.status} is invalid`)
  return out
}

// Metadata of the user and updated_at are never cast.
export function castUser(body) {
  return { ...cast(body, USER, DUE), identities: castMany(body.identities, castIdentity, 'identities'), factors: castMany(body.factors, castFactor, 'factors') }
}

export function castSession(body) {
  const out = cast(body, { access_token: 'string', refresh_token: 'string', token_type: 'string', expires_in: 'integer', expires_at: 'integer' }, ['access_token', 'refresh_token', 'token_type', 'expires_in'])
  return { ...out, user: body.user === undefined || body.user === null ? null : castUser(body.user) }
}

export function castLink(body) {
  const names = ['action_link', 'email_otp', 'hashed_token', 'redirect_to', 'verification_type']
  const out = cast(body, Object.fromEntries(names.map((name) => [name, 'string'])), names)
  assert.ok(LINKS.includes(out.verification_type), `verification_type ${out.verification_type} is invalid`)
  return out
}

// One digit of each page is read. A count that is missing raises.
function pagination({ link = '', 'x-total-count': total }) {
  const page = (rel) => link.split(',').map((part) => part.match(new RegExp(`.+\\?page=(\\d).+rel="${rel}"`))).find(Boolean)?.[1]
  assert.match(total ?? '', /^\d+$/, 'x-total-count is no integer')
  return { next_page: page('next') ? Number(page('next')) : null, last_page: Number(page('last') ?? 0), total: Number(total) }
}

// ---- the client: { ok } with what is cast, or { error } with the code by status

const given = (attributes, names) => Object.fromEntries(names.filter((name) => name in attributes).map((name) => [name, attributes[name]]))
const query = (pairs) => Object.entries(pairs).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
const captcha = { gotrue_meta_security: { captcha_token: null } }

export class Elixir {
  constructor(base, key) { Object.assign(this, { base, key, sent: [] }) }

  // The bytes that go out are kept in `sent`. { status, headers, json }; an answer without JSON throws, as the client fails on it.
  request(method, path, { body, token = this.key, headers = {} } = {}) {
    const { hostname, port } = new URL(this.base), text = body === undefined ? '' : JSON.stringify(body)
    const lines = [`${method} /auth/v1${path} HTTP/1.1`, `host: ${hostname}:${port}`, ...(text ? [`content-length: ${Buffer.byteLength(text)}`] : []), 'user-agent: SupabasePotion/0.6.2',
      'accept: application/json', `apikey: ${this.key}`, `authorization: Bearer ${token}`, 'x-client-info: supabase-fetch-elixir/0.6.2', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
    this.sent.push(`${lines.join('\r\n')}\r\n\r\n${text}`)
    return exchange(hostname, Number(port), this.sent.at(-1))
  }

  async call(method, path, options, decode = () => null) {
    const { status, headers, json } = await this.request(method, path, options)
    return status >= 400 ? { error: CODES[status] ?? 'unexpected', body: json } : { ok: decode(json, headers) }
  }

  // ---- Supabase.GoTrue.Admin

  attributes(attributes) { return given(attributes, ['app_metadata', 'email_confirm', 'phone_confirm', 'ban_duration', 'role', 'email', 'phone', 'password', 'nonce']) }
  createUser(attributes) { return this.call('POST', '/admin/users', { body: this.attributes(attributes) }, castUser) }
  updateUserById(id, attributes) { return this.call('PUT', `/admin/users/${id}`, { body: this.attributes(attributes) }, castUser) }
  getUserById(id) { return this.call('GET', `/admin/users/${id}`, {}, castUser) }
  listUsers({ page = '', perPage = '' } = {}) {
    return this.call('GET', `/admin/users?page=${page}&per_page=${perPage}`, {}, (json, headers) => ({ users: json.users.map((one) => cast(one, USER, DUE)), ...pagination(headers) }))
  }

  deleteUser(id, { shouldSoftDelete = false } = {}) { return this.call('DELETE', `/admin/users/${id}`, { body: { should_soft_delete: shouldSoftDelete } }) }
  inviteUserByEmail(email, { data = null, redirectTo } = {}) {
    return this.call('POST', '/invite', { body: { email, data }, headers: redirectTo ? { redirect_to: redirectTo } : {} }, castUser)
  }

  // `redirect_to` must be given, and data goes with signup alone.
  generateLink({ redirect_to: to, ...attributes }) {
    const body = { ...given(attributes, ['type', 'email', 'password', ...(attributes.type === 'signup' ? ['data'] : [])]), redirect_to: to }
    return this.call('POST', '/admin/generate_link', { body, headers: { redirect_to: to } }, castLink)
  }

  deleteFactor(user, factor) { return this.call('DELETE', `/admin/users/${user}/factors/${factor}`) }
  listIdentities(user) { return this.call('GET', `/admin/users/${user}/identities`, {}, (json) => json.map(castIdentity).reverse()) }
  deleteIdentity(user, identity) { return this.call('DELETE', `/admin/users/${user}/identities/${identity}`) }

  // 401 and 404 are :ok as well.
  async signOut(session, scope) {
    const { error, ...rest } = await this.call('POST', `/logout?scope=${scope}&`, { token: session.access_token })
    return !error || error === 'unauthorized' || error === 'not_found' ? { ok: null } : { error, ...rest }
  }

  // ---- Supabase.GoTrue

  signInWithPassword(credentials) { return this.call('POST', '/token?grant_type=password', { body: { ...credentials, data: {}, ...captcha } }, castSession) }
  signUp({ email = null, phone = null, password }) {
    return this.call('POST', '/signup', { body: { email, phone, password, data: {}, code_challenge: null, code_challenge_method: null, ...captcha } }, castSession)
  }

  signInAnonymously(data = {}) { return this.call('POST', '/signup', { body: { data, ...captcha } }, castSession) }
  signInWithOtp({ redirectTo, ...credentials }) {
    return this.call('POST', `/otp${redirectTo ? `?${query({ redirect_to: redirectTo })}` : ''}`, { body: { create_user: true, ...credentials, ...captcha } }, (json) => json?.data?.message_id ?? null)
  }

  verifyOtp(parameters) { return this.call('POST', '/verify', { body: { ...parameters, go_true_security: { captcha_token: null } } }, castSession) }
  refreshSession(token) { return this.call('POST', '/token?grant_type=refresh_token', { body: { refresh_token: token } }, castSession) }
  exchangeCodeForSession(code, verifier) { return this.call('POST', '/token?grant_type=pkce', { body: { auth_code: code, code_verifier: verifier, redirect_to: null } }, castSession) }
  getUser({ access_token: token }) { return this.call('GET', '/user', { token }, castUser) }
  updateUser({ access_token: token }, attributes) { return this.call('POST', '/user', { token, body: attributes }) }
  resetPasswordForEmail(email, { redirectTo, challenge } = {}) {
    const body = challenge ? { email, code_challenge: challenge, code_challenge_method: 's256', go_true_meta_security: { captcha_token: null } } : { email, ...captcha }
    return this.call('POST', `/recover${redirectTo ? `?${query({ redirect_to: redirectTo })}` : ''}`, { body })
  }

  resend(email, type) { return this.call('POST', '/resend', { body: { email, type, ...captcha } }) }
  reauthenticate({ access_token: token }) { return this.call('GET', '/reauthenticate', { token }) }
  unlinkIdentity({ access_token: token }, identity) { return this.call('DELETE', `/user/identities/${identity}`, { token }) }
  getUserIdentities({ access_token: token }) { return this.call('GET', '/user/identities', { token }, (json) => json.map(castIdentity)) }
  getServerHealth() { return this.call('GET', '/health', {}, (json) => cast(json, { version: 'string', name: 'string', description: 'string' }, ['version', 'name', 'description'])) }
  getServerSettings() {
    return this.call('GET', '/settings', {}, (json) => {
      assert.ok(Object.values(json.external).every((one) => one === null || typeof one === 'boolean'), 'external holds more than booleans')
      return cast(json, { disable_signup: 'boolean', mailer_autoconfirm: 'boolean', phone_autoconfirm: 'boolean', saml_enabled: 'boolean', sms_provider: 'string', external: 'object' }, [])
    })
  }
}

export function pkce() {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

// Sends the bytes and reads one answer of a connection that stays open.
function exchange(host, port, bytes) {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0)
    const socket = net.connect(port, host, () => socket.write(bytes))
    socket.setTimeout(60_000, () => socket.destroy(new Error(`no answer to ${bytes.split('\r\n')[0]}`)))
    socket.on('error', reject).on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk])
      const end = seen.indexOf('\r\n\r\n')
      if (end < 0) return
      const [first, ...lines] = seen.subarray(0, end).toString('latin1').split('\r\n')
      const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
      const body = seen.subarray(end + 4)
      if (body.length < Number(headers['content-length'] ?? 0)) return
      socket.destroy()
      try { resolve({ status: Number(first.split(' ')[1]), headers, json: JSON.parse(body) }) } catch (error) { reject(new Error(`${first}: ${error.message}`)) }
    })
  })
}
