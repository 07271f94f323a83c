// passwords.test.mjs: passwords that are known from a breach, or that everybody thinks of, through the real clients of all dialects. A program of our own
// stands for Pwned Passwords.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { createClient } from '@supabase/supabase-js'
import { ManagementClient } from 'auth0'
import { AuthenticationClient } from 'auth0-4'
import { start, stores } from '../lib/server.mjs'

const KNOWN = 'Known-from-a-breach-1', PADDED = 'Only-in-the-padding-1', GOOD = 'Nobody-knows-this-1'
const sha1 = (text) => createHash('sha1').update(text).digest('hex').toUpperCase()
let n = 0
const email = () => `pwned-${process.pid}-${n++}@example.com`

// A range API that knows one password: what it was asked, and whether it answers.
async function range() {
  const asked = []
  const server = createServer((req, res) => {
    asked.push([req.url, req.headers['user-agent'], req.headers['add-padding']])
    if (fake.broken) return res.writeHead(503).end()
    const lines = [`${'0'.repeat(35)}:7`, `${sha1(PADDED).slice(5)}:0`, `${sha1(KNOWN).slice(5)}:3`, `${'F'.repeat(35)}:1`]
    res.end(lines.join('\r\n'))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake = { asked, broken: false, url: `http://127.0.0.1:${server.address().port}/`, stop: () => { server.closeAllConnections(); server.close() } }
  return fake
}

const clients = (server) => {
  const { domain, clientId, clientSecret } = server.auth0, options = { auth: { persistSession: false, autoRefreshToken: false } }
  return {
    user: createClient(server.gotrue.url, server.gotrue.anonKey, options).auth, admin: createClient(server.gotrue.url, server.gotrue.serviceKey, options).auth.admin,
    users: createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users,
    management: new ManagementClient({ domain, clientId, clientSecret }), authentication: new AuthenticationClient({ domain, clientId, clientSecret }),
  }
}
const weak = ({ data, error }) => {
  assert.deepEqual([error?.status, error?.code, error?.reasons], [422, 'weak_password', ['pwned']])
  assert.equal(error.message, 'Password is known to be weak and easy to guess, please choose a different one.')
  assert.equal(data.user, null)
}
const clerkCode = (promise) => promise.then(() => 'no error', (error) => `${error.status} ${error.errors[0].code} ${error.errors[0].meta?.paramName}`)
const auth0 = (promise) => promise.then(() => 'no error', (error) => error.statusCode)
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true' }

for (const store of stores)
  describe(`passwords from a breach (${store})`, () => {
    let fake, server, user, admin, users, management, authentication

    before(async () => {
      fake = await range()
      server = await start({ store, env: { ...env, GOTRUE_PASSWORD_HIBP_ENABLED: 'true', GOTRUE_PASSWORD_HIBP_USER_AGENT: 'a test', HECATE_PASSWORD_HIBP_URL: fake.url } })
      Object.assign({ user, admin, users, management, authentication } = clients(server))
    })
    after(async () => {
      await server.stop()
      fake.stop()
    })

    test('are refused to users, who learn why', async () => {
      weak(await user.signUp({ email: email(), password: KNOWN }))
      assert.deepEqual(fake.asked.at(-1), [`/range/${sha1(KNOWN).slice(0, 5)}`, 'a test', 'true'])
      assert.equal((await user.signUp({ email: email(), password: PADDED })).error, null)
      const { data } = await user.signUp({ email: email(), password: GOOD })
      assert.equal(fake.asked.at(-1)[0], `/range/${sha1(GOOD).slice(0, 5)}`)
      weak(await user.updateUser({ password: KNOWN }))
      weak(await admin.updateUserById(data.user.id, { password: KNOWN }))
      assert.equal((await user.signInWithPassword({ email: data.user.email, password: GOOD })).error, null)
    })

    test('are named at a sign-in, which goes on', async () => {
      const address = email()
      assert.equal((await admin.createUser({ email: address, password: KNOWN, email_confirm: true })).error, null) // as the reference: no rules here
      const { data, error } = await user.signInWithPassword({ email: address, password: KNOWN })
      assert.equal(error, null)
      assert.deepEqual(data.weakPassword?.reasons ?? data.weak_password?.reasons, ['pwned'])
    })

    test('are refused by Clerk, unless checks are skipped', async () => {
      assert.equal(await clerkCode(users.createUser({ emailAddress: [email()], password: KNOWN })), '422 form_password_pwned password')
      const made = await users.createUser({ emailAddress: [email()], password: GOOD })
      assert.equal(await clerkCode(users.updateUser(made.id, { password: KNOWN })), '422 form_password_pwned password')
      assert.equal(await clerkCode(users.updateUser(made.id, { password: KNOWN, skipPasswordChecks: true })), 'no error')
      assert.equal((await users.verifyPassword({ userId: made.id, password: KNOWN })).verified, true)
    })

    test('are refused by Auth0', async () => {
      const connection = 'Username-Password-Authentication', address = email()
      assert.equal(await auth0(management.users.create({ connection, email: address, password: KNOWN })), 400)
      assert.equal(await auth0(authentication.database.signUp({ connection, email: address, password: KNOWN })), 400)
      assert.equal(await auth0(authentication.database.signUp({ connection, email: address, password: GOOD })), 'no error')
    })

    test('are let through while nobody answers', async () => {
      fake.broken = true
      assert.equal((await user.signUp({ email: email(), password: KNOWN })).error, null)
      fake.broken = false
    })
  })

describe('passwords that cannot be asked about', () => {
  test('are refused where it is set so, and sign in', async () => {
    const fake = await range(), server = await start({ env: { ...env, GOTRUE_PASSWORD_HIBP_ENABLED: 'true', GOTRUE_PASSWORD_HIBP_FAIL_CLOSED: 'true', GOTRUE_PASSWORD_HIBP_BLOOM_ENABLED: 'true', GOTRUE_PASSWORD_HIBP_BLOOM_ITEMS: '1000', HECATE_PASSWORD_HIBP_URL: fake.url } })
    try {
      const { user, users } = clients(server), address = email()
      assert.equal((await user.signUp({ email: address, password: GOOD })).error, null)
      fake.broken = true
      const { error } = await user.signUp({ email: email(), password: GOOD })
      assert.deepEqual([error.status, error.message], [500, 'Unable to perform password strength check with HaveIBeenPwned.org.'])
      assert.equal(await clerkCode(users.createUser({ emailAddress: [email()], password: GOOD })), '503 service_unavailable undefined')
      assert.equal((await user.signInWithPassword({ email: address, password: GOOD })).error, null)
      assert.match(server.log(), /GOTRUE_PASSWORD_HIBP_BLOOM/)
    } finally {
      await server.stop()
      fake.stop()
    }
  })

  test('that everybody thinks of are refused where it is set so', async () => {
    const server = await start({ env: { ...env, HECATE_PASSWORD_UNCOMMON: 'true' } })
    try {
      const { user, users } = clients(server)
      for (const password of ['password', 'P@ssw0rd2024!', 'qwerty123', '12345678', '01.02.1999', 'aaaaaaaaaa', 'abcabcabc', 'letmein!!']) weak(await user.signUp({ email: email(), password }))
      assert.equal(await clerkCode(users.createUser({ emailAddress: [email()], password: 'Welcome2025' })), '422 form_password_pwned password')
      for (const password of [GOOD, 'correct horse battery', 'secret-pw-1', '4915112345678']) assert.equal((await user.signUp({ email: email(), password })).error, null, password)
    } finally {
      await server.stop()
    }
  })
})
