// clerk_factors.test.mjs: TOTP secrets, backup codes, compromised passwords through the real clients: each effect seen by another call and in GoTrue.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const password = 'secret-pw-1', secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' // 12345678901234567890
const bcrypt = '$2a$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W' // correct horse battery staple
let n = 0
const email = () => `factor-${process.pid}-${n++}@example.com`
// RFC 6238 with SHA-1, six digits; `away`: steps from now.
function totp(away = 0) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + away))
  const sum = createHmac('sha1', '12345678901234567890').update(counter).digest()
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}

async function refused(call, status, code, param) {
  const error = await call.then(() => assert.fail(`not refused, ${code} was due`), (reason) => reason)
  assert.equal(error.status, status, JSON.stringify(error.errors ?? error.message))
  assert.equal(error.errors[0].code, code)
  assert.equal(error.errors[0].meta?.paramName, param)
}

for (const store of stores)
  for (const [version, create] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`factors of @clerk/backend ${version} on ${store}`, () => {
      let server, users
      const admin = async (path) => (await fetch(`${server.gotrue.url}/admin${path}`, { headers: { authorization: `Bearer ${server.gotrue.serviceKey}` } })).json()
      const core = async (address) => admin(`/users/${(await admin('/users?per_page=1000')).users.find((user) => user.email === address).id}`)
      const signIn = async (address, word = password) => {
        const answer = await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: address, password: word }) })
        return { status: answer.status, body: await answer.json() }
      }
      const post = async (path, body) => {
        const answer = await fetch(`${server.clerk.url}/v1${path}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' } })
        return { status: answer.status, body: await answer.json() }
      }

      before(async () => {
        server = await start({ store, env: { GOTRUE_MFA_TOTP_ENROLL_ENABLED: 'true', GOTRUE_MFA_TOTP_VERIFY_ENABLED: 'true' } })
        users = create({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
      })
      after(() => server.stop())

      test('a TOTP secret is a verified factor, a code counts once, also in GoTrue', async () => {
        const address = email()
        const user = await users.createUser({ emailAddress: [address], password, totpSecret: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq' })
        assert.deepEqual([user.totpEnabled, user.twoFactorEnabled, user.backupCodeEnabled], [true, true, false])
        assert.ok((user.mfaEnabledAt ?? user.raw.mfa_enabled_at) > 0)
        const { factors } = await core(address)
        assert.deepEqual(factors.map((factor) => [factor.factor_type, factor.status]), [['totp', 'verified']])
        await refused(users.verifyTOTP({ userId: user.id, code: totp(-3) }), 422, 'totp_incorrect_code')
        const code = totp()
        assert.deepEqual(await users.verifyTOTP({ userId: user.id, code }), { verified: true, code_type: 'totp' })
        await refused(users.verifyTOTP({ userId: user.id, code }), 422, 'totp_incorrect_code')
        const { body: grant } = await signIn(address)
        const headers = { authorization: `Bearer ${grant.access_token}`, 'content-type': 'application/json' }
        const challenge = await (await fetch(`${server.gotrue.url}/factors/${factors[0].id}/challenge`, { method: 'POST', headers, body: '{}' })).json()
        const verify = async (one) => (await fetch(`${server.gotrue.url}/factors/${factors[0].id}/verify`, { method: 'POST', headers, body: JSON.stringify({ challenge_id: challenge.id, code: one }) })).status
        assert.equal(await verify(code), 422)
        assert.equal(await verify(totp(1)), 200)
        for (const wrong of ['12345', '1234567', 'abcdef1']) await refused(users.verifyTOTP({ userId: user.id, code: wrong }), 422, 'totp_invalid_length')
        await refused(users.verifyTOTP({ userId: user.id, code: '' }), 422, 'form_param_nil', 'code')

        assert.deepEqual(await users.deleteUserTOTP(user.id), { user_id: user.id })
        const weak = await users.getUser(user.id)
        assert.deepEqual([weak.totpEnabled, weak.twoFactorEnabled], [false, false])
        assert.ok((weak.mfaDisabledAt ?? weak.raw.mfa_disabled_at) > 0)
        assert.equal((await core(address)).factors?.length ?? 0, 0)
        await refused(users.verifyTOTP({ userId: user.id, code: totp() }), 400, 'totp_disabled')
        assert.equal((await users.updateUser(user.id, { totpSecret: secret })).totpEnabled, true)
        assert.deepEqual(await users.disableUserMFA(user.id), { user_id: user.id })
        assert.equal((await users.getUser(user.id)).totpEnabled, false)
      })

      test('of many that send one code at a time one is right', async () => {
        const user = await users.createUser({ emailAddress: [email()], totpSecret: secret, backupCodes: ['one-and-only'] })
        for (const code of [totp(), 'one-and-only']) {
          const results = await Promise.allSettled(Array.from({ length: 8 }, () => users.verifyTOTP({ userId: user.id, code })))
          assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1, code)
        }
        assert.equal((await users.getUser(user.id)).backupCodeEnabled, false)
      })

      test('backup codes: plain or bcrypt, each once', async () => {
        const user = await users.createUser({ username: `factor_${process.pid}_${n++}`, backupCodes: ['plain-code-1', bcrypt, '123456'] })
        assert.deepEqual([user.backupCodeEnabled, user.totpEnabled, user.twoFactorEnabled], [true, false, false])
        assert.doesNotMatch(JSON.stringify(user), /plain-code|\$2a\$/)
        for (const code of ['correct horse battery staple', '123456']) {
          assert.deepEqual(await users.verifyTOTP({ userId: user.id, code }), { verified: true, code_type: 'backup_code' })
          await refused(users.verifyTOTP({ userId: user.id, code }), 422, 'totp_incorrect_code')
        }
        assert.equal((await users.updateUser(user.id, { firstName: 'Ada' })).backupCodeEnabled, true)
        assert.equal((await users.updateUser(user.id, { backupCodes: ['new-code'] })).backupCodeEnabled, true)
        await refused(users.verifyTOTP({ userId: user.id, code: 'plain-code-1' }), 422, 'totp_incorrect_code')
        assert.equal((await users.updateUser(user.id, { backupCodes: [] })).backupCodeEnabled, false)
        await refused(users.verifyTOTP({ userId: user.id, code: 'new-code' }), 400, 'totp_disabled')
        await users.updateUser(user.id, { totpSecret: secret, backupCodes: ['other-code'] })
        assert.deepEqual(await users.deleteUserBackupCodes(user.id), { user_id: user.id })
        const left = await users.getUser(user.id)
        assert.deepEqual([left.backupCodeEnabled, left.totpEnabled], [false, true])
        await users.updateUser(user.id, { backupCodes: ['last-code'] })
        await users.disableUserMFA(user.id)
        const none = await users.getUser(user.id)
        assert.deepEqual([none.backupCodeEnabled, none.totpEnabled, none.twoFactorEnabled], [false, false, false])
        await users.deleteUser(user.id)
      })

      test('bad secrets and codes are refused, nothing changes', async () => {
        const user = await users.createUser({ emailAddress: [email()] })
        for (const totpSecret of ['', '   ', '0189', 'GEZDGNBV!', 'é'])
          for (const call of [() => users.updateUser(user.id, { totpSecret }), () => users.createUser({ emailAddress: [email()], totpSecret })]) await refused(call(), 422, 'invalid_totp_secret_code', 'totp_secret')
        await refused(users.updateUser(user.id, { backupCodes: ['a', 'a'] }), 422, 'form_param_duplicate', 'backup_codes')
        await refused(users.updateUser(user.id, { backupCodes: [''] }), 422, 'form_param_nil', 'backup_codes')
        await refused(users.updateUser(user.id, { backupCodes: Array.from({ length: 21 }, (_, i) => `code-${i}`) }), 422, 'form_param_array_size_exceeded', 'backup_codes')
        await refused(users.updateUser(user.id, { backupCodes: ['x'.repeat(73)] }), 422, 'form_param_value_invalid', 'backup_codes')
        const seen = await users.getUser(user.id)
        assert.deepEqual([seen.totpEnabled, seen.backupCodeEnabled, seen.updatedAt], [false, false, user.updatedAt])
      })

      test('a compromised password signs nobody in until there is a new one', async () => {
        const address = email()
        const user = await users.createUser({ emailAddress: [address], password })
        const set = (verb, body) => post(`/users/${user.id}/password/${verb}`, body)
        const { body: grant } = await signIn(address)
        assert.equal((await set('set_compromised', {})).status, 200)
        const answer = await signIn(address)
        assert.deepEqual([answer.status, answer.body.error_code ?? answer.body.code], [422, 'weak_password'])
        assert.equal((await signIn(address, 'wrong-pw-1')).status, 400)
        const refresh = () => fetch(`${server.gotrue.url}/token?grant_type=refresh_token`, { method: 'POST', body: JSON.stringify({ refresh_token: grant.refresh_token }) })
        assert.equal((await refresh()).status, 200)
        assert.equal((await set('unset_compromised')).status, 200)
        assert.equal((await signIn(address)).status, 200)
        assert.equal((await set('set_compromised', { revoke_all_sessions: true })).status, 200)
        assert.equal((await refresh()).status, 400)
        await users.updateUser(user.id, { password: 'another-pw-2' })
        assert.equal((await signIn(address, 'another-pw-2')).status, 200)
        const without = await users.createUser({ emailAddress: [email()] })
        assert.equal((await post(`/users/${without.id}/password/set_compromised`, {})).body.errors[0].code, 'no_password_set')
        if (version === '3.25.0') {
          await users.__experimental_passwordCompromised?.(user.id, { revokeAllSessions: false })
          await users.setPasswordCompromised?.(user.id, { revokeAllSessions: false })
          assert.equal((await signIn(address, 'another-pw-2')).status, 422)
          await users.unsetPasswordCompromised?.(user.id)
          assert.equal((await signIn(address, 'another-pw-2')).status, 200)
        }
      })

      test('a user is made banned or locked', async () => {
        const address = email()
        const made = await post('/users', { email_address: [address], password, locked: true })
        assert.deepEqual([made.body.locked, made.body.lockout_expires_in_seconds], [true, 3600])
        assert.equal((await signIn(address)).status >= 400, true)
        await users.unlockUser(made.body.id)
        assert.equal((await signIn(address)).status, 200)
      })
    })
