// judge.mjs: compares what was recorded with what a server sent. The recorded side leads: where it has a mark (`<uuid#3>`, `<time>`), the other must
// have a value of that kind, and the same value wherever the mark comes again.
import { createHmac, createPublicKey, verify } from 'node:crypto'

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/
const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/
const MARK = /<(?:uuid|UUID|token|otp|jwt)#\d+[^<>]*>|<(?:time|unix)[^<>]*>|<(?:base|hooks)(?:\|url)?>|<(?:host|hooks-host|n|cursor)>|\{\{[^{}]+\}\}|(?<=\bexpires_in=)\d+/g
const SHORTEST_TAIL = 3, ROUND = 5, SOFT = 65

const quote = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
const plain = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined)
const join = (path, key) => (path ? `${path}.${key}` : String(key))
const decoded = (text) => { try { return decodeURIComponent(text) } catch { return text } }
const form = (text) => decoded(text.replaceAll('+', ' '))

// ---- free tails: the reference ends so in words of a library of its own, which are anyone's

const REFUSED = 'invalid JWT: unable to parse or verify signature, '
const TAILS = [
  ['Could not parse request body as JSON: ', /^/],
  ['Could not read verification params: ', /^/],
  ['Bad Pagination Parameters: invalid cursor encoding: ', /^/],
  ['Bad Pagination Parameters: invalid cursor: ', /^(json|uuid): /],
  ['Bad Pagination Parameters: ', /^strconv\./],
  ['invalid format for ban duration: ', /^/],
  ['output claims do not conform to the expected schema: ', /^/],
  [`${REFUSED}token is malformed: `, /^(?!token contains an invalid number of segments$)/],
  [`${REFUSED}token is unverifiable: `, /^/],
  [`${REFUSED}token signature is invalid: `, /^(key is of invalid type|crypto\/)/],
]
const READINGS = [(text) => text, decoded, form, (text) => decoded(form(text))] // in a redirect it is encoded, or twice

// How many characters of a recorded text are the head of a free tail; 0 if it has none.
function headLength(text) {
  for (const read of /[%+]/.test(text) ? READINGS : READINGS.slice(0, 1)) {
    const whole = read(text)
    const [head] = TAILS.find(([start, tail]) => whole.startsWith(start) && tail.test(whole.slice(start.length))) ?? []
    for (let n = 1; head && n < text.length; n++) if (read(text.slice(0, n)) === head) return n
  }
  return 0
}

function cutTail(expected, actual) {
  const n = headLength(expected)
  const free = n > 0 && actual.startsWith(expected.slice(0, n)) && actual.slice(n).trim().length >= SHORTEST_TAIL
  return free ? [expected.slice(0, n), expected.slice(0, n)] : [expected, actual]
}

// Of the text, and of each error_description in an address within it.
function cutTails(expected, actual) {
  const at = /((?:^|[?&#;])error_description=)([^&#"]*)/
  const [there, here] = [expected.split(at), actual.split(at)]
  if (there.length === 1 || there.length !== here.length) return cutTail(expected, actual)
  const pairs = there.map((piece, i) => (i % 3 === 2 ? cutTail(piece, here[i]) : [piece, here[i]]))
  return [0, 1].map((side) => pairs.map((pair) => pair[side]).join(''))
}

// ---- tokens and pictures

export function readJwt(text) {
  if (typeof text !== 'string' || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return null
  try {
    const [header, payload] = text.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
    return header?.alg ? { header, payload } : null
  } catch { return null }
}

// keys: { secret, own: JWKs of the configuration, published: JWKs of the server }.
function signedRight(text, { secret, own: given, published }) {
  const { header: { alg, kid } } = readJwt(text)
  const [data, signature] = [text.slice(0, text.lastIndexOf('.')), Buffer.from(text.split('.')[2], 'base64url')]
  const hash = `sha${alg.slice(2)}`
  try {
    if (alg.startsWith('HS')) {
      const key = given.find((one) => kid && one.kid === kid && one.kty === 'oct')
      return createHmac(hash, key ? Buffer.from(key.k, 'base64url') : secret).update(data).digest().equals(signature)
    }
    const key = { key: createPublicKey({ key: published.find((one) => kid && one.kid === kid), format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
    return /^(RS|ES)\d+$|^EdDSA$/.test(alg) && verify(alg === 'EdDSA' ? null : hash, Buffer.from(data), key, signature)
  } catch { return false }
}

// Is each element closed by its own end, and the whole one element?
function wellFormed(xml) {
  const open = []
  let roots = 0, right = true
  const rest = xml.replace(/<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>/gs, '').replace(/<(\/?)([\w:-]+)(?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/g, (_, end, name, empty) => {
    if (end) right &&= open.pop() === name
    else roots += open.length === 0
    if (!end && !empty) open.push(name)
    return ''
  })
  return right && roots === 1 && open.length === 0 && !/[<>]/.test(rest)
}

function pictureMark(text) {
  const [, prefix = '', base64, body] = text.match(/^(data:image\/[^,]*?(;base64)?,)(.*)$/s) ?? [null, '', '', text]
  const bytes = base64 ? Buffer.from(body, 'base64') : Buffer.from(decoded(body))
  if (bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n') return `${prefix}<png>`
  return `${prefix}${/<svg[\s>]/.test(bytes) && wellFormed(bytes.toString()) ? '<svg>' : '<broken picture>'}`
}

// ---- times

const rounded = (seconds) => Math.round(seconds / ROUND) * ROUND || 0
const offsetOf = (mark) => Number(mark.match(/ ([+-]\d+)s?(?: |>)/)?.[1] ?? 0)
// A step of rounding either way, two in the past (a slow machine).
const near = (a, b) => a === b || Math.abs(a - b) === ROUND || (a <= 0 && b <= 0 && Math.abs(a - b) === 2 * ROUND)

// The mark that this time would be recorded as; none for a constant.
function timeMark(text, now) {
  const [, fraction = '', zone = ''] = text.match(/:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/)
  const at = Date.parse(zone ? text : `${text}Z`), away = (at - now) / 1000
  if (Number.isNaN(at) || at < Date.UTC(2000, 0)) return ''
  const far = Math.abs(away) > 60 ? ` ${rounded(away) < 0 ? '' : '+'}${rounded(away)}s` : ''
  return `<time${far}${fraction.length > 7 ? ' ns' : ''}${zone === 'Z' ? '' : ` zone=${zone || 'none'}`}>`
}

// Nanoseconds are asked of nobody, and the border of a minute is soft.
function sameTime(expected, actual) {
  const shape = (mark) => mark.replace(/ [+-]\d+s?/, '').replace(' ns', '')
  const [a, b] = [offsetOf(expected), offsetOf(actual)]
  if (shape(expected) !== shape(actual) || (actual.includes(' ns') && !expected.includes(' ns'))) return false
  return near(a, b) || (Math.abs(a) <= SOFT && Math.abs(b) <= SOFT && (a === 0 || b === 0))
}

function sameUnix(mark, number, now) {
  const ms = mark.startsWith('<unix-ms')
  if (ms ? !(number > 1e12 && number < 1e13) : !(number > 1e9 && number < 1e10)) return false
  return near(offsetOf(mark), rounded((ms ? number / 1000 : number) - now / 1000))
}

// ---- addresses

// 'a=1&a=2&b' → { a: ['1', '2'], b: null }
function parameters(text) {
  const out = {}
  for (const pair of text === '' ? [] : text.split('&')) {
    const [name, ...rest] = pair.split('=')
    const key = form(name), value = rest.length > 0 ? form(rest.join('=')) : null
    out[key] = key in out ? [].concat(out[key], value) : value
  }
  return out
}

export function readUrl(text) {
  const [, address, query, fragment] = String(text).match(/^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s)
  return { '<url>': decoded(address), ...(query === undefined ? {} : { query: parameters(query) }), ...(fragment === undefined ? {} : { fragment: parameters(fragment) }) }
}

const isUrl = (text) => /^[a-z][a-z0-9+.-]*:\/\/[^\s<>"]+$/i.test(text) && /[?#]/.test(text)

const readCursor = (text) => { try { return JSON.parse(Buffer.from(text, 'base64url')) } catch { return null } }

// ---- the judge of one case

const matches = (pattern, path) => {
  const [want, have] = [pattern.split('.'), path.split('.')]
  return want.length === have.length && want.every((part, i) => part === '*' || part === have[i])
}

// `amr` is sorted by the second; of entries made about the same time either may come first.
function isTied(items, path) {
  const times = items.map((item) => offsetOf(String(item?.timestamp)))
  return /(^|\.)amr$/.test(path) && items.length > 1 && Math.max(...times) - Math.min(...times) <= ROUND
}

function alphabet(token) {
  const [name] = [['digits', /^\d+$/], ['hex', /^[0-9a-f]{16,}$/], ['base32', /^[A-Z2-7]+$/], ['base32-lower', /^[a-z2-7]+$/], ['base64url', /^[\w-]+$/]]
    .find(([, pattern]) => pattern.test(token)) ?? ['other']
  return name
}

// A header that the reference did not send counts only if it is one of these.
const TELLING = ['location', 'link', 'x-total-count', 'x-sb-error-code', 'retry-after', 'www-authenticate']

export class Judge {
  // names: { nonce, emails, phones, uuids } of the case (Maps by name); written: all text of the case, where nothing is random.
  constructor({ names, keys, base, hooks, written, unordered = [] }) {
    Object.assign(this, { names, keys, base, hooks, written, unordered, there: new Map(), back: new Map() })
  }

  // The differences [{ path, expected, actual }] of an answer that came at `now`.
  judge(expected, actual, now = Date.now()) {
    this.now = now
    this.out = []
    const headers = expected.headers && actual.headers && Object.fromEntries(Object.entries(actual.headers).filter(([name]) => name in expected.headers || TELLING.includes(name)))
    this.walk(expected, headers ? { ...actual, headers } : actual, '')
    return this.out
  }

  // What a careful server says where the reference has a hole: { status | statuses, error_code, values: { path: value } }.
  judgeInstead({ status, statuses = [status], error_code: code, values = {} }, actual, now = Date.now()) {
    this.now = now
    this.out = []
    if (!statuses.includes(actual.status)) this.differ(statuses, actual.status, 'status')
    const said = errorCode(actual)
    if (code !== undefined && said !== code) this.differ(code, said, 'error_code')
    for (const [path, value] of Object.entries(values)) this.walk(value, at(actual, path) ?? null, path)
    return this.out
  }

  differ(expected, actual, path) { this.out.push({ path, expected, actual }) }

  // ---- structure

  walk(expected, actual, path) {
    if (typeof expected === 'string') return this.string(expected, actual, path)
    if (Array.isArray(expected) && Array.isArray(actual)) return this.array(expected, actual, path)
    if (plain(expected)) return this.object(expected, this.open(expected, actual), path)
    if (expected !== actual && !(/(^|\.)expires_in$/.test(path) && this.sameLifetime(expected, actual))) this.differ(expected, actual, path)
  }

  // A text that was recorded as what it holds.
  open(expected, actual) {
    if (typeof actual !== 'string') return actual
    const jwt = '<jwt>' in expected && !this.written.includes(actual) ? readJwt(actual) : null
    if (jwt) return { '<jwt>': signedRight(actual, this.keys) ? jwt : { ...jwt, signature: 'bad' } }
    if ('<url>' in expected && isUrl(actual)) return readUrl(actual)
    if ('<cursor>' in expected && readCursor(actual) !== null) return { '<cursor>': readCursor(actual) }
    return actual
  }

  object(expected, actual, path) {
    if (!plain(actual)) return this.differ(expected, actual, path)
    const wanted = Object.fromEntries(Object.entries(expected).map(([key, value]) => [this.key(key), value]))
    const { iat, exp } = wanted
    const paired = [iat, exp].every((mark) => /^<unix /.test(mark)) && typeof actual.exp === 'number' && typeof actual.iat === 'number'
    for (const key of [...new Set([...Object.keys(wanted), ...Object.keys(actual)])].sort()) {
      if (key === 'exp' && paired) this.expiry(exp, actual, join(path, key))
      else this.walk(own(wanted, key), own(actual, key), join(path, key))
    }
  }

  // `exp` has its exact distance from `iat`.
  expiry(mark, actual, path) {
    if (!near(offsetOf(mark), rounded(actual.iat - this.now / 1000) + actual.exp - actual.iat)) this.differ(mark, actual.exp, path)
  }

  array(expected, actual, path) {
    if (isTied(expected, path) || this.unordered.some((pattern) => matches(pattern, path))) return this.set(expected, actual, path)
    for (let i = 0; i < Math.max(expected.length, actual.length); i++) this.walk(expected[i], actual[i], join(path, i))
  }

  // Each expected item takes the first that fits; the rest differ.
  set(expected, actual, path) {
    const rest = [...actual], unmet = []
    for (const [i, item] of expected.entries()) {
      const found = rest.findIndex((candidate) => this.fits(item, candidate, join(path, i)))
      if (found < 0) unmet.push([i, item])
      else rest.splice(found, 1)
    }
    for (const [i, item] of unmet) this.walk(item, rest.shift(), join(path, i))
    for (const item of rest) this.walk(undefined, item, join(path, expected.length))
  }

  fits(expected, actual, path) {
    const was = [this.there, this.back, this.out]
    Object.assign(this, { there: new Map(this.there), back: new Map(this.back), out: [] })
    this.walk(expected, actual, path)
    const good = this.out.length === 0
    if (!good) [this.there, this.back] = was
    this.out = was[2]
    return good
  }

  // ---- texts

  string(expected, actual, path) {
    if (typeof actual === 'number' && /^<unix(-ms)? /.test(expected)) return this.written.includes(String(actual)) || !sameUnix(expected, actual, this.now) ? this.differ(expected, actual, path) : undefined
    if (typeof actual !== 'string') return this.differ(expected, actual, path)
    if (/<(svg|png|broken picture)>$/.test(expected)) return pictureMark(actual) === expected ? undefined : this.differ(expected, actual, path)
    const lifetime = /(^|\.)expires_in$/.test(path) && this.sameLifetime(expected, actual)
    if (!lifetime && !this.sameText(...cutTails(expected, actual))) this.differ(expected, actual, path)
  }

  // What is left of a lifetime: the clock may tick meanwhile.
  sameLifetime(a, b) { return [a, b].every((one) => /^\d+$/.test(one)) && Math.abs(Number(a) - Number(b)) <= 1 }

  sameText(expected, actual) {
    const marks = expected.match(MARK)
    if (!marks) return expected === actual
    const pieces = expected.split(MARK)
    const pattern = pieces.map((piece, i) => quote(piece) + (i < marks.length ? this.pattern(marks[i]) : '')).join('')
    const found = actual.match(new RegExp(`^${pattern}$`, 's'))
    return found !== null && marks.filter((mark) => !this.literal(mark)).every((mark, i) => this.fitsMark(mark, found[i + 1]))
  }

  // A mark as part of an expression: a literal, or one group.
  pattern(mark) {
    const literal = this.literal(mark), [, kind, more] = mark.match(/^<?(\w+(?:-string|-ms)?)(.*)$/s) ?? []
    if (literal || !kind) return literal ? quote(literal) : '((?!))'
    return `(${{ uuid: UUID.source, UUID: UUID.source.replaceAll('a-f', 'A-Fa-f'), jwt: JWT.source, time: TIME.source, otp: `\\d{${more.match(/digits=(\d+)/)?.[1]}}`,
      token: `[\\w~.+/=-]{${more.match(/len=(\d+)/)?.[1]}}`, unix: '\\d{10}', 'unix-string': '\\d{10}', 'unix-ms': '\\d{13}', n: '\\d+', cursor: '[\\w-]+' }[kind] ?? '\\d+'})`
  }

  literal(mark) {
    const fixed = { '<base>': this.base, '<base|url>': encodeURIComponent(this.base), '<host>': this.base.replace(/^\w+:\/\//, ''), '<hooks>': this.hooks,
      '<hooks|url>': encodeURIComponent(this.hooks), '<hooks-host>': this.hooks.replace(/^\w+:\/\//, ''), '{{nonce}}': this.names.nonce, '{{NONCE}}': this.names.nonce.toUpperCase() }
    return fixed[mark] ?? this.named(mark)
  }

  named(mark) {
    const [, kind, name, url] = mark.match(/^\{\{(\w+):([^|}]*)(\|url)?\}\}$/) ?? []
    const email = `${name}-${this.names.nonce}${url ? '%40' : '@'}example.com`
    return { email, EMAIL: email.toUpperCase(), phone: this.names.phones.get(name), uuid: this.names.uuids.get(name), UUID: this.names.uuids.get(name)?.toUpperCase() }[kind]
  }

  key(text) {
    return text.replace(MARK, (mark) => this.literal(mark) ?? this.there.get(mark.match(/\w+#\d+/)?.[0].toLowerCase()) ?? mark)
  }

  fitsMark(mark, value) {
    if (/^\d/.test(mark)) return this.sameLifetime(mark, value)
    if (mark === '<n>') return true
    if (mark === '<cursor>') return readCursor(value) !== null
    if (this.written.includes(value)) return false
    if (mark.startsWith('<time')) return sameTime(mark, timeMark(value, this.now))
    if (mark.startsWith('<unix')) return sameUnix(mark, Number(value), this.now)
    return this.fitsId(mark, value)
  }

  // Of these, one value has one number.
  fitsId(mark, value) {
    const [, kind, number, more] = mark.match(/^<(\w+)#(\d+)(.*)>$/)
    const uuid = kind.toLowerCase() === 'uuid', lower = value.toLowerCase()
    if (uuid && ((kind === 'uuid') !== (value === lower) || [...this.names.uuids.values()].includes(lower))) return false
    if (kind === 'token' && (!more.endsWith(` ${alphabet(value)}`) || value.includes(this.names.nonce))) return false
    if (kind === 'jwt' && (!readJwt(value) || signedRight(value, this.keys) === more.includes('bad-signature'))) return false
    const [there, back] = [`${kind.toLowerCase()}#${number}`, `${kind.toLowerCase()}#${uuid ? lower : value}`]
    if (!this.there.has(there) && !this.back.has(back)) {
      this.there.set(there, uuid ? lower : value)
      this.back.set(back, there)
    }
    return this.back.get(back) === there
  }
}

function at(value, path) {
  return path.split('.').reduce((inner, key) => (typeof inner === 'string' && /^(query|fragment)$/.test(key) ? readUrl(inner)[key] : inner?.[key]), value)
}

// In either of the reference's two forms, or in a redirect.
function errorCode({ headers, body }) {
  const { query, fragment } = readUrl(headers?.location ?? '')
  return body?.error_code ?? (typeof body?.code === 'string' ? body.code : undefined) ?? query?.error_code ?? fragment?.error_code
}

const show = (value, max) => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}
export const describeDifference = ({ path, expected, actual }, max = 200) => `${path || 'answer'}: expected ${show(expected, max)} got ${show(actual, max)}`
