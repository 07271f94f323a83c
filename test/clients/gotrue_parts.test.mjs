// gotrue_parts.test.mjs: identities, sessions, exact look-up and the audit trail; the requests of the Elixir client byte for byte (its headers, no
// content-type, no content-length on a DELETE, explicit nulls).
import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { GoTrueClient } from '@supabase/auth-js'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `parts-${process.pid}-${n++}@example.com`
const phone = () => `4915${String(process.pid).padStart(7, '0')}${String(n++).padStart(3, '0')}`
const unknown = '00000000-0000-4000-8000-0000000000aa'

for (const store of stores)
  describe(`parts of a user on ${store}`, () => {
    let server
    before(async () => { server = await start({ store, env: { GOTRUE_MAILER_AUTOCONFIRM: 'true', GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true', GOTRUE_EXTERNAL_PHONE_ENABLED: 'true' } }) })
    after(() => server.stop())

    // What Supabase.GoTrue 0.5.2 puts on the wire; every answer must be JSON, whatever its status.
    function elixir(method, path, body, token = server.gotrue.serviceKey) {
      const { hostname, port } = new URL(server.gotrue.url)
      const text = body === undefined ? '' : JSON.stringify(body)
      const lines = [`${method} /auth/v1${path} HTTP/1.1`, `host: ${hostname}:${port}`, 'accept: application/json', `apikey: ${server.gotrue.serviceKey}`, `authorization: Bearer ${token}`,
        'user-agent: SupabasePotion/0.6.2', 'x-client-info: supabase-fetch-elixir/0.6.2', ...(text ? [`content-length: ${Buffer.byteLength(text)}`] : []), 'connection: close']
      return new Promise((resolve, reject) => {
        let seen = ''
        const socket = net.connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`))
        socket.setEncoding('utf8').on('data', (chunk) => { seen += chunk }).on('error', reject).on('close', () => {
          const [head, ...rest] = seen.split('\r\n\r\n')
          resolve({ status: Number(head.split(' ')[1]), json: JSON.parse(rest.join('\r\n\r\n')), head })
        })
      })
    }
    const make = async (fields = {}) => (await elixir('POST', '/admin/users', { email: email(), phone: phone(), password, email_confirm: true, phone_confirm: true, ...fields })).json
    const signIn = async (address) => (await elixir('POST', '/token?grant_type=password', { email: address, password, data: {}, gotrue_meta_security: { captcha_token: null } })).json

    test('Elixir: list_identities and delete_identity, by the provider id that its struct has', async () => {
      const user = await make()
      const { status, json } = await elixir('GET', `/admin/users/${user.id}/identities`)
      assert.equal(status, 200)
      assert.deepEqual(json.map(({ provider, id }) => [provider, id]).sort(), [['email', user.id], ['phone', user.id]])
      const row = json.find(({ provider }) => provider === 'phone').identity_id
      assert.deepEqual([(await elixir('DELETE', `/admin/users/${user.id}/identities/${row}`)).json, (await elixir('GET', `/admin/users/${user.id}`)).json.phone], [{}, ''])
      const left = (await elixir('GET', `/admin/users/${user.id}`)).json
      assert.deepEqual(left.app_metadata, { provider: 'email', providers: ['email'] })
      const last = await elixir('DELETE', `/admin/users/${user.id}/identities/${user.id}`)
      assert.deepEqual([last.status, last.json.error_code], [422, 'single_identity_not_deletable'])
    })

    test('Elixir: an unknown identity, an unknown user', async () => {
      const user = await make()
      for (const [path, code] of [[`/admin/users/${user.id}/identities/${unknown}`, 'identity_not_found'], [`/admin/users/${unknown}/identities/${unknown}`, 'user_not_found'], [`/admin/users/${user.id}/identities/nothing`, 'identity_not_found']]) {
        const { status, json } = await elixir('DELETE', path)
        assert.deepEqual([status, json.error_code], [404, code])
      }
      assert.equal((await elixir('GET', `/admin/users/${user.id}/identities`)).json.length, 2)
    })

    test('Elixir: get_user_identities and unlink_identity of the own user', async () => {
      const user = await make()
      const { access_token: token } = await signIn(user.email)
      const own = (await elixir('GET', '/user/identities', undefined, token)).json
      assert.equal(own.length, 2)
      const answer = await elixir('DELETE', `/user/identities/${own.find(({ provider }) => provider === 'email').identity_id}`, undefined, token)
      assert.deepEqual([answer.status, answer.json], [200, {}])
      const after = (await elixir('GET', `/admin/users/${user.id}`)).json
      assert.deepEqual([after.email, after.phone, after.identities.map(({ provider }) => provider)], ['', user.phone, ['phone']])
    })

    test('auth-js: unlinkIdentity', async () => {
      const user = await make()
      const auth = new GoTrueClient({ url: server.gotrue.url, autoRefreshToken: false, persistSession: false })
      await auth.signInWithPassword({ email: user.email, password })
      const { data: { identities } } = await auth.getUserIdentities()
      assert.equal((await auth.unlinkIdentity(identities.find(({ provider }) => provider === 'phone'))).error, null)
      assert.equal((await auth.unlinkIdentity(identities.find(({ provider }) => provider === 'email'))).error.code, 'single_identity_not_deletable')
    })

    test('Elixir: delete_factor', async () => {
      const user = await make()
      const { access_token: token } = await signIn(user.email)
      const factor = (await elixir('POST', '/factors', { factor_type: 'totp', friendly_name: null }, token)).json
      assert.equal((await elixir('DELETE', `/admin/users/${user.id}/factors/${factor.id}`)).json.id, factor.id)
      assert.equal((await elixir('GET', `/admin/users/${user.id}`)).json.factors, undefined)
    })

    test('an administrator lists and ends sessions', async () => {
      const user = await make()
      const first = await signIn(user.email), second = await signIn(user.email)
      const sessions = (await elixir('GET', `/admin/users/${user.id}/sessions`)).json
      assert.deepEqual(sessions.map(({ user_id: id, aal, amr }) => [id, aal, amr]), [[user.id, 'aal1', ['password']], [user.id, 'aal1', ['password']]])
      assert.match(sessions[0].user_agent, /SupabasePotion/)
      const id = JSON.parse(Buffer.from(second.access_token.split('.')[1], 'base64url')).session_id
      assert.equal(sessions[0].id, id)
      assert.equal((await elixir('DELETE', `/admin/users/${user.id}/sessions/${unknown}`)).json.error_code, 'session_not_found')
      assert.equal((await elixir('DELETE', `/admin/users/${(await make()).id}/sessions/${id}`)).status, 404)
      assert.equal((await elixir('DELETE', `/admin/users/${user.id}/sessions/${id}`)).status, 200)
      assert.equal((await elixir('GET', '/user', undefined, second.access_token)).json.error_code, 'session_not_found')
      assert.equal((await elixir('GET', '/user', undefined, first.access_token)).status, 200)
      assert.equal((await elixir('DELETE', `/admin/users/${user.id}/sessions`)).status, 200)
      assert.equal((await elixir('GET', '/user', undefined, first.access_token)).status, 403)
      const trail = (await elixir('GET', `/admin/audit?query=action:logout&per_page=1`)).json
      assert.deepEqual([trail[0].payload.actor_username, trail[0].payload.traits], ['service_role', { user_id: user.id }])
    })

    test('the list finds an address exactly, in any spelling', async () => {
      const user = await make()
      await make({ email: `x${user.email}` })
      const find = async (query) => (await elixir('GET', `/admin/users?${query}`)).json.users?.map(({ id }) => id)
      assert.deepEqual(await find(`email=${encodeURIComponent(user.email.toUpperCase())}`), [user.id])
      assert.deepEqual(await find(`phone=%2B${user.phone}`), [user.id])
      assert.deepEqual(await find(`phone=${user.phone}&email=${encodeURIComponent(user.email)}`), [user.id])
      assert.deepEqual(await find(`email=${encodeURIComponent(user.email.slice(1))}`), [])
      assert.equal((await elixir('GET', '/admin/users?phone=12ab')).status, 400)
    })

    test('what is looked for in the audit trail is text, whatever is in it', async () => {
      for (const text of ["'", '%22', '%27%20OR%201=1', '%5C', '%25%25', ':::', ';--'])
        assert.equal((await elixir('GET', `/admin/audit?query=author:${text}`)).status, 200)
    })
  })
