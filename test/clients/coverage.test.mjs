// coverage.test.mjs: each method that the npm clients export for the parts served is called by a test of that client. The lists come from the packages, so
// that a new release shows here what it adds; WAITING names what belongs to parts to come, and nothing that a test calls already.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root } from '../lib/pg.mjs'

const require = createRequire(import.meta.url)

// ---- what the packages export

// Names of the functions of an object and of its class, but for private ones and what any class has.
function functionsOf(object) {
  const names = new Set()
  for (let one = object; one && one !== Object.prototype; one = Object.getPrototypeOf(one))
    for (const name of Object.getOwnPropertyNames(one)) {
      const { value } = Object.getOwnPropertyDescriptor(one, name)
      if (typeof value === 'function' && !/^_|^constructor$/.test(name)) names.add(name)
    }
  return [...names]
}

// 'users.create', 'users.identities.link' …: `parts` are the members that have functions of their own.
const methods = (object, name, parts = [], ignored = []) => [
  ...functionsOf(object).filter((one) => !ignored.includes(one)).map((one) => `${name}.${one}`),
  ...parts.flatMap((part) => functionsOf(object[part]).map((one) => `${name}.${part}.${one}`)),
]

function supabase(name) {
  const { GoTrueAdminApi, GoTrueClient } = require(name)
  const admin = new GoTrueAdminApi({ url: 'http://127.0.0.1', headers: {} })
  const client = new GoTrueClient({ url: 'http://127.0.0.1', autoRefreshToken: false, persistSession: false })
  const own = (object, names) => names.filter((one) => object[one])
  return [...methods(admin, 'admin', own(admin, ['mfa', 'oauth', 'customProviders', 'passkey']), ['fetch']),
    ...methods(client, 'auth', own(client, ['mfa', 'oauth', 'passkey']), ['fetch', 'fetchJwk', 'lock', 'logger'])]
}

// The groups that are served; an older client has fewer.
const groups = ['users', 'organizations', 'invitations', 'allowlistIdentifiers', 'blocklistIdentifiers', 'emailAddresses', 'phoneNumbers', 'sessions', 'signInTokens', 'actorTokens', 'testingTokens',
  'jwtTemplates', 'redirectUrls', 'waitlistEntries', 'instance', 'clients', 'jwks']
function clerk(name) {
  const client = require(name).createClerkClient({ secretKey: 'sk_test_x' })
  return groups.filter((group) => client[group]).flatMap((group) => methods(client[group], group, [], ['request', 'requireId']))
}

const managers = ['users', 'usersByEmail', 'userBlocks', 'roles', 'organizations', 'connections', 'clients', 'clientGrants', 'resourceServers', 'sessions', 'refreshTokens', 'logs', 'jobs', 'tickets']
function auth0Old(name) {
  const { ManagementClient } = require(name), client = new ManagementClient({ domain: 'localhost', token: 'x' })
  const inner = ['fetch', 'fetchApi', 'fetchWithTimeout', 'parseError', 'request', 'createFetchParams']
  return managers.flatMap((one) => methods(client[one], one, [], inner))
}

function auth0New(name) {
  const { users } = new (require(name).ManagementClient)({ domain: 'localhost', token: 'x' })
  const parts = Object.getOwnPropertyNames(Object.getPrototypeOf(users)).filter((one) => typeof Object.getOwnPropertyDescriptor(Object.getPrototypeOf(users), one).get === 'function')
  return methods(users, 'users', parts)
}

const clients = {
  '@supabase/auth-js': supabase('@supabase/auth-js'),
  '@supabase/gotrue-js': supabase('@supabase/gotrue-js'),
  '@clerk/backend': clerk('@clerk/backend'),
  'clerk-2': clerk('clerk-2'),
  'clerk-1': clerk('clerk-1'),
  auth0: auth0New('auth0'),
  'auth0-4': auth0Old('auth0-4'),
}

// ---- what the tests call

// Text of each file of tests, and of the helpers that it imports.
const folders = ['clients', 'e2e', 'conform', 'fault', 'wire']
const read = (path) => readFileSync(join(root, 'test', path), 'utf8')
const sources = folders.flatMap((folder) => readdirSync(join(root, 'test', folder)).filter((file) => file.endsWith('.test.mjs')).map((file) => read(`${folder}/${file}`)))
  .map((text) => [text, ...[...text.matchAll(/from '\.\.\/lib\/(\w+\.mjs)'/g)].map(([, file]) => read(`lib/${file}`))].join('\n'))

// Is there a file that imports the client and calls the method? What the method hangs on counts where it is a part of something.
function isTested(client, method) {
  const [name, part] = method.split('.').reverse(), deep = method.split('.').length > 2
  const call = new RegExp(deep ? `\\b${part}\\.${name}\\(` : `\\.${name}(\\?\\.)?\\(`)
  return sources.some((text) => text.includes(`'${client}'`) && call.test(text))
}

// Parts to come, as patterns on 'client method', and why.
const WAITING = [
  [/^@supabase\/auth-js (admin|auth)\.oauth\./, 'the server as an OAuth provider is not served yet'],
  [/^@supabase\/auth-js admin\.customProviders\./, 'nor are providers that an administrator makes'],
  [/^@supabase\/auth-js (auth\.passkey\.|auth\.(signInWith|register)Passkey$)/, 'nor sign-in by passkeys'],
  [/^@supabase\/(auth|gotrue)-js auth\.signInWith(IdToken|SSO)$/, 'nor sign-in by their tokens, nor by SSO'],
  [/^@supabase\/auth-js auth\.(linkIdentityOAuth|linkIdentityIdToken)$/, 'linkIdentity() calls the first; the second is of such a token'],
  [/^@supabase\/auth-js auth\.signInWith(Web3|Ethereum|Solana)$/, 'nor sign-in by a wallet'],
  [/^(@clerk\/backend|clerk-\d) organizations\.\w+OrganizationDomain(List)?$/, 'nor domains of an organization'],
  [/^(@clerk\/backend|clerk-\d) clients\.getHandshakePayload$/, 'of the Frontend API'],
  [/^auth0-4 organizations\.\w*(ClientGrants|DiscoveryDomain|EnabledConnection)\w*$/, 'nor what an organization has besides its members'],
  [/^auth0-4 (connections\.\w*(Scim|Keys)\w*|connections\.checkStatus)$/, 'nor connections to the providers of enterprises'],
  [/^auth0-4 (clients\.getEnabledConnections|clientGrants\.getAllOrganizations)$/, 'nor these lists from the other side'],
]

for (const [client, all] of Object.entries(clients))
  describe(client, () => {
    const waits = (method) => WAITING.find(([pattern]) => pattern.test(`${client} ${method}`))

    test('each method has a test', () => {
      assert.ok(all.length >= 20, `${all.length} methods`)
      assert.deepEqual(all.filter((method) => !waits(method) && !isTested(client, method)), [])
    })

    test('none that waits has one', () => {
      assert.deepEqual(all.filter((method) => waits(method) && isTested(client, method)), [])
    })
  })

test('each row of those that wait is needed', () => {
  const every = Object.entries(clients).flatMap(([client, all]) => all.map((method) => `${client} ${method}`))
  assert.deepEqual(WAITING.filter(([pattern]) => !every.some((one) => pattern.test(one))).map(([pattern]) => pattern.source), [])
})

// ---- the C library has a function for each method, named after it

const snake = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2').toLowerCase()
const functions = ['gotrue', 'clerk', 'auth0'].flatMap((header) => [...readFileSync(join(root, 'include/hecate', `${header}.h`), 'utf8').matchAll(/^HECATE_API [^(]*?(\w+)\(/gm)].map(([, name]) => name))
const named = {
  gotrue_admin: ['@supabase/auth-js', /^admin\.(?:mfa\.)?(\w+)$/],
  clerk_users: ['@clerk/backend', /^users\.(\w+)$/],
  auth0_users: ['auth0-4', /^users\.(\w+)$/],
  auth0_users_by_email: ['auth0-4', /^usersByEmail\.(\w+)$/],
}

for (const [prefix, [client, pattern]] of Object.entries(named))
  test(`${prefix}_* has each method of ${client}`, () => {
    const wanted = clients[client].map((method) => method.match(pattern)?.[1]).filter(Boolean).map((name) => `${prefix}_${snake(name)}`)
    assert.ok(wanted.length >= 1)
    assert.deepEqual(wanted.filter((name) => !functions.includes(name)), [])
  })

test('gotrue_admin_* has each function of the Elixir module', () => {
  const elixir = ['create_user', 'update_user_by_id', 'get_user_by_id', 'list_users', 'delete_user', 'invite_user_by_email', 'generate_link', 'delete_factor', 'list_identities', 'delete_identity', 'sign_out']
  assert.deepEqual(elixir.filter((name) => !functions.includes(`gotrue_admin_${name}`)), [])
})
