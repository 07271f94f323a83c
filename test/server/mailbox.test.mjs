// mailbox.test.mjs: without a mail server mails are kept, and shown to whoever runs the server: a newcomer finds the link of a sign-up. And templates of the web.
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { freePort, sleep, start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'

const password = 'secret-pw-1', token = 'an-ops-token-of-more-than-32-characters'

async function begin(t, options) {
  const port = await freePort()
  const server = await start({ ...options, env: { HECATE_LISTEN_OPS: `127.0.0.1:${port}`, HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'false', GOTRUE_SMTP_MAX_FREQUENCY: '1ms', ...options.env } })
  t.after(() => server.stop())
  const ops = (path, headers = {}) => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve({ status: answer.statusCode, headers: answer.headers, text })
    }).on('error', reject).end()
  })
  const sign = (email, more) => fetch(`${server.gotrue.url}/signup`, { method: 'POST', body: JSON.stringify({ email, password, ...more }) }).then(async (answer) => assert.equal(answer.status, 200, await answer.text()))
  return { server, ops, sign, port }
}

test('hecate dev shows the mail of a sign-up, and its link confirms', async (t) => {
  const { server, ops, sign, port } = await begin(t, { args: ['dev'] })
  assert.match(server.log(), new RegExp(`http://127\\.0\\.0\\.1:${port}/mail`))
  assert.match((await ops('/mail')).text, /None so far/)
  await sign('ada@example.com')
  await sign('bob@example.com', { data: { name: '<b>' } })
  const { status, headers, text } = await ops('/mail.json')
  const [bob, ada] = JSON.parse(text)
  assert.equal(status, 200)
  assert.equal(headers['cache-control'], 'no-store')
  assert.deepEqual([ada.to, ada.kind, ada.subject, bob.to], ['ada@example.com', 'confirmation', 'Confirm your email address', 'bob@example.com'])
  assert.match(ada.code, /^\d{6}$/)
  const page = await ops('/mail')
  assert.ok(page.text.indexOf('bob@example.com') < page.text.indexOf('ada@example.com'), 'newest first')
  assert.ok(page.text.includes(`Code: <b>${ada.code}</b>`))
  assert.ok(page.text.includes(`href="${ada.link.replaceAll('&', '&#38;')}"`))
  assert.match(page.headers['content-security-policy'], /default-src 'none'.*sandbox/)
  const body = await ops(`/mail/${ada.id}`)
  assert.match(body.text, /Confirm this address/)
  assert.match(body.headers['content-security-policy'], /default-src 'none'/)
  assert.equal((await ops(`/mail/${crypto.randomUUID()}`)).status, 404)
  assert.equal((await ops('/mail/x')).status, 404)
  assert.equal((await fetch(ada.link, { redirect: 'manual' })).status, 303)
  const session = await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: 'ada@example.com', password }) })
  assert.equal(session.status, 200)
})

test("Clerk's invitations are letters, with a link to where the invited land", async (t) => {
  const { server, ops } = await begin(t, { args: ['dev'] })
  const clerk = createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
  const sent = await clerk.invitations.createInvitation({ emailAddress: 'one@example.com', redirectUrl: 'https://app.example/in?a=1#top' })
  assert.match(sent.url, /^https:\/\/app\.example\/in\?a=1&__clerk_ticket=[\w-]{43}#top$/)
  const site = await clerk.invitations.createInvitation({ emailAddress: 'two@example.com' })
  assert.match(site.url, /^http:\/\/localhost:3000\?__clerk_ticket=[\w-]{43}$/)
  const quiet = await clerk.invitations.createInvitation({ emailAddress: 'three@example.com', notify: false })
  const ada = await clerk.users.createUser({ emailAddress: ['ada@example.com'], firstName: 'Ada', lastName: 'L<b>' })
  const org = await clerk.organizations.createOrganization({ name: 'Acme & Co', createdBy: ada.id })
  const invite = (emailAddress, more) => clerk.organizations.createOrganizationInvitation({ organizationId: org.id, emailAddress, role: 'org:member', redirectUrl: 'https://app.example/org', ...more })
  const joined = await invite('four@example.com', { inviterUserId: ada.id })
  await invite('five@example.com')
  await assert.rejects(invite('four@example.com')) // nothing is sent for what is refused
  const kept = JSON.parse((await ops('/mail.json')).text)
  assert.deepEqual(kept.map(({ to, kind, subject, code }) => [to, kind, subject, code]), [['five@example.com', 'organization_invite', "You've been invited to Acme & Co", null],
    ['four@example.com', 'organization_invite', "You've been invited to Acme & Co", null], ['two@example.com', 'invite', "You've been invited", null], ['one@example.com', 'invite', "You've been invited", null]])
  assert.deepEqual([kept[3].link, kept[2].link], [sent.url, site.url])
  const [five, four] = await Promise.all([kept[0], kept[1]].map(async ({ id }) => (await ops(`/mail/${id}`)).text))
  assert.match(four, /Ada L&lt;b&gt; asks you to join Acme &amp; Co\./)
  assert.match(five, /You are asked to join Acme &amp; Co\./)
  assert.match(four, /https:\/\/app\.example\/org\?__clerk_ticket=/)
  // the same each time it is read, another for each; none once it is over
  assert.equal(new Set([sent.url.match(/ticket=([\w-]+)/)[1], site.url.split('=').at(-1), quiet.url.split('=').at(-1)]).size, 3)
  assert.ok((await clerk.invitations.getInvitationList({ status: 'pending' })).data.some((one) => one.url === sent.url))
  assert.equal((await clerk.invitations.revokeInvitation(sent.id)).url ?? null, null)
  assert.equal((await clerk.organizations.revokeOrganizationInvitation({ organizationId: org.id, invitationId: joined.id, requestingUserId: ada.id })).url ?? null, null)
})

test('no page of the web looks in through a name of its own', async (t) => {
  const { ops } = await begin(t, { args: ['dev'] })
  for (const [host, status] of [['evil.example', 401], ['evil.example:9990', 401], ['127.0.0.1.evil.example', 401], ['localhost:9990', 200], ['127.0.0.1', 200], ['[::1]:9990', 200]])
    assert.equal((await ops('/mail.json', { host })).status, status, host)
})

test('the list is bounded', { timeout: 120_000 }, async (t) => {
  const { ops, sign } = await begin(t, { args: ['dev'], env: { GOTRUE_RATE_LIMIT_EMAIL_SENT: '1000' } })
  for (let i = 0; i < 110; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => sign(`many-${i + j}@example.com`)))
  assert.equal(JSON.parse((await ops('/mail.json')).text).length, 100)
})

for (const store of stores)
  test(`hecate serve shows kept mail with the operators' token alone (${store})`, async (t) => {
    const open = await begin(t, { store })
    assert.equal((await open.ops('/metrics')).status, 200)
    for (const path of ['/mail', '/mail.json', `/mail/${crypto.randomUUID()}`]) assert.equal((await open.ops(path)).status, 401)
    const shut = await begin(t, { store, env: { HECATE_OPS_TOKEN: token } })
    await shut.sign('ada@example.com')
    assert.equal((await shut.ops('/mail.json')).status, 401)
    assert.equal(JSON.parse((await shut.ops('/mail.json', { authorization: `Bearer ${token}` })).text)[0].to, 'ada@example.com')
  })

test('mail goes to authorized addresses alone, where there are some', async (t) => {
  const { server, ops } = await begin(t, { args: ['dev'], env: { GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES: 'Ada@example.com,bob@example.com', GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED: 'true' } })
  const post = async (path, body) => {
    const answer = await fetch(server.gotrue.url + path, { method: 'POST', body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() }
  }
  for (const email of ['ada@example.com', 'ada+label@example.com', 'BOB+a+b@example.com']) assert.equal((await post('/signup', { email, password })).status, 200, email)
  for (const email of ['eve@example.com', 'ada@example.org', 'ad+a@example.com', 'xada@example.com'])
    assert.deepEqual(await post('/signup', { email, password }), { status: 400, body: { code: 400, error_code: 'email_address_not_authorized', msg: `Email address "${email}" cannot be used as it is not authorized` } })
  assert.deepEqual(JSON.parse((await ops('/mail.json')).text).map(({ to }) => to), ['bob+a+b@example.com', 'ada+label@example.com', 'ada@example.com'])
  assert.equal((await post('/otp', { email: 'eve@example.com' })).status, 400) // and nobody was made
})

test('a template of the web is kept, and read anew after a reload', { timeout: 120_000 }, async (t) => {
  let asked = 0, up = true
  const web = createServer((req, res) => {
    asked++
    res.statusCode = up ? 200 : 500
    res.end(`<p>edition ${asked}</p><a href="{{ .ConfirmationURL }}">x</a>`)
  })
  const port = await freePort(), mail = await sink()
  await new Promise((resolve) => web.listen(port, '127.0.0.1', resolve))
  t.after(() => { web.close(); mail.stop() })
  const { server, sign } = await begin(t, { env: { ...mail.env, GOTRUE_MAILER_TEMPLATES_CONFIRMATION: `http://127.0.0.1:${port}/confirm.html` } })
  let n = 0
  const edition = async () => {
    const email = `page-${n++}@example.com`
    await sign(email)
    return (await mail.next(email)).html.match(/edition (\d+)/)?.[1]
  }
  assert.deepEqual([await edition(), await edition(), asked], ['1', '1', 1])
  process.kill(server.pid, 'SIGHUP')
  for (let i = 0; i < 600 && !server.log().includes('reloaded'); i++) await sleep(50)
  assert.deepEqual([await edition(), await edition(), asked], ['2', '2', 2])
  up = false
  process.kill(server.pid, 'SIGHUP')
  for (let i = 0; i < 600 && server.log().split('"reloaded"').length < 3; i++) await sleep(50)
  assert.deepEqual([await edition(), await edition(), asked], ['2', '2', 3]) // the last one that was had, and no second try at once
})
