// enumeration.test.mjs: sign-in with a wrong password says the same of everybody: unknown, known, banned, unconfirmed, without a password, with a foreign
// hash; the same status, headers and body, but for what is new in each answer. The written exceptions are sign-ups and codes, which SDKs read.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { start, stores } from '../lib/server.mjs'
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
