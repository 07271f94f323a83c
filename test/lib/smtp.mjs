// smtp.mjs: a mail server that takes everything and keeps it: `next(address)` waits for the oldest unread mail to it. `hold()` makes it answer nothing, `refuse(code)`
// makes it refuse.
import { createServer } from 'node:net'
import { freePort, sleep } from './server.mjs'

const words = (text) => text.replace(/(\?=)\s+(=\?)/g, '$1$2').replace(/=\?utf-8\?b\?([^?]*)\?=/gi, (_, body) => Buffer.from(body, 'base64').toString('utf8'))

// The parts of one mail, and the raw text.
export function parse(raw) {
  const at = raw.indexOf('\r\n\r\n')
  const lines = raw.slice(0, at).replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  const named = Object.fromEntries(headers)
  const html = Buffer.from(raw.slice(at + 4), 'base64').toString('utf8')
  const link = html.match(/href="([^"]+)"/)?.[1].replace(/&#43;/g, '+').replace(/&#39;/g, "'").replace(/&#34;/g, '"').replace(/&amp;/g, '&')
  return { raw, names: headers.map(([name]) => name), headers: named, subject: words(named.subject), to: named.to, html, link, otp: `${words(named.subject)} ${html}`.match(/(?<!\d)\d{6}(?!\d)/)?.[0] }
}

export async function sink() {
  const boxes = new Map(), all = []
  let held = false, refusal
  const server = createServer((socket) => {
    let buffer = '', recipients = [], data = false
    const say = (line) => socket.writable && !held && socket.write(`${line}\r\n`)
    const command = (line) => {
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'MAIL') recipients = []
      if (verb === 'RCPT' && refusal) return say(refusal)
      if (verb === 'RCPT') recipients.push(line.match(/<([^>]*)>/)[1].toLowerCase())
      if (verb === 'DATA') { data = true; return say('354 go on') }
      if (verb === 'QUIT') { say('221 bye'); return socket.end() }
      say('250 ok')
    }
    socket.setEncoding('latin1').on('error', () => {}).on('data', (chunk) => {
      buffer += chunk
      for (;;) {
        const end = buffer.indexOf(data ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const piece = buffer.slice(0, end)
        buffer = buffer.slice(end + (data ? 5 : 2))
        if (!data) { command(piece); continue }
        data = false
        if (held) continue
        const mail = { ...parse(piece.replace(/\r\n\.\./g, '\r\n.')), recipients }
        all.push(mail)
        for (const to of recipients) boxes.set(to, [...(boxes.get(to) ?? []), mail])
        say('250 taken')
      }
    })
    say('220 sink')
  })
  const port = await freePort()
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  const to = (address) => boxes.get(address.toLowerCase()) ?? []
  return {
    port, all, to,
    hold: (on = true) => { held = on },
    refuse: (line) => { refusal = line },
    env: { GOTRUE_SMTP_HOST: '127.0.0.1', GOTRUE_SMTP_PORT: String(port), GOTRUE_SMTP_ADMIN_EMAIL: 'admin@example.com', GOTRUE_SMTP_SENDER_NAME: 'Example',
      GOTRUE_SMTP_MAX_FREQUENCY: '1ms', GOTRUE_RATE_LIMIT_EMAIL_SENT: '1000000', GOTRUE_SITE_URL: 'http://127.0.0.1:3000',
      GOTRUE_URI_ALLOW_LIST: 'http://127.0.0.1:3000/**' },
    next: async (address, ms = 30_000) => {
      for (const end = Date.now() + ms; ; await sleep(20)) {
        const mail = to(address).shift()
        if (mail) return mail
        if (Date.now() > end) throw new Error(`no mail to ${address} in ${ms} ms`)
      }
    },
    stop: () => server.close(),
  }
}
