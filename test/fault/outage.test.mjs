// outage.test.mjs: PostgreSQL goes away under load and comes back: 5xx in each dialect's shape meanwhile, all well within seconds, nothing acknowledged lost.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { admins } from '../lib/admins.mjs'
import { newCluster } from '../lib/cluster.mjs'
import { newCutter } from '../lib/cutter.mjs'
import { figure } from '../lib/figure.mjs'
import { crew, hangUp, present, RECOVERY_MS, shapes, sum, underLoad } from '../lib/load.mjs'
import { start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

const CUTS = 60, TRIES = 5
const env = { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2) }

// Waits until writes and reads are answered again; the milliseconds it took.
async function recovered(rest, life) {
  const since = Date.now()
  const { written, read } = life
  while (life.written < written + 6 || life.read < read + 6) {
    assert.ok(Date.now() - since < RECOVERY_MS, `no answer ${RECOVERY_MS} ms after PostgreSQL was back`)
    await rest(20)
  }
  return Date.now() - since
}

// Rests until something is so that surely comes, which a busy machine delays.
async function until(rest, what) {
  for (const end = Date.now() + 30_000; !what() && Date.now() < end;) await rest(20)
}

const stopped = (mode) => async (cluster, rest, { writesRefused, readsRefused }) => {
  await cluster.stop(mode)
  await rest(1000)
  await until(rest, () => sum(writesRefused) > 0 && sum(readsRefused) > 0)
  await cluster.start()
}

const faults = [
  ['stopped and started', stopped('fast'), true],
  ['crashed and started', stopped('immediate'), true],
  ['closing every connection, ten times', async (cluster, rest) => {
    for (let i = 0; i < 10; i++) {
      await cluster.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()')
      await rest(100)
    }
  }, false],
]

if (stores.includes('postgres'))
  describe('PostgreSQL', () => {
    let cluster, server, them
    before(async () => {
      cluster = await newCluster()
      server = await start({ store: 'postgres', database: cluster.url, env })
      them = await crew(server)
    })
    after(async () => {
      if (them) hangUp(them)
      await server?.stop().finally(() => cluster.drop())
    })

    for (const [title, fault, always] of faults)
      test(title, async (t) => {
        let took
        const life = await underLoad(them, async (rest, counts) => {
          await rest(300)
          await until(rest, () => counts.written > 0 && counts.read > 0)
          assert.ok(counts.written > 0 && counts.read > 0)
          await fault(cluster, rest, counts)
          took = await recovered(rest, counts)
        })
        figure(t, `${title}: ${life.written} written, ${sum(life.writesRefused)} writes and ${sum(life.readsRefused)} reads refused with ${[...life.statuses]}, ${took} ms to recover`)
        if (always) assert.ok(sum(life.writesRefused) > 0 && sum(life.readsRefused) > 0, 'refuses meanwhile')
        await present(them)
        assert.equal(broken(server), '')
      })

    // The change is made, or not, and nobody can tell: it is said to have failed, and is made once at the most.
    test('answers that are lost with their connection', async (t) => {
      const cutter = await newCutter(cluster.url)
      const other = await start({ store: 'postgres', database: cutter.url, env })
      try {
        const those = await crew(other)
        const life = await underLoad(those, async (rest, counts) => {
          await rest(200)
          for (let i = 0; i < CUTS; i++) {
            cutter.cut()
            for (const end = Date.now() + RECOVERY_MS; cutter.cuts() === i; await rest(5)) assert.ok(Date.now() < end, 'it asks the database again')
            await rest(15)
          }
          await recovered(rest, counts)
        })
        figure(t, `${cutter.cuts()} cuts, ${life.written} written, ${sum(life.writesRefused)} writes and ${sum(life.readsRefused)} reads refused with ${[...life.statuses]}`)
        assert.equal(cutter.cuts(), CUTS)
        await present(those)
        assert.equal(broken(server), '')
        hangUp(those)
      } finally {
        await other.stop()
        cutter.close()
      }
    })

    // Each try of a creation meets another connection that is lost: nothing has happened, and each dialect says that it is not the caller's fault.
    test('a transaction whose connection is lost each time', async () => {
      const cutter = await newCutter(cluster.url)
      const other = await start({ store: 'postgres', database: cutter.url, env })
      try {
        for (const [name, admin] of Object.entries(await admins(other))) {
          const wire = admin.wire(), create = admin.create({ email: `lost-${name}@example.com`, password: 'Secret-pw-1', mark: 424242 }), before = cutter.cuts()
          cutter.cutBefore('424242', TRIES) // only what inserts the user has its metadata
          const refused = await wire.request(...create)
          assert.equal(refused.status, 503, refused.text)
          assert.ok(shapes[name](refused.status, refused.json), refused.text)
          assert.equal(cutter.cuts(), before + TRIES)
          const made = await wire.request(...create)
          assert.ok(made.status < 300, made.text)
          wire.close()
        }
        assert.equal(broken({ ...other, database: cluster.url }), '')
      } finally {
        await other.stop()
        cutter.close()
      }
    })

    // The second statement of a transaction, never used before: it is described first, and must not go on alone on the next connection.
    test('a transaction whose connection is lost half-way', async () => {
      const cutter = await newCutter(cluster.url)
      const other = await start({ store: 'postgres', database: cutter.url, env: { ...env, GOTRUE_MAILER_AUTOCONFIRM: 'true' } })
      try {
        const post = (path, body, headers) => fetch(`${other.gotrue.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
        const { access_token: token, user } = await (await post('/signup', { email: 'half@example.com', password: 'Secret-pw-1' })).json()
        cutter.cutBefore('DELETE FROM auth.sessions')
        const answer = await post('/logout?scope=local', {}, { authorization: `Bearer ${token}` })
        assert.equal(answer.status, 204)
        assert.equal(cutter.cuts(), 1)
        const of = async (what) => (await query({ ...other, database: cluster.url }, what))[0].n // not through the cutter: psql blocks this process
        assert.equal(await of(`SELECT count(*) AS n FROM auth.sessions WHERE user_id = '${user.id}'`), 0, 'the session is gone')
        assert.equal(await of(`SELECT count(*) AS n FROM auth.audit_log_entries WHERE payload->>'action' = 'logout' AND payload->>'actor_id' = '${user.id}'`), 1, 'and the audit trail says so')
      } finally {
        await other.stop()
        cutter.close()
      }
    })
  })
