// clerk_last.test.mjs: who signed in or was active before or after some time, and who has a part of a name, among some thousand users of odd histories, who
// were brought by SQL: pages and counts are what a plain model says, wherever the users stand in the indexes. Through the real client.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { start, stores } from '../lib/server.mjs'
import { query } from '../lib/tables.mjs'

const DAY = 86400, begin = Date.UTC(2024, 0, 1) / 1000
// [how many, made on the day, seen on the day (and a second later each; null: never), deleted]: many old ones hide some newer ones from the latest sign-ins.
const groups = [[4300, 1, 10], [15, 5, 8], [3, 6, 8, true], [8, 20, 2], [1100, 30, null], [4, 31, 32]]
const people = groups.flatMap(([n, made, seen, deleted = false], group) => Array.from({ length: n }, (_, i) => ({
  id: `${String(group).padStart(8, '0')}-0000-4000-8000-${String((i * 7919) % 100003).padStart(12, '0')}`,
  made: begin + made * DAY + (i >> 1), seen: seen === null ? null : begin + seen * DAY + i, deleted, name: `${group}-${i}`,
})))

async function bring(server) {
  const pg = server.store === 'postgres', at = (s) => (s === null ? 'NULL' : pg ? `to_timestamp(${s})` : `${s}000000`)
  const insert = (table, columns, row) => query(server, `INSERT INTO ${table} (${columns}) VALUES ${people.map(row).join(',')}`, true)
  await insert('auth.users', 'id, aud, created_at, updated_at, last_sign_in_at, deleted_at, is_sso_user, is_anonymous', (p) => `('${p.id}', 'authenticated', ${at(p.made)}, ${at(p.made)}, ${at(p.seen)}, ${at(p.deleted ? p.seen : null)}, false, false)`)
  await insert('hecate.profiles', 'user_id, first_name, last_active_at, made_at, private_metadata', (p) => `('${p.id}', '${p.name}', ${at(p.seen)}, ${at(p.made)}, '{}')`)
}

for (const store of stores)
  test(`bounds of the last sign-in and activity, and parts of names, on ${store}`, async () => {
    const server = await start({ store })
    const { users } = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    try {
      await bring(server)
      for (const [name, holds] of [['AtBefore', (seen, t) => seen < t], ['AtAfter', (seen, t) => seen > t]])
        for (const what of ['lastActive', 'lastSignIn'])
          for (const day of [2, 3, 8, 9, 10, 11, 32, 33])
            for (const down of [true, false]) {
              const t = begin + day * DAY + 3, bound = { [what + name]: t * 1000 }
              const due = people.filter((p) => p.seen !== null && !p.deleted && holds(p.seen, t)).sort((a, b) => (a.made - b.made || (a.id < b.id ? -1 : 1)) * (down ? -1 : 1)).map((p) => p.name)
              const said = `${JSON.stringify(bound)} ${down ? 'down' : 'up'}`
              for (const [offset, limit] of [[0, 10], [10, 10], [3, 20], [4290, 40]]) {
                const { data, totalCount } = await users.getUserList({ ...bound, orderBy: `${down ? '-' : '+'}created_at`, offset, limit })
                assert.deepEqual(data.map((user) => user.firstName), due.slice(offset, offset + limit), `${said}, ${offset}`)
                assert.equal(totalCount, due.length, said)
              }
              assert.equal(await users.getCount(bound), due.length, said)
            }
      // A part of a name that nobody, few, or many have, among the newest or the oldest alone.
      for (const part of ['6-0', '5-1', '4-10', '4-109', '1-3', '0-4', '0-42', '0-4299', '-1', '99'])
        for (const down of [true, false]) {
          const due = people.filter((p) => p.name.includes(part) && !p.deleted).sort((a, b) => (a.made - b.made || (a.id < b.id ? -1 : 1)) * (down ? -1 : 1)).map((p) => p.name)
          for (const [offset, limit] of [[0, 10], [7, 30]]) {
            const { data, totalCount } = await users.getUserList({ nameQuery: part, orderBy: `${down ? '-' : '+'}created_at`, offset, limit })
            assert.deepEqual(data.map((user) => user.firstName), due.slice(offset, offset + limit), `${part}, ${offset}`)
            assert.equal(totalCount, due.length, part)
          }
        }
    } finally {
      await server.stop()
    }
  })
