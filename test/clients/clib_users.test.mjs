// clib_users.test.mjs: `hecate users` and what hangs on a user against a running server: each verb in each API, on each store, and how it ends.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ManagementClient } from 'auth0-4'
import { binary, start, stores } from '../lib/server.mjs'

// Runs a command: { code, out, err }.
function hecate(env, args, input = '') {
  return new Promise((resolve) => {
    const child = spawn(binary, args, { env: { PATH: process.env.PATH, ...env } })
    let out = '', err = ''
    child.stdout.on('data', (chunk) => { out += chunk })
    child.stderr.on('data', (chunk) => { err += chunk })
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })
}

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
const users = (env, args, input) => hecate(env, ['users', ...args], input)

const dialects = {
  gotrue: (server) => ({ HECATE_URL: server.gotrue.url, HECATE_SERVICE_KEY: server.gotrue.serviceKey }),
  clerk: (server) => ({ HECATE_URL: server.clerk.url, HECATE_CLERK_SECRET_KEY: server.clerk.secretKey }),
  auth0: (server) => ({ HECATE_URL: server.auth0.url, HECATE_CA: server.auth0.ca, HECATE_AUTH0_CLIENT_ID: server.auth0.clientId,
    HECATE_AUTH0_CLIENT_SECRET: server.auth0.clientSecret }),
}
const idOf = { gotrue: (user) => user.id, clerk: (user) => user.id, auth0: (user) => user.user_id }
const missing = { gotrue: '00000000-0000-4000-8000-000000000000', clerk: 'user_none', auth0: 'auth0|none' }

for (const store of stores) {
  describe(`hecate users on ${store}`, () => {
    let server
    before(async () => { server = await start({ store }) })
    after(async () => { await server.stop() })

    for (const [dialect, env] of Object.entries(dialects)) {
      const run = (args, input) => users(env(server), [...args, '--api', dialect], input)
      const good = async (args, input) => {
        const done = await run(args, input)
        assert.equal(done.code, 0, done.err)
        assert.equal(done.err, '')
        return done.out
      }

      test(`${dialect}: from create to delete`, async () => {
        const email = `${dialect}@cli.example`
        const made = JSON.parse(await good(['create', '--json', '--email', email, '--password-file', '-', '--user-metadata', '{"a":{"b":1}}'],
          'Long-enough-4-all\n'))
        const id = idOf[dialect](made)
        assert.match(await good(['list']), new RegExp(`^ID +EMAIL[^]*${email}`))
        assert.match(await good(['get', id]), new RegExp(`\n.*${email} .*active\n$`))
        const changed = JSON.parse(await good(['update', id, '--json', '--user-metadata', '{"c":2}']))
        assert.deepEqual(Object.keys(changed.user_metadata ?? changed.unsafe_metadata).filter((key) => key.length === 1), ['a', 'c'])
        assert.match(await good(['ban', id]), / (banned|blocked)\n$/)
        assert.match(await good(['get', id]), / (banned|blocked)\n$/)
        assert.match(await good(['unban', id]), / active\n$/)
        assert.equal(await good(['delete', id]), 'deleted\n')
        assert.ok(!(await good(['list', '--json'])).includes(email))
      })

      test(`${dialect}: refusals are 1 with status and code`, async () => {
        const done = await run(['get', missing[dialect]])
        assert.equal(done.code, 1)
        assert.equal(done.out, '')
        assert.match(done.err, /^hecate: refused: 404 \w+: .+\n$/)
      })

      test(`${dialect}: a wrong key is 1, no server 69, wrong usage 64`, async () => {
        const wrong = { ...env(server), HECATE_SERVICE_KEY: 'a.b.c', HECATE_CLERK_SECRET_KEY: 'sk_test_wrong', HECATE_AUTH0_CLIENT_SECRET: 'wrong' }
        const refused = await users(wrong, ['list', '--api', dialect])
        assert.equal(refused.code, 1)
        assert.match(refused.err, /^hecate: refused: 40[13] /)
        const none = await users({ ...env(server), HECATE_URL: 'http://127.0.0.1:1' }, ['list', '--api', dialect])
        assert.equal(none.code, 69)
        for (const args of [['get'], ['list', 'x'], ['list', '--soft'], ['list', '--page', '0'], ['list', '--nothing'], ['get', 'a', 'b'], ['fly', 'x']])
          assert.equal((await run(args)).code, 64, args.join(' '))
      })

      test(`${dialect}: no credential is 64 and asks for one`, async () => {
        const done = await users({ HECATE_URL: server.gotrue.url }, ['list', '--api', dialect])
        assert.equal(done.code, 64)
        assert.match(done.err, /no credential: set HECATE_/)
      })
    }

    test('a certificate of an unknown authority is 69', async () => {
      const { HECATE_CA, ...rest } = dialects.auth0(server)
      const done = await users(rest, ['list', '--api', 'auth0'])
      assert.equal(done.code, 69)
      assert.match(done.err, /certificate/i)
      assert.ok(HECATE_CA)
    })

    const gotrue = async (...args) => {
      const done = await hecate(dialects.gotrue(server), args)
      assert.equal(done.code, 0, done.err)
      return done.out
    }
    const post = async (path, body, token) => {
      const response = await fetch(server.gotrue.url + path, { method: 'POST', body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token ?? server.gotrue.anonKey}` } })
      return response.json()
    }
    const password = 'Long-enough-4-all'
    // A user who can sign in: { id, email }.
    async function person(name) {
      const email = `${name}@cli.example`
      const done = await hecate({ ...dialects.gotrue(server), HECATE_USER_PASSWORD: password }, ['users', 'create', '--json', '--confirm', '--email', email])
      assert.equal(done.code, 0, done.err)
      return JSON.parse(done.out)
    }
    const signIn = ({ email }) => post('/token?grant_type=password', { email, password })

    test('a list of one address', async () => {
      const user = await person('exact')
      await person('inexact')
      const list = JSON.parse(await gotrue('users', 'list', '--json', '--email', user.email))
      assert.deepEqual(list.users.map(({ id }) => id), [user.id])
    })

    test('an invitation makes a user who is not confirmed', async () => {
      const made = JSON.parse(await gotrue('users', 'invite', '--json', '--email', 'invited@cli.example', '--user-metadata', '{"team":7}', '--redirect', 'http://127.0.0.1:3000'))
      const seen = JSON.parse(await gotrue('users', 'get', made.id, '--json'))
      assert.deepEqual([seen.user_metadata.team, seen.email_confirmed_at, Boolean(seen.invited_at)], [7, undefined, true])
    })

    test('links of each type', async () => {
      const { email } = await person('links')
      const types = { magiclink: [], recovery: [], invite: ['--email', 'new-invite@cli.example'], email_change_current: ['--new-email', 'moved@cli.example'],
        email_change_new: ['--new-email', 'moved@cli.example'] }
      for (const [type, more] of Object.entries(types)) {
        const out = await gotrue('links', 'create', type, '--email', email, ...more)
        assert.match(out, new RegExp(`^TYPE +EMAIL +CODE +LINK\n${type} .*@cli\\.example +\\d{6} +http\\S+/verify\\?\\S+\n$`), type)
      }
      const signup = await hecate({ ...dialects.gotrue(server), HECATE_USER_PASSWORD: password }, ['links', 'create', 'signup', '--json', '--email', 'new@cli.example'])
      assert.equal(signup.code, 0, signup.err)
      const { email_otp: token, verification_type: type } = JSON.parse(signup.out)
      const session = await post('/verify', { type, token, email: 'new@cli.example' })
      assert.equal(session.user.email, 'new@cli.example')
      const refused = await hecate(dialects.gotrue(server), ['links', 'create', 'nothing', '--email', email])
      assert.deepEqual([refused.code, refused.out], [1, ''])
      for (const args of [['create'], ['list'], ['create', 'recovery', 'x'], ['create', 'recovery', '--page', '1'], ['create', 'recovery', '--api', 'clerk']])
        assert.equal((await hecate(dialects.gotrue(server), ['links', ...args])).code, 64, args.join(' '))
    })

    test('identities are listed and taken away', async () => {
      const user = await person('identities'), [identity] = JSON.parse(await gotrue('users', 'get', user.id, '--json')).identities
      assert.match(await gotrue('identities', 'list', user.id), new RegExp(`^ID +PROVIDER +SUBJECT +EMAIL +CREATED\n${identity.identity_id}  email +${user.id}  ${user.email}  .*\n$`))
      assert.equal((await hecate(dialects.gotrue(server), ['identities', 'link', user.id, user.id])).code, 64)
      assert.equal((await hecate(dialects.gotrue(server), ['identities', 'delete', user.id, user.id])).code, 1)
    })

    test('Auth0 and Clerk: what hangs on a user', async () => {
      const m = new ManagementClient({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret, retry: { enabled: false } })
      const run = async (api, ...args) => { const done = await hecate(dialects[api](server), [...args, '--api', api]); assert.equal(done.code, 0, done.err); return done.out }
      const [one, two] = await Promise.all(['one', 'two'].map(async (name) => (await m.users.create({ connection: 'Username-Password-Authentication', email: `${name}@hangs.example`, email_verified: true, password })).data))
      const role = (await m.roles.create({ name: 'edi\u001btor', description: 'Edits' })).data, permission = { resource_server_identifier: 'urn:shop', permission_name: 'read:orders' }
      await m.resourceServers.create({ identifier: permission.resource_server_identifier, scopes: [{ value: permission.permission_name, description: 'Reads' }] })
      await m.users.assignPermissions({ id: one.user_id }, { permissions: [permission] })
      assert.equal(await run('auth0', 'roles', 'list', one.user_id), 'ID  NAME  DESCRIPTION\n')
      assert.equal(await run('auth0', 'roles', 'add', one.user_id, role.id), 'added\n')
      assert.match(await run('auth0', 'roles', 'list', one.user_id), new RegExp(`^ID +NAME +DESCRIPTION\n${role.id}  edi.tor +Edits\n$`))
      assert.equal((await m.users.getRoles({ id: one.user_id })).data.length, 1)
      assert.equal(await run('auth0', 'roles', 'remove', one.user_id, role.id), 'removed\n')
      assert.deepEqual(JSON.parse(await run('auth0', 'roles', 'list', one.user_id, '--json')), [])
      assert.match(await run('auth0', 'permissions', 'list', one.user_id), /\nurn:shop +read:orders +Reads\n$/)
      const method = (await m.users.createAuthenticationMethod({ id: one.user_id }, { type: 'phone', name: 'mine', phone_number: '+15551234567', preferred_authentication_method: 'sms' })).data
      assert.match(await run('auth0', 'factors', 'list', one.user_id), new RegExp(`${method.id.replace('|', '.')}  phone  mine .* true\n$`))
      assert.equal(await run('auth0', 'factors', 'delete', one.user_id, method.id), 'deleted\n')
      assert.equal(await run('auth0', 'factors', 'clear', one.user_id), 'deleted\n')
      assert.equal((await m.users.getAuthenticationMethods({ id: one.user_id })).data.length, 0)
      await signIn({ email: one.email })
      assert.match(await run('auth0', 'sessions', 'list', one.user_id), /^ID +CREATED +LAST SEEN +ADDRESS\n.+ 127\.0\.0\.1\n$/)
      assert.equal((await hecate(dialects.auth0(server), ['sessions', 'end', one.user_id, 'x', '--api', 'auth0'])).code, 64)
      assert.equal(await run('auth0', 'sessions', 'end', one.user_id), 'ended\n')
      assert.deepEqual(JSON.parse(await run('auth0', 'sessions', 'list', one.user_id, '--json')).sessions, [])
      assert.match(await run('auth0', 'logs', 'list', one.user_id, '--per-page', '1'), /^ID +DATE +TYPE +ADDRESS +DESCRIPTION\n.+\n$/)
      assert.match(await run('auth0', 'identities', 'link', one.user_id, two.user_id), new RegExp(`\n(auth0 +[^ ]+ +Username-Password-Authentication\n){2}$`))
      assert.match(await run('auth0', 'identities', 'list', one.user_id), new RegExp(two.user_id.slice(6)))
      assert.equal(await run('auth0', 'identities', 'delete', one.user_id, two.user_id), 'deleted\n')
      assert.equal((await m.users.get({ id: two.user_id })).data.email, two.email)
      const organization = (await m.organizations.create({ name: 'acme', display_name: 'Acme Inc' })).data
      await m.organizations.addMembers({ id: organization.id }, { members: [one.user_id] })
      assert.match(await run('auth0', 'organizations', 'list', one.user_id), new RegExp(`\n${organization.id}  acme  Acme Inc\n$`))
      const [{ id }] = JSON.parse(await run('clerk', 'users', 'list', '--email', one.email, '--json'))
      assert.match(await run('clerk', 'organizations', 'list', id), /\norgmem_\w+ +Acme Inc +org:member\n$/)
      assert.equal(await run('clerk', 'factors', 'clear', id), 'deleted\n')
    })

    test('factors are listed and taken away', async () => {
      const user = await person('factors'), { access_token: token } = await signIn(user)
      const factor = await post('/factors', { factor_type: 'totp', friendly_name: 'pho\u001bne' }, token)
      assert.match(await gotrue('factors', 'list', user.id), new RegExp(`^ID +TYPE +NAME +CREATED +STATE\n${factor.id}  totp  .*pho.ne .*unverified\n$`))
      assert.deepEqual(JSON.parse(await gotrue('factors', 'list', user.id, '--json')).map(({ id }) => id), [factor.id])
      assert.equal(await gotrue('factors', 'delete', user.id, factor.id), 'deleted\n')
      assert.deepEqual(JSON.parse(await gotrue('factors', 'list', user.id, '--json')), [])
      const again = await hecate(dialects.gotrue(server), ['factors', 'delete', user.id, factor.id])
      assert.match(again.err, /^hecate: refused: 404 /)
    })

    test('sessions are listed and ended: one, all, one\'s own', async () => {
      const user = await person('sessions')
      const tokens = [await signIn(user), await signIn(user), await signIn(user)]
      const ids = async () => JSON.parse(await gotrue('sessions', 'list', user.id, '--json')).map(({ id }) => id)
      const all = await ids()
      assert.equal(all.length, 3)
      assert.match(await gotrue('sessions', 'list', user.id), new RegExp(`^ID +LEVEL +ADDRESS +CREATED +REFRESHED +AGENT\n(.+ aal1 .+\n){3}$`))
      assert.equal(await gotrue('sessions', 'end', user.id, all[0]), 'ended\n')
      assert.deepEqual((await ids()).sort(), all.slice(1).sort())
      const own = tokens.find(({ access_token: token }) => claims(token).session_id === all[1])
      const out = await hecate(dialects.gotrue(server), ['sessions', 'sign-out', '--scope', 'local', '--token-file', '-'], own.access_token + '\n')
      assert.deepEqual([out.code, out.out], [0, 'signed out\n'], out.err)
      assert.deepEqual(await ids(), all.slice(2))
      assert.equal(await gotrue('sessions', 'end', user.id, '--json'), '{}\n')
      assert.deepEqual(await ids(), [])
      assert.equal((await hecate({ ...dialects.gotrue(server), HECATE_USER_TOKEN: '' }, ['sessions', 'sign-out'])).code, 64)
    })

    test('clerk locks and unlocks', async () => {
      const clerk = (...args) => users(dialects.clerk(server), [...args, '--api', 'clerk'])
      const { id } = JSON.parse((await clerk('create', '--json', '--email', 'lock@cli.example')).out)
      assert.match((await clerk('lock', id)).out, / locked\n$/)
      assert.match((await clerk('get', id)).out, / locked\n$/)
      assert.match((await clerk('unlock', id)).out, / active\n$/)
    })

    test('no secret has a place on the line', async () => {
      for (const noun of ['users', 'links', 'factors', 'sessions', 'identities', 'roles', 'permissions', 'organizations', 'logs']) {
        const { code, out } = await hecate({}, [noun, '--help'])
        assert.equal(code, 0)
        assert.doesNotMatch(out, /^ +--(key|password|token|secret) /m)
      }
    })

    test('a key from a file', async () => {
      const file = join(server.dir, 'service.key')
      writeFileSync(file, `${server.gotrue.serviceKey}\n`, { mode: 0o600 })
      const done = await users({}, ['list', '--url', server.gotrue.url, '--key-file', file])
      assert.equal(done.code, 0, done.err)
    })
  })
}

describe('servers that are none', () => {
  // Answers each request as `answer` does, and counts them.
  async function ask(answer, args = ['list']) {
    let asked = 0
    const fake = createServer((request, response) => {
      asked++
      answer(request, response)
    })
    await new Promise((resolve) => fake.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${fake.address().port}`
    const done = await users({ HECATE_URL: url, HECATE_SERVICE_KEY: 'a-key' }, args)
    fake.closeAllConnections()
    await new Promise((resolve) => fake.close(resolve))
    return { ...done, asked }
  }
  const body = (status, text, headers = {}) => (request, response) => response.writeHead(status, headers).end(text)

  test('a redirect is not followed', async () => {
    const done = await ask(body(302, '', { location: '/elsewhere' }))
    assert.equal(done.code, 1)
    assert.match(done.err, /refused: 302/)
    assert.equal(done.asked, 1)
  })

  test('an endless answer ends', async () => {
    const done = await ask((request, response) => {
      const chunk = Buffer.alloc(1 << 20, 'a')
      const more = () => { while (!response.destroyed && response.write(chunk)); }
      response.on('drain', more)
      response.on('error', () => {})
      more()
    })
    assert.equal(done.code, 69)
    assert.match(done.err, /larger than 16777216 bytes/)
  })

  test('a connection that breaks off is 69', async () => {
    const done = await ask((request, response) => { response.writeHead(200, { 'content-length': 100 }).write('{"users"', () => response.destroy()) })
    assert.equal(done.code, 69)
  })

  for (const text of ['', '{', 'null', '<html>', '{"users":[7],"aud":""}', '{"users":[]}'])
    test(`200 with ${text || 'nothing'} is 69`, async () => {
      const done = await ask(body(200, text))
      assert.equal(done.code, 69)
      assert.equal(done.out, '')
    })

  test('what a server says does not steer the terminal', async () => {
    const user = { id: 'a', email: '\u001b[2J\u009b31m@x', created_at: '2026-01-02T03:04:05Z' }
    const list = await ask(body(200, JSON.stringify({ users: [user], aud: '' })))
    assert.equal(list.code, 0)
    assert.ok(!/[\u001b\u009b]/.test(list.out), list.out)
    const refused = await ask(body(400, JSON.stringify({ code: 'a\u001b[1m', message: 'b\u001b[2J\nc' })))
    assert.ok(!/\u001b/.test(refused.err), refused.err)
    assert.equal(refused.err.split('\n').length, 2)
  })

  test('the key goes out once, and into no output', async () => {
    let seen
    const done = await ask((request, response) => {
      seen = request.headers
      response.writeHead(401).end('{}')
    })
    assert.equal(seen.authorization, 'Bearer a-key')
    assert.ok(!(done.out + done.err).includes('a-key'))
  })
})
