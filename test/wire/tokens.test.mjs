// tokens.test.mjs: hostile tokens (RFC 8725), for each dialect that verifies some: all of them are refused in the dialect's words, the controls are served.
// GoTrue is asked twice: with its secret alone, and with a set of keys beside it, where a public key could pass for a secret.
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { signature, signingKey, signToken } from '../lib/sealed.mjs'
import { start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const base64 = (value) => Buffer.from(value).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)
const pair = (type, options, kid, alg) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig', key_ops: ['verify'] })

const rsa = { ...pair('rsa', { modulusLength: 2048 }, 'rsa-1', 'RS256'), key_ops: ['sign', 'verify'] }
const ec = pair('ec', { namedCurve: 'P-256' }, 'ec-1', 'ES256')
const stranger = { ...pair('rsa', { modulusLength: 2048 }, 'rsa-1', 'RS256') }
const strangerEc = pair('ec', { namedCurve: 'P-256' }, 'ec-1', 'ES256')
const publicOf = ({ kty, n, e, crv, x, y }) => JSON.parse(JSON.stringify({ kty, n, e, crv, x, y }))

// What a public key may be taken for a secret as.
function publicForms(key) {
  const object = createPublicKey({ key: publicOf(key), format: 'jwk' })
  const pem = object.export({ type: 'spki', format: 'pem' })
  const forms = { pem, 'pem without its last line end': pem.trimEnd(), der: object.export({ type: 'spki', format: 'der' }), jwk: JSON.stringify(publicOf(key)), 'sorted jwk': JSON.stringify(publicOf(key), Object.keys(publicOf(key)).sort()) }
  if (key.kty === 'RSA') Object.assign(forms, { pkcs1: object.export({ type: 'pkcs1', format: 'pem' }), modulus: Buffer.from(key.n, 'base64url'), 'modulus as text': key.n })
  return forms
}

const N_P256 = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const hex = (text) => Buffer.from(text, 'hex')
const zero = Buffer.alloc(32), one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])])

// Signatures that no key makes, each in place of a good one.
const badSignatures = (good, width) => ({
  'none': '', 'empty but padded': '=', 'of zeros': base64(Buffer.alloc(width)), 'of ones': base64(Buffer.alloc(width, 0xff)), 'cut by one byte': base64(good.subarray(0, -1)),
  'cut by one character': base64(good).slice(0, -1), 'cut to half': base64(good.subarray(0, width / 2)), 'one byte longer': base64(Buffer.concat([good, Buffer.from([0])])),
  'twice': base64(Buffer.concat([good, good])), 'with a zero before': base64(Buffer.concat([Buffer.from([0]), good])), 'first bit changed': base64(Buffer.concat([Buffer.from([good[0] ^ 0x80]), good.subarray(1)])),
  'last bit changed': base64(Buffer.concat([good.subarray(0, -1), Buffer.from([good.at(-1) ^ 1])])), 'reversed': base64(Buffer.from(good).reverse()), 'padded': `${base64(good)}=`,
  'padded twice': `${base64(good)}==`, 'of the other alphabet': Buffer.concat([good.subarray(0, -3), hex('fbefbe')]).toString('base64'), 'with a line end': `${base64(good)}\\n`,
  'with a question mark': `${base64(good).slice(0, 8)}?${base64(good).slice(9)}`, 'with spare bits': spareBits(base64(good)), 'of a long zero': base64(Buffer.alloc(4096)),
})

// The same bytes in another last character, which a lax decoder takes.
function spareBits(text) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', last = letters.indexOf(text.at(-1))
  assert.notEqual(text.length % 4, 0)
  return text.slice(0, -1) + letters[last ^ 1]
}

const badEc = (good) => {
  const [r, s, n] = [good.subarray(0, 32), good.subarray(32), hex(N_P256)]
  const der = (a, b) => Buffer.concat([Buffer.from([0x30, 70, 2, 33, 0]), a, Buffer.from([2, 33, 0]), b])
  return {
    'r and s zero': base64(Buffer.concat([zero, zero])), 'r zero': base64(Buffer.concat([zero, s])), 's zero': base64(Buffer.concat([r, zero])), 'r and s one': base64(Buffer.concat([one, one])),
    'r the order': base64(Buffer.concat([n, s])), 's the order': base64(Buffer.concat([r, n])), 'both the order': base64(Buffer.concat([n, n])), 'r and s swapped': base64(Buffer.concat([s, r])),
    'as DER': base64(der(r, s)), 'with wider numbers': base64(Buffer.concat([Buffer.alloc(1), r, Buffer.alloc(1), s])), 'r alone': base64(r), 'all ones': base64(Buffer.alloc(64, 0xff)),
  }
}

// All hostile tokens around one that is good: `claims`, signed by `key` (a JWK or a secret), known under `kid`.
function hostile({ claims, key, kid, other }) {
  const alg = key.alg ?? 'HS256', good = signToken(claims, key, { kid })
  const [head, body, tail] = good.split('.'), bytes = Buffer.from(tail, 'base64url')
  const header = (change) => signToken(claims, key, { kid, ...change })
  const rawHeader = (text) => signToken(claims, key, text)
  const rawClaims = (text) => signToken(text, key, { kid })
  const json = JSON.stringify({ iat: now(), exp: now() + 3600, ...claims })
  const unsigned = (name, sum = '') => `${base64(JSON.stringify({ alg: name, kid, typ: 'JWT' }))}.${body}.${sum}`
  const rows = {}
  const add = (what, table) => Object.entries(table).forEach(([name, token]) => { rows[`${what}: ${name}`] = token })

  add('unsigned', Object.fromEntries(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'null', 'HS0', '\\u0000', 'RS', 'HS256\\u0000'].flatMap((name) => [[`alg ${name}`, unsigned(name)], [`alg ${name}, and a signature`, unsigned(name, tail)]])))
  add('algorithm', {
    ...Object.fromEntries(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'ES256K'].filter((name) => name !== alg).map((name) => [`${name} claimed`, header({ alg: name })])),
    'lower case': header({ alg: alg.toLowerCase() }), 'a blank behind': header({ alg: `${alg} ` }), 'a list': header({ alg: [alg] }), 'an object': header({ alg: { alg } }), 'null': header({ alg: null }),
    'a number': header({ alg: 256 }), 'true': header({ alg: true }), 'missing': header({ alg: undefined }), 'other case of the name': rawHeader(`{"Alg":"${alg}","kid":"${kid}"}`),
  })
  add('header', {
    'alg twice': rawHeader(`{"alg":"none","alg":"${alg}","kid":"${kid}"}`), 'alg twice, the same': rawHeader(`{"alg":"${alg}","alg":"${alg}","kid":"${kid}"}`), 'kid twice': rawHeader(`{"alg":"${alg}","kid":"x","kid":"${kid}"}`),
    'crit': header({ crit: ['exp'], exp: 1 }), 'crit b64': header({ crit: ['b64'], b64: false }), 'crit empty': header({ crit: [] }), 'crit null': header({ crit: null }),
    'crit of ours': header({ crit: ['alg'] }), 'jwk': header({ jwk: publicOf(typeof key === 'string' ? rsa : key) }), 'jku': header({ jku: 'http://127.0.0.1:1/keys' }), 'x5u': header({ x5u: 'http://127.0.0.1:1/c' }),
    'x5c': header({ x5c: ['MIIB'] }), 'a list': rawHeader(`[{"alg":"${alg}","kid":"${kid}"}]`), 'a text': rawHeader(`"${alg}"`), 'null': rawHeader('null'), 'empty': rawHeader(''), 'no JSON': rawHeader('alg'),
    'an open brace': rawHeader(`{"alg":"${alg}","kid":"${kid}"`), 'more behind': rawHeader(`{"alg":"${alg}","kid":"${kid}"}x`), 'deep': rawHeader(`{"alg":"${alg}","kid":"${kid}","x":${'['.repeat(500)}${']'.repeat(500)}}`),
    'a NUL in alg': rawHeader(`{"alg":"${alg}\\u0000","kid":"${kid}"}`), 'a raw NUL': rawHeader(`{"alg":"${alg}","kid":"${kid}\0"}`), 'a lone surrogate': rawHeader(`{"alg":"${alg}","kid":"${kid}","x":"\\ud800"}`),
    'no UTF-8': rawHeader(Buffer.from(`{"alg":"${alg}","kid":"${kid}","x":"\xff"}`, 'latin1').toString('latin1')).replace(/^[^.]+/, () => Buffer.from(`{"alg":"${alg}","x":"\xff"}`, 'latin1').toString('base64url')),
    'an own public key, and its signature': signToken(claims, stranger, { kid, jwk: publicOf(stranger) }),
  })
  if (typeof key !== 'string')
    add('kid', Object.fromEntries(['', '../../../../dev/null', '/dev/null', "x' OR '1'='1", 'x\\u0000', `${kid}\\u0000`, kid.toUpperCase() + 'X', ` ${kid}`, 'k'.repeat(4000), '%00', '${kid}', 'http://127.0.0.1:1/'].map((name) => [name.slice(0, 30), header({ kid: name })])
      .concat([['null', header({ kid: null })], ['a list', header({ kid: [kid] })], ['a number', header({ kid: 1 })], ['true', header({ kid: true })], ['missing', header({ kid: undefined })]])))
  add('signature', Object.fromEntries(Object.entries({ ...badSignatures(bytes, bytes.length), ...(alg === 'ES256' ? badEc(bytes) : {}) }).map(([name, sum]) => [name, `${head}.${body}.${sum}`])))
  add('signature', { 'of a stranger': signToken(claims, other, { kid }), 'of the claims alone': `${head}.${body}.${base64(signature(body, key))}`, 'of other claims': `${head}.${base64(JSON.stringify({ ...claims, exp: now() + 9999 }))}.${tail}` })
  add('form', {
    'one part': head, 'two parts': `${head}.${body}`, 'four parts': `${good}.`, 'five parts': `${good}.x.y`, 'a dot before': `.${good}`, 'two dots': `${head}..${tail}`, 'no head': `.${body}.${tail}`, 'no claims': signToken('', key, { kid }),
    'dots alone': '..', 'many dots': '.'.repeat(4000), 'padded head': `${head}=.${body}.${tail}`, 'padded claims': `${head}.${body}==.${tail}`, 'a blank inside': `${head}. ${body}.${tail}`, 'a tab inside': `${head}.\t${body}.${tail}`,
    'percent-encoded dots': good.replaceAll('.', '%2e'), 'quoted': `"${good}"`, 'JSON form': JSON.stringify({ payload: body, protected: head, signature: tail }), 'encrypted form': `${head}.${body}.${tail}.${tail}.${tail}`,
    'longer than 8 KiB': signToken({ ...claims, x: 'y'.repeat(7000) }, key, { kid }).slice(0, 8000).padEnd(8150, 'A'), 'in capitals': good.toUpperCase(), 'cut by 40': good.slice(0, -40), 'first byte off': good.slice(1),
    'a comma and another': `${good},${good}`, 'a blank and another': `${good} ${good}`,
  })
  add('claims', {
    'a list': rawClaims(`[${json}]`), 'a text': rawClaims('"x"'), 'null': rawClaims('null'), 'no JSON': rawClaims('x'), 'more behind': rawClaims(`${json}{}`), 'a name twice': rawClaims(json.replace('{', '{"exp":1,')),
    'exp in the past': signToken({ ...claims, exp: now() - 1 }, key, { kid }), 'exp now': signToken({ ...claims, exp: now() }, key, { kid }), 'exp zero': signToken({ ...claims, exp: 0 }, key, { kid }),
    'exp negative': signToken({ ...claims, exp: -1 }, key, { kid }), 'exp a text': signToken({ ...claims, exp: `${now() + 3600}` }, key, { kid }), 'exp a list': signToken({ ...claims, exp: [now() + 3600] }, key, { kid }),
    'exp true': signToken({ ...claims, exp: true }, key, { kid }), 'exp too large': rawClaims(json.replace(/"exp":\d+/, '"exp":1e999')), 'exp just below zero': rawClaims(json.replace(/"exp":\d+/, '"exp":-0.5')),
    'nbf in the future': signToken({ ...claims, nbf: now() + 3600 }, key, { kid }), 'nbf far away': signToken({ ...claims, nbf: 1e300 }, key, { kid }), 'nbf a text': signToken({ ...claims, nbf: '0' }, key, { kid }),
    'NUL in a name': rawClaims(json.replace('"exp"', '"exp\\u0000"')), 'lone surrogate': rawClaims(json.replace('{', '{"x":"\\ud800",')), 'deep': rawClaims(json.replace('{', `{"x":${'['.repeat(500)}${']'.repeat(500)},`)),
  })
  return rows
}

const JWKS = JSON.stringify([rsa, { ...publicOf(ec), kid: 'ec-1', alg: 'ES256', use: 'sig', key_ops: ['verify'] }])
const refused = {
  gotrue: ({ status, text }) => [401, 403, 400].includes(status) && ['bad_jwt', 'no_authorization'].includes(JSON.parse(text).error_code),
  clerk: ({ status }) => [400, 401, 404, 422].includes(status),
  auth0: ({ status, text }) => status === 401 || (status === 400 && JSON.parse(text).message === 'Bad HTTP authentication header format'),
}

for (const store of stores)
  describe(`tokens (${store})`, () => {
    let secret, keys

    before(async () => {
      secret = await start({ store })
      keys = await start({ store, env: { GOTRUE_JWT_KEYS: JWKS } })
    })
    after(async () => {
      await secret.stop()
      await keys.stop()
    })

    // Each token alone on the wire; the control is served before, between and after, so that nothing that is remembered lets a hostile one in.
    async function ask(server, dialect, good, rows, path = dialect === 'gotrue' ? '/admin/users?per_page=1' : '/api/v2/users?per_page=1') {
      const wire = dialect === 'auth0' ? new Wire(server.auth0.url, {}, server.auth0.ca) : new Wire(server[dialect].url)
      // Clerk's are judged as members of a body, under its key.
      const get = (token) => dialect === 'clerk' ? wire.request('POST', path, { token }, { authorization: `Bearer ${server.clerk.secretKey}` }) : wire.request('GET', path, undefined, { authorization: `Bearer ${token}` })
      let n = 0
      for (const [name, token] of Object.entries(rows)) {
        if (n++ % 20 === 0) assert.equal((await get(good)).status, 200, 'the control')
        const answer = await get(token)
        assert.ok(refused[dialect](answer), `${name}: ${answer.status} ${answer.text.slice(0, 300)}`)
        if (answer.status === 400) wire.close()
      }
      assert.equal((await get(good)).status, 200, 'the control')
      wire.close()
      return n
    }

    const service = { role: 'service_role' }
    const counts = {}
    const check = (title, least, what) => test(title, async () => {
      const { server, dialect = 'gotrue', rows, good, path } = await what()
      const n = await ask(server, dialect, good, rows, path)
      counts[dialect] = (counts[dialect] ?? 0) + n
      assert.ok(n >= least, `${n} tokens`)
    })

    check('GoTrue with a secret', 100, async () => ({
      server: secret, good: signToken(service, secret.gotrue.jwtSecret),
      rows: {
        ...hostile({ claims: service, key: secret.gotrue.jwtSecret, kid: undefined, other: 'another-secret-for-tests-of-forty-chars-1' }),
        ...Object.fromEntries(['', secret.gotrue.jwtSecret.slice(0, -1), `${secret.gotrue.jwtSecret}\0`, ` ${secret.gotrue.jwtSecret}`, base64(secret.gotrue.jwtSecret), 'secret', 'your-256-bit-secret'].map((key, i) => [`near secret ${i}`, signToken(service, key)]).filter(([, token]) => token !== signToken(service, secret.gotrue.jwtSecret))),
      },
    }))
    check('GoTrue with keys: RS256', 100, async () => ({ server: keys, good: signToken(service, rsa), rows: hostile({ claims: service, key: rsa, kid: 'rsa-1', other: stranger }) }))
    check('GoTrue with keys: ES256', 100, async () => ({ server: keys, good: signToken(service, ec), rows: hostile({ claims: service, key: ec, kid: 'ec-1', other: strangerEc }) }))
    check('GoTrue with keys: a public key as a secret', 30, async () => ({
      server: keys, good: signToken(service, rsa),
      rows: Object.fromEntries([rsa, ec].flatMap((key) => Object.entries(publicForms(key)).flatMap(([name, form]) =>
        [['HS256', key.kid], ['HS256', undefined], ['HS384', key.kid], ['HS512', undefined]].map(([alg, kid]) => [`${alg}, ${kid}: ${name} of ${key.kid}`, signToken(service, form, { alg, kid })])))),
    }))
    check('Auth0', 100, async () => {
      const { auth0 } = secret, key = await signingKey(secret, 'auth0')
      const claims = { iss: `${auth0.url}/`, aud: `${auth0.url}/api/v2/`, sub: `${auth0.clientId}@clients`, azp: auth0.clientId, scope: 'read:users' }
      const sign = (change, by = key, header = {}) => signToken({ ...claims, ...change }, by, header)
      return {
        server: secret, dialect: 'auth0', good: signToken(claims, key),
        rows: {
          ...hostile({ claims, key, kid: key.kid, other: { ...stranger, kid: key.kid } }),
          ...Object.fromEntries(Object.entries(publicForms(key)).flatMap(([name, form]) => [key.kid, undefined].map((kid) => [`public key as a secret: ${name}, ${kid}`, signToken(claims, form, { kid })]))),
          'exp missing': sign({ exp: undefined }), 'exp null': sign({ exp: null }), 'iss without its slash': sign({ iss: auth0.url }), 'iss longer': sign({ iss: `${auth0.url}/x` }), 'iss a list': sign({ iss: [`${auth0.url}/`] }),
          'iss missing': sign({ iss: undefined }), 'aud without its slash': sign({ aud: `${auth0.url}/api/v2` }), 'aud longer': sign({ aud: `${auth0.url}/api/v2/x` }), 'aud inside a text': sign({ aud: `x "${auth0.url}/api/v2/" x` }),
          'aud in a list as a part': sign({ aud: [`x"${auth0.url}/api/v2/"`] }), 'aud as an object': sign({ aud: { [`${auth0.url}/api/v2/`]: 1 } }), 'aud missing': sign({ aud: undefined }), 'aud nested': sign({ aud: [[`${auth0.url}/api/v2/`]] }),
          'sub of another client': sign({ sub: 'x@clients' }), 'sub of a user': sign({ sub: 'auth0|1' }), 'sub in capitals': sign({ sub: claims.sub.toUpperCase() }), 'sub missing': sign({ sub: undefined }),
          'RS512 by the right key': sign({}, { ...key, alg: 'RS512' }), 'PS256 by the right key': sign({}, { ...key, alg: 'PS256' }),
        },
      }
    })
    // A user who has signed in, as each dialect sees it.
    const person = async (audience) => {
      const { gotrue, clerk, auth0 } = secret, json = { 'content-type': 'application/json' }, email = `token-${process.pid}@example.com`
      await fetch(`${gotrue.url}/admin/users`, { method: 'POST', headers: { authorization: `Bearer ${gotrue.serviceKey}` }, body: JSON.stringify({ email, password: 'secret-pw-1', email_confirm: true }) })
      const grant = await fetch(`${auth0.url}/oauth/token`, { method: 'POST', headers: json, body: JSON.stringify({ grant_type: 'password', username: email, password: 'secret-pw-1', scope: 'openid read:current_user', audience, client_id: auth0.clientId, client_secret: auth0.clientSecret }) })
      const key = { ...json, authorization: `Bearer ${clerk.secretKey}` }, [{ id }] = await (await fetch(`${clerk.url}/v1/users?email_address=${email}`, { headers: key })).json()
      const session = await (await fetch(`${clerk.url}/v1/sessions`, { method: 'POST', headers: key, body: JSON.stringify({ user_id: id }) })).json()
      return { token: (await grant.json()).access_token, session: session.id, jwt: (await (await fetch(`${clerk.url}/v1/sessions/${session.id}/tokens`, { method: 'POST', headers: key, body: '{}' })).json()).jwt }
    }
    const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
    for (const [title, api] of [["Auth0's userinfo", 'userinfo'], ["Auth0's users of themselves", 'api/v2/']])
      check(title, 100, async () => {
        const { url, clientId } = secret.auth0, key = await signingKey(secret, 'auth0'), { iat, exp, ...claims } = claimsOf((await person(api === 'userinfo' ? undefined : `${url}/${api}`)).token), sign = (change) => signToken({ ...claims, ...change }, key)
        return {
          server: secret, dialect: 'auth0', path: api === 'userinfo' ? '/userinfo' : `/api/v2/users/${encodeURIComponent(claims.sub)}`, good: sign({}),
          rows: {
            ...hostile({ claims, key, kid: key.kid, other: { ...stranger, kid: key.kid } }),
            'no session': sign({ sid: undefined }), 'the session of nobody': sign({ sid: '00000000-0000-4000-8000-000000000001' }), 'an empty session': sign({ sid: '' }), 'a session of another kind': sign({ sid: 5 }), 'another user': sign({ sub: 'auth0|1' }),
            'another client': sign({ sub: 'x@clients' }), 'for another API': sign({ aud: `${url}/x` }), 'no user': sign({ sub: '' }), 'an ID token': sign({ aud: clientId }), 'of another issuer': sign({ iss: 'https://example.com/' }),
          },
        }
      })
    check('Clerk', 100, async () => {
      const key = await signingKey(secret, 'clerk'), { session, jwt } = await person(), { iat, exp, nbf, ...claims } = claimsOf(jwt), sign = (change) => signToken({ ...claims, ...change }, key)
      const rows = Object.fromEntries([0, 1, 2].flatMap((twice) => Object.entries(hostile({ claims: twice ? { ...claims, nbf: now() - 5 * twice, azp: 'x' } : claims, key, kid: key.kid, other: { ...stranger, kid: key.kid } })).map(([name, token]) => [`${name} ${twice}`, token]))
        .filter(([name]) => !/longer than 8 KiB/.test(name))) // a body may be longer
      return {
        server: secret, dialect: 'clerk', path: `/v1/sessions/${session}/verify`, good: sign({}),
        rows: {
          ...rows, ...Object.fromEntries(Object.entries(publicForms(key)).flatMap(([name, form]) => [key.kid, undefined].map((kid) => [`public key as a secret: ${name}, ${kid}`, signToken(claims, form, { kid })]))),
          'another session': sign({ sid: 'sess_2NoSuchSessionAtAll000000' }), 'another user': sign({ sub: 'user_2NoSuchUserAtAll00000000' }), 'no session': sign({ sid: undefined }), 'no user': sign({ sub: undefined }), 'no end': sign({ exp: undefined }),
        },
      }
    })
    test('400 and more for each dialect', (t) => {
      for (const [dialect, n] of Object.entries(counts)) assert.ok(n >= 400, `${dialect}: ${n}`)
      assert.equal(Object.keys(counts).length, 3)
      figure(t, `${Object.entries(counts).map(([dialect, n]) => `${n} of ${dialect}`).join(', ')} (${store}), 0 taken`)
    })
  })
