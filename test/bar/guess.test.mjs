// guess.test.mjs (T5, A4): nothing that opens something can be guessed: links carry a secret that their code does not give away, codes are few tries, and ids, tokens
// and codes are as random as they look.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { count, stores } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query } from '../lib/tables.mjs'
import { race, Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1'
let n = 0
const email = () => `guess-${process.pid}-${n++}@example.com`
const path = ({ link }) => link.replace(/^https?:\/\/[^/]+/, '')
const sum = (address, code) => createHash('sha224').update(address + code).digest('hex')
const opened = ({ status, headers, text }) => /access_token/.test(text) || (status === 303 && /[?#&](access_token|code)=/.test(headers.location))

for (const store of stores)
  describe(`guesses (${store})`, () => {
    let server, mail, wire

    before(async () => {
      mail = await sink()
      const subjects = Object.fromEntries(['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'EMAIL_CHANGE', 'INVITE'].map((name) => [`GOTRUE_MAILER_SUBJECTS_${name}`, '{{ .Token }} {{ .TokenHash }}']))
      server = await start({ store, env: { ...mail.env, ...subjects, HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      wire = new Wire(server.gotrue.url)
    })
    after(async () => {
      wire.close()
      await server.stop()
      mail.stop()
    })

    const service = () => ({ authorization: `Bearer ${server.gotrue.serviceKey}` })
    const known = async (more = {}) => {
      const address = email(), { json } = await wire.request('POST', '/admin/users', { email: address, password, email_confirm: true, ...more }, service())
      return { address, id: json.id }
    }
    const session = async ({ address }) => (await wire.request('POST', '/token?grant_type=password', { email: address, password })).json
    const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 's256' }
    const letters = {
      signup: async () => { const address = email(); await wire.request('POST', '/signup', { email: address, password }); return address },
      invite: async () => { const address = email(); await wire.request('POST', '/invite', { email: address }, service()); return address },
      recovery: async () => { const { address } = await known(); await wire.request('POST', '/recover', { email: address }); return address },
      magiclink: async () => { const { address } = await known(); await wire.request('POST', '/otp', { email: address }); return address },
      'recovery in a flow': async () => { const { address } = await known(); await wire.request('POST', '/recover', { email: address, ...challenge }); return address },
      email_change: async () => { const p = await known(), moved = email(); await wire.request('PUT', '/user', { email: moved }, { authorization: `Bearer ${(await session(p)).access_token}` }); await mail.next(p.address); return moved },
    }

    test('a link is not what its code and address give', async (t) => {
      for (const [what, send] of Object.entries(letters)) {
        const type = what.split(' ')[0], address = await send(), letter = await mail.next(address), shown = /token=([^&]*)/.exec(letter.link)[1]
        const guess = sum(address, letter.otp), all = [guess, `pkce_${guess}`, [...guess].reverse().join('')]
        assert.ok(!all.includes(shown) && /^(pkce_)?[0-9a-f]{56}$/.test(shown), what)
        assert.ok(letter.subject.includes(shown), 'templates have it, too')
        for (const token of all) {
          assert.ok(!opened(await wire.request('GET', `/verify?type=${type}&token=${token}`)), what)
          assert.ok(!opened(await wire.request('POST', '/verify', { type, token_hash: token })), what)
        }
        // what stands in the tables opens nothing either
        const rows = await query(server, `SELECT id, token_hash FROM auth.one_time_tokens WHERE relates_to = '${address}'`)
        for (const { id, token_hash: hash } of rows) for (const token of [id, id.replaceAll('-', ''), hash]) assert.ok(!opened(await wire.request('POST', '/verify', { type, token_hash: token })), what)
        for (let cut = 1; cut <= 40; cut++) assert.ok(!opened(await wire.request('POST', '/verify', { type, token_hash: shown.slice(0, -cut) })), `cut by ${cut}`)
        const answer = await wire.request('GET', path(letter))
        assert.ok(opened(answer) || type === 'email_change', `${what}: ${answer.headers.location}`)
        assert.ok(!/error/.test(answer.headers.location), answer.headers.location)
      }
      const { address } = await known(), { json } = await wire.request('POST', '/admin/generate_link', { type: 'magiclink', email: address }, service())
      assert.notEqual(json.hashed_token, sum(address, json.email_otp))
      assert.ok(!opened(await wire.request('POST', '/verify', { type: 'magiclink', token_hash: sum(address, json.email_otp) })))
      assert.ok(opened(await wire.request('POST', '/verify', { type: 'magiclink', token_hash: json.hashed_token })))
      figure(t, `${Object.keys(letters).length + 1} kinds of links (${store}), 0 opened by what code, address or tables give`)
    })

    test('a link of another server, whose hash is stored, opens', async () => {
      const { address, id } = await known(), token = 'ab'.repeat(28)
      await wire.request('POST', '/recover', { email: address })
      const letter = await mail.next(address)
      await query(server, `UPDATE auth.one_time_tokens SET id = '00000000-0000-4000-8000-${String(process.pid).padStart(12, '0')}', token_hash = '${token}' WHERE user_id = '${id}' RETURNING id`, true)
      await query(server, `UPDATE auth.users SET recovery_token = '${token}' WHERE id = '${id}' RETURNING id`, true)
      assert.ok(!opened(await wire.request('GET', path(letter))))
      assert.ok(opened(await wire.request('GET', `/verify?type=recovery&token=${token}`)))
    })

    test('codes for a new address: 30 wrong ones at once or in turn, for all who move there, then none', { timeout: 120_000 }, async (t) => {
      const moved = email(), people = []
      for (let i = 0; i < 3; i++) {
        const p = await known()
        await wire.request('PUT', '/user', { email: moved }, { authorization: `Bearer ${(await session(p)).access_token}` })
        people.push({ ...p, code: (await mail.next(moved)).otp, link: (await mail.next(p.address)).link })
      }
      const wrong = Array.from({ length: 60 }, (_, i) => String(i).padStart(6, '0')).filter((code) => !people.some((p) => p.code === code)).slice(0, 40)
      const wires = wrong.map(() => new Wire(server.gotrue.url))
      const answers = await race(wrong.map((code, i) => [wires[i], 'POST', '/verify', { type: 'email_change', email: moved, token: code }]))
      wires.forEach((one) => one.close())
      for (const { status, json } of answers) assert.deepEqual([status, json.error_code], [403, 'otp_expired'])
      for (const { code } of people) assert.equal((await wire.request('POST', '/verify', { type: 'email_change', email: moved, token: code })).json.error_code, 'otp_expired')
      const tries = await query(server, `SELECT tries FROM hecate.code_tries WHERE user_id IN (${people.map(({ id }) => `'${id}'`)})`)
      assert.ok(tries.length === 3 && tries.every((row) => Number(row.tries) >= 30), JSON.stringify(tries))
      const one = await known(), there = email()
      await wire.request('PUT', '/user', { email: there }, { authorization: `Bearer ${(await session(one)).access_token}` })
      const { otp } = await mail.next(there)
      for (const code of wrong.slice(0, 29)) await wire.request('POST', '/verify', { type: 'email_change', email: there, token: code === otp ? '999999' : code })
      assert.equal((await wire.request('POST', '/verify', { type: 'email_change', email: there, token: otp })).status, 200, 'after 29 the right one is good')
      figure(t, `3 who move to one address (${store}): 30 wrong codes looked at, 0 right ones after`)
    })

    test('ids, tokens and codes do not come twice, and no digit more than another', { timeout: 600_000 }, async (t) => {
      const rounds = count(60, 3000), seen = new Map()
      let digits
      const see = (kind, text) => {
        const all = seen.get(kind) ?? seen.set(kind, new Set()).get(kind)
        assert.ok(!all.has(text), `${kind} ${text} twice`)
        all.add(text)
      }
      const { address } = await known(), { access_token: token } = await session({ address })
      const draw = async (i) => {
        const { json } = await wire.request('POST', '/admin/generate_link', { type: 'magiclink', email: address }, service())
        see('link', json.hashed_token)
        for (const digit of json.email_otp) digits.set(digit, (digits.get(digit) ?? 0) + 1)
        if (i % 20 > 0) return
        const { json: s } = await wire.request('POST', '/token?grant_type=password', { email: address, password })
        see('refresh token', s.refresh_token)
        see('session', JSON.parse(Buffer.from(s.access_token.split('.')[1], 'base64url')).session_id)
      }
      assert.ok(token)
      // One in a thousand is over by chance: then there are four times as many others, among which what is uneven shows the more.
      let total, chi = Infinity
      for (let turn = 0, n = rounds; turn < 3 && chi >= 27.88; turn++, n *= 4) {
        digits = new Map()
        for (let i = 0; i < n; i++) await draw(i)
        total = [...digits.values()].reduce((a, b) => a + b)
        chi = Array.from({ length: 10 }, (_, d) => ((digits.get(String(d)) ?? 0) - total / 10) ** 2 / (total / 10)).reduce((a, b) => a + b)
      }
      assert.ok(chi < 27.88, `χ² is ${chi}`) // p = 0.001 at 9 degrees of freedom
      figure(t, `${[...seen.values()].reduce((all, one) => all + one.size, 0)} ids and tokens (${store}), 0 twice; ${total} digits of codes, χ² ${chi.toFixed(1)} of at most 27.9`)
    })
  })
