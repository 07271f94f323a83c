// auth0.test.mjs: what the Auth0 routes answer to bad requests: exact status, message and code, and nothing has changed.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { start, stores } from '../lib/server.mjs'
import { Wire } from '../lib/wire.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'
const json = (value, type = 'application/json') => ({ body: typeof value === 'string' ? value : JSON.stringify(value), headers: { 'content-type': type } })
const make = (members) => json({ connection, email: 'new@example.com', password, ...members })
const reasons = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict', 413: 'Request Entity Too Large', 415: 'Unsupported Media Type' }
const payload = (what, at = '') => `Payload validation error: '${what}'${at && ` on property ${at}`}.`
const query = (what, at = '') => `Query validation error: '${what}'${at && ` on property ${at}`}.`
const hint = ' (consider storing them in app_metadata or user_metadata. See "Users Metadata" in https://auth0.com/docs/api/v2/changes for more details)'
const long = (n) => 'x'.repeat(n)
const path = (id) => `Path validation error: 'Object didn't pass validation for format user-id: ${id}' on property id (The user_id of the user).`
const notFound = [404, 'Not Found']
const noUser = [404, 'The user does not exist.', 'inexistent_user']
const notes = {
  email: "email (The user's email)", username: "username (The user's username)", password: "password (The user's password)", phone_number: "phone_number (The user's phone number)",
  given_name: "given_name (The user's given name(s))", family_name: "family_name (The user's family name(s))", name: "name (The user's full name)", nickname: "nickname (The user's nickname)",
  picture: "picture (The user's picture)", user_metadata: 'user_metadata (Data of the user)', app_metadata: 'app_metadata (Data of the application)',
  email_verified: 'email_verified (Whether the email is verified)', phone_verified: 'phone_verified (Whether the phone number is verified)',
  blocked: 'blocked (Whether an administrator blocked the user)', verify_email: 'verify_email (Whether the user gets a verification email)',
}

// Members of both bodies with a value that the schema refuses, and in what words.
const members = [
  ['email', 5, 'Expected type string but found type integer'], ['email', 1.5, 'Expected type string but found type number'], ['email', true, 'Expected type string but found type boolean'],
  ['email', ['a@b.co'], 'Expected type string but found type array'], ['email', {}, 'Expected type string but found type object'],
  ['email', 'nobody', "Object didn't pass validation for format email: nobody"], ['email', '', "Object didn't pass validation for format email: "],
  ['email', 'a@b@c.de', "Object didn't pass validation for format email: a@b@c.de"], ['email', `${long(65)}@example.com`, `Object didn't pass validation for format email: ${long(65)}@example.com`],
  ['username', '', 'String is too short (0 chars), minimum 1'], ['username', long(129), 'String is too long (129 chars), maximum 128'],
  ['username', 'a b', "Object didn't pass validation for format username: a b"], ['username', 'a@example.com', "Object didn't pass validation for format username: a@example.com"],
  ['password', '', 'String is too short (0 chars), minimum 1'], ['password', 12345678, 'Expected type string but found type integer'],
  ['phone_number', '0151', 'String does not match pattern ^\\+[0-9]{1,15}$: 0151'], ['phone_number', '+1234567890123456', 'String does not match pattern ^\\+[0-9]{1,15}$: +1234567890123456'],
  ['given_name', '', 'String is too short (0 chars), minimum 1'], ['given_name', long(151), 'String is too long (151 chars), maximum 150'], ['family_name', long(151), 'String is too long (151 chars), maximum 150'],
  ['name', long(301), 'String is too long (301 chars), maximum 300'], ['nickname', '', 'String is too short (0 chars), minimum 1'],
  ['picture', 'no uri', "Object didn't pass validation for format strict-uri: no uri"], ['picture', 'http://a b', "Object didn't pass validation for format strict-uri: http://a b"],
  ['user_metadata', [], 'Expected type object but found type array'], ['user_metadata', 'x', 'Expected type object but found type string'], ['app_metadata', 1, 'Expected type object but found type integer'],
  ['email_verified', 'true', 'Expected type boolean but found type string'], ['phone_verified', 1, 'Expected type boolean but found type integer'], ['blocked', null, 'Expected type boolean but found type null'],
  ['verify_email', 'no', 'Expected type boolean but found type string'],
]

// What both bodies refuse as a whole.
const bodies = [
  ['', payload('Expected type object but found type null')], ['null', payload('Expected type object but found type null')], ['[]', payload('Expected type object but found type array')],
  ['"x"', payload('Expected type object but found type string')], ['{', 'Invalid request payload JSON format'], ['{"a":1,}', 'Invalid request payload JSON format'],
  ['{"name":"a","name":"b"}', 'Invalid request payload JSON format'], ['{"name":"\\u0000"}', 'Invalid request payload JSON format'], ['{"name":"\\ud800"}', 'Invalid request payload JSON format'],
  [`${'['.repeat(100)}${']'.repeat(100)}`, 'Invalid request payload JSON format'], ['{"name":1e999}', 'Invalid request payload JSON format'],
]

// method, path, request, status, message, errorCode
const cases = [
  // paths and methods
  ['GET', '/', {}, ...notFound], ['GET', '/api/v2', {}, ...notFound], ['GET', '/api/v2/nothing', {}, ...notFound], ['GET', '/api/v2/users/', {}, ...notFound],
  ['PUT', '/api/v2/users', json({}), ...notFound], ['DELETE', '/api/v2/users', {}, ...notFound], ['POST', '/api/v2/users/<ID>', json({}), ...notFound], ['PUT', '/api/v2/users/<ID>', json({}), ...notFound],
  ['POST', '/api/v2/users-by-email', json({}), ...notFound], ['GET', '/oauth/token', {}, ...notFound], ['POST', '/.well-known/jwks.json', json({}), ...notFound],
  // ids
  ['GET', '/api/v2/users/nobody', {}, 400, path('nobody'), 'invalid_uri'], ['PATCH', '/api/v2/users/nobody', json({ name: 'x' }), 400, path('nobody'), 'invalid_uri'],
  ['DELETE', '/api/v2/users/nobody', {}, 400, path('nobody'), 'invalid_uri'], ['GET', '/api/v2/users/auth0%7C', {}, 400, path('auth0|'), 'invalid_uri'],
  ['GET', '/api/v2/users/%7Cabc', {}, 400, path('|abc'), 'invalid_uri'],
  ['GET', '/api/v2/users/auth0%7Cnobody', {}, ...noUser], ['GET', '/api/v2/users/auth0%7C00000000000000000000000000000000', {}, ...noUser],
  ['GET', '/api/v2/users/google-oauth2%7C123', {}, ...noUser], ['GET', `/api/v2/users/auth0%7C${long(300)}`, {}, ...noUser], ['PATCH', '/api/v2/users/auth0%7Cnobody', json({ name: 'x' }), ...noUser],
  ['GET', "/api/v2/users/auth0%7C'%20OR%20'1'='1", {}, ...noUser], ['GET', '/api/v2/users/auth0%7CUPPER', {}, ...noUser], ['GET', '/api/v2/users/AUTH0%7C<HEX>', {}, ...noUser],
  ['GET', '/api/v2/users/auth0%257C<HEX>', {}, 400, undefined, 'invalid_uri'],
  // encodings
  ['GET', '/api/v2/users/auth0%7C%zz', {}, 400, 'The request cannot be read'], ['GET', '/api/v2/users/auth0%7C%00', {}, 400, 'The request cannot be read'],
  ['GET', '/api/v2/users?q=%zz', {}, 400, 'The request cannot be read'], ['GET', '/api/v2/users?q=%ff', {}, 400, 'The request cannot be read'],
  // queries
  ['GET', '/api/v2/users?foo=1&bar=2', {}, 400, query('Additional properties not allowed: foo,bar'), 'invalid_query_string'],
  ['GET', '/api/v2/users?page=-1', {}, 400, query('Value -1 is less than minimum 0', 'page (Page index of the results to return)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?page=x', {}, 400, query('Expected type integer but found type string', 'page (Page index of the results to return)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?page=99999999999999999999', {}, 400, query('Value 99999999999999999999 is greater than maximum 1000000', 'page (Page index of the results to return)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?per_page=101', {}, 400, query('Value 101 is greater than maximum 100', 'per_page (Number of results per page)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?per_page=', {}, 400, query('Expected type integer but found type string', 'per_page (Number of results per page)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?page=1&page=2', {}, 400, query('Expected type integer but found type array', 'page (Page index of the results to return)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?include_totals=yes', {}, 400, query('Expected type boolean but found type string', 'include_totals (Whether the total is to be returned)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?sort=email', {}, 400, query('String does not match pattern ^[a-zA-Z0-9_.]+:(1|-1)$: email', 'sort (Field to sort by)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?sort=email:2', {}, 400, query('String does not match pattern ^[a-zA-Z0-9_.]+:(1|-1)$: email:2', 'sort (Field to sort by)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?sort=app_metadata.x:1', {}, 400, query('No enum match for: app_metadata.x', 'sort (Field to sort by)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?search_engine=v4', {}, 400, query('No enum match for: v4', 'search_engine (The version of the search engine)'), 'invalid_query_string'],
  ['GET', '/api/v2/users?search_engine=v1', {}, 400, 'You are not allowed to use search_engine=v1.', 'invalid_query_string'],
  ['GET', '/api/v2/users?page=20', {}, 400, 'You can only page through the first 1000 records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation', 'invalid_paging'],
  ['GET', '/api/v2/users/<ID>?include_fields=1', {}, 400, query('Expected type boolean but found type string', 'include_fields (Whether the fields are to be included or excluded)'), 'invalid_query_string'],
  ['GET', '/api/v2/users/<ID>?page=1', {}, 400, query('Additional properties not allowed: page'), 'invalid_query_string'],
  ['GET', '/api/v2/users-by-email', {}, 400, query('Missing required property: email'), 'invalid_query_string'],
  ['GET', '/api/v2/users-by-email?email=', {}, 400, query('String is too short (0 chars), minimum 1', 'email (Email address to search for)'), 'invalid_query_string'],
  // bodies
  ...['POST /api/v2/users', 'PATCH /api/v2/users/<ID>'].flatMap((route) => [
    ...bodies.map(([text, message]) => [...route.split(' '), json(text), 400, message, 'invalid_body']),
    [...route.split(' '), json({ connection, zoneinfo: 1, foo: 2 }), 400, payload(`Additional properties not allowed: zoneinfo,foo${hint}`), 'invalid_body'],
    [...route.split(' '), json({ connection, email: 'a@b.co', password, identities: [] }), 400, payload(`Additional properties not allowed: identities${hint}`), 'invalid_body'],
    [...route.split(' '), json('{}', 'text/plain'), 415, 'Unsupported Media Type'], [...route.split(' '), json('{}', 'multipart/form-data; boundary=x'), 415, 'Unsupported Media Type'],
    [...route.split(' '), json(`{"name":"${long(1 << 20)}"}`), 413, 'Payload content length greater than maximum allowed: 1048576'],
    [...route.split(' '), json(`email=nobody&connection=${connection}`, 'application/x-www-form-urlencoded'), 400, payload("Object didn't pass validation for format email: nobody", notes.email), 'invalid_body'],
    ...members.map(([name, value, what]) => [...route.split(' '), json({ connection, [name]: value }), 400, payload(what, notes[name]), 'invalid_body']),
  ]),
  ['POST', '/api/v2/users', json({}), 400, payload('Missing required property: connection'), 'invalid_body'],
  ['POST', '/api/v2/users', make({ connection: '' }), 400, payload('String is too short (0 chars), minimum 1', 'connection (Name of the connection)'), 'invalid_body'],
  ['POST', '/api/v2/users', make({ connection: 'nowhere' }), 400, 'The connection does not exist.', 'inexistent_connection'],
  ['POST', '/api/v2/users', make({ email: null }), 400, payload('Expected type string but found type null', notes.email), 'invalid_body'],
  ['POST', '/api/v2/users', json({ connection, password }), 400, payload('Missing required property: email'), 'invalid_body'],
  ['POST', '/api/v2/users', json({ connection, email: 'a@b.co' }), 400, payload('Missing required property: password'), 'invalid_body'],
  ['POST', '/api/v2/users', make({ password: 'short' }), 400, 'PasswordStrengthError: Password is too weak'],
  ['POST', '/api/v2/users', make({ password: long(73) }), 400, 'PasswordStrengthError: Password is too long'],
  ['POST', '/api/v2/users', make({ user_id: 'a b' }), 400, payload('String does not match pattern ^\\S*$: a b', "user_id (The external user's id)"), 'invalid_body'],
  ['POST', '/api/v2/users', make({ user_id: long(256) }), 400, payload('String is too long (256 chars), maximum 255', "user_id (The external user's id)"), 'invalid_body'],
  ['POST', '/api/v2/users', make({ user_id: '<HEX>' }), 409, 'The user already exists.', 'auth0_idp_error'],
  ['POST', '/api/v2/users', make({ email: 'STANDS@example.com' }), 409, 'The user already exists.', 'auth0_idp_error'],
  ['POST', '/api/v2/users', make({ username: 'STANDING' }), 409, 'The user already exists.', 'auth0_idp_error'],
  ['POST', '/api/v2/users', make({ phone_number: '+4930999' }), 409, 'The user already exists.', 'auth0_idp_error'],
  ['POST', '/api/v2/users', make({ app_metadata: { email: 1 } }), 400, payload('Invalid property name: email', 'app_metadata'), 'invalid_body'],
  ['POST', '/api/v2/users', make({ user_metadata: { $x: 1 } }), 400, payload('Invalid property name: $x', 'user_metadata'), 'invalid_body'],
  ['POST', '/api/v2/users', make({ user_metadata: { a: long(65536) } }), 400, payload('Metadata is too large, maximum 65536 bytes'), 'invalid_body'],
  ['PATCH', '/api/v2/users/<ID>', json({ app_metadata: { a: long(65536) } }), 400, payload('Metadata is too large, maximum 65536 bytes'), 'invalid_body'],
  ['PATCH', '/api/v2/users/<ID>', json({ user_id: 'x' }), 400, payload(`Additional properties not allowed: user_id${hint}`), 'invalid_body'],
  ['PATCH', '/api/v2/users/<ID>', json({ email: 'other@example.com' }), 400, 'The specified new email already exists', 'auth0_idp_error'],
  ['PATCH', '/api/v2/users/<ID>', json({ username: 'other' }), 400, 'The specified new username already exists', 'auth0_idp_error'],
  ['PATCH', '/api/v2/users/<ID>', json({ phone_number: '+4930998' }), 400, 'The specified new phone number already exists', 'auth0_idp_error'],
  ['PATCH', '/api/v2/users/<ID>', json({ password: 'short' }), 400, 'PasswordStrengthError: Password is too weak'],
  ['PATCH', '/api/v2/users/<ID>', json({ password, email: 'x@example.com' }), 400, 'Cannot update password and email simultaneously', 'invalid_body'],
  ['PATCH', '/api/v2/users/<ID>', json({ connection: 'nowhere', name: 'x' }), 400, 'The connection does not exist.', 'inexistent_connection'],
  ['PATCH', '/api/v2/users/<ID>', json({ client_id: '' }), 400, payload('String is too short (0 chars), minimum 1', 'client_id (Id of the client)'), 'invalid_body'],
]

// POST /oauth/token: request, status, error, error_description
const form = (value) => json(new URLSearchParams(value).toString(), 'application/x-www-form-urlencoded')
const grants = (server) => {
  const { clientId: client_id, clientSecret: client_secret, url } = server.auth0
  const good = { grant_type: 'client_credentials', client_id, client_secret, audience: `${url}/api/v2/` }
  const basic = (id, secret) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })
  const without = (...names) => Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name)))
  const unauthorized = [401, 'access_denied', 'Unauthorized']
  const other = (request, headers) => ({ ...request, headers: { ...request.headers, ...headers } })
  return {
    good: [json(good), form(good), other(form(without('client_id', 'client_secret')), basic(client_id, client_secret)), other(json(without('client_secret')), basic(client_id, client_secret)),
      json({ ...good, extra: 1 }), json({ ...good, scope: 'read:users' }), json({ ...good, scope: ['read:users', 'update:users'] }), json({ ...good, scope: [] }), form({ ...good, scope: 'read:users' }), json(good, 'application/json; charset=utf-8')],
    bad: [
      [json(without('grant_type')), 400, 'invalid_request', 'Missing required parameter: grant_type'], [json(without('client_id')), 400, 'invalid_request', 'Missing required parameter: client_id'],
      [json(without('audience')), 400, 'invalid_request', 'Missing required parameter: audience'], [json(without('client_secret')), ...unauthorized],
      [json({ ...good, client_secret: 'wrong' }), ...unauthorized], [json({ ...good, client_secret: '' }), ...unauthorized], [form({ ...good, client_id: 'wrong' }), ...unauthorized],
      [json({ ...good, client_secret: server.clerk.secretKey }), ...unauthorized], [json({ ...good, client_secret: client_secret.slice(0, -1) }), ...unauthorized],
      [other(form(without('client_id', 'client_secret')), basic(client_id, 'wrong')), ...unauthorized], [other(form(without('client_secret')), basic('other', client_secret)), ...unauthorized],
      [other(form(without('client_secret')), { authorization: 'Basic !!!' }), ...unauthorized], [other(form(good), basic(client_id, client_secret)), 400, 'invalid_request', 'More than one way of client authentication'],
      [json({ ...good, audience: 'https://elsewhere/api/v2/' }), 403, 'access_denied', 'Service not found: https://elsewhere/api/v2/'],
      [json({ ...good, audience: `${url}/api/v2` }), 403, 'access_denied', `Service not found: ${url}/api/v2`],
      [json({ ...good, scope: 'read:users read:everything' }), 403, 'access_denied', 'Client has not been granted scopes: read:everything'],
      [json({ ...good, scope: 'update:current_user_metadata' }), 403, 'access_denied', 'Client has not been granted scopes: update:current_user_metadata'],
      [json({ ...good, scope: ['read:users', 'x'] }), 403, 'access_denied', 'Client has not been granted scopes: x'],
      ...[5, true, {}, [1]].map((scope) => [json({ ...good, scope }), 400, 'invalid_scope', 'Scope must be an array or a string']),
      [json({ ...good, grant_type: 'implicit' }), 400, 'unsupported_grant_type', 'Unsupported grant type: implicit'],
      [json({ ...good, grant_type: 5 }), 400, 'invalid_request', 'grant_type must be a string'], [json('{'), 400, 'invalid_request', 'Invalid request payload JSON format'],
      [json('[]'), 400, 'invalid_request', 'an object is wanted here'], [json(''), 400, 'invalid_request', 'Invalid request payload JSON format'],
      [json(JSON.stringify(good), 'text/plain'), 415, 'invalid_request', 'Unsupported Media Type'], [form({ ...good, pad: long(1 << 20) }), 413, 'invalid_request', 'Payload content length greater than maximum allowed: 1048576'],
      [json('grant_type=a&grant_type=b', 'application/x-www-form-urlencoded'), 400, 'invalid_request', 'included more than once'], [json('grant_type=%zz', 'application/x-www-form-urlencoded'), 400, 'invalid_request', 'The request cannot be read'],
    ],
  }
}

for (const store of stores)
  describe(`bad requests on ${store}`, () => {
    let server, token, id, hex
    const call = (method, where, { body, headers } = {}, bearer = token) =>
      fetch(server.auth0.url + where.replace('<ID>', encodeURIComponent(id)).replace('<HEX>', hex), {
        method, body: body?.replace('<HEX>', hex), headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...headers },
      })
    const get = async (more = {}) => (await (await call('POST', '/oauth/token', json({
      grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `${server.auth0.url}/api/v2/`, ...more,
    }), null)).json()).access_token
    const state = async () => (await call('GET', '/api/v2/users?include_totals=true&sort=created_at:1')).text()

    before(async () => {
      server = await start({ store, env: { HECATE_AUTH0_SEARCH_CAP: '1000' } })
      token = await get()
      const made = await (await call('POST', '/api/v2/users', make({ email: 'stands@example.com', username: 'standing', phone_number: '+4930999' }))).json()
      id = made.user_id
      hex = id.slice(6)
      assert.equal((await call('POST', '/api/v2/users', make({ email: 'other@example.com', username: 'other', phone_number: '+4930998' }))).status, 201)
    })
    after(() => server.stop())

    for (const [method, where, request, status, message, code] of cases)
      test(`${method} ${where.slice(0, 60)} ${(request.body ?? '').slice(0, 60)}: ${status}`, async () => {
        const before = await state()
        const answer = await call(method, where, request)
        const body = JSON.parse(await answer.text())
        assert.equal(answer.status, status, JSON.stringify(body))
        assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
        assert.deepEqual(body, { statusCode: status, error: reasons[status], message: message ?? body.message, ...(code ? { errorCode: code } : {}) })
        assert.deepEqual(Object.keys(body), ['statusCode', 'error', 'message', ...(code ? ['errorCode'] : [])])
        assert.equal(await state(), before)
      })

    test('POST /oauth/token: every good way, every bad one', async () => {
      const { good, bad } = grants(server)
      for (const request of good) {
        const answer = await call('POST', '/oauth/token', request, null)
        assert.equal(answer.status, 200, await answer.clone().text())
        assert.equal(answer.headers.get('cache-control'), 'no-store')
        assert.equal((await call('GET', '/api/v2/users', {}, (await answer.json()).access_token)).status, 200)
      }
      for (const [request, status, error, error_description] of bad) {
        const answer = await call('POST', '/oauth/token', request, null)
        const extra = error === 'invalid_scope' ? { statusCode: 400 } : {}
        assert.deepEqual([answer.status, JSON.parse(await answer.text())], [status, { ...extra, error, error_description }], request.body.slice(0, 200))
        assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
      }
    })

    // fetch() would join the two into one.
    test('POST /oauth/token: of two credentials neither counts', async () => {
      const basic = (secret) => `Basic ${Buffer.from(`${server.auth0.clientId}:${secret}`).toString('base64')}`
      const wire = new Wire(server.auth0.url, {}, server.auth0.ca)
      const ask = (authorization) => wire.request('POST', '/oauth/token', { grant_type: 'client_credentials', audience: `${server.auth0.url}/api/v2/` }, { authorization })
      assert.equal((await ask(basic(server.auth0.clientSecret))).status, 200)
      for (const [one, other] of [[server.auth0.clientSecret, 'wrong'], ['wrong', server.auth0.clientSecret]]) {
        const { status, json } = await ask(`${basic(one)}\r\nAuthorization: ${basic(other)}`)
        assert.deepEqual([status, json], [400, { error: 'invalid_request', error_description: 'More than one way of client authentication' }])
      }
      wire.close()
    })

    test('a token opens what its scope says', async () => {
      const reader = await get({ scope: 'read:users' }), app = await get({ scope: 'update:users_app_metadata' })
      assert.equal((await call('GET', '/api/v2/users/<ID>', {}, reader)).status, 200)
      for (const [method, where, body, scopes] of [
        ['POST', '/api/v2/users', {}, 'create:users'], ['PATCH', '/api/v2/users/<ID>', {}, 'update:users,update:users_app_metadata,update:current_user_metadata'],
        ['DELETE', '/api/v2/users/<ID>', undefined, 'delete:users,delete:current_user'],
      ]) {
        const answer = await call(method, where, body && json(body), reader)
        assert.deepEqual(await answer.json(), { statusCode: 403, error: 'Forbidden', message: `Insufficient scope, expected any of: ${scopes}`, errorCode: 'insufficient_scope' })
      }
      assert.equal((await call('PATCH', '/api/v2/users/<ID>', json({ name: 'x', app_metadata: { a: 1 } }), app)).status, 403)
      assert.equal((await call('PATCH', '/api/v2/users/<ID>', json({ blocked: true }), app)).status, 403)
      assert.equal((await call('PATCH', '/api/v2/users/<ID>', json({ app_metadata: { a: 1 } }), app)).status, 200)
      const user = await (await call('GET', '/api/v2/users/<ID>')).json()
      assert.deepEqual([user.name, user.app_metadata, user.blocked], ['stands@example.com', { a: 1 }, undefined])
    })

    test('an export is shown to who may read users, other jobs to who may create them, too', async () => {
      const reader = await get({ scope: 'read:users' }), creator = await get({ scope: 'create:users' })
      const { user_id } = await (await call('GET', '/api/v2/users/<ID>')).json()
      const begin = async (kind, body) => (await (await call('POST', `/api/v2/jobs/${kind}`, json(body))).json()).id
      const exported = await begin('users-exports', { format: 'json' }), mailed = await begin('verification-email', { user_id })
      for (const where of ['', '/errors']) {
        const answer = await call('GET', `/api/v2/jobs/${exported}${where}`, {}, creator)
        assert.deepEqual(await answer.json(), { statusCode: 403, error: 'Forbidden', message: 'Insufficient scope, expected any of: read:users', errorCode: 'insufficient_scope' })
        assert.ok((await call('GET', `/api/v2/jobs/${exported}${where}`, {}, reader)).ok)
        assert.ok((await call('GET', `/api/v2/jobs/${mailed}${where}`, {}, creator)).ok)
      }
    })

    test('scopes that are needed together', async () => {
      for (const [method, where, words] of [['GET', '/api/v2/users/<ID>/roles', ['read:users', 'read:roles']], ['POST', '/api/v2/users/<ID>/revoke-access', ['delete:sessions', 'delete:refresh_tokens']]]) {
        for (const scope of words) {
          const answer = await call(method, where, {}, await get({ scope }))
          assert.deepEqual(await answer.json(), { statusCode: 403, error: 'Forbidden', message: `Insufficient scope, expected all of: ${words}`, errorCode: 'insufficient_scope' })
        }
        assert.ok((await call(method, where, {}, await get({ scope: words.join(' ') }))).ok, where)
      }
      assert.equal((await call('GET', '/api/v2/users/<ID>/roles', {}, await get({ scope: 'read:role_members' }))).status, 200)
    })

    test('keys of other dialects and forged ones open nothing', async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const [header, claims] = token.split('.')
      const jwks = await (await fetch(`${server.auth0.url}/.well-known/jwks.json`)).json()
      const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`
      const hmac = `${Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT', kid: jwks.keys[0].kid })).toString('base64url')}.${claims}`
      const before = await state()
      for (const [key, status] of [
        [null, 401], [server.gotrue.serviceKey, 401], [server.gotrue.anonKey, 401], [server.clerk.secretKey, 400], [server.auth0.clientSecret, 400], ['x', 400],
        [`${header}.${claims}.${sign('sha256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url')}`, 401], [none, 400], [`${none}x`, 401],
        [`${hmac}.${createHmac('sha256', jwks.keys[0].n).update(hmac).digest('base64url')}`, 401], [`${hmac}.${createHmac('sha256', server.auth0.clientSecret).update(hmac).digest('base64url')}`, 401],
        [token.slice(0, -8), 401],
      ])
        for (const [method, where, body] of [['GET', '/api/v2/users'], ['POST', '/api/v2/users', {}], ['GET', '/api/v2/users/<ID>'], ['PATCH', '/api/v2/users/<ID>', {}], ['DELETE', '/api/v2/users/<ID>'], ['GET', '/api/v2/users-by-email?email=a']])
          assert.equal((await call(method, where, body && json(body), key)).status, status, `${method} ${where} ${key}`)
      assert.equal(await state(), before)
    })

    test('the token opens nothing elsewhere, and no secret is in the log', async () => {
      for (const [url, where] of [[server.gotrue.url, '/admin/users'], [server.clerk.url, '/v1/users']])
        assert.ok([401, 403].includes((await fetch(url + where, { headers: { authorization: `Bearer ${token}` } })).status), where)
      const log = server.log()
      for (const secret of [token, password, server.auth0.clientSecret]) assert.ok(!log.includes(secret))
      assert.ok(!/"status":5\d\d/.test(log))
    })

    test('metadata does not grow without end', async () => {
      const { user_id } = await (await call('POST', '/api/v2/users', make({ email: 'grows@example.com' }))).json(), where = `/api/v2/users/${encodeURIComponent(user_id)}`
      const statuses = []
      for (let i = 0; i < 4; i++) statuses.push((await call('PATCH', where, json({ user_metadata: { [`k${i}`]: long(20000) } }))).status)
      assert.deepEqual(statuses, [200, 200, 200, 400])
      assert.deepEqual(Object.keys((await (await call('GET', where)).json()).user_metadata), ['k0', 'k1', 'k2'])
      assert.equal((await call('DELETE', where)).status, 204)
    })

    test('a query that is too long', async () => {
      assert.equal((await call('GET', `/api/v2/users?q=${long(9000)}`)).status, 414)
    })

    test('a form is a body, too', async () => {
      const answer = await call('POST', '/api/v2/users', form({ connection, email: 'form@example.com', password, email_verified: 'true', name: 'A+B & C' }))
      const user = await answer.json()
      assert.deepEqual([answer.status, user.email, user.email_verified, user.name], [201, 'form@example.com', true, 'A+B & C'])
      assert.equal((await call('DELETE', `/api/v2/users/${encodeURIComponent(user.user_id)}`)).status, 204)
    })
  })
