// wire.mjs: one HTTP/1.1 connection that stays open, and requests whose last bytes leave many connections at once.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'

// The first whole answer in `buf`, with the number of its bytes; undefined when more must come. Hecate always says Content-Length.
function parse(buf) {
  const end = buf.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const lines = buf.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(lines.slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const used = end + 4 + Number(headers['content-length'] ?? 0)
  if (buf.length < used) return undefined
  const text = buf.toString('utf8', end + 4, used)
  return { used, status: Number(lines[0].split(' ')[1]), headers, text, get json() { return JSON.parse(text) } }
}

export class Wire {
  // url: http or https; headers: of every request; ca: the file of the CA to believe.
  constructor(url, headers = {}, ca) {
    this.url = new URL(url)
    this.headers = headers
    this.ca = ca
  }

  async open() {
    const { hostname, port, protocol } = this.url
    const to = { host: hostname, port: Number(port), noDelay: true }
    const socket = protocol === 'https:' ? tls.connect({ ...to, ca: readFileSync(this.ca), servername: hostname }) : net.connect(to)
    let seen = Buffer.alloc(0)
    this.socket = socket
    socket.on('data', (chunk) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const answer = parse(seen)
      if (!answer) return
      seen = seen.subarray(answer.used)
      const { resolve } = this.waiting
      this.waiting = undefined
      if (answer.headers.connection === 'close') this.close()
      resolve(answer)
    })
    const lost = (error) => {
      if (this.socket === socket) this.socket = undefined
      this.waiting?.reject(error ?? new Error('the connection was closed'))
      this.waiting = undefined
    }
    socket.on('close', () => lost())
    await new Promise((resolve, reject) => socket.once('error', reject).once(protocol === 'https:' ? 'secureConnect' : 'connect', resolve))
    socket.on('error', lost)
    return this
  }

  bytes(method, path, body, headers) {
    const text = body === undefined ? '' : body instanceof URLSearchParams ? String(body) : JSON.stringify(body)
    const all = { host: this.url.host, ...(body === undefined ? {} : { 'content-type': body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json' }), ...this.headers, ...headers, 'content-length': Buffer.byteLength(text) }
    return `${method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`
  }

  answer() {
    return new Promise((resolve, reject) => { this.waiting = { resolve, reject } })
  }

  // An answer {status, headers, text, json}; rejects when the connection ends before the answer is whole.
  async request(method, path, body, headers) {
    if (!this.socket) await this.open()
    const answer = this.answer()
    this.socket.write(this.bytes(method, path, body, headers))
    return answer
  }

  close() {
    this.socket?.destroy()
    this.socket = undefined
  }
}

// Sends each of `calls` ([wire, method, path, body, headers]) but for its last byte, then all the last bytes; the answers come in the same order.
export async function race(calls) {
  await Promise.all(calls.map(([wire]) => wire.socket ?? wire.open()))
  const texts = calls.map(([wire, ...call]) => Buffer.from(wire.bytes(...call)))
  const answers = calls.map(([wire]) => wire.answer())
  calls.forEach(([wire], i) => wire.socket.write(texts[i].subarray(0, -1)))
  await new Promise((resolve) => setImmediate(resolve))
  calls.forEach(([wire], i) => wire.socket.write(texts[i].subarray(-1)))
  return Promise.all(answers)
}
