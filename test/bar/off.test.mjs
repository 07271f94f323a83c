// off.test.mjs (A11, T6): who is banned, locked, deleted or not confirmed gets no token and uses none, whatever was in hand before and whichever dialect is asked;
// what was signed out, revoked or begun by another password is over at once. Each way is tried for somebody whom nothing stands against, too: there it must work.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { count, stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { totp } from '../lib/totp.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1', SECRET = 'JBSWY3DPEHPK3PXP', verifier = 'v'.repeat(43)
const challenge = { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 's256' }
const scope = 'openid offline_access read:current_user update:current_user_metadata'
let n = 0
const email = () => `off-${process.pid}-${n++}@example.com`
const path = ({ link }) => link.replace(/^https?:\/\/[^/]+/, '')

// Did this answer give a token, or do what only a token's owner may?
const opened = ({ status, headers, text }) => status < 300 || (status === 303 && /[?#&](access_token|code)=/.test(headers.location)) || /"(access_token|jwt|refresh_token)":"/.test(text)

for (const store of stores)
  describe(`off is off (${store})`, () => {
    let server, mail, wires, service, machine

    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: '20', GOTRUE_MAILER_SUBJECTS_MAGIC_LINK: '{{ .Token }}', GOTRUE_MFA_MAX_ENROLLED_FACTORS: '20', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '100000' } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      service = server.gotrue.serviceKey
      machine = (await oauth({ grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` })).json.access_token
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
      mail.stop()
    })

    const bearer = (token) => ({ authorization: `Bearer ${token}` })
    const gotrue = (method, where, body, token) => wires.gotrue.request(method, where, body, token && bearer(token))
    const clerk = (method, where, body) => wires.clerk.request(method, `/v1${where}`, body)
    const auth0 = (method, where, body, token = machine) => wires.auth0.request(method, where, body, bearer(token))
    const oauth = (body) => wires.auth0.request('POST', '/oauth/token', { client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, ...body })
    const passwordGrant = (who, more = {}) => oauth({ grant_type: 'password', username: who, password, scope, audience: `${server.auth0.url}/api/v2/`, ...more })
    const good = async (asked) => {
      const answer = await asked
      assert.ok(answer.status < 400, `${answer.status} ${answer.text}`)
      return answer.json
    }
    const signIn = async (address) => good(gotrue('POST', '/token?grant_type=password', { email: address, password }))

    // ---- a person and all that it has in hand ----

    async function person({ confirmed = true } = {}) {
      const address = email(), made = await good(gotrue('POST', '/admin/users', { email: address, password, email_confirm: confirmed }, service))
      const found = await good(clerk('GET', `/users?email_address=${address}`))
      const [{ user_id: auth0Id }] = await good(auth0('GET', `/api/v2/users-by-email?email=${address}`))
      return { address, id: made.id, clerkId: found[0].id, auth0Id }
    }
    // What must be got while nothing stands against the person; each is a function that gives what uses it.
    const held = {
      'GoTrue: access token at GET /user': async (p) => { const s = await signIn(p.address); return () => gotrue('GET', '/user', undefined, s.access_token) },
      'GoTrue: access token at PUT /user': async (p) => { const s = await signIn(p.address); return () => gotrue('PUT', '/user', { data: { a: 1 } }, s.access_token) },
      'GoTrue: access token at POST /factors': async (p) => { const s = await signIn(p.address); return () => gotrue('POST', '/factors', { factor_type: 'totp', friendly_name: `${n++}` }, s.access_token) },
      'GoTrue: access token at /reauthenticate': async (p) => { const s = await signIn(p.address); return () => gotrue('GET', '/reauthenticate', undefined, s.access_token) },
      'GoTrue: access token at /user/identities': async (p) => { const s = await signIn(p.address); return () => gotrue('GET', '/user/identities', undefined, s.access_token) },
      'GoTrue: access token at /logout': async (p) => { const s = await signIn(p.address); return () => gotrue('POST', '/logout?scope=local', {}, s.access_token) },
      'GoTrue: refresh token': async (p) => { const s = await signIn(p.address); return () => gotrue('POST', '/token?grant_type=refresh_token', { refresh_token: s.refresh_token }) },
      'GoTrue: factor that waits for its code': async (p) => {
        const s = await signIn(p.address), made = await good(gotrue('POST', '/factors', { factor_type: 'totp', friendly_name: `${n++}` }, s.access_token))
        const { id } = await good(gotrue('POST', `/factors/${made.id}/challenge`, {}, s.access_token))
        return () => gotrue('POST', `/factors/${made.id}/verify`, { challenge_id: id, code: totp(made.totp.secret) }, s.access_token)
      },
      'GoTrue: code of a flow': async (p) => {
        await good(gotrue('POST', '/otp', { email: p.address, ...challenge }))
        const to = (await gotrue('GET', path(await mail.next(p.address)))).headers.location
        const auth_code = new URL(to).searchParams.get('code')
        return () => gotrue('POST', '/token?grant_type=pkce', { auth_code, code_verifier: verifier })
      },
      'GoTrue: link to a new password': async (p) => { await good(gotrue('POST', '/recover', { email: p.address })); const letter = await mail.next(p.address); return () => gotrue('GET', path(letter)) },
      'GoTrue: magic link': async (p) => { await good(gotrue('POST', '/magiclink', { email: p.address })); const letter = await mail.next(p.address); return () => gotrue('GET', path(letter)) },
      'GoTrue: code to sign in': async (p) => { await good(gotrue('POST', '/otp', { email: p.address })); const { otp } = await mail.next(p.address); return () => gotrue('POST', '/verify', { type: 'email', email: p.address, token: otp }) },
      'GoTrue: hash of a link': async (p) => {
        const { hashed_token } = await good(gotrue('POST', '/admin/generate_link', { type: 'recovery', email: p.address }, service))
        return () => gotrue('POST', '/verify', { type: 'recovery', token_hash: hashed_token })
      },
      'GoTrue: change of address': async (p) => {
        const s = await signIn(p.address), moved = email()
        await good(gotrue('PUT', '/user', { email: moved }, s.access_token))
        const [one, other] = [await mail.next(p.address), await mail.next(moved)]
        return async () => { await gotrue('GET', path(one)); return gotrue('GET', path(other)) }
      },
      'Auth0: refresh token': async (p) => { const s = await good(passwordGrant(p.address)); return () => oauth({ grant_type: 'refresh_token', refresh_token: s.refresh_token }) },
      'Auth0: access token at /userinfo': async (p) => { const s = await good(passwordGrant(p.address, { audience: undefined })); return () => auth0('GET', '/userinfo', undefined, s.access_token) },
      'Auth0: access token at its own user': async (p) => { const s = await good(passwordGrant(p.address)); return () => auth0('GET', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, undefined, s.access_token) },
      'Auth0: access token to change itself': async (p) => { const s = await good(passwordGrant(p.address)); return () => auth0('PATCH', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, { user_metadata: { b: 1 } }, s.access_token) },
      'Clerk: another token of a session': async (p) => { const s = await good(clerk('POST', '/sessions', { user_id: p.clerkId })); return () => clerk('POST', `/sessions/${s.id}/tokens`, {}) },
      'Clerk: a session token verified': async (p) => {
        const s = await good(clerk('POST', '/sessions', { user_id: p.clerkId })), { jwt } = await good(clerk('POST', `/sessions/${s.id}/tokens`, {}))
        return () => clerk('POST', `/sessions/${s.id}/verify`, { token: jwt })
      },
    }
    // What needs nothing but a name and a password, or who sends letters meanwhile.
    const letter = async (p, where, body, ms = 300) => {
      const answer = await gotrue('POST', where, body, where === '/admin/generate_link' ? service : undefined)
      if (where === '/admin/generate_link') return answer.status < 300 ? gotrue('POST', '/verify', { type: body.type, token_hash: answer.json.hashed_token }) : answer
      const got = await mail.next(p.address, ms).catch(() => undefined)
      return got?.link ? gotrue('GET', path(got)) : { status: 400, headers: {}, text: 'no letter came' }
    }
    const fresh = {
      'GoTrue: password': (p) => gotrue('POST', '/token?grant_type=password', { email: p.address, password }),
      'GoTrue: password, in capitals': (p) => gotrue('POST', '/token?grant_type=password', { email: p.address.toUpperCase(), password }),
      'GoTrue: a new magic link': (p, ms) => letter(p, '/otp', { email: p.address }, ms),
      'GoTrue: a new link to a password': (p, ms) => letter(p, '/recover', { email: p.address }, ms),
      'GoTrue: a link of an administrator': (p) => letter(p, '/admin/generate_link', { type: 'magiclink', email: p.address }),
      'GoTrue: a recovery of an administrator': (p) => letter(p, '/admin/generate_link', { type: 'recovery', email: p.address }),
      'Auth0: password': (p) => passwordGrant(p.address),
      'Auth0: password, with a realm': (p) => passwordGrant(p.address, { grant_type: 'http://auth0.com/oauth/grant-type/password-realm', realm: 'Username-Password-Authentication' }),
      'Clerk: a session': (p) => clerk('POST', '/sessions', { user_id: p.clerkId }),
    }

    // The second step of a password grant, for whom has a factor.
    async function secondStep(p) {
      await good(auth0('POST', `/api/v2/users/${encodeURIComponent(p.auth0Id)}/authentication-methods`, { type: 'totp', name: 'a', totp_secret: SECRET }))
      const { json } = await passwordGrant(p.address)
      assert.equal(json.error, 'mfa_required')
      return () => oauth({ grant_type: 'http://auth0.com/oauth/grant-type/mfa-otp', mfa_token: json.mfa_token, otp: totp(SECRET) })
    }

    // ---- what may stand against a person ----

    const wrongs = async (p, times, ask) => { for (let i = 0; i < times; i++) await ask(p) }
    const states = {
      'banned by GoTrue': (p) => good(gotrue('PUT', `/admin/users/${p.id}`, { ban_duration: '24h' }, service)),
      'banned by Clerk': (p) => good(clerk('POST', `/users/${p.clerkId}/ban`, {})),
      'blocked by Auth0': (p) => good(auth0('PATCH', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`, { blocked: true })),
      'locked by Clerk': (p) => good(clerk('POST', `/users/${p.clerkId}/lock`, {})),
      'locked by wrong passwords': (p) => wrongs(p, 20, () => gotrue('POST', '/token?grant_type=password', { email: p.address, password: 'wrong' })),
      'locked by wrong passwords at Auth0': (p) => wrongs(p, 20, () => passwordGrant(p.address, { password: 'wrong' })),
      'deleted by GoTrue': (p) => good(gotrue('DELETE', `/admin/users/${p.id}`, {}, service)),
      'deleted softly by GoTrue': (p) => good(gotrue('DELETE', `/admin/users/${p.id}`, { should_soft_delete: true }, service)),
      'deleted by Clerk': (p) => good(clerk('DELETE', `/users/${p.clerkId}`)),
      'deleted by Auth0': async (p) => assert.equal((await auth0('DELETE', `/api/v2/users/${encodeURIComponent(p.auth0Id)}`)).status, 204),
    }
    // A lock keeps from signing in; the sessions that were up before stay, or whoever guesses passwords would end them.
    const stays = (state, way) => /^locked/.test(state) && /access token|refresh token|factor that waits|^Clerk|Auth0: .*token/.test(way)

    // The letters of a deleted address make a new user with nothing of the old one.
    const isNew = async (p, state, way, answer) => {
      if (!/^deleted/.test(state) || !/new magic link|link of an administrator/.test(way) || !opened(answer)) return false
      const token = answer.status === 303 ? /access_token=([^&]*)/.exec(answer.headers.location)[1] : answer.json.access_token
      return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sub !== p.id
    }

    test('each way works for those whom nothing stands against', async () => {
      for (const [way, make] of Object.entries(held)) assert.ok(opened(await (await make(await person()))()), way)
      for (const [way, ask] of Object.entries(fresh)) assert.ok(opened(await ask(await person(), 30_000)), way)
      assert.ok(opened(await (await secondStep(await person()))()), 'the second step')
    })

    for (const [state, put] of Object.entries(states).filter(([state]) => whole || /softly/.test(state)))
      test(state, async (t) => {
        let tried = 0
        const shut = async (p, way, ask) => {
          tried++
          const answer = await ask(p)
          if (await isNew(p, state, way, answer)) return
          assert.equal(opened(answer), stays(state, way), `${way}: ${answer.status} ${answer.headers.location ?? answer.text}`)
        }
        // Several of these end each other (a letter makes the one before it void): each has a person of its own.
        for (const [way, make] of Object.entries(held)) {
          const p = await person(), use = await make(p)
          await put(p)
          await shut(p, way, use)
          if (!stays(state, way)) await shut(p, way, use)
        }
        for (const [way, ask] of whole ? Object.entries(fresh) : []) {
          const p = await person()
          await put(p)
          await shut(p, way, ask)
        }
        const p = await person(), use = await secondStep(p)
        await put(p)
        await shut(p, 'the second step', use)
        figure(t, `${state} (${store}): ${tried} tries, 0 opened`)
      })

    // ---- what ends sessions (T6) ----

    const ofSession = Object.entries(held).filter(([way]) => /access token (?!at \/logout)|refresh token|of a session|session token/.test(way))
    const sessionsOf = async (p) => (await good(clerk('GET', `/sessions?user_id=${p.clerkId}&status=active`)))
    const auth0Path = (p, rest = '') => `/api/v2/users/${encodeURIComponent(p.auth0Id)}${rest}`
    const ends = {
      'signed out': async (p) => good2(gotrue('POST', '/logout', {}, (await signIn(p.address)).access_token)),
      'signed out elsewhere': async (p) => good2(gotrue('POST', '/logout?scope=others', {}, (await signIn(p.address)).access_token)),
      'signed out by an administrator': (p) => good2(gotrue('DELETE', `/admin/users/${p.id}/sessions`, undefined, service)),
      'each session revoked by Clerk': async (p) => { for (const { id } of await sessionsOf(p)) await good(clerk('POST', `/sessions/${id}/revoke`, {})) },
      'revoked by Auth0': (p) => good2(auth0('POST', auth0Path(p, '/revoke-access'), {})),
      'another password of its own': async (p) => good(gotrue('PUT', '/user', { password: 'another-pw-2' }, (await signIn(p.address)).access_token)),
      'another password by GoTrue': (p) => good(gotrue('PUT', `/admin/users/${p.id}`, { password: 'another-pw-2' }, service)),
      'another password by Clerk': (p) => good(clerk('PATCH', `/users/${p.clerkId}`, { password: 'another-pw-2', sign_out_of_other_sessions: true })),
      'another password by Auth0': (p) => good(auth0('PATCH', auth0Path(p), { password: 'Another-pw-2', connection: 'Username-Password-Authentication' })),
    }
    const good2 = async (asked) => assert.ok([200, 202, 204].includes((await asked).status))

    for (const [end, put] of Object.entries(ends).filter(([end]) => whole || /^signed out$|by Clerk/.test(end)))
      test(end, async (t) => {
        let tried = 0
        for (let trial = 0; trial < count(1, 20); trial++)
          for (const [way, make] of ofSession) {
            const p = await person(), use = await make(p)
            await put(p)
            for (let i = 0; i < 3; i++, tried++) {
              const answer = await use()
              assert.ok(!opened(answer), `${way}: ${answer.status} ${answer.text}`)
            }
          }
        figure(t, `${end} (${store}): ${tried} uses, 0 taken`)
      })

    test('not confirmed: no token of GoTrue, and the letter of another kind confirms nobody but its reader', async () => {
      const p = await person({ confirmed: false })
      for (const way of ['GoTrue: password', 'GoTrue: password, in capitals']) assert.ok(!opened(await fresh[way](p)), way)
      const { json, status } = await gotrue('POST', '/signup', { email: p.address, password })
      assert.ok(status === 200 && !json.access_token)
      // Auth0 lets those in who have not confirmed their address, and says so in each token.
      const { id_token } = (await passwordGrant(p.address, { scope: 'openid email' })).json
      assert.equal(JSON.parse(Buffer.from(id_token.split('.')[1], 'base64url')).email_verified, false)
    })
  })

for (const store of whole ? stores : [])
  test(`an invitation that is over opens nothing (${store})`, async () => {
    const mail = await sink(), server = await start({ store, env: { ...mail.env, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_OTP_EXP: '1', GOTRUE_MAILER_SUBJECTS_INVITE: '{{ .Token }}' } })
    const wire = new Wire(server.gotrue.url), service = { authorization: `Bearer ${server.gotrue.serviceKey}` }
    try {
      const address = email()
      assert.equal((await wire.request('POST', '/invite', { email: address }, service)).status, 200)
      const link = await mail.next(address), { json } = await wire.request('POST', '/admin/generate_link', { type: 'recovery', email: address }, service)
      await sleep(2100)
      for (const ask of [['GET', path(link)], ['POST', '/verify', { type: 'invite', email: address, token: link.otp }], ['POST', '/verify', { type: 'recovery', token_hash: json.hashed_token }],
        ['POST', '/token?grant_type=password', { email: address, password: '' }], ['POST', '/token?grant_type=password', { email: address, password }]])
        assert.ok(!opened(await wire.request(...ask)), ask[1])
    } finally {
      wire.close()
      await server.stop()
      mail.stop()
    }
  })
