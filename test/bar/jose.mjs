// jose.mjs (P3): signatures judged as the standards say. Tokens of each class of mistake, made here and put to the program's own verifier; and with HECATE_WYCHEPROOF,
// the directory of a copy of Wycheproof (a tree or a bare repository), its files for JWS and JWK, scored one by one.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, createHmac, createPrivateKey, createPublicKey, constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { root } from '../lib/pg.mjs'

const b64 = (value) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url')
const pem = (jwk, alg) => `${alg}:${createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).replaceAll('\n', '|')}`

// What becomes of each case { keys, token }: taken, refused, or key.
function judge(cases) {
  if (cases.length === 0) return []
  const input = cases.map(({ keys, token }) => [...keys.map((key) => (typeof key === 'string' ? key : JSON.stringify(key))), token].join('\t')).join('\n') + '\n'
  const { status, stdout, stderr } = spawnSync(join(root, 'build/asan/test/bar/bar-judge'), { input, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.trimEnd().split('\n')
}

// ---- keys: one of each algorithm that is taken ----

const pair = (type, options, alg) => {
  const { privateKey } = generateKeyPairSync(type, options)
  return { alg, privateKey, jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), alg, kid: alg } }
}
const rsa = { modulusLength: 2048 }, secret = Buffer.alloc(40, 7)
const all = {
  HS256: { alg: 'HS256', jwk: { kty: 'oct', k: b64(secret), alg: 'HS256', kid: 'HS256' } },
  RS256: pair('rsa', rsa, 'RS256'), RS384: pair('rsa', rsa, 'RS384'), RS512: pair('rsa', rsa, 'RS512'), PS256: pair('rsa', rsa, 'PS256'),
  ES256: pair('ec', { namedCurve: 'P-256' }, 'ES256'), ES512: pair('ec', { namedCurve: 'P-521' }, 'ES512'), EdDSA: pair('ed25519', {}, 'EdDSA'),
}
const by = (key) => (/^(RS384|PS256)$/.test(key.alg) ? pem(key.jwk, key.alg) : key.jwk)
const hashes = { 256: 'sha256', 384: 'sha384', 512: 'sha512' }
const hashOf = (alg) => hashes[alg.slice(2)]

function signature({ alg, privateKey }, text, { hash = hashOf(alg), ...how } = {}) {
  if (alg === 'HS256') return createHmac(hash, secret).update(text).digest()
  if (alg === 'EdDSA') return sign(null, Buffer.from(text), privateKey)
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return sign(hash, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363', ...(alg === 'PS256' ? pss : {}), ...how })
}
const payload = b64('{"sub":"somebody"}')
const head = (key, more = {}) => b64({ alg: key.alg, kid: key.alg, ...more })
const token = (key, { header = head(key), body = payload, ...how } = {}) => `${header}.${body}.${b64(signature(key, `${header}.${body}`, how))}`

// ---- classes: what each makes of a key must not be taken ----

const parts = (text) => text.split('.')
const resigned = (key, made) => { const [header, body] = parts(token(key)); return `${header}.${body}.${b64(made(signature(key, `${header}.${body}`)))}` }
const flipped = (bytes, at) => { const copy = Buffer.from(bytes); copy[at] ^= 1; return copy }
const last = (text, to) => text.slice(0, -1) + to
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const json = (key, more) => { const [header, body, sum] = parts(token(key)); return JSON.stringify({ payload: body, protected: header, signature: sum, ...more }) }
const headers = {
  'alg none': { alg: 'none' }, 'alg NONE': { alg: 'NONE' }, 'no alg': { alg: undefined }, 'alg null': { alg: null }, 'alg a number': { alg: 256 }, 'alg a list': { alg: ['HS256'] },
  'an alg nobody knows': { alg: 'XS256' }, 'alg in small letters': {}, 'alg with a blank': {}, 'crit of nothing': { crit: [] }, 'crit of exp': { crit: ['exp'], exp: 1 },
  'crit of b64': { crit: ['b64'], b64: false }, 'crit of no list': { crit: 'b64' }, 'a key of its own': { jwk: all.RS256.jwk }, 'an address of keys': { jku: 'https://localhost/keys' },
  'an address of a certificate': { x5u: 'https://localhost/cert' }, 'a certificate of its own': { x5c: ['MIIB'] },
}
const classes = {
  'a bit of the signature': (key) => Array.from({ length: signature(key, '').length }, (_, at) => resigned(key, (bytes) => flipped(bytes, at))),
  'a bit of the header or payload': (key) => [0, 1].flatMap((part) => parts(token(key))[part].split('').map((c, at) => {
    const all = parts(token(key))
    all[part] = all[part].slice(0, at) + (c === 'A' ? 'B' : 'A') + all[part].slice(at + 1)
    return all.join('.')
  })),
  'a signature too short, too long, none': (key) => [(b) => b.subarray(0, -1), (b) => b.subarray(1), (b) => Buffer.concat([b, Buffer.alloc(1)]), (b) => Buffer.concat([Buffer.alloc(1), b]),
    (b) => Buffer.concat([b, b]), () => Buffer.alloc(0), (b) => Buffer.alloc(b.length), (b) => Buffer.alloc(b.length, 255), (b) => b.subarray(0, b.length / 2)].map((made) => resigned(key, made)),
  'no parts, too many, too few': (key) => ['', '.', '..', '...', `${token(key)}.`, `.${token(key)}`, `${token(key)}.x`, parts(token(key)).slice(0, 2).join('.'), token(key).replace('.', '..'), token(key).replaceAll('.', ' ')],
  'base64url: padding, blanks, foreign letters': (key) => [0, 1, 2].flatMap((part) => ['=', '==', ' ', '\r', '?', '*', '%3D', 'A'].map((end) => {
    const all = parts(token(key))
    all[part] += end
    return all.join('.')
  })).concat([` ${token(key)}`, `${token(key)} `, `${token(key)}\r`, token(key, { body: b64(Buffer.from([0xfb, 0xff])) }).replaceAll('-', '+').replace('.-_8.', '.+/8.')]),
  'base64url: bits behind the end': (key) => { const text = token(key), c = text.at(-1), spare = [0, 0, 4, 2][parts(text)[2].length % 4]
    return Array.from({ length: (1 << spare) - 1 }, (_, i) => last(text, ALPHABET[ALPHABET.indexOf(c) + i + 1])) },
  'a serialization that is not compact': (key) => [json(key), json(key, { header: {} }), JSON.stringify({ payload, signatures: [JSON.parse(json(key))] })],
  headers: (key) => Object.entries(headers).map(([name, more]) => token(key, { header: head(key, name === 'alg in small letters' ? { alg: key.alg.toLowerCase() } : name === 'alg with a blank' ? { alg: `${key.alg} ` } : more) }))
    .concat(['[]', '"x"', '1', 'null', '', '{', `{"alg":"${key.alg}","alg":"${key.alg}"}`, `{"alg":"${key.alg}"} x`, `{"alg":"${key.alg}\u0000"}`].map((text) => token(key, { header: b64(text) }))),
  'alg none, not signed': (key) => ['none', 'None', 'NONE', 'nOnE', ''].map((alg) => `${b64({ alg, kid: key.alg })}.${payload}.`),
  'another algorithm': (key) => Object.keys(all).concat('HS384', 'HS512', 'RS1', 'ES384', 'PS384', 'PS512').filter((alg) => alg !== key.alg).map((alg) => token(key, { header: head(key, { alg }) })),
  'signed for another text': (key) => [`${parts(token(key, { body: b64('{}') }))[0]}.${payload}.${parts(token(key, { body: b64('{}') }))[2]}`, token({ ...key, privateKey: key.privateKey && pairOf(key) })].slice(0, key.privateKey ? 2 : 1),
}
const again = {}
const pairOf = ({ alg, privateKey }) => (again[alg] ??= generateKeyPairSync(privateKey.asymmetricKeyType, { ...rsa, namedCurve: privateKey.asymmetricKeyDetails.namedCurve }).privateKey)

// ---- what only one kind of key can get wrong ----

const number = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const wide = (value, n) => Buffer.from(value.toString(16).padStart(2 * n, '0'), 'hex')
const order = { ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES512: BigInt(`0x1${'f'.repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`) }
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const backwards = (bytes) => Buffer.from(bytes).reverse()

// PKCS #1 v1.5 by hand: what stands around the digest is free.
function pkcs1(key, { prefix, tail = Buffer.alloc(0), fill = 0xff, first = Buffer.from([0, 1]), left }) {
  const text = `${head(key)}.${payload}`, bytes = key.jwk.n.length * 3 >> 2
  const info = Buffer.concat([prefix, createHash(hashOf(key.alg)).update(text).digest()])
  const n = left ?? bytes - 3 - info.length - tail.length
  const block = Buffer.concat([first, Buffer.alloc(n, fill), Buffer.alloc(1), info, tail, Buffer.alloc(bytes)]).subarray(0, bytes)
  return `${text}.${b64(privateEncrypt({ key: key.privateKey, padding: constants.RSA_NO_PADDING }, block))}`
}
const oid = { RS256: [1, 32], RS384: [2, 48], RS512: [3, 64] }
const info = (alg, { parameters = [5, 0], more = 0, last: kind } = {}) => {
  const [id, n] = oid[alg], seq = [0x30, 11 + parameters.length, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, kind ?? id, ...parameters]
  return Buffer.from([0x30, seq.length + 2 + n + more, ...seq, 4, n])
}
const own = {
  RSA: (key) => oid[key.alg] === undefined ? [
    token(key, { saltLength: 0 }), token(key, { saltLength: 20 }), token(key, { saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN }), token(key, { hash: 'sha1' }), token(key, { hash: 'sha512', saltLength: 32 }),
    token(key, { padding: constants.RSA_PKCS1_PADDING, saltLength: undefined }),
  ] : [
    pkcs1(key, { prefix: info(key.alg, { parameters: [] }) }), pkcs1(key, { prefix: info(key.alg, { parameters: [4, 0] }) }), pkcs1(key, { prefix: info(key.alg, { last: 9 }) }),
    pkcs1(key, { prefix: info(key.alg), tail: Buffer.alloc(1) }), pkcs1(key, { prefix: info(key.alg), left: 8 }), pkcs1(key, { prefix: info(key.alg), fill: 0 }),
    pkcs1(key, { prefix: info(key.alg), first: Buffer.from([0, 2]) }), pkcs1(key, { prefix: Buffer.alloc(0) }),
    pkcs1(key, { prefix: info(key.alg, { parameters: [5, 0, 4, 0], more: 0 }) }), token(key, { hash: 'sha1' }),
    token(key, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  ],
  EC: (key) => {
    const n = key.alg === 'ES256' ? 32 : 66, q = order[key.alg], halves = (b) => [number(b.subarray(0, n)), number(b.subarray(n))]
    const rs = (change) => resigned(key, (b) => { const [r, s] = change(...halves(b)); return Buffer.concat([wide(r, n), wide(s, n)]) })
    const values = [0n, 1n, q - 1n, q, q + 1n, 2n ** BigInt(8 * n) - 1n]
    return [...values.flatMap((x) => values.map((y) => rs(() => [x, y]))), ...values.flatMap((x) => [rs((r) => [r, x]), rs((_, s) => [x, s])]),
      rs((r, s) => [s, r]), token(key, { dsaEncoding: 'der' }), token(key, { hash: 'sha384' }), resigned(key, (b) => Buffer.concat([Buffer.alloc(1), b.subarray(0, n), Buffer.alloc(1), b.subarray(n)]))]
  },
  OKP: (key) => [
    resigned(key, (b) => Buffer.concat([b.subarray(0, 32), backwards(wide(number(backwards(b.subarray(32))) + L, 32))])), // the same S, not the smallest
    resigned(key, (b) => Buffer.concat([Buffer.alloc(32), b.subarray(32)])), resigned(key, (b) => Buffer.concat([Buffer.from([1]), Buffer.alloc(63), b.subarray(0, 0)])),
    resigned(key, (b) => Buffer.concat([b.subarray(32), b.subarray(0, 32)])),
  ],
  oct: (key) => ['sha384', 'sha512', 'sha1'].map((hash) => token(key, { hash }))
    .concat(Object.values(all).filter(({ privateKey }) => privateKey).flatMap(({ jwk }) => ['pem', 'der'].map((format) => { // a public key taken for the secret
      const text = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format })
      return `${head(key)}.${payload}.${createHmac('sha256', text).update(`${head(key)}.${payload}`).digest('base64url')}`
    }))),
}

for (const key of Object.values(all))
  test(`tokens of ${key.alg}`, (t) => {
    const good = [token(key), token(key, { body: '' }), token(key, { header: head(key, { typ: 'JWT', cty: 'x', unknown: [1] }) }), token(key, { body: b64(Buffer.alloc(3000, 200)) })]
    if (key.alg === 'ES256' || key.alg === 'ES512') { // the other half of the curve signs as well
      const n = key.alg === 'ES256' ? 32 : 66
      good.push(resigned(key, (b) => Buffer.concat([b.subarray(0, n), wide(order[key.alg] - number(b.subarray(n)), n)])))
    }
    if (oid[key.alg]) good.push(pkcs1(key, { prefix: info(key.alg) }))
    assert.deepEqual(judge(good.map((token) => ({ keys: [by(key)], token }))), good.map(() => 'taken'))
    let n = 0
    for (const [name, make] of [...Object.entries(classes), [key.jwk.kty, own[key.jwk.kty]]]) {
      const tokens = make(key)
      const wrong = judge(tokens.map((token) => ({ keys: [by(key)], token }))).map((word, i) => [word, tokens[i]]).filter(([word]) => word !== 'refused')
      assert.deepEqual(wrong, [], name)
      n += tokens.length
    }
    figure(t, `${key.alg}: ${good.length} taken, ${n} refused`)
  })

// ---- keys that are none to verify by ----

const small = pair('rsa', { modulusLength: 1024 }, 'RS256').jwk, { RS256, ES256, EdDSA, HS256 } = Object.fromEntries(Object.entries(all).map(([alg, { jwk }]) => [alg, jwk]))
const privateOf = (alg) => ({ ...createPrivateKey(all[alg].privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }), alg, kid: alg })
const off = (text) => last(text, text.at(-1) === 'A' ? 'E' : 'A')
const badKeys = {
  'RSA of 1024 bits': small, 'e of 1': { ...RS256, e: b64(Buffer.from([1])) }, 'an even e': { ...RS256, e: b64(Buffer.from([2])) }, 'e of nothing': { ...RS256, e: '' }, 'no n': { ...RS256, n: undefined },
  'an even n': { ...RS256, n: off(RS256.n.slice(0, -1) + 'A') }, 'for encryption': { ...RS256, use: 'enc' }, 'operations of encryption': { ...RS256, key_ops: ['encrypt'] }, 'no alg': { ...RS256, alg: undefined },
  'alg of another kind': { ...RS256, alg: 'ES256' }, 'alg nobody knows': { ...ES256, alg: 'ES224' }, 'alg ES521': { ...ES256, alg: 'ES521' }, 'alg of encryption': { ...RS256, alg: 'RSA1_5' }, 'kty of another': { ...ES256, kty: 'RSA' },
  'kty in small letters': { ...RS256, kty: 'rsa' }, 'another curve': { ...ES256, crv: 'P-384' }, 'a curve too large': { ...ES256, crv: 'P-521' }, 'no curve': { ...ES256, crv: undefined }, 'a point beside the curve': { ...ES256, y: ES256.x },
  'a point of nothing': { ...ES256, x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) }, 'a short coordinate': { ...ES256, x: b64(Buffer.from(ES256.x, 'base64url').subarray(1)) },
  'a long coordinate': { ...ES256, x: b64(Buffer.concat([Buffer.alloc(1), Buffer.from(ES256.x, 'base64url')])) }, 'Ed448': { ...EdDSA, crv: 'Ed448' }, 'X25519': { ...EdDSA, crv: 'X25519' }, 'Ed25519, short': { ...EdDSA, x: EdDSA.x.slice(0, -2) },
  'a secret of 31 bytes': { ...HS256, k: b64(Buffer.alloc(31, 1)) }, 'no secret': { ...HS256, k: '' }, 'a secret with padding': { ...HS256, k: `${HS256.k}=` }, 'a secret for AES': { ...HS256, alg: 'A256GCM' }, 'a secret to wrap keys': { ...HS256, alg: 'A256KW' },
  'the private part of another': { ...RS256, d: privateOf('RS512').d }, 'primes of another': { ...privateOf('RS256'), p: privateOf('RS512').p }, 'd of another curve point': { ...ES256, d: b64(Buffer.alloc(32, 5)) }, 'd of another Ed25519': { ...EdDSA, d: b64(Buffer.alloc(32, 5)) },
  'a private part that is not whole': { ...RS256, p: privateOf('RS256').p }, 'a list': [RS256], 'a member twice': JSON.stringify(RS256).replace('{', '{"kty":"RSA",'),
}
test('keys that are refused', (t) => {
  const cases = Object.values(badKeys).map((key) => ({ keys: [Array.isArray(key) ? JSON.stringify(key) : key], token: token(all[key.kid] ?? all.RS256) }))
  const wrong = judge(cases).map((word, i) => [word, Object.keys(badKeys)[i]]).filter(([word]) => word !== 'key')
  assert.deepEqual(wrong, [])
  assert.deepEqual(judge([RS256, ES256, EdDSA, HS256, privateOf('RS256'), privateOf('ES256'), privateOf('EdDSA')].map((key) => ({ keys: [key], token: token(all[key.alg]) }))), Array(7).fill('taken'))
  figure(t, `${cases.length} keys refused`)
})
test('a set of keys', () => {
  const cases = [
    [[RS256, ES256], token(all.ES256), 'taken'], [[RS256, ES256], token(all.ES256, { header: b64({ alg: 'ES256' }) }), 'refused'], [[RS256, ES256], token(all.EdDSA), 'refused'],
    [[RS256, ES256], token(all.RS256, { header: b64({ alg: 'RS256', kid: 'ES256' }) }), 'refused'], [[RS256, { ...ES256, kid: 'RS256' }], token(all.RS256), 'key'], [[HS256, RS256], token(all.HS256), 'taken'],
  ]
  assert.deepEqual(judge(cases.map(([keys, token]) => ({ keys, token }))), cases.map(([, , word]) => word))
})

// ---- Wycheproof ----

const DIR = process.env.HECATE_WYCHEPROOF
function vectors(name) {
  const path = `testvectors_v1/${name}_test.json`
  return JSON.parse(existsSync(join(DIR, path)) ? readFileSync(join(DIR, path)) : execFileSync('git', ['-C', DIR, 'show', `HEAD:${path}`], { maxBuffer: 64 << 20 }))
}
// Labels that are not followed: the two that are a valid token byte for byte are taken; those with a `?` in base64url, and those by a key for another algorithm, are not.
const known = { json_web_signature: { 367: 'taken', 370: 'taken', 372: 'refused', 373: 'refused', 346: 'refused', 347: 'key', 350: 'refused', 351: 'key' } }
// Nor is a set with a secret in it refused for that: each key is for one algorithm.
const mixed = { json_web_key: { 1: 'taken' }, json_web_crypto: { 47: 'taken' } }
const foreign = /^(RS384|PS256)$/, never = /^(HS384|HS512|PS384|PS512|ES384)$/
const listed = (jwk) => (jwk.keys ?? [jwk]).map((key) => (foreign.test(key.alg) ? pem(key, key.alg) : key))
const alg = (jws) => { try { return JSON.parse(Buffer.from(jws.split('.')[0], 'base64url')).alg } catch { return undefined } }

test('Wycheproof', { skip: !DIR && 'HECATE_WYCHEPROOF names no copy of it' }, (t) => {
  const wrong = [], counts = { cases: 0, labelled: 0, known: 0, mixed: 0, 'of algorithms that are not taken': 0 }
  for (const name of ['json_web_signature', 'json_web_key', 'json_web_crypto']) {
    const cases = vectors(name).testGroups.flatMap((group) => group.tests.filter(({ jws }) => jws !== undefined)
      .map((one) => ({ ...one, keys: listed(group.public ?? group.private), token: typeof one.jws === 'string' ? one.jws : JSON.stringify(one.jws) })))
    judge(cases).forEach((word, i) => {
      const { tcId, comment, result, token } = cases[i], want = known[name]?.[tcId] ?? mixed[name]?.[tcId]
      const kind = known[name]?.[tcId] ? 'known' : mixed[name]?.[tcId] ? 'mixed' : result === 'valid' && never.test(alg(token)) ? 'of algorithms that are not taken' : 'labelled'
      const good = want ? word === want : kind === 'labelled' ? (word === 'taken') === (result === 'valid') : word !== 'taken'
      counts.cases++
      counts[kind]++
      if (!good) wrong.push(`${name} ${tcId} (${comment}): ${result}, and ${word}`)
    })
  }
  assert.deepEqual(wrong, [])
  figure(t, Object.entries(counts).map(([word, n]) => `${n} ${word}`).join(', '))
})
