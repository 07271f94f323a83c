// steps.mjs: one case against a server that is up: its names and variables, and what each kind of step does.
import { createHash, createHmac, createPrivateKey, randomBytes, randomInt, randomUUID, sign } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { sleep } from '../lib/server.mjs'
import { steady, totp } from '../lib/totp.mjs'
import { Judge, readJwt, readUrl } from './judge.mjs'

const HEADERS = ['content-type', 'location', 'link', 'x-total-count', 'x-sb-error-code', 'x-supabase-api-version', 'retry-after', 'www-authenticate', 'cache-control']
const HOOK_HEADERS = ['content-type', 'authorization', 'webhook-id', 'webhook-timestamp', 'webhook-signature']
const WAIT = 15_000, ANSWER = 20_000
export const QUIET = 1500

// A step that lacks what an earlier one should have saved.
export class Missing extends Error {}

const pick = (text) => text[randomInt(text.length)]
// Letters and digits in turn: no word, no number, no hexadecimal.
const newNonce = () => Array.from({ length: 7 }, (_, i) => pick(i % 2 ? '23456789' : 'ghjkmnpqrstvwxyz')).join('')
const texts = (value) => (value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([key, one]) => [key, ...texts(one)]) : [String(value)])
const choose = (headers, names) => Object.fromEntries(names.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]))
const descend = (value, keys) => keys.reduce((inner, key) => inner?.[key] ?? undefined, value)
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

function readBody(text) {
  try { return JSON.parse(text) } catch { return { '<text>': text } }
}

// Polls until there is something, for `ms`.
async function until(look, ms) {
  for (const end = Date.now() + ms; ; await sleep(20)) {
    const found = look()
    if (found || Date.now() >= end) return found
  }
}

// { status, headers, text }. No redirect is followed, and the connection is of this request alone.
export function ask(base, { method, path, headers = {}, body }) {
  const { hostname: host, port } = new URL(base)
  const length = body === undefined && /^(GET|HEAD|OPTIONS|DELETE)$/.test(method) ? {} : { 'content-length': Buffer.byteLength(body ?? '') }
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host, port, method, path, headers: { 'user-agent': 'exchanges', accept: '*/*', ...headers, ...length }, agent: false, signal: AbortSignal.timeout(ANSWER) })
    sent.on('error', reject).on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk }).on('error', reject).on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sent.end(body)
  })
}

function signature(alg, data, secret, jwk) {
  const hash = `sha${alg.slice(2)}`
  if (alg === 'none') return ''
  if (alg.startsWith('HS')) return createHmac(hash, secret).update(data).digest('base64url')
  const key = { key: createPrivateKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
  return sign(alg === 'EdDSA' ? null : hash, Buffer.from(data), key).toString('base64url')
}

// One mail as it is compared. A code is a number that stands alone, outside tags and addresses.
function mailView({ headers, subject, html, link }) {
  const name = (text) => { const [, who = '', address] = text.match(/^\s*(?:"?(.*?)"?\s*)?<([^<>]+)>\s*$/) ?? [null, '', text.trim()]; return who ? `${who} <${address}>` : address }
  const bare = `${html.replace(/<[^>]*>/g, ' ').replace(/\S*:\/\/\S*/g, ' ')} ${subject}`
  return { to: name(headers.to), from: name(headers.from), subject, link: link || null, otp: bare.match(/(?<![\w+#.@-])\d{6,10}(?![\w@-])/)?.[0] ?? null, text: html }
}

const KINDS = { call: 'call', mail: 'mail', nomail: 'noMail', hook: 'hook', nohook: 'noHook', totp: 'totp', pkce: 'pkce', mint: 'minted' }
export const stepName = (step) => step.call ?? ['mail', 'nomail', 'hook', 'nohook'].filter((kind) => step[kind]).map((kind) => `${kind} ${step[kind]}`)[0] ?? Object.keys(step)[0]
export const isJudged = (step) => Boolean(step.call || step.mail || step.nomail || step.hook || step.nohook)

export class Case {
  // world: { base, hooks: { url, next(path) }, mails: { next(address, ms) }, env, keys }
  constructor(data, world) {
    Object.assign(this, { data, world, vars: {}, answered: {} })
    this.names = { nonce: newNonce(), phones: new Map(), uuids: new Map() }
    const written = [...data.steps.map(({ expect, hole, instead, ...step }) => step), data.answers ?? {}, world.env].flatMap(texts).join('\n')
    this.judge = new Judge({ names: this.names, keys: world.keys, base: world.base, hooks: world.hooks.url, written, unordered: data.unordered })
  }

  // What the hook listener answers: one reply, or one after the other and the last for good.
  answer(path) {
    const list = [].concat(this.data.answers?.[path] ?? [])
    const n = this.answered[path] = (this.answered[path] ?? 0) + 1
    return list.length > 0 ? this.fill(list[Math.min(n, list.length) - 1]) : {}
  }

  // ---- templates

  fill(value) {
    if (typeof value === 'string') return this.fillText(value)
    if (Array.isArray(value)) return value.map((one) => this.fill(one))
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [this.fillText(key), this.fill(one)]))
    return value
  }

  // A text that is one template keeps the variable's type.
  fillText(text) {
    const [, whole] = text.match(/^\{\{([^{}|]+)\}\}$/) ?? []
    if (whole) return this.lookup(whole)
    return text.replace(/\{\{([^{}|]+)(\|url)?\}\}/g, (_, name, url) => {
      const value = this.lookup(name), plain = typeof value === 'object' ? JSON.stringify(value) : String(value)
      return url ? encodeURIComponent(plain) : plain
    })
  }

  lookup(name) {
    const [, kind, first, second] = name.match(/^(\w+):([^:]+)(?::(.+))?$/) ?? []
    const made = kind ? this.keyed(kind, first, second) : this.fixed(name)
    if (made !== undefined) return made
    if (!(name in this.vars)) throw new Missing(`no variable ${name}`)
    return this.vars[name]
  }

  keyed(kind, name, more) {
    const email = () => `${name}-${this.names.nonce}@example.com`, phone = () => this.kept('phones', name, () => `1555${randomInt(1e6, 1e7)}`)
    const basic = () => Buffer.from(`${this.lookup(name)}:${this.lookup(more)}`).toString('base64')
    return { email, phone, EMAIL: () => email().toUpperCase(), number: () => Number(phone()), uuid: () => this.kept('uuids', name, randomUUID), repeat: () => more.repeat(Number(name)), basic }[kind]?.()
  }

  fixed(name) {
    const role = { service: 'service_role', anon: 'anon' }[name]
    return role ? this.mint({ iss: 'supabase', role }) : { nonce: this.names.nonce, site: 'http://127.0.0.1:3000', hooks: this.world.hooks.url }[name]
  }

  kept(kind, name, make) {
    if (!this.names[kind].has(name)) this.names[kind].set(name, make())
    return this.names[kind].get(name)
  }

  // `iat` is now and `exp` then + ttl (null: none), unless the claims say so.
  mint(claims, { secret = this.world.keys.secret, alg = 'HS256', header = {}, key, ttl = 3600 } = {}) {
    const now = Math.floor(Date.now() / 1000), head = { alg, typ: 'JWT', ...header }, kid = key ?? head.kid
    const data = `${base64(head)}.${base64({ iat: now, ...(ttl === null ? {} : { exp: now + ttl }), ...claims })}`
    return `${data}.${signature(alg, data, secret, this.world.keys.own.find((one) => one.d && (kid ? one.kid === kid : one.alg === alg)))}`
  }

  // ---- steps: what came of it, or nothing where nothing is judged

  async play(step) {
    const kind = Object.keys(KINDS).find((one) => step[one])
    this.unsaved = []
    if (step.wait) await sleep(step.wait * 1000)
    if (step.saml) throw new Missing('there is no identity provider here')
    return kind && this[KINDS[kind]](step)
  }

  bearer(as) {
    if (as === undefined || as === 'none') return null
    if (typeof as === 'string') return as === 'service' || as === 'anon' ? this.lookup(as) : this.fillText(as)
    const { jwt, ...how } = this.fill(as)
    return this.mint(jwt, how)
  }

  headers(step, body) {
    const token = this.bearer(step.as)
    const all = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
    for (const [name, value] of Object.entries(step.headers ?? {})) all[name.toLowerCase()] = value === null ? undefined : this.fill(value)
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  }

  async call(step) {
    const [, method, path] = step.call.match(/^(\S+)\s+(.+)$/)
    const body = step.raw !== undefined ? String(this.fillText(step.raw)) : step.body === undefined ? undefined : JSON.stringify(this.fill(step.body))
    const request = { method, path: String(this.fillText(path)), headers: this.headers(step, body), body }
    let answer
    for (let i = 0; i < (step.repeat ?? 1); i++) answer = await ask(this.world.base, request)
    return this.keep(step, { status: answer.status, headers: choose(answer.headers, HEADERS), body: readBody(answer.text) }, answer.headers.location)
  }

  async mail(step) {
    const mail = await this.world.mails.next(this.fillText(step.mail).toLowerCase(), WAIT).catch(() => null)
    if (!mail) return { mail: 'none came' }
    const { text, ...view } = mailView(mail)
    return this.keep(step, step.text ? { ...view, text } : view, view.link, { body: { ...view, text } })
  }

  async noMail(step) {
    const mail = await this.world.mails.next(this.fillText(step.nomail).toLowerCase(), QUIET).catch(() => null)
    return { mail: mail ? mail.subject : 'none came' }
  }

  async hook(step) {
    const path = this.fillText(step.hook), found = await until(() => this.world.hooks.next(path), WAIT)
    if (!found) return { hook: 'none came' }
    const { method, headers, text } = found, type = headers['content-type'] ?? ''
    const body = type.includes('x-www-form-urlencoded') ? { '<form>': Object.fromEntries(new URLSearchParams(text)) } : readBody(text)
    return this.keep(step, { method, headers: this.checkedHook(path, headers, text), body })
  }

  async noHook(step) {
    const path = this.fillText(step.nohook), found = await until(() => this.world.hooks.next(path), QUIET)
    return { hook: found ? path : 'none came' }
  }

  // Each signature becomes whether one of the hook's secrets gives it (Standard Webhooks).
  checkedHook(path, headers, text) {
    const { env } = this.world, chosen = choose(headers, HOOK_HEADERS)
    const names = Object.keys(env).filter((name) => /^GOTRUE_HOOK_\w+_URI$/.test(name) && env[name].endsWith(path))
    const secrets = names.flatMap((name) => (env[name.replace(/URI$/, 'SECRETS')] ?? '').split('|')).filter((one) => one.startsWith('v1,whsec_'))
    const right = secrets.map((one) => createHmac('sha256', Buffer.from(one.slice(9), 'base64')).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`).digest('base64'))
    if (chosen['webhook-signature'] !== undefined)
      chosen['webhook-signature'] = chosen['webhook-signature'].split(/,?\s+/).map((part) => `${part.split(',')[0]},${right.includes(part.slice(part.indexOf(',') + 1)) ? '<valid>' : '<bad signature>'}`).join(', ')
    return chosen
  }

  async totp({ totp: { secret, save, offset = 0 } }) {
    await steady(2000)
    this.vars[save] = totp(this.fillText(secret), offset / 30)
  }

  pkce({ pkce: { verifier = 'verifier', challenge = 'challenge' } }) {
    this.vars[verifier] = randomBytes(36).toString('base64url')
    this.vars[challenge] = createHash('sha256').update(this.vars[verifier]).digest('base64url')
  }

  minted({ mint }) {
    const { jwt, save, ...how } = this.fill(mint)
    this.vars[save] = this.mint(jwt, how)
  }

  // ---- saving

  // Takes what the step saves out of `from`, and what it does not compare out of the answer, which it gives.
  keep(step, answer, url, from = answer) {
    for (const [name, path] of Object.entries(step.save ?? {})) {
      this.vars[name] = this.at(path, from, url) ?? undefined
      if (this.vars[name] === undefined) {
        delete this.vars[name]
        this.unsaved.push(`${name} (${path})`)
      }
    }
    for (const path of step.ignore ?? []) {
      const keys = path.split('.'), holder = descend(answer, keys.slice(0, -1))
      if (holder) delete holder[keys.at(-1)]
    }
    return answer
  }

  at(path, from, url) {
    const [first, ...rest] = path.split('.'), name = rest.join('.')
    const parameter = (text, part) => (text ? [].concat(readUrl(text)[part]?.[name] ?? [])[0] : undefined)
    if (first === 'header') return from.headers?.[name.toLowerCase()]
    if (first === 'query' || first === 'fragment') return parameter(url, first)
    if (first === 'param') return [].concat(readUrl(this.at(rest.slice(1).join('.'), from, url) ?? '').query?.[rest[0]] ?? [])[0]
    if (first === 'jwt') return descend(readJwt(this.vars[rest[0]])?.payload, rest.slice(1))
    return descend(first === 'body' || first === 'status' ? from : from.body, [first, ...rest])
  }
}
