// addresses.test.mjs (A13): addresses that look like somebody's, or that some folding makes equal to it, lead nobody to that account: no letter of it goes to what was
// typed, no password of it signs in under another name, and what may be an account of its own is one.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sample, stores } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { query, settled } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1'
const owner = 'mike.stassek@kiss.example.com'
const [local, domain] = owner.split('@')

// The owner's address with one letter, or more, changed to what looks or folds alike.
const twins = {
  'the Kelvin sign': 'k\u212a', 'a dotted capital I': 'i\u0130', 'a dotless i': 'i\u0131', 'a long s': 's\u017f', 'full-width k': 'k\uff4b', 'full-width S': 's\uff33', 'Cyrillic e': 'e\u0435', 'Cyrillic a': 'a\u0430',
  'Cyrillic m': 'm\u043c', 'Cyrillic i': 'i\u0456', 'Cyrillic s': 's\u0455', 'Greek k': 'k\u03ba', 'Greek t': 't\u03c4', 'a mathematical k': 'k\u{1d4c0}', 'a mathematical s': 's\u{1d42c}', 'a script e': 'e\u212f', 'a circled k': 'k\u24da',
  'a superscript i': 'i\u2071', 'a subscript s': 's\u209b', 'a modifier k': 'k\u1d4f', 'a parenthesised e': 'e\u24a0', 'a Roman numeral i': 'i\u2170', 'e acute': 'e\u00e9', 'e and an accent': 'ee\u0301', 'i and a dot': 'ii\u0307', 'a small capital k': 'k\u1d0b',
}
const changed = Object.entries(twins).flatMap(([name, [from, ...to]]) => [
  [`${name}, in the local part`, `${local.replace(from, to.join(''))}@${domain}`], [`${name}, in the domain`, `${local}@${domain.replace(from, to.join(''))}`],
])
const joined = {
  'sharp s': owner.replace('ss', '\u00df'), 'capital sharp s': owner.replace('ss', '\u1e9e'), 'ligature st': owner.replace('st', '\ufb06'), 'long st': owner.replace('st', '\ufb05'), 'sharp s in the domain': `${local}@${domain.replace('ss', '\u00df')}`,
  ...Object.fromEntries(Object.entries({ 'zero-width space': '\u200b', 'zero-width joiner': '\u200d', 'zero-width non-joiner': '\u200c', 'word joiner': '\u2060', 'soft hyphen': '\u00ad', 'byte order mark': '\ufeff', 'right-to-left mark': '\u200f', 'override': '\u202e',
    'variation selector': '\ufe0f', 'no-break space': '\u00a0', 'a NUL': '\u0000', 'a tab': '\t', 'a line end': '\n', 'a return': '\r', 'a blank': ' ', 'an invisible separator': '\u2063', 'a combining grapheme joiner': '\u034f' })
    .flatMap(([name, c]) => [[`${name} before`, c + owner], [`${name} behind`, owner + c], [`${name} inside`, owner.replace('.', `.${c}`)]])),
  'full-width @': owner.replace('@', '\uff20'), 'small @': owner.replace('@', '\ufe6b'), 'full-width dot': owner.replace('.', '\uff0e'), 'ideographic dot in the domain': `${local}@${domain.replace('.', '\u3002')}`, 'one-dot leader': owner.replace('.', '\u2024'),
  'quoted': `"${local}"@${domain}`, 'quoted in part': `"mike".stassek@${domain}`, 'an escape': `mike\\.stassek@${domain}`, 'a comment': `${local}(x)@${domain}`, 'a comment in the domain': `${local}@(x)${domain}`, 'a route': `@evil.example.net:${owner}`,
  'percent routing': `${local}%${domain}@evil.example.net`, 'bang routing': `${domain}!${local}@evil.example.net`, 'two @': `${local}@${domain}@evil.example.net`, 'two addresses': `${owner},evil@example.net`, 'two addresses, a blank': `${owner} evil@example.net`,
  'two addresses, a semicolon': `${owner};evil@example.net`, 'in brackets': `<${owner}>`, 'with a name': `Mike <${owner}>`, 'a name and another': `${owner} <evil@example.net>`, 'a header': `${owner}\r\nBcc: evil@example.net`, 'a dot at the end': `${owner}.`,
  'two dots': `${local}@kiss..example.com`, 'an address literal': `${local}@[127.0.0.1]`, 'mailto': `mailto:${owner}`, 'an IDN of Cyrillic letters': `${local}@xn--iss-sdd.example.com`, 'an IDN of the Kelvin sign': `${local}@xn--iss-1id.example.com`,
  'an upper-case IDN': `${local}@XN--KISS-.example.com`, 'a label': `${local}+x@${domain}`, 'without the dot': `mikestassek@${domain}`, 'a hyphen for the dot': `mike-stassek@${domain}`, 'a further label of the domain': `${local}@x.${domain}`, 'UTF-7': `+AG0-ike.stassek@${domain}`,
  'percent-encoded': owner.replace('@', '%40'), 'an encoded word': `=?utf-8?q?${local}?=@${domain}`, 'HTML': owner.replace('m', '&#109;'),
}
const pairs = [...changed, ...Object.entries(joined)].filter(([, text]) => text !== owner)
const same = [owner.toUpperCase(), `Mike.Stassek@${domain}`, `${local}@KISS.example.COM`]

for (const store of stores)
  describe(`addresses (${store})`, () => {
    let server, mail, wires, clerkId

    const gotrue = (where, body, key) => wires.gotrue.request('POST', where, body, key && { authorization: `Bearer ${key}` })
    before(async () => {
      mail = await sink()
      server = await start({ store, env: { ...mail.env, HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: '0', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '100000' } })
      wires = { gotrue: new Wire(server.gotrue.url), clerk: new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      assert.equal((await gotrue('/admin/users', { email: owner, password, email_confirm: true }, server.gotrue.serviceKey)).status, 200)
      clerkId = (await wires.clerk.request('GET', `/v1/users?email_address=${owner}`)).json[0].id
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
      mail.stop()
    })

    const client = () => ({ client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret })
    const oauth = (body) => wires.auth0.request('POST', '/oauth/token', { ...client(), ...body })
    const users = async () => (await query(server, 'SELECT id, email FROM auth.users ORDER BY id')).map((row) => ({ ...row }))

    test(`${pairs.length} that look alike`, { timeout: 300_000 }, async (t) => {
      assert.ok(pairs.length >= 120 && new Set(pairs.map(([, text]) => text)).size === pairs.length)
      const [{ id: ownerId }] = await users()
      let own = 0
      for (const [name, typed] of sample(pairs, 12)) {
        const before = await users()
        // by whoever typed it: what the owner's account could answer
        for (const answer of [await gotrue('/token?grant_type=password', { email: typed, password }), await oauth({ grant_type: 'password', username: typed, password }),
          await gotrue('/verify', { type: 'recovery', email: typed, token: '000000' })])
          assert.ok(answer.status >= 400 && !answer.text.includes('access_token'), `${name}: ${answer.text}`)
        for (const [where, body] of [['/recover', { email: typed }], ['/otp', { email: typed, create_user: false }], ['/resend', { type: 'signup', email: typed }]]) assert.ok((await gotrue(where, body)).status < 500, name)
        assert.ok((await wires.auth0.request('POST', '/dbconnections/change_password', { ...client(), email: typed, connection: 'Username-Password-Authentication' })).status < 500, name)
        const link = await gotrue('/admin/generate_link', { type: 'recovery', email: typed }, server.gotrue.serviceKey)
        assert.ok(link.status >= 400, `${name}: ${link.text}`)
        const found = await wires.clerk.request('GET', `/v1/users?email_address=${encodeURIComponent(typed)}`)
        assert.ok(found.status >= 400 || found.json.length === 0, `${name}: ${found.text}`)
        assert.deepEqual(await users(), before)
        // and an account of its own, where that can be: never the owner's
        for (const answer of [await gotrue('/admin/users', { email: typed, password: 'other-pw-2', email_confirm: true }, server.gotrue.serviceKey), await wires.clerk.request('POST', '/v1/email_addresses', { user_id: clerkId, email_address: typed })])
          if (answer.status < 300 && answer.json.email) {
            own++
            assert.notEqual(answer.json.id, ownerId, name)
            assert.equal((await gotrue('/recover', { email: typed })).status, 200)
            assert.equal((await gotrue('/token?grant_type=password', { email: typed, password })).json.error_code, 'invalid_credentials')
            assert.equal((await gotrue('/token?grant_type=password', { email: owner, password })).json.user.id, ownerId)
          }
      }
      await settled(server)
      const stored = new Set((await users()).map(({ email }) => email).filter((email) => email && email !== owner))
      for (const { recipients, to } of mail.all)
        for (const address of recipients) assert.ok(stored.has(address) && to.includes(address), `a letter to ${address}`)
      figure(t, `${sample(pairs, 12).length} look-alikes (${store}), ${own} with an account of their own, 0 reach another's, ${mail.all.length} letters, all to stored addresses`)
    })

    test('letters go to the stored address, however it was typed', async () => {
      for (const typed of same) {
        const sent = mail.all.length
        assert.equal((await gotrue('/recover', { email: typed })).status, 200)
        const letter = await mail.next(owner)
        assert.deepEqual([letter.recipients, mail.all.length - sent], [[owner], 1])
        assert.ok(!letter.raw.includes(typed) && letter.to.includes(owner))
        await sleep(5)
      }
    })
  })
