// framing.test.mjs: the 48 classes of ambiguous framing, over raw sockets, plain and TLS. Each message is followed on the same connection by a canary,
// and by one on a new connection: what is refused must close its connection, what is accepted must leave the canary a request of its own.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { start } from '../lib/server.mjs'

const get = (path, ...lines) => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const post = (lines, body) => `POST /none HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`
const chunked = (body) => post(['Transfer-Encoding: chunked'], body)
const smuggled = get('/smuggled')
const CANARY = get('/canary')

// Number as in the paper that names the classes, what a lenient reader does, the message, the statuses that we answer to the message itself.
const classes = [
  [1, 'chunk size with an underscore', chunked(`0_${smuggled.length.toString(16)}\r\n\r\n${smuggled}0\r\n\r\n`), [400]],
  [2, 'NUL and CR in a value', get('/', 'X: a\x00\rb'), [400]],
  [3, 'blank behind a field name', get('/', `Content-Length : ${smuggled.length}`) + smuggled, [400]],
  [4, 'blank before the first field name', 'GET / HTTP/1.1\r\n\tContent-Length: 1\r\nHost: a\r\n\r\nX', [400]],
  [5, 'version with more digits', 'GET / HTTP/1.32\r\nHost: a\r\n\r\n', [400]],
  [6, 'method with separators in it', 'GE=":<>(T),[];?" / HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  [7, 'target that is none', 'GET ! HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  [8, 'byte over 127 in a field name', get('/', '\xefoo: bar'), [400]],
  [9, 'LF in the request line', 'GET /\nHTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  [10, 'length with sign and underscore', post(['Content-Length: +1_0'], '0123456789'), [400]],
  [11, 'two transfer encodings', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '1\r\nZ\r\n0\r\n\r\n'), [400]],
  [12, 'no-break spaces around chunked', post(['Transfer-Encoding: \xa0chunked\x85'], '0\r\n\r\n'), [501]],
  [13, 'CR as the end of a field line', get('/', 'Visible: x\rSmuggled: y'), [400]],
  [14, 'separators and controls in a field name', get('/', 'a\x01"(),/;<=>?@[]{} b: x'), [400]],
  [15, 'version with CRs in it', 'GET / HTTP/\r\r1.1\r\nHost: a\r\n\r\n', [400]],
  [16, 'empty length as 0', get('/', 'Content-Length: '), [400]],
  [17, 'empty chunk size as 0', chunked('\r\n\r\n'), [400]],
  [18, 'empty field name', 'GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n', [400]],
  [19, 'LFs before a value', `GET / HTTP/1.1\r\nHost: a\r\nUseless:\n\n${smuggled}`, [400]],
  [20, 'no-break space behind a field name', post(['Content-Length\x85: 10'], '0123456789'), [400]],
  [21, 'comma before chunked, and a length', post(['Transfer-Encoding: ,chunked', 'Content-Length: 5'], '0\r\n\r\n'), [501]],
  [22, 'chunk size by its longest good start', chunked(`0x\r\n\r\n${smuggled}`), [400]],
  [23, 'two lengths, the first counts', post(['Content-Length: 1', 'Content-Length: 0'], 'Z'), [400]],
  [24, 'version that overflows', 'GET / HTTP/4294967297.257\r\nHost: a\r\n\r\n', [400]],
  [25, 'chunk size with a sign', chunked('+1\r\nZ\r\n0\r\n\r\n'), [400]],
  [26, 'negative length', post(['Content-Length: -48'], ''), [400]],
  [27, 'field without name and value', 'GET / HTTP/1.1\r\nHost: a\r\n:\r\nX: y\r\n\r\n', [400]],
  [28, 'field without a colon', post(['Content-Length 10'], '0123456789'), [400]],
  [29, 'length by its longest good start', post(['Content-Length: 1Z'], 'Z'), [400]],
  [30, 'head ended by CR and anything', `GET / HTTP/1.1\r\nHost: a\r\n\rZ${smuggled}`, [400]],
  [31, 'chunk line ended by CR and anything', chunked(`5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n${smuggled}`), [400]],
  [32, 'length with a leading zero is decimal', post(['Content-Length: 010'], '0123456789'), [404]],
  [33, 'two lengths, the last counts', post(['Content-Length: 0', 'Content-Length: 1'], 'Z'), [400]],
  [34, 'CR in a value', get('/', 'X: va\rlue'), [400]],
  [35, 'value cut at NUL', get('/', 'X: test\x00and more', 'Connection: close'), [400]],
  [36, 'CRs in the blanks of a chunk extension', chunked(`21;a=b\r\r${'X'.repeat(33)}\r\n0\r\n\r\n${smuggled}`), [400]],
  [37, 'field name over two lines', post(['Transfer-', 'Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'), [400]],
  [38, 'empty length as until the end', post(['Content-Length: '], smuggled), [400]],
  [39, 'trailer that looks like a request is a trailer', chunked('0\r\nX:POST / HTTP/1.1\r\n\r\n'), [404]],
  [40, 'method and version of nothing', '\x00 / HTTP/............0596.7407.\r\nHost: a\r\n\r\n', [400]],
  [41, 'no-break spaces belong to a value', get('/none', 'User: \x85admin\xa0'), [404]],
  [42, 'empty length before another', post(['Content-Length: ', `Content-Length: ${smuggled.length}`], smuggled), [400]],
  [43, 'NUL at the end of a value', get('/', 'Evil: evil\x00'), [400]],
  [44, 'unknown coding as chunked', post(['Transfer-Encoding: blegh'], '1\r\nZ\r\n0\r\n\r\n'), [501]],
  [45, 'good and last, then bad', `${get('/none', 'Connection: close')}Invalid\r\n\r\n`, [404]],
  [46, 'bytes over 127 around Host and coding', 'POST / HTTP/1.1\r\nHost: \xffa\xff\r\nTransfer-Encoding: \xffchunked\xff\r\n\r\n1\r\nZ\r\n0\r\n\r\n', [400]],
  [47, 'bad chunk, and on with the next line', chunked(`INVALID!!!\r\n${smuggled}`), [400]],
  [48, 'pipeline, each with its own length', post(['Content-Length: 0', 'Connection: keep-alive'], '') + post(['Content-Length: 34'], 'x'.repeat(34)), [404, 404]],
]
// The five that RFC 9112 reads in one way; number 45 ends its connection by its own wish.
const accepted = new Set([32, 39, 41, 45, 48])

// Further messages of the same kinds: [name, message, status].
const more = [
  ['both lengths', post(['Content-Length: 6', 'Transfer-Encoding: chunked'], '0\r\n\r\nG'), 400],
  ['both lengths, other order', post(['Transfer-Encoding: chunked', 'Content-Length: 6'], '0\r\n\r\nG'), 400],
  ['coding in an old version', `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['bare LF everywhere', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['folded line', get('/', 'X: a\r\n b'), 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', get('/', 'Host: b'), 400],
  ['target of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['long line', get('/', `X: ${'y'.repeat(9000)}`), 431],
  ['many fields', get('/', ...Array(120).fill('X: y')), 431],
  ['long target', get(`/${'y'.repeat(9000)}`), 414],
  ['version 2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['expectation', get('/', 'Expect: tea'), 417],
  ['tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
]

let server, doors

before(async () => {
  server = await start({ store: 'sqlite' })
  doors = {
    plain: () => net.connect(new URL(server.gotrue.url).port, '127.0.0.1'),
    tls: () => tls.connect({ host: '127.0.0.1', port: new URL(server.auth0.url).port, servername: 'localhost', ca: readFileSync(server.auth0.ca) }),
  }
})
after(() => server.stop())

// Sends the pieces; resolves with what came until the end of the connection, or, with `answers`, until so many status lines came.
function talk(door, pieces, answers = Infinity) {
  return new Promise((resolve, reject) => {
    const socket = doors[door]()
    let text = ''
    const late = setTimeout(() => reject(new Error(`nothing for 30 s behind: ${text}`)), 30_000)
    const finish = (closed) => {
      clearTimeout(late)
      socket.destroy()
      resolve({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1])) })
    }
    socket.setNoDelay(true)
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (text.split('HTTP/1.1 ').length - 1 >= answers && text.includes('\r\n\r\n')) finish(false)
    })
    socket.on('close', () => finish(true))
    socket.on('error', reject)
    socket.on(door === 'tls' ? 'secureConnect' : 'connect', async () => {
      for (const piece of pieces) {
        if (!socket.writable) return
        socket.write(Buffer.from(piece, 'latin1'))
        if (pieces.length > 1) await new Promise((next) => setTimeout(next, 2))
      }
    })
  })
}

async function assertCanary(door) {
  const { statuses } = await talk(door, [get('/canary', 'Connection: close')])
  assert.deepEqual(statuses, [404])
}

async function assertRefused(door, message, status) {
  for (const pieces of [[message + CANARY], [message, CANARY]]) {
    const { statuses, closed, text } = await talk(door, pieces)
    assert.deepEqual(statuses, [status], text)
    assert.ok(closed, 'the connection must close')
    assert.match(text, /\r\nConnection: close\r\n/i)
  }
  await assertCanary(door)
}

for (const door of ['plain', 'tls']) {
  for (const [number, name, message, statuses] of classes) {
    test(`${door}: class ${number}, ${name}`, async () => {
      if (!accepted.has(number)) return assertRefused(door, message, statuses[0])
      const own = number === 45 ? [] : [404]
      const whole = await talk(door, [message + (number === 45 ? '' : CANARY)], statuses.length + own.length)
      assert.deepEqual(whole.statuses, [...statuses, ...own], whole.text)
      const bytes = await talk(door, [...message, ...(number === 45 ? [] : [CANARY])], statuses.length + own.length)
      assert.deepEqual(bytes.statuses, [...statuses, ...own], bytes.text)
      await assertCanary(door)
    })
  }
  for (const [name, message, status] of more) test(`${door}: ${name} is ${status}`, () => assertRefused(door, message, status))
}

test('there are 48 classes, 43 of them refused', () => {
  assert.deepEqual(classes.map(([number]) => number), Array.from({ length: 48 }, (_, i) => i + 1))
  assert.equal(classes.filter(([, , , statuses]) => statuses[0] !== 404).length, 43)
})

test('nothing smuggled was ever served', () => {
  assert.doesNotMatch(server.log(), /smuggled/)
})
