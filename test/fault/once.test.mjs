// once.test.mjs: a code or link works once, whatever comes at once, and wrong codes are counted exactly. HECATE_TRIALS: how often each is tried.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { sleep, start, startTwo, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { broken, query } from '../lib/tables.mjs'
import { texts } from '../lib/texts.mjs'
import { totp } from '../lib/totp.mjs'
import { race, Wire } from '../lib/wire.mjs'

const REQUESTS = 50, TRIALS = Number(process.env.HECATE_TRIALS ?? 5), LIMIT = 30
const password = 'secret-pw-1'
let n = 0
const email = () => `once-${process.pid}-${n++}@example.com`
const phone = () => `1555${String(1000000 + n++)}`
const times = (count, fn) => Array.from({ length: count }, (_, i) => fn(i))

const settings = {
  HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOG_LEVEL: 'error', GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: 'true',
  ...Object.fromEntries(['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'EMAIL_CHANGE', 'INVITE'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, `${name} {{ .Token }}`])),
}

// Is this answer one of a winner: a session, or a redirect with one or with a code for one?
const won = ({ status, headers, text }) => (status === 200 && Boolean(JSON.parse(text).access_token)) || (status === 303 && /[?#&](access_token|code)=/.test(headers.location))
const changed = ({ status }) => status === 200
const path = (letter) => letter.link.replace(/^https?:\/\/[^/]+/, '')

// Many trials are made on two servers, too.
const TWO = 'two servers on one postgres'
for (const store of [...stores, ...(process.env.HECATE_TRIALS && stores.includes('postgres') ? [TWO] : [])])
  describe(`once, on ${store}`, () => {
    let trials = 0, servers, server, mail, sms, machine
    const wires = [], others = {}

    before(async () => {
      mail = await sink()
      sms = await texts()
      const env = { ...mail.env, ...sms.env, ...settings }
      servers = store === TWO ? await startTwo({ ...env, HECATE_DATA_KEY: '00112233445566778899aabbccddeeff'.repeat(2) }) : [await start({ store, env })]
      server = servers[0]
      for (let i = 0; i < REQUESTS; i++) wires.push(new Wire(servers[i % servers.length].gotrue.url))
    })
    after(async () => {
      for (const wire of [wires, ...Object.values(others)].flat()) wire.close()
      for (const one of servers ?? []) await one.stop()
      mail.stop()
      sms.stop()
    })

    const wiresOf = (dialect) => dialect === 'gotrue' ? wires : (others[dialect] ??= times(REQUESTS, (i) => new Wire(servers[i % servers.length][dialect].url, {}, servers[i % servers.length].auth0.ca)))
    const bearer = (token) => ({ authorization: `Bearer ${token}` })
    const call = async (method, target, body, token) => {
      const answer = await wires[0].request(method, target, body, token && bearer(token))
      assert.ok(answer.status < 400, `${method} ${target}: ${answer.status} ${answer.text}`)
      return answer
    }
    const service = (method, target, body) => call(method, target, body, server.gotrue.serviceKey)
    const known = async () => {
      const address = email()
      await service('POST', '/admin/users', { email: address, password, email_confirm: true })
      return address
    }
    const signedIn = async (address) => (await call('POST', '/token?grant_type=password', { email: address, password })).json
    // One letter to `address`, after a call.
    const letter = async (address, ...ask) => {
      await call(...ask)
      return mail.next(address)
    }
    const challenge = (verifier) => ({ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 's256' })
    const moving = async () => {
      const old = await known(), moved = email()
      await call('PUT', '/user', { email: moved }, (await signedIn(old)).access_token)
      return { old: await mail.next(old), moved: await mail.next(moved), address: moved }
    }
    // A session of over a day, for which a new password needs a code by mail.
    const aged = async () => {
      const address = await known(), session = await signedIn(address)
      const past = Date.now() - 25 * 3600_000
      const id = JSON.parse(Buffer.from(session.access_token.split('.')[1], 'base64url')).session_id
      await query(server, `UPDATE auth.sessions SET created_at = ${server.store === 'postgres' ? `to_timestamp(${past / 1000})` : past * 1000} WHERE id = '${id}' RETURNING id`, true)
      return { address, token: session.access_token }
    }
    const factor = async () => {
      const { access_token: token } = await signedIn(await known())
      const made = (await call('POST', '/factors', { factor_type: 'totp' }, token)).json
      return { token, id: made.id, secret: made.totp.secret }
    }
    const challenges = (of, count) => Promise.all(times(count, async (i) => (await wires[i].request('POST', `/factors/${of.id}/challenge`, {}, bearer(of.token))).json.id))

    // Each gives what the i-th of all at once sends.
    const kinds = {
      'link of a sign-up': async () => {
        const address = email(), got = await letter(address, 'POST', '/signup', { email: address, password })
        return () => ['GET', path(got)]
      },
      'code of a sign-up': async () => {
        const address = email(), got = await letter(address, 'POST', '/signup', { email: address, password })
        return () => ['POST', '/verify', { type: 'signup', email: address, token: got.otp }]
      },
      'link and code of a sign-up': async () => {
        const address = email(), got = await letter(address, 'POST', '/signup', { email: address, password })
        return (i) => i % 2 ? ['GET', path(got)] : ['POST', '/verify', { type: 'signup', email: address, token: got.otp }]
      },
      'link to a new password': async () => {
        const address = await known(), got = await letter(address, 'POST', '/recover', { email: address })
        return () => ['GET', path(got)]
      },
      'magic link': async () => {
        const address = await known(), got = await letter(address, 'POST', '/otp', { email: address })
        return () => ['GET', path(got)]
      },
      'code to sign in': async () => {
        const address = await known(), got = await letter(address, 'POST', '/otp', { email: address })
        return () => ['POST', '/verify', { type: 'email', email: address, token: got.otp }]
      },
      'code by text message': async () => {
        const number = phone()
        await call('POST', '/otp', { phone: number })
        return () => ['POST', '/verify', { type: 'sms', phone: number, token: sms.code(number) }]
      },
      'invitation': async () => {
        const address = email()
        await service('POST', '/invite', { email: address })
        const got = await mail.next(address)
        return () => ['GET', path(got)]
      },
      'second agreement to another address': async () => {
        const { old, moved } = await moving()
        await call('GET', path(old))
        return () => ['GET', path(moved)]
      },
      'code of another address': async () => {
        const { old, moved, address } = await moving()
        await call('GET', path(old))
        return () => ['POST', '/verify', { type: 'email_change', email: address, token: moved.otp }]
      },
      'code of a PKCE flow': async () => {
        const verifier = randomBytes(32).toString('hex'), address = await known()
        const got = await letter(address, 'POST', '/recover', { email: address, ...challenge(verifier) })
        const code = new URL((await call('GET', path(got))).headers.location).searchParams.get('code')
        return () => ['POST', '/token?grant_type=pkce', { auth_code: code, code_verifier: verifier }]
      },
      'step of TOTP that enrols': async () => {
        const made = await factor(), ids = await challenges(made, 10), code = totp(made.secret)
        return (i) => ['POST', `/factors/${made.id}/verify`, { challenge_id: ids[i % 10], code }, bearer(made.token)]
      },
      'step of TOTP': async () => {
        const made = await factor(), [first] = await challenges(made, 1)
        const { access_token: token } = (await call('POST', `/factors/${made.id}/verify`, { challenge_id: first, code: totp(made.secret) }, made.token)).json
        const ids = await challenges({ ...made, token }, REQUESTS), code = totp(made.secret, 1)
        return (i) => ['POST', `/factors/${made.id}/verify`, { challenge_id: ids[i], code }, bearer(token)]
      },
      'code for a new password': async () => {
        const { address, token } = await aged(), got = await letter(address, 'GET', '/reauthenticate', undefined, token)
        return (i) => ['PUT', '/user', { password: `another-pw-${i}`, nonce: got.otp }, bearer(token)]
      },
    }

    // The same at the other dialects.
    const clerk = (method, target, body) => wiresOf('clerk')[0].request(method, `/v1${target}`, body, bearer(server.clerk.secretKey))
    const grant = (fields) => ({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...fields })
    const auth0 = async (method, target, body) => {
      const [wire] = wiresOf('auth0')
      machine ??= (await wire.request('POST', '/oauth/token', grant({ grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` }))).json.access_token
      const answer = await wire.request(method, target, body, bearer(machine))
      assert.ok(answer.status < 400, `${method} ${target}: ${answer.status} ${answer.text}`)
      return answer.json
    }
    const auth0User = async () => {
      const address = await known(), [{ user_id: id }] = await auth0('GET', `/api/v2/users-by-email?email=${address}`)
      return { address, id, path: `/api/v2/users/${encodeURIComponent(id)}` }
    }
    const elsewhere = {
      'backup code': ['clerk', changed, async () => {
        const { json: user } = await clerk('POST', '/users', { email_address: [email()], backup_codes: ['one-and-only'] })
        return () => ['POST', `/v1/users/${user.id}/verify_totp`, { code: 'one-and-only' }, bearer(server.clerk.secretKey)]
      }],
      'recovery code': ['auth0', won, async () => {
        const user = await auth0User()
        await auth0('POST', `${user.path}/authentication-methods`, { type: 'totp', name: 'phone', totp_secret: 'JBSWY3DPEHPK3PXP' })
        const { recovery_code } = await auth0('POST', `${user.path}/recovery-code-regeneration`)
        const { mfa_token } = (await wiresOf('auth0')[0].request('POST', '/oauth/token', grant({ grant_type: 'password', username: user.address, password }))).json
        return () => ['POST', '/oauth/token', grant({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-recovery-code', mfa_token, recovery_code })]
      }],
      'ticket to a new password': ['auth0', changed, async () => {
        const user = await auth0User(), ticket = new URL((await auth0('POST', '/api/v2/tickets/password-change', { user_id: user.id })).ticket).searchParams.get('ticket')
        return (i) => ['POST', '/u/reset-password', new URLSearchParams({ ticket, password: `Another-pw-${i}`, password_again: `Another-pw-${i}` })]
      }],
    }
    const all = { ...Object.fromEntries(Object.entries(kinds).map(([name, make]) => [name, ['gotrue', name === 'code for a new password' ? changed : won, make]])), ...elsewhere }

    for (const [name, [dialect, wins, make]] of Object.entries(all))
      test(`${name}: one of ${REQUESTS} wins`, async () => {
        for (let trial = 0; trial < TRIALS; trial++) {
          const request = await make()
          const answers = await race(wiresOf(dialect).map((wire, i) => [wire, ...request(i)]))
          assert.equal(answers.filter(wins).length, 1, `trial ${trial}: ${answers.find((one) => !wins(one))?.text.slice(0, 400)}`)
          assert.ok(answers.every((one) => one.status < 500), answers.find((one) => one.status >= 500)?.text)
        }
        trials += TRIALS
      })

    test('the first agreement to another address counts once: both are needed', async () => {
      for (let trial = 0; trial < TRIALS; trial++) {
        const { old, moved } = await moving()
        const answers = await race(wires.map((wire) => [wire, 'GET', path(old)]))
        assert.equal(answers.filter(won).length, 0, JSON.stringify(answers.map(({ headers }) => headers.location)))
        assert.ok(won(await call('GET', path(moved))))
      }
    })

    test('sign-ups of one address at once make one user', async () => {
      const address = email()
      const answers = await race(wires.map((wire) => [wire, 'POST', '/signup', { email: address, password }]))
      assert.ok(answers.every(({ status }) => status === 200 || status === 429), answers.find(({ status }) => status !== 200)?.text)
      assert.equal((await query(server, `SELECT id FROM auth.users WHERE email = '${address}'`)).length, 1)
    })

    const wrong = (count, right) => times(count + 1, (i) => String(i).padStart(6, '0')).filter((code) => code !== right).slice(0, count)
    const guess = (address, code) => ['POST', '/verify', { type: 'email', email: address, token: code }]
    const codeFor = async (address) => letter(address, 'POST', '/otp', { email: address })

    test('1,000 wrong codes at once: each is refused, and then the right one', { timeout: 120_000 }, async () => {
      const address = email(), other = email(), got = await codeFor(address)
      const many = times(1000, () => new Wire(server.gotrue.url))
      const answers = await race(wrong(1000, got.otp).map((code, i) => [many[i], ...guess(address, code)]))
      many.forEach((wire) => wire.close())
      for (const { status, text } of answers) assert.deepEqual([status, JSON.parse(text).error_code], [403, 'otp_expired'])
      assert.equal((await wires[0].request(...guess(address, got.otp))).json.error_code, 'otp_expired')
      assert.ok(won(await call('GET', path(got)))) // who has the mail can still use its link
      assert.ok(won(await call(...guess(other, (await codeFor(other)).otp)))) // and nobody else is locked out
    })

    for (const [count, good] of [[LIMIT - 1, true], [LIMIT, false]])
      test(`${count} wrong codes at once: the right one is ${good ? 'good' : 'refused'}`, async () => {
        const address = email(), got = await codeFor(address)
        await race(wrong(count, got.otp).map((code, i) => [wires[i], ...guess(address, code)]))
        assert.equal(won(await wires[0].request(...guess(address, got.otp))), good)
      })

    test('all invariants hold', (t) => {
      assert.equal(broken(server), '')
      figure(t, `${store}: ${trials} trials of ${Object.keys(all).length} kinds with one winner each`)
    })
  })

test('a code is none for another address, another kind, or when it is old', async () => {
  const mail = await sink(), server = await start({ env: { ...mail.env, ...settings, GOTRUE_MAILER_OTP_EXP: '1' } }), wire = new Wire(server.gotrue.url)
  const address = email(), other = email()
  for (const who of [address, other]) await wire.request('POST', '/signup', { email: who, password })
  const { otp } = await mail.next(address)
  const refused = async (body) => assert.equal((await wire.request('POST', '/verify', body)).json.error_code, 'otp_expired', JSON.stringify(body))
  await refused({ type: 'signup', email: other, token: otp })
  await refused({ type: 'recovery', email: address, token: otp })
  await sleep(2100)
  await refused({ type: 'signup', email: address, token: otp })
  wire.close()
  await server.stop()
  mail.stop()
})
