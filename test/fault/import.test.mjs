// import.test.mjs: SIGKILL while a file of users is imported, again and again: the job goes on where it was, each row counts once, and every user is there
// as the file says.
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManagementClient } from 'auth0-4'
import { newDatabase, sleep, start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

const kills = { sqlite: Number(process.env.HECATE_KILLS ?? 4), postgres: Number(process.env.HECATE_KILLS ?? 1) }
const ROWS = 2000
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', HECATE_AUTH0_IMPORT_LIMIT: '4MiB' }
const digests = ['md5 4ece57a61323b52ccffdbef021956754', 'sha1 942797cec837295dd59e4ee7e8bdb73292d430bc', 'md4 24d9c99595080b241b3b4eb0cba8d8f4'].map((x) => x.split(' '))

// Good rows, rows that name a user who is there, and rows that nobody can import.
const row = (i) => (i % 50 === 0 ? { email: `no address ${i}` }
  : { email: i % 40 === 1 ? 'known@example.com'.replace('known', `known${i}`) : `row${i}@example.com`, name: `Name ${i}`, user_metadata: { i },
    custom_password_hash: { algorithm: digests[i % 3][0], hash: { value: digests[i % 3][1], encoding: 'hex' } } })

for (const store of stores)
  test(`${kills[store]} kills under an import on ${store}`, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'hecate-import-'))
    const database = store === 'postgres' ? newDatabase() : undefined
    let ports, server
    const client = () => new ManagementClient({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret, retry: { enabled: false } })
    const open = async () => {
      server = await start({ store, data, database: database?.url, ports, env })
      ports = server.ports
      return client()
    }
    try {
      let m = await open()
      const rows = Array.from({ length: ROWS }, (_, i) => row(i)), [{ id: connection_id }] = (await m.connections.getAll()).data
      for (const { email } of rows.filter((r) => r.email.startsWith('known')).slice(0, 10)) await m.users.create({ connection: 'Username-Password-Authentication', email, password: 'Secret-pw-1', verify_email: false })
      const { id } = (await m.jobs.importUsers({ users: new Blob([JSON.stringify(rows)]), connection_id })).data
      let under = 0
      for (let i = 0; i < kills[store]; i++) {
        await sleep(randomInt(0, 150))
        const [{ state }] = await query(server, 'SELECT state FROM hecate.jobs')
        await server.kill('SIGKILL')
        assert.doesNotMatch(server.log(), /Sanitizer|runtime error:/)
        under += state !== 'completed'
        m = await open()
      }
      let job
      for (let i = 0; i < 2000 && job?.status !== 'completed'; i++, await sleep(100)) job = (await m.jobs.get({ id })).data
      const bad = rows.filter((r) => r.email.startsWith('no')).length
      assert.deepEqual(job.summary, { failed: bad + 10, updated: 0, inserted: ROWS - bad - 10, total: ROWS })
      assert.equal((await m.jobs.getErrors({ id })).data.length, bad + 10)
      const names = new Map((await query(server, "SELECT u.email, p.name FROM auth.users u JOIN hecate.profiles p ON p.user_id = u.id")).map((u) => [u.email, u.name]))
      assert.equal(names.size, ROWS - bad)
      for (const { email, name } of rows.filter((r) => r.email.startsWith('row'))) assert.equal(names.get(email), name)
      assert.equal(broken(server), '')
      t.diagnostic(`${under} of ${kills[store]} kills met the import`)
      await server.stop()
    } finally {
      database?.drop()
      rmSync(data, { recursive: true, force: true })
    }
  })
