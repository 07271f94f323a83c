// secrets.test.mjs: canaries in every place where a secret comes in, through every dialect, in good requests and in bad ones: none of them is in a line of
// the log, in an answer to anybody else, in the metrics, or in the database in clear. And nothing of the process could be dumped.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { run } from '../lib/pg.mjs'
import { signingKey } from '../lib/sealed.mjs'
import { freePort, sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { Wire } from '../lib/wire.mjs'

let n = 0
const canaries = []
// A secret that is found again wherever it goes, also where it is cut.
const canary = (what) => {
  const text = `Canary${++n}Zq7${what}x9`
  canaries.push(text)
  return text
}

// All that the store holds, as it lies on the disk (SQLite: the log that is not yet merged, too) or as the database dumps it.
function stored(server) {
  if (server.store === 'postgres') return run('pg_dump', ['--data-only', '-d', server.database])
  return readdirSync(server.dir).filter((name) => name.startsWith('hecate.db')).map((name) => readFileSync(join(server.dir, name), 'latin1')).join('\n')
}

for (const store of stores)
  describe(`secrets (${store})`, () => {
    let server, wires, ops, mail
    const said = []
    // What an operator keeps from everybody; none of it ever leaves the process but to whom it is for.
    const hooks = () => `v1,whsec_${Buffer.from(canary('hook')).toString('base64')}`
    const operator = { GOTRUE_SECURITY_CAPTCHA_SECRET: canary('captcha'), HECATE_OPS_TOKEN: canary('operators'), GOTRUE_HOOK_SEND_SMS_SECRETS: hooks() }
    canaries.push(operator.GOTRUE_HOOK_SEND_SMS_SECRETS.slice(9))

    before(async () => {
      const port = await freePort()
      ops = `http://127.0.0.1:${port}`
      mail = await sink()
      server = await start({ store, env: { ...mail.env, ...operator, GOTRUE_MAILER_AUTOCONFIRM: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'debug', HECATE_LISTEN_OPS: `127.0.0.1:${port}` } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
      mail.stop()
    })

    const ask = async (dialect, method, path, body, headers) => {
      const answer = await wires[dialect].request(method, path, body, headers)
      said.push([`${method} ${path}`, `${answer.status} ${answer.text} ${JSON.stringify(answer.headers)}`])
      return answer
    }

    test('are nowhere but where they belong', async (t) => {
      const service = { authorization: `Bearer ${server.gotrue.serviceKey}` }, clerk = { authorization: `Bearer ${server.clerk.secretKey}` }
      const email = 'canary@example.com', password = canary('password')
      const grant = { grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` }
      const machine = (await wires.auth0.request('POST', '/oauth/token', grant)).json.access_token
      const auth0 = { authorization: `Bearer ${machine}` }
      const { json: session } = await wires.gotrue.request('POST', '/signup', { email, password })
      assert.ok(session.access_token)

      // good and bad requests with a secret in each field, header and query
      await ask('gotrue', 'POST', '/token?grant_type=password', { email, password: canary('wrong') })
      await ask('gotrue', 'POST', '/token?grant_type=password', { email: 5, password: canary('badtype') })
      await ask('gotrue', 'POST', '/token?grant_type=password', { email, password: [canary('inlist')] })
      await ask('gotrue', 'POST', '/token?grant_type=refresh_token', { refresh_token: canary('refresh') })
      await ask('gotrue', 'POST', `/token?grant_type=${canary('granttype')}`, {})
      await ask('gotrue', 'POST', '/signup', { email: 'no address', password: canary('nosignup') })
      await ask('gotrue', 'POST', '/signup', { email: 'x@example.com', password: canary('long').repeat(8) })
      await ask('gotrue', 'POST', '/admin/users', { email: 'a1@example.com', password: canary('admin'), email_confirm: true }, service)
      await ask('gotrue', 'POST', '/admin/users', { email: 'a2@example.com', password_hash: `$2a$10$${canary('hash')}` }, service)
      await ask('gotrue', 'PUT', `/admin/users/${session.user.id}`, { password: canary('put') }, service)
      await ask('gotrue', 'GET', '/user', undefined, { authorization: `Bearer ${canary('bearer')}` })
      await ask('gotrue', 'GET', '/admin/users', undefined, { authorization: `Basic ${canary('basic')}` })
      await ask('gotrue', 'GET', `/admin/users?apikey=${canary('query')}&page=x`, undefined, { ...service, apikey: canary('apikey'), cookie: `a=${canary('cookie')}` })
      await ask('gotrue', 'GET', `/${canary('path')}`, undefined, service)
      const { json: person } = await ask('clerk', 'POST', '/v1/users', { email_address: ['c1@example.com'], password: canary('clerk'), skip_password_checks: true }, clerk)
      await ask('clerk', 'POST', '/v1/users', { email_address: ['c2@example.com'], password_digest: canary('digest'), password_hasher: 'bcrypt' }, clerk)
      await ask('clerk', 'POST', `/v1/users/${person.id}/verify_password`, { password: canary('verify') }, clerk)
      await ask('clerk', 'PATCH', `/v1/users/${person.id}`, { password: canary('patch'), totp_secret: canary('totp') }, clerk)
      await ask('clerk', 'PATCH', `/v1/users/${person.id}`, { password: 5, backup_codes: [canary('backup')] }, clerk)
      await ask('clerk', 'GET', '/v1/users', undefined, { authorization: `Bearer sk_test_${canary('key')}` })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, client_secret: canary('secret') })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, client_secret: [canary('secretlist')] })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, client_id: 'x', client_assertion: canary('assertion') })
      await ask('auth0', 'POST', '/api/v2/users', { email: 'o1@example.com', connection: 'Username-Password-Authentication', password: canary('auth') }, auth0)
      await ask('auth0', 'POST', '/api/v2/users', { email: 'o1@example.com', connection: 'none', password: canary('noconnection') }, auth0)
      await ask('auth0', 'PATCH', '/api/v2/users/auth0%7C1', { password: canary('nouser'), connection: 'Username-Password-Authentication' }, auth0)
      await ask('auth0', 'GET', '/api/v2/users', undefined, { authorization: `Bearer a.${canary('token')}.b` })

      await ask('gotrue', 'PUT', '/user', { password: canary('own'), current_password: canary('current'), nonce: canary('nonce') }, { authorization: `Bearer ${session.access_token}` })
      await ask('gotrue', 'POST', '/verify', { type: 'recovery', token_hash: canary('tokenhash') })
      await ask('gotrue', 'POST', '/verify', { type: 'email', email, token: canary('code') })
      await ask('gotrue', 'POST', '/token?grant_type=pkce', { auth_code: canary('authcode'), code_verifier: canary('verifier') })
      await ask('gotrue', 'GET', `/verify?type=recovery&token=${canary('linktoken')}`)
      await ask('gotrue', 'POST', '/signup', { email: 'g1@example.com', password: 'secret-pw-1', gotrue_meta_security: { captcha_token: canary('captchatoken') } })
      await ask('clerk', 'POST', '/v1/jwt_templates', { name: 'canary', claims: {}, custom_signing_key: true, signing_algorithm: 'HS256', signing_key: canary('signing').padEnd(48, 'k') }, clerk)
      await ask('clerk', 'POST', '/v1/jwt_templates', { name: 'bad', claims: {}, custom_signing_key: true, signing_algorithm: 'RS256', signing_key: canary('badsigning') }, clerk)
      await ask('clerk', 'PATCH', `/v1/users/${person.id}`, { backup_codes: [canary('code1'), canary('code2')] }, clerk)
      await ask('clerk', 'POST', `/v1/users/${person.id}/verify_totp`, { code: canary('totpcode') }, clerk)
      await ask('clerk', 'POST', '/v1/sessions/sess_x/verify', { token: canary('sessiontoken') }, clerk)
      await ask('auth0', 'POST', '/oauth/token', { ...grant, grant_type: 'password', username: email, password: canary('grantpw') })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, grant_type: 'refresh_token', refresh_token: canary('auth0refresh') })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token: canary('mfatoken'), otp: canary('otp') })
      await ask('auth0', 'POST', '/oauth/token', { ...grant, grant_type: 'http://auth0.com/oauth/grant-type/mfa-recovery-code', mfa_token: canary('mfatoken2'), recovery_code: canary('recovery') })
      await ask('auth0', 'POST', '/oauth/revoke', { client_id: grant.client_id, client_secret: grant.client_secret, token: canary('revoked') })
      await ask('auth0', 'POST', '/dbconnections/signup', { client_id: grant.client_id, email: 's1@example.com', password: canary('signup'), connection: 'Username-Password-Authentication' })
      await ask('auth0', 'GET', `/u/reset-password?ticket=${canary('ticket')}`)
      await ask('auth0', 'POST', '/api/v2/jobs/users-imports', { users: canary('import') }, auth0)
      const put = await fetch(`${ops}/admin/v1/users/${person.id}/external_accounts`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${operator.HECATE_OPS_TOKEN}` },
        body: JSON.stringify({ provider: 'google', provider_user_id: 'canary', token: canary('foreign'), refresh_token: canary('foreignrefresh'), id_token: canary('foreignid'), token_secret: canary('foreignsecret') }) })
      assert.equal(put.status, 200)
      said.push(['an account put', await put.text()])
      await ask('gotrue', 'POST', '/recover', { email: 'a1@example.com' })
      await ask('gotrue', 'POST', '/invite', { email: 'i1@example.com', data: { password: 'none' } }, service)

      // secrets of the server's own, and what was issued
      const own = [server.gotrue.jwtSecret, server.gotrue.serviceKey, server.clerk.secretKey, server.auth0.clientSecret, session.access_token, machine, (await signingKey(server, 'clerk')).d, (await signingKey(server, 'auth0')).d]
      const metrics = await (await fetch(`${ops}/metrics`, { headers: { authorization: `Bearer ${operator.HECATE_OPS_TOKEN}` } })).text()
      assert.ok(metrics.length > 100)
      for (let i = 0; i < 600 && mail.all.length < 2; i++) await sleep(50)
      assert.ok(mail.all.length >= 2, 'letters are at hand')
      const all = [...canaries, ...own, session.refresh_token]
      for (const secret of all)
        for (const [what, text] of said) assert.ok(!text.includes(secret), `${secret.slice(0, 20)} in the answer to ${what}: ${text.slice(0, 300)}`)
      const log = server.log()
      assert.ok(log.split('\n').length > 20, 'the log is at hand')
      for (const secret of all) assert.ok(!log.includes(secret), `${secret.slice(0, 20)} in the log: ${log.split('\n').find((line) => line.includes(secret))}`)
      for (const secret of all) assert.ok(!metrics.includes(secret), `${secret.slice(0, 20)} in the metrics`)
      for (const secret of all) for (const { raw, html } of mail.all) assert.ok(!raw.includes(secret) && !html.includes(secret), `${secret.slice(0, 20)} in a letter`)
      const data = stored(server)
      assert.ok(data.includes(email), 'the data are at hand')
      for (const secret of [...canaries, ...own]) assert.ok(!data.includes(secret), `${secret.slice(0, 20)} in the database`) // refresh tokens of version 1 stand there as the Go server reads them
      figure(t, `${all.length} secrets in ${said.length} answers, the log, metrics, ${mail.all.length} letters and the database (${store}): 0 found`)
    })

    test('cannot be dumped', () => {
      const limits = readFileSync(`/proc/${server.pid}/limits`, 'utf8')
      assert.match(limits, /^Max core file size +0 +0 /m)
      const files = readdirSync(server.dir, { withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.pem'))
      for (const { name } of files) assert.equal(statSync(join(server.dir, name)).mode & 0o077, 0, name)
      assert.equal(statSync(server.dir).mode & 0o077, 0)
    })
  })
