// auth0_jobs.test.mjs: imports, exports and verification mails as jobs through the real clients; what they did is seen by sign-ins and other calls.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { ManagementClient as Newest } from 'auth0'
import { ManagementClient as Four } from 'auth0-4'
import { hashes } from '../lib/auth0_hashes.mjs'
import { sleep, start, stores } from '../lib/server.mjs'
import { broken, query } from '../lib/tables.mjs'

let n = 0
const email = () => `job-${process.pid}-${n++}@example.com`
const text = (rows) => (typeof rows === 'string' ? rows : JSON.stringify(rows))

const faces = {
  'auth0 4.37.1': (options) => {
    const m = new Four({ ...options, retry: { enabled: false } })
    const data = async (promise) => (await promise).data
    return {
      import: (rows, more) => data(m.jobs.importUsers({ users: new Blob([text(rows)], { type: 'application/json' }), ...more })), export: (body) => data(m.jobs.exportUsers(body)),
      verify: (body) => data(m.jobs.verifyEmail(body)), job: (id) => data(m.jobs.get({ id })), errors: (id) => data(m.jobs.getErrors({ id })),
      connections: (q) => data(m.connections.getAll(q)), connect: (body) => data(m.connections.create(body)), user: (id) => data(m.users.get({ id })), byEmail: (e) => data(m.usersByEmail.getByEmail({ email: e })), create: (body) => data(m.users.create(body)),
      methods: (id) => data(m.users.getAuthenticationMethods({ id })),
    }
  },
  'auth0 newest': (options) => {
    const m = new Newest(options), plain = { maxRetries: 0 }
    return {
      import: (rows, more) => m.jobs.usersImports.create({ users: new Blob([text(rows)], { type: 'application/json' }), ...more }, plain), export: (body) => m.jobs.usersExports.create(body, plain),
      verify: (body) => m.jobs.verificationEmail.create(body, plain), job: (id) => m.jobs.get(id, plain), errors: (id) => m.jobs.errors.get(id, plain),
      connections: async (q) => (await m.connections.list(q ?? {}, plain)).data, connect: (body) => m.connections.create(body, plain), user: (id) => m.users.get(id, {}, plain), byEmail: (e) => m.users.listUsersByEmail({ email: e }, plain), create: (body) => m.users.create(body, plain),
      methods: async (id) => (await m.users.authenticationMethods.list(id, {}, plain)).data,
    }
  },
}

async function refused(promise, status, message) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e)
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  assert.deepEqual([error.statusCode, body?.message], [status, message])
}

for (const store of stores)
  for (const [version, face] of Object.entries(faces))
    describe(`jobs: ${version} on ${store}`, () => {
      let server, m, id
      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
        m = face({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret })
        id = (await m.connections({ name: 'Username-Password-Authentication' }))[0].id
      })
      after(async () => {
        assert.equal(broken(server), '')
        await server.stop()
      })

      const ended = async (job) => {
        for (let i = 0; i < 2400; i++) {
          const now = await m.job(job.id)
          if (now.status === 'completed' || now.status === 'failed') return now
          await sleep(25)
        }
        assert.fail('the job does not end')
      }
      const unpacked = async ({ location }) => gunzipSync(Buffer.from(await (await fetch(location)).arrayBuffer())).toString()
      const run = async (rows, more = {}) => ended(await m.import(rows, { connection_id: id, ...more }))
      const grant = (username, password) => fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: 'password', username, password, client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret }) })
      const gotrue = (username, password) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: username, password }) })

      test('imported users sign in by Auth0 and by GoTrue, whatever their hash', async () => {
        const rows = hashes.map(([, hash], i) => ({ email: email(), email_verified: true, name: `User ${i}`, ...hash }))
        const asked = await m.import(rows, { connection_id: id, external_id: 'batch-1', send_completion_email: false })
        assert.deepEqual({ ...asked, id: '', created_at: '' }, { type: 'users_import', status: 'pending', connection_id: id, connection: 'Username-Password-Authentication', created_at: '', id: '', external_id: 'batch-1' })
        assert.match(asked.id, /^job_[A-Za-z0-9]{16}$/)
        const done = await ended(asked)
        assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: rows.length, total: rows.length })
        assert.ok(!(await m.errors(asked.id)))
        for (const [i, [password]] of hashes.entries()) {
          assert.equal((await grant(rows[i].email, `${password}x`)).status, 403)
          assert.equal((await grant(rows[i].email, password)).status, 200, `sign-in ${i}`)
          assert.equal((await gotrue(rows[i].email, password)).status, 200, `GoTrue ${i}`)
        }
      })

      test('all members of a row arrive', async () => {
        const row = { email: email(), email_verified: true, user_id: `given-${n}`, username: `user_${process.pid}_${n}`, given_name: 'Ada', family_name: 'Lovelace', name: 'Ada L', nickname: 'ada', picture: 'https://example.com/a.png', phone_number: `+4930${1000000 + n}`, phone_verified: true, blocked: true, app_metadata: { plan: 'a', deep: { x: [1] } }, user_metadata: { likes: 'tea' }, mfa_factors: [{ totp: { secret: 'JBSWY3DPEHPK3PXP' } }, { phone: { value: '+15551234567' } }, { email: { value: 'second@example.com' } }] }
        const done = await run([row])
        assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: 1, total: 1 })
        const user = await m.user(`auth0|${row.user_id}`)
        const { mfa_factors, user_id, ...rest } = row
        for (const [name, value] of Object.entries(rest)) assert.deepEqual(user[name], value, name)
        assert.deepEqual((await m.methods(user.user_id)).map((x) => x.type).sort(), ['email', 'phone', 'totp'])
        assert.equal((await run([{ email: email(), user_id: 'auth0|twice' + n }])).summary.inserted, 1)
        assert.equal((await m.user(`auth0|auth0|twice${n}`)).email_verified, false)
      })

      test('each bad row is reported, the others go in', async () => {
        const [a, b, c] = [email(), email(), email()]
        const user = await m.create({ connection: 'Username-Password-Authentication', email: c, password: 'Secret-pw-1' })
        const rows = [
          { email: a }, { email: a.toUpperCase() }, { email: 'no address' }, { name: 'nobody' }, { email: email(), zoneinfo: 'x' }, { email: email(), email_verified: 'yes' }, { email: c }, 'text',
          { email: email(), password_hash: 'plain' }, { email: email(), custom_password_hash: { algorithm: 'sha256', hash: { value: 'zz', encoding: 'hex' } } }, { email: email(), custom_password_hash: { algorithm: 'rot13', hash: { value: 'zz' } } },
          { email: email(), app_metadata: { user_id: 1 } }, { email: email(), mfa_factors: [] }, { email: email(), mfa_factors: [{ totp: { secret: 'x' }, phone: { value: '+1' } }] }, { email: email(), user_id: user.user_id.slice(6) },
          { email: email(), password_hash: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K', custom_password_hash: { algorithm: 'md5', hash: { value: '00', encoding: 'hex' } } }, { email: b },
        ]
        const asked = await m.import(rows, { connection_id: id })
        assert.deepEqual((await ended(asked)).summary, { failed: rows.length - 2, updated: 0, inserted: 2, total: rows.length })
        const errors = await m.errors(asked.id)
        assert.deepEqual(errors.map((e) => e.errors[0].code), ['DUPLICATED_USER', 'FORMAT', 'OBJECT_REQUIRED', 'OBJECT_ADDITIONAL_PROPERTIES', 'INVALID_TYPE', 'DUPLICATED_USER', 'INVALID_TYPE', 'PATTERN', 'FORMAT', 'FORMAT', 'NOT_PASSED', 'ARRAY_LENGTH_SHORT', 'MFA_FACTORS_FAILED', 'DUPLICATED_USER', 'NOT_PASSED'])
        assert.deepEqual(errors[5], { user: { email: c }, errors: [{ code: 'DUPLICATED_USER', message: 'The user already exist and upsert parameter is false' }] })
        assert.deepEqual(errors[7].user, { email: rows[8].email, password_hash: '*****' })
        assert.equal(errors[8].user.custom_password_hash.hash.value, '*****')
        assert.equal((await m.byEmail(b)).length, 1)
      })

      test('upsert changes what it may and no more', async () => {
        const address = email()
        await run([{ email: address, email_verified: true, name: 'Old', app_metadata: { a: 1, b: 2 }, user_metadata: { x: 1 }, blocked: false, ...hashes[9][1] }])
        const done = await run([{ email: address, name: 'New', app_metadata: { c: 3 }, blocked: true, username: `other_${n}`, ...hashes[1][1] }], { upsert: true })
        assert.deepEqual(done.summary, { failed: 0, updated: 1, inserted: 0, total: 1 })
        const [user] = await m.byEmail(address)
        assert.deepEqual([user.name, user.app_metadata, user.user_metadata, user.blocked ?? false, user.username, user.email_verified], ['New', { c: 3 }, { x: 1 }, false, undefined, true])
        assert.equal((await grant(address, 'shh')).status, 200)
        await run([{ email: address, ...hashes[9][1] }], { upsert: true })
        assert.deepEqual([(await grant(address, 'shh')).status, (await grant(address, 'Tr0ub4dor&3')).status], [200, 403])
      })

      test('upsert reaches nobody of another connection', async () => {
        const other = await m.connect({ name: `db-${process.pid}-${n++}`, strategy: 'auth0' }), [one, two] = [email(), email()]
        const theirs = await m.create({ connection: other.name, email: one, password: 'Secret-pw-1', verify_email: false }), ours = await m.create({ connection: 'Username-Password-Authentication', email: two, password: 'Secret-pw-1', verify_email: false })
        for (const [address, connection_id, whose] of [[one, id, theirs], [two, other.id, ours]]) {
          const before = await m.user(whose.user_id), done = await run([{ email: address, email_verified: true, given_name: 'Mallory', ...hashes[9][1] }], { connection_id, upsert: true })
          assert.equal(done.summary.updated, 0)
          assert.deepEqual(await m.user(whose.user_id), before)
        }
        const done = await run([{ email: one, given_name: 'Ada' }], { connection_id: other.id, upsert: true })
        assert.equal(done.summary.updated, 1)
        assert.equal((await m.user(theirs.user_id)).given_name, 'Ada')
      })

      test('what is no import is refused; what is no file of users fails', async () => {
        await refused(m.import([{ email: email() }], { connection_id: 'con_0000000000000000' }), 404, 'The connection does not exist')
        await refused(m.import('', { connection_id: id }), 400, 'Users file must not be empty.')
        await refused(m.import(`[${' '.repeat(512001)}]`, { connection_id: id }), 413, 'Payload content length greater than maximum allowed: 512000.')
        const sms = await m.connect({ name: `sms-${n++}-${store}`, strategy: 'sms' })
        await refused(m.import([{ email: email() }], { connection_id: sms.id }), 400, 'Connection must be a database connection.')
        for (const bad of ['[{"email":', '{"email":"a@b.de"}', '[{"email":"a@b.de","email":"c@b.de"}]', '['.repeat(400) + ']'.repeat(400), 'x\u0000y', '"users"']) {
          const asked = await m.import(bad, { connection_id: id }), failed = await ended(asked)
          assert.deepEqual([failed.status, failed.status_details], ['failed', 'Failed to parse users file JSON when importing users. Make sure it is valid JSON.'])
          assert.equal((await m.errors(asked.id)).status_details, failed.status_details)
        }
        await refused(m.job('job_0000000000000000'), 404, 'Job not found.')
        await refused(m.errors('nothing'), 404, 'Job not found.')
        assert.equal((await run('[]')).summary.total, 0)
        const post = (body, type) => tokenFetch('/api/v2/jobs/users-imports', { method: 'POST', headers: { 'content-type': type }, body })
        const wrong = [['x', 'multipart/form-data; boundary=x'], ['--x\r\n\r\n', 'multipart/form-data; boundary=x'], ['[]', 'application/json']]
        for (const [body, type] of wrong) assert.equal((await (await post(body, type)).json()).message, "Payload validation error: 'Invalid multipart payload format'.")
        const part = (name, value) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
        assert.equal((await (await post(`${part('connection_id', id)}--x--\r\n`, 'multipart/form-data; boundary=x')).json()).message, "Must provide 'users' file as multipart part.")
        assert.equal((await (await post(`${part('users', '[]')}--x--\r\n`, 'multipart/form-data; boundary=x')).json()).message, "Must provide 'connection_id' as multipart part.")
      })
      let token
      const tokenFetch = async (path, init) => {
        token ??= (await (await fetch(`${server.auth0.url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` }) })).json()).access_token
        return fetch(server.auth0.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
      }

      test('two imports at a time', async () => {
        const answers = await Promise.allSettled(Array.from({ length: 6 }, () => m.import(Array.from({ length: 700 }, () => ({ email: email() })), { connection_id: id })))
        const taken = answers.filter((a) => a.status === 'fulfilled').map((a) => a.value)
        for (const job of taken) assert.equal((await ended(job)).summary.inserted, 700)
        assert.ok(taken.length >= 2 && taken.length < 6, `${taken.length} of 6 were taken`)
        for (const { reason } of answers.filter((a) => a.status === 'rejected')) await refused(Promise.reject(reason), 429, 'There are 2 active import users jobs')
        assert.equal((await run([{ email: email() }])).summary.inserted, 1)
      })

      test('an export gives back what was imported', async () => {
        const own = await m.connect({ name: `db-${n++}-${store}`, strategy: 'auth0' })
        const rows = Array.from({ length: 300 }, (_, i) => ({ email: email(), email_verified: i % 2 === 0, name: `Name ${i}, "quoted"`, nickname: i === 0 ? '=1+1' : `nick${i}`, given_name: 'Gi', family_name: 'Fa', picture: 'https://example.com/p.png', blocked: i % 3 === 0, app_metadata: { i }, user_metadata: { country: 'de', list: [i] } }))
        assert.equal((await run(rows, { connection_id: own.id })).summary.inserted, 300)
        const asked = await m.export({ connection_id: own.id, format: 'json' })
        assert.deepEqual([asked.type, asked.status, asked.connection_id, asked.format], ['users_export', 'pending', own.id, 'json'])
        const { location } = await ended(asked)
        const answer = await fetch(location)
        assert.match(answer.headers.get('content-disposition'), /filename="localhost\.json\.gz"/)
        assert.deepEqual(['content-type', 'content-encoding'].map((name) => answer.headers.get(name)), ['application/gzip', null])
        const file = Buffer.from(await answer.arrayBuffer()), plain = gunzipSync(file).toString()
        assert.equal(execFileSync('gunzip', { input: file }).toString(), plain)
        const back = plain.trim().split('\n').map((line) => JSON.parse(line))
        assert.deepEqual(back.map((u) => Object.fromEntries(Object.keys(rows[0]).map((k) => [k, u[k]]))), rows)
        const copy = await m.connect({ name: `copy-${n++}-${store}`, strategy: 'auth0' })
        assert.deepEqual((await run(back.map((u) => Object.fromEntries(Object.keys(rows[0]).map((k) => [k, u[k]]))), { connection_id: copy.id })).summary, { failed: 0, updated: 0, inserted: 300, total: 300 })
        // Whose work was left half done begins it again.
        await query(server, `UPDATE hecate.jobs SET state = 'processing', next_at = created_at WHERE id = '${asked.id.slice(4)}'`, true)
        await m.verify({ user_id: back[0].user_id })
        assert.deepEqual(await unpacked(await ended(asked)), plain)
        const csv = await ended(await m.export({ connection_id: own.id, format: 'csv', limit: 2, fields: [{ name: 'email' }, { name: 'nickname', export_as: 'Nick' }, { name: 'user_metadata.country' }, { name: 'identities[0].connection' }, { name: 'app_metadata.i' }, { name: 'blocked' }] }))
        const lines = (await unpacked(csv)).trim().split('\r\n')
        assert.deepEqual(lines, ['"email","Nick","user_metadata.country","identities[0].connection","app_metadata.i","blocked"', `"'${rows[0].email}","'=1+1","'de","'${own.name}",0,true`, `"'${rows[1].email}","'nick1","'de","'${own.name}",1,false`])
        const few = await ended(await m.export({ connection_id: own.id, format: 'json', limit: 1, fields: [{ name: 'email' }, { name: 'app_metadata' }] }))
        assert.deepEqual(JSON.parse(await unpacked(few)), { email: rows[0].email, app_metadata: { i: 0 } })
        for (const bad of [location.replace(/signature=.{4}/, 'signature=AAAA'), location.replace(/expires=\d/, 'expires=9'), location.split('?')[0]]) assert.equal((await fetch(bad)).status, 403)
        const none = await m.connect({ name: `none-${n++}-${store}`, strategy: 'auth0' })
        assert.deepEqual(await Promise.all(['json', 'csv'].map(async (format) => (await unpacked(await ended(await m.export({ connection_id: none.id, format })))).split('\r\n').length)), [1, 2])
        await refused(m.export({ connection_id: 'con_0000000000000000' }), 404, 'The connection does not exist')
        await refused(m.export({ format: 'xml' }), 400, "Payload validation error: 'No enum match for: xml' on property format (Format of the file).")
        await refused(m.export({ format: 'csv', fields: Array.from({ length: 31 }, (_, i) => ({ name: `f${i}` })) }), 400, "Payload validation error: 'Array is too long (31), maximum 30' on property fields (Fields of the file).")
      })

      test('a verification mail as a job', async () => {
        const user = await m.create({ connection: 'Username-Password-Authentication', email: email(), password: 'Secret-pw-1', verify_email: false })
        const mails = async () => Number((await query(server, "SELECT count(*) AS total FROM hecate.outbox WHERE kind = 'verify_email'"))[0].total), before = await mails()
        const asked = await m.verify({ user_id: user.user_id })
        assert.deepEqual([asked.type, asked.status], ['verification_email', 'pending'])
        assert.equal((await ended(asked)).status, 'completed')
        assert.equal(await mails(), before + 1)
        await refused(m.verify({ user_id: 'auth0|nobody' }), 404, 'The user does not exist.')
        await refused(m.verify({ user_id: user.user_id, client_id: 'nobody' }), 400, 'The client does not exist')
      })
    })
