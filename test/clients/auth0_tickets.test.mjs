// auth0_tickets.test.mjs: tickets made by the real clients and opened as a browser does; letters of verification and of forgotten passwords.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AuthenticationClient, ManagementClient as Four } from 'auth0-4'
import { ManagementClient as Newest } from 'auth0'
import { start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { broken } from '../lib/tables.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
let n = 0
const email = () => `ticket-${process.pid}-${n++}@example.com`

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return { verify: (body) => data(m.tickets.verifyEmail(body)), change: (body) => data(m.tickets.changePassword(body)), user: (id) => data(m.users.get({ id })), create: (body) => data(m.users.create(body)), update: (id, body) => data(m.users.update({ id }, body)), connections: () => data(m.connections.getAll({ name: connection })) }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return { verify: (body) => m.tickets.verifyEmail(body, plain), change: (body) => m.tickets.changePassword(body, plain), user: (id) => m.users.get(id, {}, plain), create: (body) => m.users.create(body, plain), update: (id, body) => m.users.update(id, body, plain), connections: async () => (await m.connections.list({ name: connection }, plain)).data }
  },
}

async function refused(promise, status, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body?.message], [status, message])
}

const open = (url) => fetch(url, { redirect: 'manual' })
const params = (answer) => Object.fromEntries(new URL(answer.headers.get('location')).searchParams)

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`tickets: ${version} on ${store}`, () => {
      let server, mail, m
      before(async () => {
        mail = await sink()
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', ...mail.env, GOTRUE_SMTP_MAX_FREQUENCY: '1h' } })
        m = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
        await mail.stop()
      })
      const user = (more = {}) => m.create({ connection, email: email(), password, verify_email: false, ...more })
      const grant = async (u, word) => (await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: 'password', username: u.email, password: word, client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }) })).status
      const gotrue = (u, word) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: u.email, password: word }) }).then(async (r) => ({ status: r.status, json: await r.json() }))
      const send = (fields) => fetch(`${server.auth0.url}/u/reset-password`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) })
      const secretOf = (url) => new URL(url).searchParams.get('ticket')

      test('an address is verified by opening the link, once', async () => {
        const u = await user(), { ticket } = await m.verify({ user_id: u.user_id })
        assert.match(ticket, new RegExp(`^https://${server.auth0.domain}/u/email-verification\\?ticket=[A-Za-z0-9]{32}#$`))
        assert.equal((await m.user(u.user_id)).email_verified, false)
        const page = await open(ticket)
        assert.equal(page.status, 200)
        assert.match(page.headers.get('content-type'), /^text\/html/)
        const policy = page.headers.get('content-security-policy')
        assert.match(policy, /default-src 'none'/)
        assert.match(policy, /frame-ancestors 'none'/)
        assert.doesNotMatch(await page.text(), /<script|src=|href=|https?:/)
        assert.equal((await m.user(u.user_id)).email_verified, true)
        assert.equal((await open(ticket)).status, 400)
        assert.equal((await open(ticket.replace(/.{4}#$/, 'AAAA'))).status, 400)
      })

      test('result_url is told what happened', async () => {
        const u = await user(), { ticket } = await m.verify({ user_id: u.user_id, result_url: 'https://app.example.com/done?a=1#x', includeEmailInRedirect: true })
        const first = await open(ticket), again = await open(ticket)
        assert.equal(first.status, 302)
        assert.match(first.headers.get('location'), /^https:\/\/app\.example\.com\/done\?a=1&.*#x$/)
        assert.deepEqual(params(first), { a: '1', supportSignUp: 'true', supportForgotPassword: 'true', email: u.email, message: 'Your email was verified. You can continue using the application.', success: 'true', code: 'success' })
        assert.deepEqual([params(again).success, params(again).code], ['false', 'used'])
      })

      test('a ticket ends with its time and with the address', async () => {
        const u = await user(), short = await m.verify({ user_id: u.user_id, ttl_sec: 1, result_url: 'https://app.example.com/' }), { ticket } = await m.verify({ user_id: u.user_id })
        await m.update(u.user_id, { email: email() })
        assert.equal((await open(ticket)).status, 400)
        assert.equal((await m.user(u.user_id)).email_verified, false)
        await new Promise((resolve) => setTimeout(resolve, 1100))
        assert.equal(params(await open(short.ticket)).code, 'access_expired')
      })

      test('a password is chosen in a form', async () => {
        const u = await user(), { ticket } = await m.change({ user_id: u.user_id, mark_email_as_verified: true, result_url: 'https://app.example.com/in' })
        const before = (await gotrue(u, password)).json
        const other = await m.change({ user_id: u.user_id })
        const page = await open(ticket), html = await page.text()
        assert.equal(page.status, 200)
        assert.match(page.headers.get('content-security-policy'), /form-action 'self' https:\/\/app\.example\.com;/)
        assert.match(html, /<form method="post" action="\/u\/reset-password">/)
        assert.equal(html.match(/type="password"/g).length, 2)
        assert.equal(html.match(/name="ticket" value="(\w+)"/)[1], secretOf(ticket))
        const fields = { ticket: secretOf(ticket), password: 'Another-pw-2', password_again: 'Another-pw-2' }
        for (const bad of [{ password_again: 'Another-pw-3' }, { password: 'short', password_again: 'short' }, { password: '', password_again: '' }, { ticket: 'x'.repeat(32) }]) assert.equal((await send({ ...fields, ...bad })).status, 400)
        assert.equal(await grant(u, password), 200)
        const [one, two] = await Promise.all([send(fields), send(fields)])
        assert.deepEqual([params(one).success, params(two).success].sort(), ['false', 'true'].slice(0, 2))
        assert.deepEqual([await grant(u, password), await grant(u, 'Another-pw-2'), (await gotrue(u, 'Another-pw-2')).status], [403, 200, 200])
        assert.equal((await m.user(u.user_id)).email_verified, true)
        assert.equal((await fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token: before.refresh_token }) })).status, 400)
        assert.equal((await open(other.ticket)).status, 400)
      })

      test('a link to a new password ends when the password changes, in whichever dialect', async () => {
        const uuid = (u) => u.user_id.slice(6).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), next = 'Another-pw-1', json = { 'content-type': 'application/json' }
        const call = async (url, method, token, body) => { const answer = await fetch(url, { method, headers: { ...json, authorization: `Bearer ${token}` }, body: JSON.stringify(body) }); assert.ok(answer.ok); return answer.json() }
        const ways = {
          auth0: (u) => m.update(u.user_id, { password: next }),
          'gotrue, oneself': async (u) => call(`${server.gotrue.url}/user`, 'PUT', (await gotrue(u, password)).json.access_token, { password: next }),
          'gotrue, an administrator': (u) => call(`${server.gotrue.url}/admin/users/${uuid(u)}`, 'PUT', server.gotrue.serviceKey, { password: next }),
          clerk: async (u) => call(`${server.clerk.url}/v1/users/${(await call(`${server.clerk.url}/v1/users?email_address=${u.email}`, 'GET', server.clerk.secretKey))[0].id}`, 'PATCH', server.clerk.secretKey, { password: next }),
        }
        for (const [way, change] of Object.entries(ways)) {
          const u = await user({ email_verified: true }), { ticket } = await m.change({ user_id: u.user_id })
          assert.equal((await open(ticket)).status, 200)
          await change(u)
          assert.equal((await open(ticket)).status, 400, way)
          assert.equal((await send({ ticket: secretOf(ticket), password: 'Third-pw-1', password_again: 'Third-pw-1' })).status, 400, way)
          assert.equal((await gotrue(u, next)).status, 200, way)
        }
      })

      test('what no ticket is made for', async () => {
        const u = await user(), nameless = await m.create({ connection, username: `nameless_${n++}`, password }), [{ id }] = await m.connections()
        await refused(m.verify({ user_id: 'auth0|nobody' }), 404, 'The user does not exist.')
        await refused(m.verify({ user_id: nameless.user_id }), 400, 'The user does not have an email address.')
        await refused(m.verify({ user_id: u.user_id, client_id: 'x' }), 400, 'The client does not exist')
        await refused(m.verify({ user_id: u.user_id, organization_id: 'org_0000000000000000' }), 400, 'The organization does not exist')
        await refused(m.verify({ user_id: u.user_id, identity: { provider: 'auth0', user_id: 'other' } }), 400, 'The user exists, but does not contain the given identity.')
        await refused(m.verify({ user_id: u.user_id, identity: { provider: 'auth0', user_id: u.user_id.slice(6), connection_id: 'con_0000000000000000' } }), 400, 'Identity connection does not exist.')
        await refused(m.change({ email: u.email, connection_id: 'con_0000000000000000' }), 400, 'The connection with id con_0000000000000000 does not exist.')
        await refused(m.change({ email: 'nobody@example.com', connection_id: id }), 404, 'The user does not exist.')
        await refused(m.change({}), 400, "Payload validation error: 'Data does not match any schemas from 'oneOf''.")
        await refused(m.change({ user_id: u.user_id, result_url: 'javascript://x' }), 400, "Payload validation error: 'Object didn't pass validation for format strict-uri: javascript://x' on property result_url (URL the user will be redirected to).")
        await refused(m.change({ user_id: u.user_id, ttl_sec: -1 }), 400, "Payload validation error: 'Value -1 is less than minimum 0' on property ttl_sec (Number of seconds for which the ticket is valid).")
        const made = await m.change({ email: u.email, connection_id: id })
        assert.equal((await send({ ticket: secretOf(made.ticket), password: 'Third-pw-33', password_again: 'Third-pw-33' })).status, 200)
        assert.equal(await grant(u, 'Third-pw-33'), 200)
        assert.equal((await m.verify({ user_id: u.user_id, identity: { provider: 'auth0', user_id: u.user_id.slice(6) } })).ticket.length > 40, true)
      })

      test('letters: to a new user, to one whose address changed, to one who forgot the password', async () => {
        const linkOf = async (address) => (await mail.next(address)).link
        const fresh = await m.create({ connection, email: email(), password })
        assert.equal((await open(await linkOf(fresh.email))).status, 200)
        assert.equal((await m.user(fresh.user_id)).email_verified, true)
        const changed = email()
        await m.update(fresh.user_id, { email: changed, verify_email: true })
        assert.equal((await open(await linkOf(changed))).status, 200)
        assert.equal((await m.user(fresh.user_id)).email_verified, true)
        const auth = new AuthenticationClient({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        const told = await auth.database.changePassword({ email: changed, connection })
        assert.equal(told.data, "We've just sent you an email to reset your password.")
        const link = await linkOf(changed)
        assert.equal((await open(link)).status, 200)
        assert.equal((await send({ ticket: secretOf(link), password: 'Fourth-pw-4', password_again: 'Fourth-pw-4' })).status, 200)
        assert.equal(await grant({ email: changed }, 'Fourth-pw-4'), 200)
        for (const address of ['nobody@example.com', changed, 'no address']) assert.equal((await auth.database.changePassword({ email: address, connection })).data, told.data)
        assert.equal(mail.all.filter((x) => x.recipients.includes(changed)).length, 2)
      })
    })
