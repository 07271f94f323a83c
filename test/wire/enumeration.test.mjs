// enumeration.test.mjs: public routes say the same of everybody: unknown, known, banned, unconfirmed, without a password, with a foreign hash; the same status,
// headers and body, but for what is new in each answer. The written exceptions stand at the end: SDKs read them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { start, stores } from '../lib/server.mjs'
import { texts } from '../lib/texts.mjs'
import { Wire } from '../lib/wire.mjs'

const right = 'Right-pw-1'
// What may differ: times, and ids of the request.
const same = ({ status, headers, text }) => {
  const { date, 'x-request-id': id, 'sb-request-id': other, ...rest } = headers
  const json = JSON.parse(text)
  delete json.error_id
  return { status, headers: { ...rest, 'content-length': undefined }, json }
}

for (const store of stores)
  describe(`who has an account (${store})`, () => {
    let server, wire, people

    const admin = async (method, path, body) => (await wire.request(method, path, body, { authorization: `Bearer ${server.gotrue.serviceKey}` })).json
    const user = (email, more) => admin('POST', '/admin/users', { email, password: right, email_confirm: true, ...more })

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '100000' } })
      wire = new Wire(server.gotrue.url)
      await user('known@example.com')
      await user('banned@example.com', { ban_duration: '24h' })
      await user('unconfirmed@example.com', { email_confirm: false })
      await user('bare@example.com', { password: undefined })
      await user('argon@example.com', { password: undefined, password_hash: '$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$zTsrnxoCAoUmJfzs8fmJXUbXcHSWmZyEnKZYkSlxHuU' })
      const gone = await user('gone@example.com'), soft = await user('soft@example.com')
      await admin('DELETE', `/admin/users/${gone.id}`).catch(() => {})
      await admin('DELETE', `/admin/users/${soft.id}`, { should_soft_delete: true }).catch(() => {})
      await admin('POST', '/admin/users', { phone: '4915112345678', password: right, phone_confirm: true })
      people = ['known', 'banned', 'unconfirmed', 'bare', 'argon', 'gone', 'soft', 'KNOWN'].map((name) => ({ email: `${name}@example.com` })).concat({ phone: '4915112345678' }, { phone: '4915100000000' })
    })
    after(async () => {
      wire.close()
      await server.stop()
    })

    for (const [title, password] of [['a wrong password', 'Wrong-pw-1'], ['an empty password', ''], ['a password of 4,096 bytes', 'x'.repeat(4096)], ['a password of 73 bytes', 'y'.repeat(73)]])
      test(`is not told by ${title}`, async () => {
        const ask = (who) => wire.request('POST', '/token?grant_type=password', { ...who, password })
        const nobody = { email: same(await ask({ email: 'nobody@example.com' })), phone: same(await ask({ phone: '4915199999999' })) }
        assert.deepEqual(nobody.email, nobody.phone)
        for (const who of people) assert.deepEqual(same(await ask(who)), nobody.email, JSON.stringify(who))
      })

    test('is told by the right password alone', async () => {
      const ask = async (email) => (await wire.request('POST', '/token?grant_type=password', { email, password: right })).json.error_code
      assert.equal(await ask('banned@example.com'), 'user_banned')
      assert.equal(await ask('unconfirmed@example.com'), 'email_not_confirmed')
      assert.equal(await ask('gone@example.com'), 'invalid_credentials')
      assert.equal(await ask('known@example.com'), undefined)
    })
  })

// ---- every public route ----

const wrong = '000000'
// What is asked of a person; `email` and `phone` are of the same length for all.
const routes = {
  'recover': ({ email }) => ['/recover', { email }],
  'recover with PKCE': ({ email }) => ['/recover', { email, code_challenge: 'x'.repeat(43), code_challenge_method: 's256' }],
  'a magic link': ({ email }) => ['/magiclink', { email }],
  'a code by mail': ({ email }) => ['/otp', { email }],
  'a code by text message': ({ phone }) => ['/otp', { phone }],
  'the confirmation again': ({ email }) => ['/resend', { type: 'signup', email }],
  'the change of address again': ({ email }) => ['/resend', { type: 'email_change', email }],
  'the text message again': ({ phone }) => ['/resend', { type: 'sms', phone }],
  'the change of number again': ({ phone }) => ['/resend', { type: 'phone_change', phone }],
  ...Object.fromEntries(['signup', 'invite', 'recovery', 'magiclink', 'email', 'email_change'].map((type) => [`a wrong code, ${type}`, ({ email }) => ['/verify', { type, email, token: wrong }]])),
  ...Object.fromEntries(['sms', 'phone_change'].map((type) => [`a wrong code, ${type}`, ({ phone }) => ['/verify', { type, phone, token: wrong }]])),
  'a wrong password': ({ email }) => ['/token?grant_type=password', { email, password: 'Wrong-pw-1' }],
  'a wrong password by phone': ({ phone }) => ['/token?grant_type=password', { phone, password: 'Wrong-pw-1' }],
}
// Those that send something: no more than one within the time, even where there is nobody to send it to.
const mails = new Set(Object.keys(routes).slice(0, 9))
const auth0Routes = {
  'a wrong password': ({ email }, client) => ['/oauth/token', { ...client, grant_type: 'password', username: email, password: 'Wrong-pw-1', scope: 'openid' }],
  'a forgotten password': ({ email }, { client_id }) => ['/dbconnections/change_password', { client_id, email, connection: 'Username-Password-Authentication' }],
}

// The kinds of people, by what makes them; nobody makes the last.
const kinds = {
  known: { email_confirm: true, phone_confirm: true }, banned: { email_confirm: true, phone_confirm: true, ban_duration: '24h' }, unconfirmed: {},
  'without a password': { email_confirm: true, phone_confirm: true, password: undefined }, unknown: null,
}

for (const store of stores)
  describe(`every public route (${store})`, () => {
    let server, sms, wire, other, n = 100000

    const admin = async (method, path, body) => {
      const answer = await wire.request(method, path, body, { authorization: `Bearer ${server.gotrue.serviceKey}` })
      assert.equal(answer.status, 200, answer.text)
      return answer.json
    }
    // One of each kind, new each time, so that no answer is about how often one asks.
    async function everybody() {
      const made = {}
      for (const [kind, more] of Object.entries(kinds)) {
        const person = { email: `person-${++n}@example.com`, phone: `4915${n}777` }
        if (more) await admin('POST', '/admin/users', { ...person, password: right, ...more })
        made[kind] = person
      }
      return made
    }
    const bare = ({ status, headers, text }) => {
      const { date, 'x-request-id': id, 'sb-request-id': its, ...rest } = headers
      return { status, headers: rest, text: text.replace(/"error_id":"[^"]*"/, '"error_id":""').replace(/after 5\d seconds/, 'after 5- seconds') }
    }

    before(async () => {
      sms = await texts()
      server = await start({ store, env: { ...sms.env, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_SMS_MAX_FREQUENCY: '1m', GOTRUE_RATE_LIMIT_EMAIL_SENT: '100000', GOTRUE_SITE_URL: 'http://127.0.0.1:3000' } })
      wire = new Wire(server.gotrue.url)
      other = new Wire(server.auth0.url, {}, server.auth0.ca)
    })
    after(async () => {
      for (const each of [wire, other]) each?.close()
      await server?.stop()
      sms.stop()
    })

    for (const [title, ask] of Object.entries(routes))
      test(`GoTrue: ${title}`, async () => {
        const answers = {}
        for (const [kind, person] of Object.entries(await everybody())) {
          answers[kind] = []
          for (let i = 0; i < 3; i++) answers[kind].push(bare(await wire.request('POST', ...ask(person)))) // what is asked again tells nothing more
        }
        for (const [kind, answer] of Object.entries(answers)) assert.deepEqual(answer, answers.unknown, kind)
        if (mails.has(title)) assert.deepEqual(answers.unknown.map(({ status }) => status), [200, 429, 429])
      })

    for (const [title, ask] of Object.entries(auth0Routes))
      test(`Auth0: ${title}`, async () => {
        const client = { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }, answers = {}
        for (const [kind, person] of Object.entries(await everybody())) {
          answers[kind] = bare(await other.request('POST', ...ask(person, client)))
          assert.deepEqual(bare(await other.request('POST', ...ask(person, client))), answers[kind], `${kind}, again`)
        }
        assert.equal(answers.unknown.status, title === 'a wrong password' ? 403 : 200, answers.unknown.text)
        for (const [kind, answer] of Object.entries(answers)) assert.deepEqual(answer, answers.unknown, kind)
      })

    // Written exceptions: what SDKs read.
    test('exception: a sign-up of a confirmed address has role "" and no identities, and nothing else of the account', async () => {
      const people = await everybody(), answers = {}
      for (const [kind, person] of Object.entries(people)) answers[kind] = await wire.request('POST', '/signup', { email: person.email, password: right })
      const shape = ({ status, headers, json }) => ({ status, headers: Object.keys(headers), members: Object.keys(json).sort(), app: json.app_metadata, phone: json.phone })
      for (const [kind, answer] of Object.entries(answers)) {
        const { role, identities } = answer.json
        if (kind === 'unconfirmed') continue // it is the pending one
        assert.deepEqual(shape(answer), shape(answers.unknown), kind)
        assert.deepEqual([role, identities.length], kind === 'unknown' ? ['authenticated', 1] : ['', 0], kind)
      }
    })

    test('exception: a code for those who have an account already', async () => {
      const people = await everybody(), codes = {}
      for (const [kind, { email }] of Object.entries(people)) codes[kind] = (await wire.request('POST', '/otp', { email, create_user: false })).status
      assert.deepEqual(codes, { known: 200, banned: 200, unconfirmed: 200, 'without a password': 200, unknown: 422 })
    })
  })
