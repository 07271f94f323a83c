// clerk_digests.test.mjs: users that come to Clerk with digests of other systems: all verify, no wrong password does, a sign-in through GoTrue renews them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { psql, root } from '../lib/pg.mjs'
import { start, stores } from '../lib/server.mjs'

const vectors = JSON.parse(readFileSync(join(root, 'test/data/password_vectors.json'), 'utf8'))
const hashers = [...new Set(vectors.map((vector) => vector.hasher))]
const foreign = (vector) => vector.hasher === 'awscognito'

// What stands in the core column and in hecate.passwords for the user with this address.
function stored(server, email) {
  const sqlite = server.store === 'sqlite'
  const sql = `SELECT coalesce(u.encrypted_password, '') AS core, coalesce(w.digest, '') AS own
    FROM ${sqlite ? 'auth_users' : 'auth.users'} u LEFT JOIN ${sqlite ? 'hecate_passwords' : 'hecate.passwords'} w ON w.user_id = u.id WHERE u.email = '${email}'`
  if (!sqlite) return JSON.parse(psql(server.database, `SELECT json_build_object('core', core, 'own', own) FROM (${sql}) r`))
  const db = new DatabaseSync(join(server.dir, 'hecate.db'), { readOnly: true })
  try {
    return db.prepare(sql).get()
  } finally {
    db.close()
  }
}

// Does this hash stay after a right password? An equal or stronger one does, and so does one of a password that bcrypt would cut; of two equal ones that one is
// renewed that the Go server cannot read.
function stays(vector, before, setting) {
  const hash = before.core + before.own, bcrypt = /\$2.\$(\d\d)/.exec(hash), argon2id = /^\$argon2id.*m=(\d+),t=(\d+)/.exec(hash)
  if (setting.startsWith('argon2id')) return argon2id !== null && argon2id[1] * argon2id[2] >= 1024
  if (Buffer.byteLength(vector.password) > 72) return true
  return bcrypt ? +bcrypt[1] > 6 || (+bcrypt[1] === 6 && before.core !== '') : /^\$(argon2|fbscrypt)/.test(hash)
}

let n = 0
for (const store of stores)
  for (const setting of ['bcrypt:6', 'argon2id:m=1024,t=1,p=1'])
    describe(`digests of other systems on ${store}, new hashes ${setting}`, () => {
      let server, users
      const signIn = (email, password) => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email, password }) })
      const verify = (userId, password) => users.verifyPassword({ userId, password }).then(({ verified }) => verified, (error) => error.errors[0].code)

      before(async () => {
        server = await start({ store, env: { HECATE_PASSWORD_HASH: setting } })
        users = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
      })
      after(() => server.stop())

      async function create(vector) {
        const email = `digest-${process.pid}-${n++}@example.com`
        const { id, passwordEnabled } = await users.createUser({ emailAddress: [email], passwordDigest: vector.digest, passwordHasher: vector.hasher })
        assert.equal(passwordEnabled, true)
        return { id, email }
      }

      for (const hasher of hashers)
        test(hasher, async () => {
          // PostgreSQL runs one of each: what differs is the row.
          for (const vector of vectors.filter((one) => one.hasher === hasher).slice(0, store === 'sqlite' ? undefined : 1)) {
            if (vector.password.includes('\0')) continue // no body may hold a U+0000; the unit tests have these two
            const { id, email } = await create(vector)
            const before = stored(server, email)
            assert.ok(before.core === '' ? before.own !== '' : before.own === '', 'the digest stands in one place')
            assert.equal(await verify(id, vector.wrong_password), 'incorrect_password')
            assert.equal((await signIn(email, vector.wrong_password)).status, 400)
            assert.deepEqual(stored(server, email), before, 'a wrong password renews nothing')
            if (foreign(vector)) {
              assert.equal(await verify(id, vector.password), 'incorrect_password')
              assert.equal((await signIn(email, vector.password)).status, 400)
              assert.equal(before.own, vector.digest)
              assert.deepEqual(stored(server, email), before)
              continue
            }
            assert.equal((await signIn(email, vector.password)).status, 200, vector.digest)
            const after = stored(server, email)
            if (stays(vector, before, setting)) assert.deepEqual(after, before)
            else {
              assert.ok(after.core.startsWith(setting.startsWith('bcrypt') ? '$2a$06$' : '$argon2id$v=19$m=1024,t=1,p=1$'), `${before.core}${before.own} became ${after.core}`)
              assert.equal(after.own, '')
            }
            assert.equal((await signIn(email, vector.password)).status, 200, 'and once more, by what it became')
            assert.equal(await verify(id, vector.password), true)
            assert.equal(await verify(id, vector.wrong_password), 'incorrect_password')
          }
        })

      test('a digest set by updateUser replaces the password, and verifyPassword renews it too', async () => {
        const email = `digest-${process.pid}-${n++}@example.com`
        const { id } = await users.createUser({ emailAddress: [email], password: 'the password before' })
        for (const hasher of hashers) {
          const vector = vectors.find((one) => one.hasher === hasher)
          await users.updateUser(id, { passwordDigest: vector.digest, passwordHasher: hasher })
          assert.equal(await verify(id, 'the password before'), 'incorrect_password')
          assert.equal(await verify(id, vector.password), foreign(vector) ? 'incorrect_password' : true)
          assert.equal((await signIn(email, vector.password)).status, foreign(vector) ? 400 : 200)
          if (/^(md5|sha256)$/.test(hasher)) assert.equal(stored(server, email).own, '')
        }
      })

      test('the long message says that another service keeps the password', async () => {
        const { id } = await create(vectors.find(foreign))
        const error = await users.verifyPassword({ userId: id, password: 'any' }).then(() => assert.fail('verified'), (reason) => reason)
        assert.equal(error.status, 422)
        assert.match(error.errors[0].longMessage, /another service/)
      })

      test('a digest that does not fit its hasher is refused with its own error', async () => {
        const cases = [['md5', 'abc'], ['sha256', '5f4dcc3b5aa765d61d8327deb882cf99'], ['phpass', '$P$zIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'], ['ldap_ssha', '{CRYPT}x'],
          ['pbkdf2_sha256', 'pbkdf2_sha256$4000000000$c2FsdA==$fUhOa7PDIBxKc0lPKXvRMprhUfBjmipO1f8Uj4cjyD8='], ['awscognito', 'awscognito#x'],
          ['scrypt_werkzeug', `scrypt:1048576:8:1$salt$${'ab'.repeat(64)}`], ['bcrypt_sha256_django', '$2b$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'],
          ['bcrypt', '$2x$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'], ['md5_phpass', ''], ['bcrypt_peppered', 'x']]
        for (const [passwordHasher, passwordDigest] of cases) {
          const error = await users.createUser({ emailAddress: [`digest-${process.pid}-${n++}@example.com`], passwordDigest, passwordHasher }).then(() => null, (reason) => reason)
          assert.equal(error?.status, 422, passwordHasher)
          assert.equal(error.errors[0].code, 'form_password_digest_invalid_code', passwordHasher)
          assert.equal(error.errors[0].meta.paramName, 'password_digest')
        }
      })
    })
