// clerk_random.test.mjs: bodies and queries made at random from the members that the Backend API knows: never a 500, always Clerk's error body, and the
// directory stays readable. The seed is fixed, so that a failure comes again; HECATE_TEST_SEED takes another, HECATE_TEST_ROUNDS more.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start, stores } from '../lib/server.mjs'

const rounds = Number(process.env.HECATE_TEST_ROUNDS ?? 700)
let seed = Number(process.env.HECATE_TEST_SEED ?? 20250410)
// mulberry32
function random() {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const pick = (list) => list[Math.floor(random() * list.length)]

const members = ['external_id', 'first_name', 'last_name', 'locale', 'username', 'password', 'password_digest', 'password_hasher', 'primary_email_address_id',
  'primary_phone_number_id', 'primary_web3_wallet_id', 'profile_image_id', 'public_metadata', 'private_metadata', 'unsafe_metadata', 'email_address',
  'email_address_identification_status', 'phone_number', 'phone_number_identification_status', 'web3_wallet', 'skip_password_checks', 'skip_password_requirement',
  'delete_self_enabled', 'create_organizations_limit', 'legal_accepted_at', 'created_at', 'banned', 'sign_out_of_other_sessions', 'user_ids', 'code', '', '__proto__']
const others = ['user_id', 'name', 'slug', 'created_by', 'max_allowed_memberships', 'role', 'redirect_url', 'expires_in_days', 'expires_in_seconds', 'session_max_duration_in_seconds', 'actor', 'token',
  'claims', 'lifetime', 'signing_algorithm', 'signing_key', 'custom_signing_key', 'identifier', 'verified', 'primary', 'active_organization_id', 'email_address', 'public_metadata', 'private_metadata', 'hibp',
  'allowed_origins', 'domains_enabled', 'allowlist', 'request_headers', 'refresh_token', 'expired_token', 'request_origin']
const parameters = ['email_address', 'phone_number', 'username', 'web3_wallet', 'user_id', 'external_id', 'organization_id', 'query', 'email_address_query', 'name_query',
  'banned', 'last_active_at_since', 'created_at_after', 'created_at_before', 'limit', 'offset', 'order_by', 'starting_after', 'provider', 'provider_user_id', 'status', 'client_id', 'paginated', 'role', 'include_members_count']
const texts = ['', ' ', 'a', 'good_name', 'ada@example.com', 'ADA@EXAMPLE.COM', '+15551234567', '0x52908400098527886E0F7030069857D2E4169EE7', 'é'.repeat(40), '日本語', '🔐', 'x'.repeat(300),
  'x'.repeat(9000), "'; DROP TABLE users; --", '%', '_', '\\', '"', '\u0000', '\u007f', '\ud800', 'null', '-1', '2020-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '0000-01-01T00:00:00Z', 'bcrypt',
  'argon2id', 'scrypt_firebase', '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W', '$argon2id$v=19$m=65536,t=3,p=1$$', 'a$b$c$d$e$f', 'en', 'de-CH', '-created_at', '+username']

function value(depth = 0) {
  switch (Math.floor(random() * 12)) {
    case 0: return null
    case 1: return pick([true, false])
    case 2: return pick([0, 1, -1, 1.5, 1e308, -1e308, 2 ** 53, 9007199254740993n, 4294967296, 1e-320])
    case 3: return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1))
    case 4: return Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(texts))
    case 5: return depth > 3 ? {} : Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, () => [pick([...members, 'a', 'b', 'provider', 'providers']), value(depth + 1)]))
    default: return pick(texts)
  }
}
const text = (object) => JSON.stringify(object, (_, v) => (typeof v === 'bigint' ? Number(v) : v))

function damaged(body) {
  const bytes = Buffer.from(body)
  for (let i = 0; i < 3 && bytes.length > 0; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  return random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

for (const store of stores)
  describe(`Clerk's Backend API on ${store}, at random`, () => {
    test(`${rounds} requests`, async () => {
      const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      const headers = { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }
      const call = (method, path, body) => fetch(`${server.clerk.url}/v1${path}`, { method, headers, body })
      const ids = ['user_29w83sxmDNGwOuEthce5gg56FcC']
      let good = 0
      try {
        for (let i = 0; i < 3; i++) ids.push((await (await call('POST', '/users', text({ username: `random_${i}`, web3_wallet: [`0x${String(i).repeat(40)}`] }))).json()).id)
        const org = (await (await call('POST', '/organizations', text({ name: 'Random', created_by: ids[1] }))).json()).id, session = (await (await call('POST', '/sessions', text({ user_id: ids[1], active_organization_id: org }))).json()).id
        const template = (await (await call('POST', '/jwt_templates', text({ name: 'random', claims: { a: '{{user.unsafe_metadata.a || user.username}}' } }))).json()).id
        ids.push(org, session, template, session.replace('sess_', 'client_'))
        const rest = [['POST', '/organizations'], ['PATCH', `/organizations/${org}`], ['PUT', `/organizations/${org}/metadata`], ['POST', `/organizations/${org}/memberships`], ['PATCH', `/organizations/${org}/memberships/${ids[1]}/metadata`],
          ['POST', `/organizations/${org}/invitations`], ['POST', '/invitations'], ['POST', '/email_addresses'], ['POST', '/phone_numbers'], ['POST', '/sessions'], ['POST', `/sessions/${session}/tokens`], ['POST', `/sessions/${session}/tokens/random`],
          ['POST', `/sessions/${session}/verify`], ['POST', `/sessions/${session}/refresh`], ['POST', '/sign_in_tokens'], ['POST', '/actor_tokens'], ['POST', '/clients/verify'], ['POST', '/jwt_templates'], ['PATCH', `/jwt_templates/${template}`],
          ['POST', '/allowlist_identifiers'], ['POST', '/blocklist_identifiers'], ['PATCH', '/instance/organization_settings'], ['GET', '/organizations'], ['GET', `/organizations/${org}/memberships`], ['GET', '/organization_invitations'],
          ['GET', '/invitations'], ['GET', '/sessions'], ['GET', '/clients'], ['GET', '/jwt_templates'], ['GET', '/allowlist_identifiers']]
        for (let i = 0; i < rounds; i++) {
          const id = pick(ids), other = random() < 0.4
          const [method, path] = pick(other ? rest : [['POST', '/users'], ['PATCH', `/users/${id}`], ['PATCH', `/users/${id}/metadata`], ['PUT', `/users/${id}/metadata`], ['POST', `/users/${id}/verify_password`],
            ['POST', '/users/ban'], ['POST', '/users/unban'], ['POST', `/users/${id}/remove_password`], ['GET', '/users'], ['GET', '/users/count']])
          let url = path, body
          if (method === 'GET') {
            const pairs = Array.from({ length: Math.floor(random() * 5) }, () => `${pick(parameters)}=${encodeURIComponent(pick([...texts.map((one) => one.slice(0, 400)), ...ids]).toWellFormed())}`)
            url += `?${pairs.join('&')}${random() < 0.1 ? '&%' : ''}`
          } else {
            const known = other ? others : pick([members.slice(12, 15), members])
            body = text(random() < 0.05 ? value() : Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, () => [pick(known), pick([value(), { [pick(texts)]: value() }, pick(ids)])])))
            if (random() < 0.15) body = damaged(body)
          }
          const reply = await call(method, url, body), answer = await reply.text(), what = `${method} ${url} ${body}: ${reply.status} ${answer}`
          assert.ok(reply.status < 500, what)
          assert.equal(reply.headers.get('content-type'), 'application/json', what)
          if (reply.status === 200) good++
          else assert.ok(JSON.parse(answer).errors[0].code.length > 0, what)
        }
        assert.ok(good > rounds / 20, `${good} requests were good`)
        const everybody = await call('GET', '/users?limit=500')
        assert.equal(everybody.status, 200)
        for (const user of await everybody.json()) assert.equal((await call('GET', `/users/${user.id}`)).status, 200)
      } finally {
        await server.stop()
      }
    })
  })
