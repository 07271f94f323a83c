// clerk_hostile.test.mjs: hostile values in filters, orders, searches, pages, paths and keys of metadata: no 5xx, no word of SQL in an answer, nothing changed, nothing outside
// the store.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { start, stores } from '../lib/server.mjs'

const values = [
  "' OR '1'='1", "'; DROP TABLE auth_users; --", '"; DELETE FROM auth.users; --', "') UNION SELECT encrypted_password FROM auth.users --", '1; SELECT pg_sleep(10)', "admin'--", "\\'; --", '%', '_', '%%%%%%%%%%%%',
  '\\', '\\%', '*', '?', ':id', '$1', '@x', '#user_columns#', '{}', '[]', 'null', 'true', '-1', '0x7fffffff', '9223372036854775808', '1e309', 'NaN', '../../../etc/passwd', '..%2f..%2fdata.key', '/dev/zero',
  'file:///etc/passwd', '$(touch /tmp/hecate-hostile)', '`id`', '| ls', '<script>alert(1)</script>', '{{user.id}}', '${7*7}', '\r\nX-Injected: 1', '\u0000', '\u202e', '\ufeff', 'é'.repeat(200), '🔐'.repeat(90),
  'a'.repeat(4000), '(((((((((((((', '[a-', '(a+)+$', '-', '+', '--', '-created_at; DROP TABLE x', 'created_at,id', 'created_at DESC, (SELECT 1)', 'encrypted_password', 'u.id',
]
const lists = ['email_address', 'phone_number', 'username', 'web3_wallet', 'user_id', 'external_id', 'organization_id']
const texts = ['query', 'email_address_query', 'phone_number_query', 'username_query', 'name_query', 'order_by', 'starting_after']
const numbers = ['limit', 'offset', 'banned', 'created_at_after', 'last_active_at_since', 'last_sign_in_at_before']
const sql = /select |insert |syntax|sqlite|postgres|sqlstate|psql|hecate_|auth_users|auth\.users|constraint|relation |\bcolumn\b/i

for (const store of stores)
  describe(`hostile values on ${store}`, () => {
    test(`${values.length * (lists.length + texts.length + numbers.length)} in lists and counts, ${values.length * 5} in metadata and paths`, async () => {
      const server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      const headers = { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }
      const { users } = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
      const tree = () => readdirSync(server.dir, { recursive: true }).filter((name) => !/hecate\.db/.test(name)).sort()
      let asked = 0
      const call = async (method, path, body) => {
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method, headers, body })
        const text = await answer.text(), what = `${method} ${path.slice(0, 200)} ${String(body).slice(0, 200)}: ${answer.status} ${text.slice(0, 300)}`
        asked++
        assert.ok(answer.status < 500, what)
        assert.equal(answer.headers.get('x-injected'), null, what)
        return { status: answer.status, json: JSON.parse(text), text, what }
      }
      // An error may say what was asked for, and nothing of the store.
      const unsaid = ({ status, json, what }, value) => {
        if (status === 200) return
        const said = JSON.stringify(json).replaceAll(JSON.stringify(value).slice(1, -1).slice(0, 200), '')
        assert.ok(!sql.test(said.replace(/auth_users|hecate_/g, (word) => (value.includes(word) ? '' : word))) || sql.test(value), what)
      }
      try {
        const canary = await users.createUser({ emailAddress: ['canary@example.com'], username: 'canary_one', firstName: 'Can', publicMetadata: { a: 1 }, password: 'secret-pw-1' })
        const before = [tree(), await users.getCount()]
        for (const value of values) {
          const text = encodeURIComponent(value)
          for (const name of [...lists, ...texts, ...numbers]) {
            const list = await call('GET', `/users?${name}=${text}`)
            unsaid(list, value)
            // No condition is lost: what fits nobody gives nobody.
            if (lists.includes(name) && list.status === 200 && !/^-/.test(value)) assert.deepEqual(list.json, [], list.what)
            if (texts.slice(0, 5).includes(name) && list.status === 200 && list.json.length > 0) assert.ok(['+', '-', '_', '', 'null'].includes(value.trim()) || value === '\ufeff', list.what)
          }
          unsaid(await call('GET', `/users/count?query=${text}&order_by=${text}`), value)
        }
        for (const value of values) {
          const key = JSON.stringify(value)
          for (const [method, path, body] of [['PATCH', `/users/${canary.id}/metadata`, `{"unsafe_metadata":{${key}:{${key}:${key}}}}`], ['PATCH', `/users/${canary.id}/metadata`, `{"unsafe_metadata":{${key}:null}}`],
            ['GET', `/users/${encodeURIComponent(value)}`], ['DELETE', `/users/${canary.id}/external_accounts/${encodeURIComponent(value)}`], ['GET', `/public/images/${encodeURIComponent(value)}`]]) {
            const answer = await call(method, path, body)
            unsaid(answer, value)
            if (method !== 'PATCH') assert.ok([400, 404].includes(answer.status), answer.what)
          }
        }
        assert.ok(asked >= 300)
        assert.deepEqual([tree(), await users.getCount()], before)
        const after = await users.getUser(canary.id)
        assert.deepEqual([after.username, after.firstName, after.publicMetadata, after.unsafeMetadata], ['canary_one', 'Can', { a: 1 }, {}])
        assert.equal((await users.verifyPassword({ userId: canary.id, password: 'secret-pw-1' })).verified, true)
      } finally {
        await server.stop()
      }
    })
  })
