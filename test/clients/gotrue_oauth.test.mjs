// gotrue_oauth.test.mjs: sign-in at another provider and linking its accounts, through auth-js and gotrue-js, with providers of our own on loopback.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/auth-js'
import { GoTrueClient as OldClient } from '@supabase/gotrue-js'
import { memory, ok } from '../lib/auth.mjs'
import { start, stores } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { broken } from '../lib/tables.mjs'
import { Wire } from '../lib/wire.mjs'

const password = 'secret-pw-1', site = 'http://127.0.0.1:3000'
let n = 0
const email = () => `oauth-${process.pid}-${n++}@example.com`
const pack = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unpack = (text) => JSON.parse(Buffer.from(text, 'base64url').toString())

// A provider without memory: a code is what it stands for, { profile, emails, id_token, token, answer }, and the access token is the code again.
async function provider() {
  const seen = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const form = new URLSearchParams(text), bearer = request.headers.authorization?.match(/^Bearer (.*)$/)?.[1]
    const its = unpack(form.get('code') ?? bearer), path = new URL(request.url, 'http://x').pathname
    seen.push({ path, form, headers: request.headers })
    if (path === its.redirect?.path) return response.writeHead(302, { location: its.redirect.to }).end()
    const body = form.has('code') ? its.answer ?? { access_token: form.get('code'), token_type: 'bearer', refresh_token: 'a-refresh-token', id_token: its.id_token } : path.endsWith('/emails') ? its.emails : its.profile
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body?.huge ? { ...body, huge: 'y'.repeat(body.huge) } : body))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => { server.close(); server.closeAllConnections() } }
}

const jwt = (claims) => `${pack({ alg: 'RS256', typ: 'JWT' })}.${pack({ iss: 'https://login.microsoftonline.com/9/v2.0', aud: 'azure-id', exp: Math.floor(Date.now() / 1000) + 60, ...claims })}.c2ln`

for (const store of stores)
  describe(`other providers on ${store}`, () => {
    const azure = store === 'sqlite' ? '/Common/v2.0/' : '/tenant' // of all tenants, of one
    let server, idp, mail, admin
    const client = (options = {}, Kind = GoTrueClient) => new Kind({ url: server.gotrue.url, autoRefreshToken: false, persistSession: true, storage: memory(), ...options })
    const set = (name, path) => ({ [`GOTRUE_EXTERNAL_${name}_ENABLED`]: 'true', [`GOTRUE_EXTERNAL_${name}_CLIENT_ID`]: `${name.toLowerCase()}-id,another`,
      [`GOTRUE_EXTERNAL_${name}_SECRET`]: `the:secret of ${name}`, [`GOTRUE_EXTERNAL_${name}_URL`]: `${idp.url}${path}` })
    // The browser comes back with what the provider says of its user; it goes no further than the first answer.
    const back = async (page, its) => {
      const answer = await fetch(`${server.gotrue.url}/callback?state=${new URL(page).searchParams.get('state')}&code=${pack(its)}`, { redirect: 'manual' })
      const to = new URL(answer.headers.get('location') ?? 'about:blank')
      return { status: answer.status, to, query: to.searchParams, fragment: new URLSearchParams(to.hash.slice(1)) }
    }
    const page = async (name = 'keycloak', rest = '') => (await fetch(`${server.gotrue.url}/authorize?provider=${name}&redirect_to=${site}/in${rest}`, { redirect: 'manual' })).headers.get('location')
    const keycloak = (address, more = {}) => ({ profile: { sub: `kc-${n++}`, email: address, email_verified: true, name: 'Kay', ...more } })

    before(async () => {
      idp = await provider()
      mail = await sink()
      server = await start({ store, env: {
        ...mail.env, ...set('KEYCLOAK', '/kc'), ...set('GITHUB', '/gh'), ...set('AZURE', azure), GOTRUE_URI_ALLOW_LIST: `${site}/**`, GOTRUE_SITE_URL: site,
        GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: 'true', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_RATE_LIMIT_EMAIL_SENT: '1000',
      } })
      admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
    })
    after(async () => {
      assert.equal(broken(server), '')
      assert.ok(!server.log().includes('the:secret of') && !server.log().includes('a-refresh-token'))
      await server.stop()
      idp.stop()
      mail.stop()
    })

    for (const [version, Kind] of Object.entries({ 'auth-js': GoTrueClient, 'gotrue-js': OldClient }))
      test(`${version}: signInWithOAuth, exchangeCodeForSession`, async () => {
        const app = client({ flowType: 'pkce' }, Kind), address = email()
        const { url } = ok(await app.signInWithOAuth({ provider: 'keycloak', options: { redirectTo: `${site}/in?a=1`, scopes: 'groups', queryParams: { prompt: 'login', client_id: 'forged', state: 'forged' }, skipBrowserRedirect: true } }))
        const to = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location'))
        const get = (name) => to.searchParams.getAll(name)
        assert.equal(to.origin + to.pathname, `${idp.url}/kc/protocol/openid-connect/auth`)
        assert.deepEqual([get('client_id'), get('scope'), get('prompt'), get('response_type'), get('redirect_uri')], [['keycloak-id'], ['profile email groups'], ['login'], ['code'], [`${server.gotrue.url}/callback`]])
        const its = keycloak(address), end = await back(to, its), code = end.query.get('code')
        assert.deepEqual([end.status, end.to.href], [302, `${site}/in?a=1&code=${code}`])
        const { session, user } = ok(await app.exchangeCodeForSession(code))
        assert.deepEqual([user.email, user.identities[0].id, session.provider_token, session.provider_refresh_token], [address, its.profile.sub, pack(its), 'a-refresh-token'])
        const used = idp.seen.findLast(({ form }) => form.has('code'))
        assert.equal(Buffer.from(used.headers.authorization.slice(6), 'base64').toString(), 'keycloak-id:the%3Asecret+of+KEYCLOAK')
        assert.equal((await back(to, its)).query.get('error_code'), 'bad_oauth_state')
        assert.equal(ok(await app.getUser()).user.id, user.id)
      })

    test('the same account signs in again; linkIdentity adds another, once', async () => {
      const address = email(), its = keycloak(address), first = await back(await page(), its)
      const app = client(), { user } = ok(await app.setSession({ access_token: first.fragment.get('access_token'), refresh_token: first.fragment.get('refresh_token') }))
      assert.deepEqual([first.fragment.get('provider_token'), first.fragment.get('type')], [pack(its), null])
      const second = await back(await page(), { profile: { ...its.profile, name: 'Kay the Second' } })
      assert.equal(JSON.parse(Buffer.from(second.fragment.get('access_token').split('.')[1], 'base64url')).user_metadata.name, 'Kay the Second')
      const { url } = ok(await app.linkIdentity({ provider: 'github', options: { redirectTo: `${site}/linked`, skipBrowserRedirect: true } }))
      const hub = { profile: { id: 1234567 + n++, login: 'kay', name: 'Kay Hub', avatar_url: 'https://img.example.com/k.png' }, emails: [{ email: 'x@example.net', primary: false, verified: false }, { email: email(), primary: true, verified: true }] }
      const linked = await back(url, hub)
      assert.equal(linked.to.pathname, '/linked')
      const { identities } = ok(await app.getUserIdentities()), one = identities.find(({ provider: name }) => name === 'github')
      assert.deepEqual([one.id, one.user_id, one.identity_data.user_name, one.identity_data.email, one.identity_data.email_verified], [String(hub.profile.id), user.id, 'kay', hub.emails[1].email, true])
      assert.equal(idp.seen.at(-1).path, '/gh/api/v3/user/emails')
      const again = ok(await app.linkIdentity({ provider: 'github', options: { skipBrowserRedirect: true } }))
      assert.equal((await back(again.url, hub)).query.get('error_code'), 'identity_already_exists')
      ok(await app.unlinkIdentity(one))
      assert.deepEqual(ok(await admin.getUserById(user.id)).user.app_metadata.providers, ['keycloak'])
    })

    test('settings name who is set up', async () => {
      const { external } = await (await fetch(`${server.gotrue.url}/settings`)).json()
      assert.deepEqual(Object.keys(external).filter((name) => external[name]), ['azure', 'github', 'keycloak', 'email'])
    })

    test('Azure: the ID token is of it, for us and of now, and a tenant that says no is heard', async () => {
      const address = email(), sub = `az-${n++}`
      for (const claims of [{ aud: 'another' }, { exp: 1 }, { aud: ['azure-id'] }, ...['evil.example.com/9/v2.0', 'login.microsoftonline.com/', 'login.microsoftonline.com//v2.0', 'login.microsoftonline.com/9/8/v2.0', 'login.microsoftonline.com/9/v2.0/x'].map((its) => ({ iss: `https://${its}` }))])
        assert.equal((await back(await page('azure'), { id_token: jwt({ sub, email: address, ...claims }) })).query.get('error_description'), 'Error getting user profile from external provider')
      assert.equal((await back(await page('azure'), { id_token: jwt({ sub, email: address, xms_edov: false }) })).query.get('error_code'), 'provider_email_needs_verification')
      assert.ok((await back(await page('azure'), { id_token: jwt({ sub: `az-${n++}`, email: email(), xms_edov: '1' }) })).fragment.get('access_token'))
      const silent = await back(await page('azure'), { id_token: jwt({ sub: `az-${n++}`, email: email() }) })
      assert.deepEqual([silent.query.get('error_code'), silent.fragment.has('access_token')], azure === '/tenant' ? [null, true] : ['provider_email_needs_verification', false])
    })

    test('a state works once, whoever comes at once, and makes one user', async () => {
      const its = keycloak(email()), url = await page()
      const ends = await Promise.all(Array.from({ length: 12 }, () => back(url, its)))
      assert.equal(ends.filter(({ fragment }) => fragment.get('access_token')).length, 1)
      const pages = await Promise.all(Array.from({ length: 6 }, () => page())), other = keycloak(email())
      const users = (await Promise.all(pages.map((one) => back(one, other)))).map(({ fragment }) => JSON.parse(Buffer.from(fragment.get('access_token').split('.')[1], 'base64url')).sub)
      assert.equal(new Set(users).size, 1)
    })

    test('who signed up with an address of another loses all when the other comes', async () => {
      const address = email(), app = client()
      const { user } = ok(await app.signUp({ email: address, password, options: { data: { evil: true } } }))
      const end = await back(await page(), keycloak(address)), claims = JSON.parse(Buffer.from(end.fragment.get('access_token').split('.')[1], 'base64url'))
      assert.deepEqual([claims.sub, claims.user_metadata.evil], [user.id, undefined])
      assert.equal((await app.signInWithPassword({ email: address, password })).error.code, 'invalid_credentials')
      assert.equal((await fetch((await mail.next(address)).link, { redirect: 'manual' })).headers.get('location').includes('access_token'), false)
    })

    // Of their own addresses and numbers are true, what they say of the other's is not: none of them leads back into the account.
    test('who signed up with an address of another leaves no door open', async () => {
      const wire = new Wire(server.auth0.url, {}, server.auth0.ca), wanted = email(), own = email(), phone = `1555${process.pid}${n++}`
      const ask = async (path, body, token) => { const { status, json, text } = await wire.request('POST', path, body, token && { authorization: `Bearer ${token}` }); assert.ok(status < 300, text); return json }
      const signUp = async (address) => (await ask('/dbconnections/signup', { client_id: server.auth0.clientId, connection: 'Username-Password-Authentication', email: address, password }))._id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
      const grant = (address) => ask('/oauth/token', { grant_type: 'password', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, username: address, password, audience: `${server.auth0.url}/api/v2/`, scope: 'openid update:current_user_identities' })
      const [id, second] = [await signUp(wanted), await signUp(own)]
      ok(await admin.updateUserById(id, { phone, phone_confirm: true })) // by a code
      ok(await admin.updateUserById(second, { email_confirm: true })) // by a link
      await ask(`/api/v2/users/${encodeURIComponent(`auth0|${id.replaceAll('-', '')}`)}/identities`, { link_with: (await grant(own)).id_token }, (await grant(wanted)).access_token)
      const subject = async (address) => JSON.parse(Buffer.from((await back(await page(), keycloak(address))).fragment.get('access_token').split('.')[1], 'base64url')).sub
      assert.equal(await subject(wanted), id) // its owner comes
      assert.notEqual(await subject(own), id)
      const { user } = ok(await admin.getUserById(id))
      assert.deepEqual([user.phone, user.phone_confirmed_at, user.identities.map((i) => i.provider)], ['', undefined, ['keycloak']])
      wire.close()
    })

    test('an address that the provider does not vouch for opens no account', async () => {
      const address = email(), { user } = ok(await admin.createUser({ email: address, password, email_confirm: true }))
      const end = await back(await page(), keycloak(address, { email_verified: false }))
      assert.equal(end.query.get('error_code'), 'provider_email_needs_verification')
      assert.deepEqual(ok(await admin.getUserById(user.id)).user.app_metadata.providers, ['email'])
      // Vouched for another address, an account that took this one unconfirmed is not its owner.
      const wanted = email(), its = keycloak(wanted, { email_verified: false })
      assert.equal((await back(await page(), its)).query.get('error_code'), 'provider_email_needs_verification')
      const own = email(), session = await back(await page(), { profile: { ...its.profile, email: own, email_verified: true } })
      assert.equal(JSON.parse(Buffer.from(session.fragment.get('access_token').split('.')[1], 'base64url')).email, own)
    })

    test('only a clear yes vouches for an address', async () => {
      for (const said of ['False', 'FALSE', 'no', 'none', 'n', 0, '0', 2, '', ' true', null, [], {}, [true]])
        assert.equal((await back(await page(), keycloak(email(), { email_verified: said }))).query.get('error_code'), 'provider_email_needs_verification', JSON.stringify(said))
      for (const said of [true, 'true', 'True', 1, '1'])
        assert.ok((await back(await page(), keycloak(email(), { email_verified: said }))).fragment.get('access_token'), JSON.stringify(said))
    })

    test('who signs up with addresses of another locks nobody out', async () => {
      const signUp = async (address) => ok(await client().signUp({ email: address, password })).user.id
      const hub = (...list) => ({ profile: { id: 7654321 + n++, login: 'kay' }, emails: list.map((address, i) => ({ email: address, primary: i === 0, verified: true })) })
      const subject = async (its) => { const end = await back(await page('github'), its); assert.ok(end.fragment.get('access_token'), end.to.href); return JSON.parse(Buffer.from(end.fragment.get('access_token').split('.')[1], 'base64url')).sub }
      const [first, second, own, wanted] = [email(), email(), email(), email()]
      const { user } = ok(await admin.createUser({ email: own, password, email_confirm: true })), thief = await signUp(wanted)
      assert.equal(await subject(hub(own, wanted)), user.id)
      assert.equal(await subject(hub(wanted, own)), user.id)
      assert.equal(ok(await admin.getUserById(thief)).user.email_confirmed_at, undefined)
      const [one, two] = [await signUp(first), await signUp(second)]
      assert.equal(await subject(hub(second, first)), two)
      const { user: taken } = ok(await admin.getUserById(two))
      assert.deepEqual([taken.email, taken.app_metadata.providers], [second, ['github']])
      assert.equal((await client().signInWithPassword({ email: second, password })).error.code, 'invalid_credentials')
      assert.equal((await client().signInWithPassword({ email: first, password })).error.code, 'email_not_confirmed')
      assert.notEqual(one, two)
    })

    test('nobody is led elsewhere, and a provider that misbehaves gets nothing', async () => {
      const away = await fetch(`${server.gotrue.url}/authorize?provider=keycloak&redirect_to=https://evil.example.com/`, { redirect: 'manual' })
      const end = await back(away.headers.get('location'), keycloak(email()))
      assert.equal(end.to.origin, site)
      const fail = async (its) => (await back(await page(), its)).query.get('error_description')
      const seen = idp.seen.length
      assert.match(await fail({ ...keycloak(email()), redirect: { path: '/kc/protocol/openid-connect/userinfo', to: `${idp.url}/elsewhere` } }), /user profile/)
      assert.ok(!idp.seen.slice(seen).some(({ path }) => path === '/elsewhere'))
      for (const answer of [{ access_token: 'a\r\nX-Forged: 1' }, { access_token: '' }, { access_token: 'a', huge: 300_000 }, []])
        assert.match(await fail({ answer }), /^Unable to exchange external code/)
      for (const profile of [[], 'x', { sub: '', email: email() }, { sub: 'a'.repeat(256), email: email() }, { sub: 'b', email: 'no address', email_verified: true }])
        assert.match(await fail({ profile }), /user profile/)
      for (const [state, code] of [['', 'bad_oauth_callback'], ['x', 'bad_oauth_state'], ['00000000-0000-4000-8000-000000000000', 'bad_oauth_state']]) {
        const astray = await back(`http://x/?state=${state}`, {})
        assert.deepEqual([astray.status, astray.to.origin, astray.query.get('error_code')], [303, site, code])
      }
    })
  })
