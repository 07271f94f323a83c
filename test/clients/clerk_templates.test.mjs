// clerk_templates.test.mjs: templates of tokens through the real clients: made, shown, changed, taken away; tokens by them, and claims that are the server's.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, verify as verifySignature } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import * as newest from '@clerk/backend'
import * as first from 'clerk-1'
import * as second from 'clerk-2'
import { start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const parts = (jwt) => jwt.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
// What the security bar names, and what a session's token has.
const reserved = ['iss', 'sub', 'exp', 'iat', 'nbf', 'jti', 'sid', 'azp', 'act', 'fva', 'sts', 'v', 'o', 'pla', 'fea']

for (const store of stores)
  describe(`templates of tokens on ${store}`, () => {
    let server, user, session, clerk
    const make = (client) => client.createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })
    const refused = async (promise, status, code, param) => {
      const error = await promise.then(() => assert.fail('it was taken'), (reason) => reason)
      assert.deepEqual([error.status, error.errors[0].code, error.errors[0].meta?.paramName], [status, code, param])
      return error.errors[0]
    }
    const token = async (name, more = {}) => {
      const answer = await fetch(`${server.clerk.url}/v1/sessions/${session.id}/tokens/${name}`, { method: 'POST', headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }, body: JSON.stringify(more) })
      assert.equal(answer.status, 200)
      return (await answer.json()).jwt
    }

    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      clerk = make(newest)
      user = await clerk.users.createUser({ emailAddress: ['ada@example.com'], firstName: 'Ada', publicMetadata: { plan: 'pro', deep: { n: 7, list: [1, 'a'] } }, unsafeMetadata: { theme: '"dark"' }, privateMetadata: { hidden: 'never' } })
      const org = await clerk.organizations.createOrganization({ name: 'Acme', slug: 'acme', createdBy: user.id, publicMetadata: { tier: 2 } })
      const made = await fetch(`${server.clerk.url}/v1/sessions`, { method: 'POST', headers: { authorization: `Bearer ${server.clerk.secretKey}`, 'content-type': 'application/json' }, body: JSON.stringify({ user_id: user.id, active_organization_id: org.id }) })
      session = await made.json()
    })
    after(() => server.stop())

    for (const [version, client] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
      test(`${version}: made, shown, changed, listed, used, taken away`, async () => {
        const { jwtTemplates, sessions } = make(client), name = `t-${version.replaceAll('.', '_')}`
        const made = await jwtTemplates.create({ name, claims: { aud: 'authenticated', role: 'authenticated', app: { id: '{{user.id}}' } } })
        assert.match(made.id, /^jtmp_[0-9A-Za-z]{27}$/)
        assert.deepEqual([made.name, made.claims, made.lifetime, made.allowedClockSkew, made.customSigningKey, made.signingAlgorithm],
          [name, { aud: 'authenticated', role: 'authenticated', app: { id: '{{user.id}}' } }, 60, 5, false, 'RS256'])
        assert.deepEqual(await jwtTemplates.get(made.id), made)
        const listed = await jwtTemplates.list({ limit: 5 })
        assert.deepEqual((listed.data ?? listed).map((one) => one.id), [made.id])
        const changed = await jwtTemplates.update({ templateId: made.id, name: `${name}-b`, claims: { app: '{{user.id}}' }, lifetime: 600, allowedClockSkew: 30 })
        assert.deepEqual([changed.id, changed.name, changed.claims, changed.lifetime, changed.allowedClockSkew, changed.createdAt], [made.id, `${name}-b`, { app: '{{user.id}}' }, 600, 30, made.createdAt])
        const { jwt } = await sessions.getToken(session.id, `${name}-b`)
        const [header, claims] = parts(jwt)
        assert.deepEqual([header.alg, header.typ, claims.app, claims.sub, claims.exp - claims.iat, claims.iat - claims.nbf], ['RS256', 'JWT', user.id, user.id, 600, 30])
        const known = { secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, skipJwksCache: true }
        assert.equal((await client.verifyToken(jwt, known)).sub, user.id)
        await refused(sessions.getToken(session.id, name), 404, 'resource_not_found')
        await refused(jwtTemplates.create({ name: `${name}-b`, claims: {} }), 400, 'duplicate_record', 'name')
        const gone = await jwtTemplates.delete(made.id)
        assert.deepEqual([gone.object, gone.id, gone.deleted], ['jwt_template', made.id, true])
        for (const call of [() => jwtTemplates.get(made.id), () => jwtTemplates.delete(made.id), () => jwtTemplates.update({ templateId: made.id, name, claims: {} }), () => jwtTemplates.get('jtmp_x'), () => sessions.getToken(session.id, `${name}-b`)])
          await refused(call(), 404, 'resource_not_found')
      })

    test('shortcodes take what they ask for, with its kind', async () => {
      const table = [
        ['{{user.id}}', user.id], ['{{ user.first_name }}', 'Ada'], ['{{user.last_name}}', null], ['{{user.full_name}}', 'Ada'], ['{{user.primary_email_address}}', 'ada@example.com'], ['{{user.email_verified}}', true],
        ['{{user.primary_phone_number}}', null], ['{{user.phone_number_verified}}', false], ['{{user.two_factor_enabled}}', false], ['{{user.created_at}}', user.createdAt], ['{{user.has_image}}', false],
        ['{{user.public_metadata}}', { plan: 'pro', deep: { n: 7, list: [1, 'a'] } }], ['{{user.public_metadata.plan}}', 'pro'], ['{{user.public_metadata.deep.n}}', 7], ['{{user.public_metadata.deep.list}}', [1, 'a']],
        ['{{user.public_metadata.none}}', null], ['{{user.public_metadata.plan.none}}', null], ['{{user.unsafe_metadata.theme}}', '"dark"'], ['{{user.private_metadata}}', null], ['{{user.private_metadata.hidden}}', null], ['{{user.password}}', null],
        ['{{user.external_id || user.id}}', user.id], ["{{user.last_name || 'none'}}", 'none'], ["{{user.last_name || user.username || 'a || b'}}", 'a || b'], ['{{user.last_name || user.external_id}}', null],
        ['{{org.slug}}', 'acme'], ['{{org.role}}', 'org:admin'], ['{{org.public_metadata.tier}}', 2], ['{{org_membership.public_metadata}}', {}], ['{{session.id}}', session.id],
        ['{{user.first_name}} of {{org.name}}', 'Ada of Acme'], ['<{{user.last_name}}>{{user.public_metadata.deep}}', '<>{"list":[1,"a"],"n":7}'], ['{{nobody.id}}', null], ['{{user}}', null], ['{{}}', null], ['{{user.id', '{{user.id'], ['}}{{', '}}{{'],
        ['no code', 'no code'], ['{{user.unsafe_metadata.theme}}!', '"dark"!'],
      ]
      const claims = { list: table.map(([text]) => text), '{{user.id}}': [null, true, 1.5, { a: {} }] }
      const { id } = await clerk.jwtTemplates.create({ name: 'codes', claims })
      const said = parts(await token('codes'))[1]
      for (const [i, [text, due]] of table.entries()) {
        const value = said.list[i]
        assert.deepEqual(typeof due === 'string' && due.startsWith('<>') ? JSON.parse(value.slice(2)) : value, typeof due === 'string' && due.startsWith('<>') ? JSON.parse(due.slice(2)) : due, text)
      }
      assert.deepEqual(said['{{user.id}}'], [null, true, 1.5, { a: {} }]) // names are no texts
      assert.ok(!JSON.stringify(said).includes('never'))
      assert.equal(parts(await token('codes', { expires_in_seconds: 90 }))[1].exp - said.iat >= 90, true)
      await clerk.jwtTemplates.delete(id)
    })

    test('claims of the server are never a template’s', async () => {
      for (const name of reserved) await refused(clerk.jwtTemplates.create({ name: 'own', claims: { a: 1, [name]: 'mine' } }), 400, 'jwt_template_reserved_claim', 'claims')
      const { id } = await clerk.jwtTemplates.create({ name: 'own', claims: { a: 1, nested: Object.fromEntries(reserved.map((one) => [one, 'mine'])) } })
      for (const name of reserved) await refused(clerk.jwtTemplates.update({ templateId: id, name: 'own', claims: { [name]: null } }), 400, 'jwt_template_reserved_claim', 'claims')
      const said = parts(await token('own'))[1]
      assert.deepEqual([said.iss, said.sub, said.a], [`https://${new URL(server.clerk.url).host}`, user.id, 1])
      assert.deepEqual(Object.keys(said).sort(), ['a', 'exp', 'iat', 'iss', 'jti', 'nbf', 'nested', 'sub'])
      await clerk.jwtTemplates.delete(id)
      // and none opens a door of another dialect
      await clerk.jwtTemplates.create({ name: 'doors', claims: { aud: 'authenticated', role: 'service_role', aal: 'aal2', scope: 'read:users', permissions: ['read:users'], session_id: session.id } })
      const jwt = await token('doors')
      for (const [url, path] of [[server.gotrue.url, '/user'], [server.gotrue.url, '/admin/users'], [server.auth0.url, '/api/v2/users'], [server.auth0.url, '/userinfo'], [server.clerk.url, '/v1/users']]) {
        const wire = new Wire(url, { authorization: `Bearer ${jwt}` }, server.auth0.ca)
        assert.ok([400, 401, 403].includes((await wire.request('GET', path)).status), path)
        wire.close()
      }
      await refused(clerk.sessions.verifySession(session.id, jwt), 401, 'authentication_invalid')
    })

    test('a key of its own signs, and is never shown', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 }), curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const pem = (key) => key.export({ type: 'pkcs8', format: 'pem' })
      const secret = 'a-secret-of-a-template-of-forty-characters'
      const own = (name, signingAlgorithm, signingKey, more) => clerk.jwtTemplates.create({ name, claims: {}, customSigningKey: true, signingAlgorithm, signingKey, ...more })
      const checks = { HS256: (text, signature) => createHmac('sha256', secret).update(text).digest().equals(signature),
        RS256: (text, signature) => verifySignature('sha256', text, publicKey, signature), ES256: (text, signature) => verifySignature('sha256', text, { key: curve.publicKey, dsaEncoding: 'ieee-p1363' }, signature) }
      for (const [alg, key] of [['HS256', secret], ['RS256', pem(privateKey)], ['ES256', pem(curve.privateKey)]]) {
        const made = await own(`own-${alg}`, alg, key)
        assert.deepEqual([made.customSigningKey, made.signingAlgorithm], [true, alg])
        assert.ok(!JSON.stringify(await clerk.jwtTemplates.get(made.id)).includes(key.slice(40, 60)))
        const jwt = await token(`own-${alg}`), [head, body, signature] = jwt.split('.')
        assert.deepEqual(parts(jwt)[0], { alg, typ: 'JWT' })
        assert.ok(checks[alg](Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url')), alg)
        await refused(clerk.sessions.verifySession(session.id, jwt), 401, 'authentication_invalid')
        // a change of its claims keeps the key; without one of its own it is signed by ours
        await clerk.jwtTemplates.update({ templateId: made.id, name: made.name, claims: { b: 1 } })
        assert.equal(parts(await token(made.name))[0].alg, alg)
        const back = await clerk.jwtTemplates.update({ templateId: made.id, name: made.name, claims: { b: 1 }, customSigningKey: false })
        assert.deepEqual([back.customSigningKey, back.signingAlgorithm, parts(await token(made.name))[0].kid], [false, 'RS256', (await clerk.jwks.getJwks()).keys[0].kid])
      }
      await refused(own('x', undefined, 'k'), 422, 'form_conditional_param_missing', 'signing_algorithm')
      await refused(own('x', 'HS256', undefined), 422, 'form_conditional_param_missing', 'signing_key')
      await refused(own('x', 'none', 'k'), 422, 'form_param_value_invalid', 'signing_algorithm')
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }), locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      for (const [alg, key] of [['RS256', secret], ['RS256', pem(curve.privateKey)], ['ES256', pem(privateKey)], ['RS256', publicKey.export({ type: 'spki', format: 'pem' })], ['RS256', pem(weak.privateKey)], ['RS256', locked], ['ES512', pem(curve.privateKey)]])
        await refused(own('x', alg, key), 422, 'form_param_format_invalid', 'signing_key')
    })

    test('what is out of bounds is refused', async () => {
      const create = (more) => clerk.jwtTemplates.create({ name: 'x', claims: {}, ...more })
      for (const [more, code, param] of [[{ name: '' }, 'form_param_nil', 'name'], [{ name: 'a b' }, 'form_param_format_invalid', 'name'], [{ name: 'é' }, 'form_param_format_invalid', 'name'], [{ name: 'x'.repeat(257) }, 'form_param_max_length_exceeded', 'name'],
        [{ name: undefined }, 'form_param_missing', 'name'], [{ claims: undefined }, 'form_param_missing', 'claims'], [{ claims: 'x' }, 'form_param_value_invalid', 'claims'], [{ claims: { a: 'x'.repeat(8192) } }, 'form_param_exceeds_allowed_size', 'claims'],
        [{ lifetime: 29 }, 'form_param_value_invalid', 'lifetime'], [{ lifetime: 315360001 }, 'form_param_value_too_large', 'lifetime'], [{ allowedClockSkew: -1 }, 'form_param_value_invalid', 'allowed_clock_skew'],
        [{ allowedClockSkew: 301 }, 'form_param_value_too_large', 'allowed_clock_skew'], [{ lifetime: 'x' }, 'form_param_type_invalid', 'lifetime'], [{ bogus: 1 }, 'form_param_unknown', 'bogus']])
        await refused(create(more), 422, code, param)
      await clerk.users.updateUser(user.id, { publicMetadata: { text: 'y'.repeat(8000) } })
      await clerk.jwtTemplates.create({ name: 'large', claims: { list: Array.from({ length: 200 }, () => '{{user.public_metadata}}') } })
      await refused(clerk.sessions.getToken(session.id, 'large'), 422, 'form_param_exceeds_allowed_size')
      await refused(clerk.sessions.getToken('sess_x', 'large'), 404, 'resource_not_found')
    })

    test('a refresh token is a front end’s: none is taken', async () => {
      const refresh = (more) => clerk.sessions.refreshSession(session.id, { expired_token: 'x', refresh_token: 'y', request_origin: 'http://localhost', ...more })
      await refused(refresh({}), 401, 'session_refresh_refresh_token_invalid')
      await refused(refresh({ format: 'cookie', request_headers: { a: ['b'] }, suffixed_cookies: true, request_originating_ip: '127.0.0.1' }), 401, 'session_refresh_refresh_token_invalid')
      await refused(refresh({ format: 'x' }), 422, 'form_param_value_invalid', 'format')
      await refused(refresh({ refresh_token: undefined }), 422, 'form_param_missing', 'refresh_token')
      await refused(clerk.sessions.refreshSession('sess_x', { expired_token: 'x', refresh_token: 'y', request_origin: 'z' }), 404, 'resource_not_found')
    })
  })
