// sealed.mjs: the signing keys that a server under test has made for itself, opened with its data key, and tokens signed by them or by any other key.
import { constants, createDecipheriv, createHmac, createPrivateKey, hkdfSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { query } from './tables.mjs'

const base64 = (value) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url')

// The private JWK with which a dialect ('clerk' or 'auth0') signs.
export async function signingKey(server, dialect) {
  const [{ id, sealed }] = await query(server, `SELECT id, sealed FROM hecate.keys WHERE dialect = '${dialect}' AND kind = 'signing' AND state = 'current'`)
  const box = Buffer.from(sealed.slice('v1.'.length), 'base64url')
  const key = hkdfSync('sha256', readFileSync(join(server.dir, 'data.key')), '', id, 32)
  const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key), box.subarray(0, 12))
  cipher.setAAD(Buffer.from(id)).setAuthTag(box.subarray(12, 28))
  return JSON.parse(Buffer.concat([cipher.update(box.subarray(28)), cipher.final()]).toString())
}

const seconds = () => Math.floor(Date.now() / 1000)

// A signature of `text` with a secret (text or bytes: HMAC) or a JWK.
export function signature(text, key, alg = key.alg ?? 'HS256') {
  const hash = `sha${alg.slice(2)}`
  if (typeof key === 'string' || Buffer.isBuffer(key)) return createHmac(hash, key).update(text).digest()
  const options = { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
  if (alg.startsWith('PS')) Object.assign(options, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  return sign(hash, Buffer.from(text), options)
}

// A token; `claims` and `header` may be text, which stands as it is. A header member of undefined is left out.
export function signToken(claims, key, header = {}) {
  const head = typeof header === 'string' ? header : { alg: key.alg ?? 'HS256', kid: key.kid, typ: 'JWT', ...header }
  const body = typeof claims === 'string' ? claims : { iat: seconds(), exp: seconds() + 3600, ...claims }
  const text = `${base64(head)}.${base64(body)}`
  return `${text}.${base64(signature(text, key))}`
}
