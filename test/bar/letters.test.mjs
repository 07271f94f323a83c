// letters.test.mjs (O2, O3): links in letters lead to our own hosts whatever a request says its host is; and nothing that anybody types becomes a line, a header, a
// recipient or a letter of its own.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import tls from 'node:tls'
import { sample, stores, whole } from '../lib/bar.mjs'
import { figure } from '../lib/figure.mjs'
import { sleep, start } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1', ours = 'auth.example.com', EVIL = 'evil.example.net'
let n = 0
const email = () => `letter-${process.pid}-${n++}@example.com`

// ---- O2 ----

const forged = {
  'X-Forwarded-Host': { 'x-forwarded-host': EVIL }, 'with a port': { 'x-forwarded-host': `${EVIL}:443` }, 'behind one that is allowed': { 'x-forwarded-host': `links.example.org, ${EVIL}` }, 'one that is allowed, as userinfo': { 'x-forwarded-host': `links.example.org@${EVIL}` },
  'one that is allowed, as a label': { 'x-forwarded-host': `links.example.org.${EVIL}` }, 'one that is allowed, a path': { 'x-forwarded-host': `${EVIL}/links.example.org` }, 'one that is allowed, encoded': { 'x-forwarded-host': `links.example.org%2f@${EVIL}` },
  'one that is allowed, a dot': { 'x-forwarded-host': `.links.example.org.${EVIL}` }, 'one that is allowed, a port of words': { 'x-forwarded-host': `links.example.org:80@${EVIL}` }, 'Forwarded': { forwarded: `host=${EVIL};proto=http` }, 'Forwarded, quoted': { forwarded: `for=1.2.3.4;host="${EVIL}"` },
  'X-Host': { 'x-host': EVIL }, 'X-Original-Host': { 'x-original-host': EVIL }, 'X-Forwarded-Server': { 'x-forwarded-server': EVIL }, 'X-HTTP-Host-Override': { 'x-http-host-override': EVIL }, 'X-Rewrite-URL': { 'x-rewrite-url': `https://${EVIL}/` }, 'X-Original-URL': { 'x-original-url': `https://${EVIL}/` },
  'X-Forwarded-Prefix': { 'x-forwarded-prefix': `@${EVIL}` }, 'X-Forwarded-Proto': { 'x-forwarded-proto': `https://${EVIL}/#` }, 'X-Forwarded-Port': { 'x-forwarded-port': `80@${EVIL}` }, 'X-Forwarded-Scheme': { 'x-forwarded-scheme': `https://${EVIL}` }, 'Origin': { origin: `https://${EVIL}` }, 'Referer': { referer: `https://${EVIL}/` },
  'all at a time': { 'x-forwarded-host': EVIL, forwarded: `host=${EVIL}`, 'x-host': EVIL, origin: `https://${EVIL}`, referer: `https://${EVIL}/` }, 'Host': { host: EVIL }, 'Host, a port': { host: `${EVIL}:9999` }, 'Host in capitals': { host: EVIL.toUpperCase() }, 'Host, ours as a label': { host: `${ours}.${EVIL}` },
  'the whole target': { target: `http://${EVIL}` }, 'the whole target, and ours as Host': { target: `http://${EVIL}`, host: ours }, 'redirect_to': { query: `redirect_to=https://${EVIL}/` }, 'redirect_to as an option': { header: 'redirect_to', redirect_to: `https://${EVIL}/` },
}

for (const store of stores)
  describe(`letters (${store})`, { skip: !whole }, () => {
    let server, mail, wires, machine, folder

    before(async () => {
      mail = await sink()
      folder = mkdtempSync(join(tmpdir(), 'hecate-letters-'))
      const body = join(folder, 'body.html')
      writeFileSync(body, '<p>{{ .Data.name }}</p><p>{{ .Email }} {{ .RedirectTo }}</p><a href="{{ .ConfirmationURL }}">go</a>')
      const kinds = ['CONFIRMATION', 'RECOVERY', 'MAGIC_LINK', 'EMAIL_CHANGE', 'INVITE']
      server = await start({
        store, env: { ...mail.env, HECATE_PASSWORD_HASH: 'bcrypt:4', API_EXTERNAL_URL: `https://${ours}`, GOTRUE_SITE_URL: 'https://app.example.com', GOTRUE_URI_ALLOW_LIST: 'https://app.example.com/**', GOTRUE_MAILER_EXTERNAL_HOSTS: 'links.example.org',
          ...Object.fromEntries(kinds.flatMap((kind) => [[`GOTRUE_MAILER_SUBJECTS_${kind}`, 'For {{ .Data.name }} {{ .Email }}'], [`GOTRUE_MAILER_TEMPLATES_${kind}`, body]])) },
      })
      wires = { gotrue: new Wire(server.gotrue.url), auth0: new Wire(server.auth0.url, {}, server.auth0.ca) }
      machine = (await wires.auth0.request('POST', '/oauth/token', { grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/` })).json.access_token
    })
    after(async () => {
      for (const wire of Object.values(wires)) wire.close()
      await server.stop()
      mail.stop()
      rmSync(folder, { recursive: true })
    })

    const service = () => ({ authorization: `Bearer ${server.gotrue.serviceKey}` })
    const known = async (more = {}) => {
      const address = email(), made = await wires.gotrue.request('POST', '/admin/users', { email: address, password, email_confirm: true, ...more }, service())
      assert.equal(made.status, 200, made.text)
      return { address, id: made.json.id }
    }
    const session = async (p) => ({ authorization: `Bearer ${(await wires.gotrue.request('POST', '/token?grant_type=password', { email: p.address, password })).json.access_token}` })
    // Each route that sends a letter, or gives out a link: [dialect, method, path, body, headers].
    const routes = {
      'sign-up': async () => ['gotrue', 'POST', '/signup', { email: email(), password }],
      'recover': async () => ['gotrue', 'POST', '/recover', { email: (await known()).address }],
      'magic link': async () => ['gotrue', 'POST', '/magiclink', { email: (await known()).address }],
      'code': async () => ['gotrue', 'POST', '/otp', { email: (await known()).address }],
      'code for somebody new': async () => ['gotrue', 'POST', '/otp', { email: email() }],
      'again': async () => ['gotrue', 'POST', '/resend', { type: 'signup', email: (await known({ email_confirm: false })).address }],
      'change of address': async () => { const p = await known(); return ['gotrue', 'PUT', '/user', { email: email() }, await session(p)] },
      'reauthentication': async () => { const p = await known(); return ['gotrue', 'GET', '/reauthenticate', undefined, await session(p)] },
      'invitation': async () => ['gotrue', 'POST', '/invite', { email: email() }, service()],
      'link of an administrator': async () => ['gotrue', 'POST', '/admin/generate_link', { type: 'recovery', email: (await known()).address }, service()],
      'forgotten password': async () => ['auth0', 'POST', '/dbconnections/change_password', { client_id: server.auth0.clientId, email: (await known()).address, connection: 'Username-Password-Authentication' }],
      'sign-up at Auth0': async () => ['auth0', 'POST', '/dbconnections/signup', { client_id: server.auth0.clientId, email: email(), password: 'Secret-pw-1', connection: 'Username-Password-Authentication' }],
      'a user who must verify': async () => ['auth0', 'POST', '/api/v2/users', { email: email(), password: 'Secret-pw-1', connection: 'Username-Password-Authentication', verify_email: true }, { authorization: `Bearer ${machine}` }],
      'a letter as a job': async () => ['auth0', 'POST', '/api/v2/jobs/verification-email', { user_id: await auth0Id() }, { authorization: `Bearer ${machine}` }],
      'a ticket': async () => ['auth0', 'POST', '/api/v2/tickets/password-change', { user_id: await auth0Id() }, { authorization: `Bearer ${machine}` }],
      'a ticket to verify': async () => ['auth0', 'POST', '/api/v2/tickets/email-verification', { user_id: await auth0Id() }, { authorization: `Bearer ${machine}` }],
    }
    const auth0Id = async () => (await wires.auth0.request('GET', `/api/v2/users-by-email?email=${(await known()).address}`, undefined, { authorization: `Bearer ${machine}` })).json[0].user_id
    // Hosts of all addresses in a text.
    const hosts = (text) => [...text.matchAll(/https?:\/\/([^/\s"'<>?#\\]+)/gi)].map(([, host]) => host)

    test('links lead to our hosts, whatever a request says', { timeout: 600_000 }, async (t) => {
      const allowed = new Set([ours, 'links.example.org', 'app.example.com', server.auth0.domain, 's.gravatar.com']) // the last: pictures of Auth0's users
      let asked = 0, refused = 0
      for (const [what, { target = '', query, header, redirect_to, ...headers }] of sample(Object.entries(forged), 8))
        for (const [name, make] of sample(Object.entries(routes), 3)) {
          const [dialect, method, path, body, more] = await make(), wire = new Wire(server[dialect].url, {}, server.auth0.ca)
          const where = `${target}${path}${query ? `?${query}` : ''}`
          const answer = await wire.request(method, where, body, { ...more, ...headers, ...(header ? { [header]: redirect_to } : {}) }).catch(() => ({ status: 400, text: '' }))
          wire.close()
          asked++
          refused += answer.status >= 400
          assert.ok(answer.status < 500, `${name}, ${what}: ${answer.status} ${answer.text}`)
          const shown = answer.text.replaceAll(`https://${EVIL}/`, (found) => (query ? '' : found)) // what was asked for may be named in a refusal
          for (const host of hosts(shown)) assert.ok(allowed.has(host), `${name}, ${what}: ${host} in ${answer.text}`)
        }
      await sleep(1500)
      assert.ok(mail.all.length > asked / 2, `${mail.all.length} letters`)
      for (const { raw, html } of mail.all) {
        assert.ok(!`${raw}${html}`.toLowerCase().includes(EVIL), html)
        for (const host of hosts(html)) assert.ok(allowed.has(host), html)
      }
      figure(t, `${asked} requests, ${refused} refused, ${mail.all.length} letters, 0 foreign hosts (${store})`)
    })

    // ---- O3 ----

    const evils = ['\r\nBcc: evil@example.net', '\nBcc: evil@example.net', '\rBcc: evil@example.net', '\r\n\r\n<script>alert(1)</script>', '\r\n.\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<evil@example.net>\r\nDATA\r\nx\r\n.\r\n', '\n.\n', '\r\n.\n', '\n.\r\nRCPT TO:<evil@example.net>',
      '\u2028Bcc: evil@example.net', '\u2029Bcc: evil@example.net', '\u0085Bcc: evil@example.net', '\u000bBcc: x', '\u000cBcc: x', '\u001b[31m', '\u007f', 'x'.repeat(3000), '=?utf-8?q?=0D=0ABcc:_evil@example.net?=', '%0d%0aBcc:evil@example.net', '"; Bcc: evil@example.net', ', evil@example.net', ' <evil@example.net>',
      '\u202eevil', '{{ .Token }}', '{{ .SiteURL }}', '<a href="https://evil.example.net">', "' onmouseover='x", '\r\n Bcc: evil@example.net', '\t\r\n\tBcc: evil@example.net', 'é'.repeat(500), '🔐'.repeat(200), '.', '..', '\r\n..\r\n']
    const headerNames = ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type', 'content-transfer-encoding']

    test('nothing typed becomes a line', { timeout: 600_000 }, async (t) => {
      const sent = mail.all.length
      let asked = 0
      const ask = async (...request) => {
        asked++
        assert.ok((await wires.gotrue.request(...request)).status < 500, JSON.stringify(request).slice(0, 300))
      }
      for (const evil of sample(evils, 4)) {
        const address = email(), name = `Mike${evil}`
        await ask('POST', '/signup', { email: address, password, data: { name } })
        await ask('POST', '/signup', { email: `${address}${evil}`, password, data: { name } })
        await ask('POST', '/signup', { email: `${evil}${address}`, password })
        await ask('POST', `/recover?redirect_to=${encodeURIComponent(`https://app.example.com/${evil}`)}`, { email: address })
        await ask('POST', '/otp', { email: email(), data: { name }, code_challenge: 'x'.repeat(43), code_challenge_method: 's256' })
        await ask('POST', '/invite', { email: email(), data: { name } }, service())
        await ask('POST', '/invite', { email: `evil@example.net${evil}@example.com`, data: { name } }, service())
        const p = await known({ user_metadata: { name } })
        await ask('PUT', '/user', { email: email() }, await session(p))
        const auth0 = await wires.auth0.request('POST', '/api/v2/users', { email: email(), name: name.slice(0, 250), password: 'Secret-pw-1', connection: 'Username-Password-Authentication', verify_email: true, user_metadata: { name } }, { authorization: `Bearer ${machine}` })
        assert.ok(auth0.status < 500, auth0.text)
      }
      await sleep(1500)
      const letters = mail.all.slice(sent)
      assert.ok(letters.length > asked / 3, `${letters.length} letters`)
      for (const { raw, recipients, names, html, subject } of letters) {
        const what = raw.slice(0, 1500)
        assert.deepEqual([...names].sort(), [...headerNames].sort(), what)
        assert.equal(recipients.length, 1, what)
        assert.match(recipients[0], /^\.{0,2}letter-\d+-\d+@example\.com$/, what)
        assert.ok(!/(^|[^\r])\n|\r([^\n]|$)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\uffff]/.test(raw), `a bare or strange byte: ${what}`)
        assert.ok(raw.split('\r\n').every((line) => line.length <= 998), what)
        assert.ok(!/<script|<a href="https:\/\/evil|' onmouseover/.test(html), html)
        assert.ok(!/[\r\n\0]/.test(subject), subject)
        assert.ok(!raw.split('\r\n').some((line) => /^(bcc|rcpt|mail)/i.test(line)), what)
      }
      figure(t, `${asked} requests, ${letters.length} letters: 0 further headers, recipients or letters (${store})`)
    })
  })

// ---- STARTTLS: what was said before it counts for nothing ----

// A mail server whose STARTTLS answer has more behind it, in the clear.
async function talker(key, cert, more) {
  const heard = []
  const server = net.createServer((plain) => {
    const talk = (socket, secure) => {
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        for (let end; (end = text.indexOf('\r\n')) >= 0; text = text.slice(end + 2)) {
          const line = text.slice(0, end)
          heard.push(`${secure ? 'TLS' : 'plain'} ${line}`)
          if (line.startsWith('EHLO')) socket.write(secure ? '250-talker\r\n250 AUTH PLAIN\r\n' : '250-talker\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n')
          else if (line === 'STARTTLS') {
            socket.removeAllListeners('data')
            socket.write(`220 go\r\n${more}`, () => talk(new tls.TLSSocket(socket, { isServer: true, key, cert }), true))
            return
          } else socket.write(line === 'DATA' ? '354 go\r\n' : '250 ok\r\n')
        }
      })
    }
    plain.write('220 talker\r\n')
    talk(plain, false)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, heard, stop: () => server.close() }
}

for (const [title, more] of whole ? [['an answer', '250 ok\r\n'], ['a list of what it can', '250-talker\r\n250 AUTH PLAIN LOGIN\r\n'], ['many', '250 ok\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n']] : [])
  test(`STARTTLS with ${title} behind it: no letter and no password goes out on the strength of it`, async () => {
    const self = await start(), key = readFileSync(join(self.dir, 'ca.key')), cert = readFileSync(join(self.dir, 'ca.pem')) // any pair will do
    const peer = await talker(key, cert, more)
    const server = await start({ env: { GOTRUE_SMTP_HOST: '127.0.0.1', GOTRUE_SMTP_PORT: String(peer.port), GOTRUE_SMTP_USER: 'user', GOTRUE_SMTP_PASS: 'mail-secret-canary', GOTRUE_SMTP_ADMIN_EMAIL: 'admin@example.com', GOTRUE_SITE_URL: 'http://127.0.0.1:3000', HECATE_PASSWORD_HASH: 'bcrypt:4' } })
    try {
      await fetch(`${server.gotrue.url}/signup`, { method: 'POST', body: JSON.stringify({ email: email(), password }) })
      for (let i = 0; i < 100 && !peer.heard.some((line) => /STARTTLS/.test(line)); i++) await sleep(50)
      await sleep(1000)
      assert.ok(peer.heard.some((line) => line === 'plain STARTTLS'), peer.heard.join('\n'))
      assert.ok(!peer.heard.some((line) => /AUTH|MAIL|RCPT|DATA/.test(line)), peer.heard.join('\n'))
    } finally {
      await server.stop()
      peer.stop()
      await self.stop()
    }
  })
