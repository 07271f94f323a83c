// passwords.test.mjs (A9, A10): a password is right to the last byte, in each of the fifteen formats and in those that are made here; and a digest that would cost too
// much is refused before it costs anything.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { root } from '../lib/pg.mjs'
import { start } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const vectors = JSON.parse(readFileSync(join(root, 'test/data/password_vectors.json'), 'utf8'))
const hashers = [...new Set(vectors.map(({ hasher }) => hasher))]
const siblings = ({ hasher }) => vectors.filter((one) => one.hasher === hasher)
const hex = (algorithm, text) => createHash(algorithm).update(text).digest('hex')
const cut = (text, bytes) => Buffer.from(text).subarray(0, bytes).toString('utf8').replace(/\ufffd+$/, '')
const fill = (text, bytes) => text + 'x'.repeat(Math.max(0, bytes - Buffer.byteLength(text)))
let n = 0
const email = () => `pass-${process.pid}-${n++}@example.com`

// What is not this password, however near to it.
const near = (text, digest = 'x') => [
  '', ` ${text}`, `${text} `, text.trim(), text.replaceAll(' ', '  '), text.replaceAll(' ', ''), `${text}\t`, `${text}\n`, `${text}\r\n`, `${text}\0`, `\0${text}`, `${text}\0x`, `${text}x`, `x${text}`, [...text].slice(0, -1).join(''), [...text].slice(1).join(''),
  text.toUpperCase(), text.toLowerCase(), text.normalize('NFD'), text.normalize('NFC'), text.normalize('NFKC'), text.normalize('NFKD'), text.normalize('NFD').replace(/[\u0300-\u036f]/g, ''), `${text}\u200b`, `\ufeff${text}`, text + text,
  [...text].reverse().join(''), cut(text, 8), cut(text, 55), cut(text, 71), cut(text, 72), cut(text, 73), fill(text, 72), fill(text, 73), fill(text, 128), fill(text, 4096), fill(text, 4097), Buffer.from(text).toString('latin1'), encodeURIComponent(text),
  text.replace(/&/g, '&amp;').replace(/e/g, '&#101;'), hex('md5', text), hex('sha1', text), hex('sha256', text), hex('sha256', text).toUpperCase(), Buffer.from(text).toString('base64'), digest, '%', '*', '[object Object]', 'null',
].filter((one, i, all) => one !== text && all.indexOf(one) === i)

// Refused tries are answered late on purpose: many lanes at a time, each with a connection of its own.
const lanes = async (list, open, act) => {
  const left = [...list]
  await Promise.all(Array.from({ length: 12 }, async () => {
    const wire = open()
    while (left.length > 0) await act(left.shift(), wire)
    wire.close()
  }))
}

// bcrypt itself knows 72 bytes: a hash, which may be another's, tells nothing apart that differs later. Longer passwords are not set here.
const head = (text) => Buffer.from(text).subarray(0, 72)
const alike = (scheme, password, text) => scheme === 'bcrypt' && head(text).length === 72 && head(password).equals(head(text)) && Buffer.byteLength(text) <= 4096 && !text.includes('\0')

for (const store of stores)
  describe(`passwords (${store})`, { skip: !whole }, () => {
    let server, wire, gotrue

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4', HECATE_LOCKOUT_ATTEMPTS: '0' } })
      wire = clerk()
      gotrue = new Wire(server.gotrue.url)
    })
    after(async () => {
      wire.close()
      gotrue.close()
      await server.stop()
    })

    const clerk = () => new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` })
    const create = (hasher, digest, by = wire) => by.request('POST', '/v1/users', { email_address: [email()], password_digest: digest, password_hasher: hasher })
    const verify = async (id, password, by) => {
      const answer = await by.request('POST', `/v1/users/${id}/verify_password`, { password })
      assert.ok([200, 400, 422].includes(answer.status), answer.text)
      return answer.status === 200 && answer.json.verified
    }
    const mine = whole ? vectors : vectors.filter(({ hasher }, i) => /^(md5|pbkdf2_sha256|argon2id)$/.test(hasher) && vectors.findIndex((one) => one.hasher === hasher) === i - 1)

    // The hashes are the same on each store.
    test('as they come from elsewhere: right to the last byte', { skip: store !== stores[0], timeout: 900_000 }, async (t) => {
      const asked = {}
      await lanes(mine, clerk, async (vector, by) => {
        const made = await create(vector.hasher, vector.digest, by)
        assert.equal(made.status, 200, made.text)
        asked[vector.hasher] ??= 0
        // each way to be near is tried for one or two vectors of a format
        const [at, parts] = [siblings(vector).indexOf(vector), Math.max(1, siblings(vector).length - 1)]
        for (const text of [vector.wrong_password, ...near(vector.password, vector.digest).filter((_, i) => i % parts === at % parts)]) {
          asked[vector.hasher]++
          if (alike(vector.hasher, vector.password, text)) continue // looked at below: a right one may renew the hash
          assert.equal(await verify(made.json.id, text, by), false, `${vector.hasher}: ${JSON.stringify(text).slice(0, 80)} for ${JSON.stringify(vector.password).slice(0, 80)}`)
        }
        asked[vector.hasher]++
        assert.equal(await verify(made.json.id, vector.password, by), vector.hasher !== 'awscognito' && !vector.password.includes('\0'), `${vector.hasher}: the right one`)
        for (const text of near(vector.password).filter((one) => alike(vector.hasher, vector.password, one))) assert.equal(await verify(made.json.id, text, by), true, 'behind 72 bytes')
      })
      if (whole) assert.ok(hashers.length === 15 && Object.values(asked).every((count) => count >= 40), JSON.stringify(asked))
      figure(t, `${Object.keys(asked).length} formats, ${Object.values(asked).reduce((a, b) => a + b)} passwords judged as they must (${store})`)
    })

    // ---- A10 ----

    const sums = { key32: 'fUhOa7PDIBxKc0lPKXvRMprhUfBjmipO1f8Uj4cjyD8=', key64: 'ab'.repeat(64), salt: 'c29tZXNhbHQxNmJ5dGVzIQ', sum: 'vkoNNWvcny4MfDDk+LmiWY1o70pAN1brZTpdoufjtsY' }
    const numbers = ['0', '-1', '-0', '00', '+1', '1e9', '0x10', '', ' 1', '1.5', '2147483647', '2147483648', '4294967295', '4294967296', '4294967297', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '9'.repeat(40)]
    const large = numbers.filter((text) => !/^[01]$/.test(text))
    const bombs = {
      argon2id: [...numbers.flatMap((x) => [`m=${x},t=1,p=1`, `m=1024,t=${x},p=1`, `m=1024,t=1,p=${x}`]), 'm=262145,t=1,p=1', 'm=262144,t=9,p=1', 'm=1024,t=21,p=1', 'm=1024,t=1,p=17', 'm=7,t=1,p=1', 'm=1024,t=1,p=129', 't=1,m=1024', 'm=1024,m=4194304,t=1,p=1', 'm=1024,t=1,p=1,x=1']
        .map((cost) => `$argon2id$v=19$${cost}$${sums.salt}$${sums.sum}`).concat([`$argon2id$v=18$m=1024,t=1,p=1$${sums.salt}$${sums.sum}`, `$argon2id$v=19$m=1024,t=1,p=1$$${sums.sum}`, `$argon2id$v=19$m=1024,t=1,p=1$${sums.salt}$`, `$argon2id$v=19$m=1024,t=1,p=1$${sums.salt}$${'A'.repeat(100000)}`, `$argon2id$v=19$m=1024,t=1,p=1$${'A'.repeat(100000)}$${sums.sum}`]),
      argon2i: numbers.flatMap((x) => [`m=${x},t=1,p=1`, `m=1024,t=${x},p=1`, `m=1024,t=1,p=${x}`]).map((cost) => `$argon2i$v=19$${cost}$${sums.salt}$${sums.sum}`),
      bcrypt: [...numbers, '01', '03', '16', '20', '31', '32', '99', '4', '1a', '-4', ' 4'].map((cost) => `$2a$${cost}$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W`),
      bcrypt_sha256_django: ['31', '16', '00', '99', '-1', '4'].map((cost) => `bcrypt_sha256$$2b$${cost}$abcdefghijklmnopqrstuuK5Ik0sQKRERVqVfP1zJVdl8tZU.VuN.`),
      pbkdf2_sha256: [...large, '0', '3000001', '100000000'].map((cost) => `pbkdf2_sha256$${cost}$TmFDbC1zYWx0LTE2Ynl0ZQ==$${sums.key32}`).concat([`pbkdf2_sha256$1000000$TmFDbC1zYWx0$${Buffer.alloc(4096).toString('base64')}`]),
      pbkdf2_sha256_django: [...large, '0', '3000001'].map((cost) => `pbkdf2_sha256$${cost}$seasalt2$${sums.key32}`),
      pbkdf2_sha1: [...large, '0', '3000001'].map((cost) => `pbkdf2_sha1$${cost}$pepper$${'ab'.repeat(32)}`).concat(['2147483647', '-1', '0', '65536'].map((length) => `pbkdf2_sha1$1000$pepper$${'ab'.repeat(32)}$${length}`)),
      phpass: [...'./0123stuvwxyz~\u00ff'].filter((c) => !/[56789]/.test(c)).map((c) => `$P$${c}IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0`),
      md5_phpass: [...'./stuvwxyz'].map((c) => `$P$${c}IQRaTwmfOGTJ/WYj/7EzwfYDgJk33/`),
      scrypt_werkzeug: [...large.flatMap((x) => [`${x}:8:1`, `32768:${x}:1`, `32768:8:${x}`]), '0:8:1', '32768:0:1', '32768:8:0', '3:8:1', '1048576:8:1', '1048576:1024:1', '262144:16:1', '2:1073741824:1', '32768:8:1000'].map((cost) => `scrypt:${cost}$gZ4kWmHsCJpP96gx$${sums.key64}`),
      scrypt_firebase: [...large, '0', '99'].flatMap((x) => [`8$${x}`, `${x}$14`]).map((cost) => `lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$${cost}`),
      md5: ['', 'f'.repeat(33), 'f'.repeat(100000), 'g'.repeat(32)], sha256: ['', 'f'.repeat(65), 'f'.repeat(100000)], ldap_ssha: ['{SSHA}', '{SSHA}AA', `{SSHA}${'A'.repeat(100000)}`, `{SSHA}${Buffer.alloc(20 + 257).toString('base64')}`], awscognito: ['', 'awscognito#', `awscognito#${'a'.repeat(100000)}`],
    }
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])

    test('digests that would cost too much are refused at once', { timeout: 300_000 }, async (t) => {
      let refused = 0, slowest = 0
      for (let i = 0; i < 3; i++) for (const [hasher, list] of Object.entries(bombs)) await create(hasher, list.at(-1)) // what the first request of a kind takes is no cost of a bomb
      const base = resident()
      for (const [hasher, list] of Object.entries(bombs))
        for (const digest of list) {
          const since = performance.now(), answer = await create(hasher, digest)
          slowest = Math.max(slowest, performance.now() - since)
          assert.ok([413, 422, 400].includes(answer.status), `${hasher}: ${digest.slice(0, 120)}: ${answer.status} ${answer.text.slice(0, 200)}`)
          refused++
        }
      // where GoTrue takes digests
      for (const digest of [...bombs.argon2id, ...bombs.argon2i, ...bombs.bcrypt].filter((text) => text.length < 10000)) {
        const answer = await gotrue.request('POST', '/admin/users', { email: email(), password_hash: digest }, { authorization: `Bearer ${server.gotrue.serviceKey}` })
        assert.ok(answer.status >= 400 && answer.status < 500, `GoTrue: ${digest}: ${answer.status}`)
        refused++
      }
      const grown = resident() - base
      assert.ok(slowest < (whole ? 50 : 2000), `${slowest} ms`)
      assert.ok(grown < 1024 * (whole ? 1 : 64), `${grown} KiB`)
      figure(t, `${refused} bombs refused (${store}), the slowest in ${slowest.toFixed(1)} ms, ${grown} KiB more in all`)
    })
  })

// ---- new passwords ----

const fresh = ['pässwörd-日本語-🔐', 'pa\u0308sswo\u0308rd', '  blanks  ', 'tab\tinside', 'line\ninside', "p$a#s:s%w/o\\r\"d'&{}=+", 'a'.repeat(71), 'a'.repeat(72), 'a'.repeat(73), 'é'.repeat(36), `${'é'.repeat(36)}x`, 'b'.repeat(4095), 'c'.repeat(4096), 'd'.repeat(4097), '🔐'.repeat(18), '\u202esecret', '\ufb01le-secret',
  'ﬀ-ligature', 'İstanbul-1', 'straße-1', '12345678901234567890', '        ']

for (const setting of whole ? ['bcrypt:4', 'argon2id:m=1024,t=1,p=1'] : [])
  test(`a new password is what it was set to, or is not set: ${setting}`, async (t) => {
    const server = await start({ env: { HECATE_PASSWORD_HASH: setting, HECATE_LOCKOUT_ATTEMPTS: '0' } })
    const signIn = async (address, password, by) => (await by.request('POST', '/token?grant_type=password', { email: address, password })).status
    let set = 0, tried = 0
    try {
      await lanes(fresh, () => new Wire(server.gotrue.url), async (password, by) => {
        const address = email(), made = await by.request('POST', '/admin/users', { email: address, password, email_confirm: true }, { authorization: `Bearer ${server.gotrue.serviceKey}` })
        assert.ok(made.status === 200 || made.status === 422 || made.status === 400, made.text)
        if (setting.startsWith('bcrypt')) assert.equal(made.status === 200, Buffer.byteLength(password) <= 72)
        for (const text of near(password).filter((one) => !alike(setting.split(':')[0], password, one))) {
          tried++
          assert.notEqual(await signIn(address, text, by), 200, `${JSON.stringify(text).slice(0, 80)} for ${JSON.stringify(password).slice(0, 80)}`)
        }
        if (made.status === 200) assert.equal(await signIn(address, password, by), 200)
        set += made.status === 200
      })
      figure(t, `${setting}: ${set} of ${fresh.length} set, ${tried} near ones refused`)
    } finally {
      await server.stop()
    }
  })
