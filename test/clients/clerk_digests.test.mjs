// clerk_digests.test.mjs: users that come to Clerk with digests of other systems: all verify, no wrong password does, a sign-in through GoTrue renews them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
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
  for (const setting of store === 'sqlite' ? ['bcrypt:6', 'argon2id:m=1024,t=1,p=1'] : ['bcrypt:6'])
    describe(`digests of other systems on ${store}, new hashes ${setting}`, () => {
      let server, users, all
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

      // PostgreSQL runs one of each: what differs is the row. No body may hold a U+0000; the unit tests have these two.
      const these = hashers.flatMap((hasher) => vectors.filter((one) => one.hasher === hasher).slice(0, store === 'sqlite' ? undefined : 1)).filter((one) => !one.password.includes('\0'))
      // Refused tries wait until the slowest hash would have been done: so many come at once, before and after the right ones, but not more than are answered in time
      // on a machine that has other things to do.
      const together = async (items, fn) => {
        const results = []
        for (let at = 0; at < items.length; at += 24) results.push(...(await Promise.all(items.slice(at, at + 24).map((item, i) => fn(item, at + i)))))
        return results
      }
      const later = []

      test('they come in, and no wrong password verifies', async () => {
        all = await together(these, async (vector, i) => ({ vector, odd: i % 2 === 1, ...(await create(vector)) }))
        for (const one of all) {
          one.before = stored(server, one.email)
          assert.ok(one.before.core === '' ? one.before.own !== '' : one.before.own === '', 'the digest stands in one place')
        }
        await together(all, async ({ id, email, vector, odd }) => { // each by one of the two ways: the other is tried afterwards
          if (!odd) assert.equal(await verify(id, vector.wrong_password), 'incorrect_password', vector.digest)
          else assert.equal((await signIn(email, vector.wrong_password)).status, 400, vector.digest)
        })
        for (const { email, before } of all) assert.deepEqual(stored(server, email), before, 'a wrong password renews nothing')
      })

      for (const hasher of hashers)
        test(hasher, () => together(all.filter(({ vector }) => vector.hasher === hasher), async ({ id, email, vector, odd, before }, i) => {
          later.push(async () => {
            if (odd) assert.equal(await verify(id, vector.wrong_password), 'incorrect_password', vector.digest)
            else assert.equal((await signIn(email, vector.wrong_password)).status, 400, vector.digest)
          })
          if (foreign(vector)) {
            later.push(async () => assert.equal((await signIn(email, vector.password)).status, 400))
            later.push(async () => {
              const error = await users.verifyPassword({ userId: id, password: vector.password }).then(() => assert.fail('verified'), (reason) => reason)
              assert.deepEqual([error.status, error.errors[0].code], [422, 'incorrect_password'])
              assert.match(error.errors[0].longMessage, /another service/)
              assert.deepEqual([before.own, stored(server, email)], [vector.digest, before])
            })
            return
          }
          // by verifyPassword before any sign-in, which then goes by what it became
          const other = await create(vector)
          assert.equal(await verify(other.id, vector.password), true, vector.digest)
          assert.equal((await signIn(other.email, vector.password)).status, 200)
          assert.equal((await signIn(email, vector.password)).status, 200, vector.digest)
          const after = stored(server, email)
          if (stays(vector, before, setting)) assert.deepEqual(after, before)
          else {
            assert.ok(after.core.startsWith(setting.startsWith('bcrypt') ? '$2a$06$' : '$argon2id$v=19$m=1024,t=1,p=1$'), `${before.core}${before.own} became ${after.core}`)
            assert.equal(after.own, '')
          }
          assert.equal((await signIn(email, vector.password)).status, 200, 'and once more, by what it became')
          assert.equal(await verify(id, vector.password), true)
          if (i > 0) return
          // updateUser replaces a password by a digest, which verifyPassword renews, too
          const address = `digest-${process.pid}-${n++}@example.com`, changed = await users.createUser({ emailAddress: [address], password: 'the password before' })
          await users.updateUser(changed.id, { passwordDigest: vector.digest, passwordHasher: hasher })
          assert.equal(await verify(changed.id, vector.password), true)
          assert.equal((await signIn(address, vector.password)).status, 200)
          if (/^(md5|sha256)$/.test(hasher)) assert.equal(stored(server, address).own, '')
          later.push(async () => assert.equal(await verify(changed.id, 'the password before'), 'incorrect_password'))
        }))

      test('no wrong password verifies afterwards', async () => {
        assert.ok(later.length > these.length && later.length < 120) // what the lane takes
        await together(later, (one) => one())
      })

      if (store === 'sqlite' || setting.startsWith('bcrypt'))
        test('a pool of Amazon Cognito is asked where the operator says so', async (t) => {
          const asked = [], [vector, ...more] = vectors.filter(foreign)
          let answer = [200, { AuthenticationResult: { AccessToken: 'x' } }]
          const pool = createServer(async (req, res) => {
            let text = ''
            for await (const chunk of req) text += chunk
            const body = JSON.parse(text)
            asked.push([req.method, req.url, req.headers['content-type'], req.headers['x-amz-target'], body])
            const [status, said] = body.AuthParameters.PASSWORD === vector.password ? answer : [400, { __type: 'NotAuthorizedException' }]
            res.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(said))
          })
          await new Promise((resolve) => pool.listen(0, '127.0.0.1', resolve))
          t.after(() => pool.close())
          const own = await start({ store, env: { HECATE_PASSWORD_HASH: setting, HECATE_COGNITO_URL: `http://127.0.0.1:${pool.address().port}/{region}/` } })
          t.after(() => own.stop())
          const { users: theirs } = createClerkClient({ secretKey: own.clerk.secretKey, apiUrl: own.clerk.url, telemetry: { disabled: true } })
          const [, poolId, client, name] = vector.digest.split('#')
          const newcomer = async () => {
            const email = `pool-${process.pid}-${n++}@example.com`
            return { email, ...(await theirs.createUser({ emailAddress: [email], passwordDigest: vector.digest, passwordHasher: 'awscognito' })) }
          }
          const enter = (email, password) => fetch(`${own.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email, password }) }).then((reply) => reply.status)
          const ask = (userId, password) => theirs.verifyPassword({ userId, password }).then(({ verified }) => verified, (error) => error.errors[0].code)
          const one = await newcomer(), before = stored(own, one.email)
          assert.equal(await enter(one.email, vector.wrong_password), 400)
          assert.equal(await ask(one.id, vector.wrong_password), 'incorrect_password')
          assert.deepEqual(stored(own, one.email), before)
          for (const strange of [[500, {}], [200, {}], [200, 'x'], [200, { AuthenticationResult: null }], [302, {}]]) {
            answer = strange
            assert.equal(await ask(one.id, vector.password), 'incorrect_password', JSON.stringify(strange))
          }
          answer = [200, { AuthenticationResult: { AccessToken: 'x' } }]
          assert.equal(await enter(one.email, vector.password), 200)
          assert.deepEqual(asked.at(-1), ['POST', `/${poolId.split('_')[0]}/`, 'application/x-amz-json-1.1', 'AWSCognitoIdentityProviderService.InitiateAuth',
            { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: client, AuthParameters: { USERNAME: name, PASSWORD: vector.password } }])
          assert.deepEqual([stored(own, one.email).own, stored(own, one.email).core.startsWith(setting.startsWith('bcrypt') ? '$2a$06$' : '$argon2id$')], ['', true])
          const times = asked.length
          assert.deepEqual([await enter(one.email, vector.password), await ask(one.id, vector.password), await ask(one.id, vector.wrong_password)], [200, true, 'incorrect_password'])
          assert.equal(asked.length, times) // nobody is asked any more
          const two = await newcomer()
          answer = [200, { ChallengeName: 'SMS_MFA', Session: 'x' }]
          assert.equal(await ask(two.id, vector.password), true)
          assert.equal(stored(own, two.email).own, '')
          const three = await newcomer()
          pool.closeAllConnections()
          await new Promise((resolve) => pool.close(resolve))
          assert.equal(await ask(three.id, vector.password), 'incorrect_password')
          assert.equal(await enter(three.email, vector.password), 400)
          assert.ok(more.length > 0)
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
