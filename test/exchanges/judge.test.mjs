// judge.test.mjs: what the judge of recordings lets pass, and what not. Each row: recorded, sent, is it the same?
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Judge } from './judge.mjs'

const now = Date.parse('2026-01-02T03:04:05Z'), unix = now / 1000
const A = '0a0a0a0a-1111-4222-8333-444444444444', B = '0b0b0b0b-1111-4222-8333-444444444444', FIXED = '0c0c0c0c-1111-4222-8333-444444444444'
const HEX = '0123456789abcdef0123456789abcdef', OTHER = 'fedcba9876543210fedcba9876543210'
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
function jwt(payload, secret = 's', alg = 'HS256') {
  const data = `${base64({ alg })}.${base64(payload)}`
  return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`
}
const malformed = 'invalid JWT: unable to parse or verify signature, token is malformed: '

function judge(expected, actual, more = {}) {
  const names = { nonce: 'g2h3j4k', phones: new Map([['a', '15551234567']]), uuids: new Map([['x', '0d0d0d0d-1111-4222-8333-444444444444']]) }
  return new Judge({ names, keys: { secret: 's', own: [], published: [] }, base: 'http://127.0.0.1:9', hooks: 'http://127.0.0.1:8', written: `${FIXED}\n4102444800`, ...more }).judge(expected, actual, now)
}

const rows = [
  // values
  [{ a: 1 }, { a: 1 }, true], [{ a: 1 }, { a: 2 }, false], [{ a: 1 }, { a: '1' }, false], [{ a: null }, {}, false], [{}, { a: null }, false], [{ a: [] }, { a: {} }, false],
  [[1, 2], [1, 2], true], [[1, 2], [2, 1], false], [[1], [1, 2], false], [{ a: true }, { a: false }, false], [{ '<text>': '' }, {}, false],
  [{ expires_in: 3600 }, { expires_in: 3599 }, true], [{ expires_in: 3600 }, { expires_in: 3598 }, false], [{ other: 3600 }, { other: 3599 }, false],
  // ids: one value, one number
  [['<uuid#1>', '<uuid#1>'], [A, A], true], [['<uuid#1>', '<uuid#1>'], [A, B], false], [['<uuid#1>', '<uuid#2>'], [A, A], false], [['<uuid#7>', '<uuid#3>'], [A, B], true],
  ['<uuid#1>', A.toUpperCase(), false], ['<UUID#1>', A.toUpperCase(), true], ['<uuid#1>', FIXED, false], [FIXED, FIXED, true], ['<uuid#1>', `${A}0`, false],
  ['<uuid#1>', '0d0d0d0d-1111-4222-8333-444444444444', false], ['{{uuid:x}}', '0d0d0d0d-1111-4222-8333-444444444444', true], ['{{uuid:x}}', A, false],
  [['<token#1 len=32 hex>', 'x=<token#1 len=32 hex>'], [HEX, `x=${HEX}`], true], [['<token#1 len=32 hex>', 'x=<token#1 len=32 hex>'], [HEX, `x=${OTHER}`], false],
  ['<token#1 len=32 hex>', HEX.slice(1), false], ['<token#1 len=32 hex>', HEX.replace('0', '_'), false], ['pkce_<token#1 len=32 hex>', HEX, false], ['<otp#1 digits=6>', '123456', true],
  ['<otp#1 digits=6>', '12345', false], ['<otp#1 digits=6>', '12345a', false],
  // names
  ['{{email:a}}', 'a-g2h3j4k@example.com', true], ['{{email:a}}', 'b-g2h3j4k@example.com', false], ['{{EMAIL:a}}', 'A-G2H3J4K@EXAMPLE.COM', true], ['{{EMAIL:a}}', 'a-g2h3j4k@example.com', false],
  ['to={{email:a|url}}', 'to=a-g2h3j4k%40example.com', true], ['+{{phone:a}}', '+15551234567', true], ['{{phone:a}}', '15551234568', false], ['{{phone:b}}', '15551234567', false],
  ['<base>/verify', 'http://127.0.0.1:9/verify', true], ['<base>/verify', 'http://127.0.0.1:8/verify', false], ['<hooks>/x', 'http://127.0.0.1:8/x', true],
  [{ '{{email:a}}': 1 }, { 'a-g2h3j4k@example.com': 1 }, true], ['a.c', 'abc', false],
  // times
  ['<time>', '2026-01-02T03:04:05Z', true], ['<time>', '2026-01-02T03:04:05.123456Z', true], ['<time>', '2026-01-02T03:04:05.123456789Z', false], ['<time ns>', '2026-01-02T03:04:05.1Z', true],
  ['<time>', '2026-01-02T03:04:05', false], ['<time>', '2026-01-02T03:04:05+00:00', false], ['<time>', '2026-01-02T03:05:20Z', false], ['<time +3600s>', '2026-01-02T04:04:07Z', true],
  ['<time +3600s>', '2026-01-02T04:04:20Z', false], ['<time -3600s>', '2026-01-02T02:03:55Z', true], ['<time>', '0001-01-01T00:00:00Z', false], ['<time>', 'yesterday', false],
  [{ expires_at: '<unix +3600>' }, { expires_at: unix + 3600 }, true], [{ expires_at: '<unix +3600>' }, { expires_at: unix + 3620 }, false], ['<unix +0>', '12', false],
  ['<unix-string +0>', String(unix), true], ['<unix +0>', 4102444800, false],
  // tokens
  [{ '<jwt>': { header: { alg: 'HS256' }, payload: { sub: '<uuid#1>' } } }, jwt({ sub: A }), true], [{ '<jwt>': { header: { alg: 'HS256' }, payload: { sub: '<uuid#1>' } } }, jwt({ sub: A }, 'x'), false],
  [{ '<jwt>': { header: { alg: 'HS256' }, payload: {}, signature: 'bad' } }, jwt({}, 'x'), true], [{ '<jwt>': { header: { alg: 'none' }, payload: {} } }, jwt({}, 's', 'none'), false],
  [{ '<jwt>': { header: { alg: 'HS256' }, payload: { iat: '<unix +0>', exp: '<unix +3600>' } } }, jwt({ iat: unix + 2, exp: unix + 3602 }), true],
  [{ '<jwt>': { header: { alg: 'HS256' }, payload: { iat: '<unix +0>', exp: '<unix +3600>' } } }, jwt({ iat: unix, exp: unix + 3601 }), false],
  [{ '<jwt>': { header: { alg: 'HS256' }, payload: {} } }, 'no token', false], ['Bearer <jwt#1>', `Bearer ${jwt({ a: 1 })}`, true], ['Bearer <jwt#1>', `Bearer ${jwt({ a: 1 }, 'x')}`, false],
  // addresses, cursors, pictures
  [{ '<url>': '<base>/v', query: { a: 'b c', d: ['1', '2'] }, fragment: { e: '' } }, 'http://127.0.0.1:9/v?d=1&a=b+c&d=2#e=', true], [{ '<url>': '<base>/v', query: { a: '1' } }, 'http://127.0.0.1:9/v#a=1', false],
  [{ '<url>': '<base>/v', query: { a: '1' } }, 'http://127.0.0.1:9/v?a=1&b=2', false], [{ cursor: { '<cursor>': { id: '<uuid#1>' } } }, { cursor: base64({ id: A }) }, true],
  ['data:image/svg+xml;utf-8,<svg>', 'data:image/svg+xml;utf-8,<svg a="b"><g/></svg>', true], ['data:image/svg+xml;utf-8,<svg>', 'data:image/svg+xml;utf-8,<svg a="b"><g></svg>', false],
  // tails that are free, and those that are not
  ['Could not parse request body as JSON: EOF', 'Could not parse request body as JSON: it ends', true], ['Could not parse request body as JSON: EOF', 'Could not parse request body as JSON: ', false],
  ['Could not parse request body as JSON: EOF', 'Could not parse it', false], [`${malformed}illegal base64`, `${malformed}bad text`, true],
  [`${malformed}token contains an invalid number of segments`, `${malformed}bad text`, false],
  ['error_description=Could+not+parse+request+body+as+JSON%3A+EOF&sb=', 'error_description=Could+not+parse+request+body+as+JSON%3A+what&sb=', true],
  ['error_description=Could+not+parse+request+body+as+JSON%3A+EOF&sb=', 'error_description=Could+not+parse+request+body+as+JSON%3A+what&sb=1', false],
  // headers: those that the reference sent, and those that tell something
  [{ headers: {} }, { headers: { 'cache-control': 'x' } }, true], [{ headers: {} }, { headers: { location: 'x' } }, false], [{ headers: { 'retry-after': '<n>' } }, { headers: { 'retry-after': '58' } }, true],
]

test('what is the same and what is not', () => {
  const wrong = rows.filter(([expected, actual, same]) => (judge(expected, actual).length === 0) !== same)
  assert.deepEqual(wrong, [])
  assert.ok(rows.length > 80, String(rows.length))
})

test('lists without order, and claims of one moment', () => {
  const recorded = { users: [{ id: '<uuid#1>', n: 1 }, { id: '<uuid#2>', n: 2 }], first: '<uuid#1>' }, more = { unordered: ['users'] }
  const users = [{ id: A, n: 2 }, { id: B, n: 1 }]
  assert.deepEqual(judge({ first: '<uuid#1>', ...recorded }, { first: B, users }, more), [])
  assert.equal(judge(recorded, { first: A, users }, more).length > 0, true)
  assert.equal(judge(recorded, { first: B, users }).length > 0, true)
  const amr = (order, away = 0) => ({ amr: order.map((method, i) => ({ method, timestamp: unix + i * away })) })
  const tied = { amr: [{ method: 'totp', timestamp: '<unix +0>' }, { method: 'password', timestamp: '<unix +0>' }] }
  assert.deepEqual(judge(tied, amr(['password', 'totp'])), [])
  assert.equal(judge(tied, amr(['password', 'otp'])).length, 1)
})

test('what should be said instead', () => {
  const one = () => new Judge({ names: { nonce: 'g2h3j4k', phones: new Map(), uuids: new Map() }, keys: { own: [], published: [] }, base: '', hooks: '', written: '' })
  const instead = { statuses: [400, 422], error_code: 'taken', values: { 'body.a': null, 'body.link.query.to': 'x' } }
  const good = { status: 422, headers: {}, body: { error_code: 'taken', link: 'http://h/?to=x' } }
  assert.deepEqual(one().judgeInstead(instead, good), [])
  assert.deepEqual(one().judgeInstead({ status: 303, error_code: 'taken' }, { status: 303, headers: { location: 'http://h/#error_code=taken' }, body: {} }), [])
  for (const bad of [{ ...good, status: 500 }, { ...good, body: { ...good.body, error_code: 'x' } }, { ...good, body: { ...good.body, a: 1 } }, { ...good, body: { ...good.body, link: 'http://h/?to=y' } }])
    assert.equal(one().judgeInstead(instead, bad).length, 1)
})
