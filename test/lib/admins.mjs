// admins.mjs: the admin's verbs of each dialect as plain requests for wire.mjs, and how each dialect says that an address is taken.
import { Wire } from './wire.mjs'

const CONNECTION = 'Username-Password-Authentication'

// A management token of Auth0.
async function auth0Token({ auth0: { url, domain, ca, clientId, clientSecret } }) {
  const wire = new Wire(url, {}, ca)
  const body = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience: `https://${domain}/api/v2/` }
  const answer = await wire.request('POST', '/oauth/token', body)
  wire.close()
  return answer.json.access_token
}

// Per dialect: wire() is a new connection with the admin's credential; create, read, mark, ban, password, move (to another e-mail) and remove give
// [method, path, body]; id and state read the user of an answer; taken gives what is wrong with the answer to a creation of something that is there
// ('' when it is right).
export async function admins(server) {
  const token = await auth0Token(server)
  const { clientId } = server.auth0
  const says = (status, code) => (answer) => (answer.status === status && code(answer.json) ? '' : `${answer.status} ${answer.text}`)
  const gotrueTaken = (code) => says(422, (json) => json.error_code === code)
  const clerkTaken = (param) => says(422, (json) => json.errors[0].code === 'form_identifier_exists' && json.errors[0].meta.param_name === param)
  const auth0Taken = says(409, (json) => json.message === 'The user already exists.' && json.errorCode === 'auth0_idp_error')
  const clerkUser = (id, verb = '') => `/v1/users/${id}${verb}`
  const auth0User = (id) => `/api/v2/users/${encodeURIComponent(id)}`
  return {
    gotrue: {
      wire: () => new Wire(server.gotrue.url, { authorization: `Bearer ${server.gotrue.serviceKey}` }),
      create: ({ email, phone, password, mark = 0 }) =>
        ['POST', '/admin/users', { email, phone, password, email_confirm: email && true, phone_confirm: phone && true, user_metadata: { mark } }],
      read: (id) => ['GET', `/admin/users/${id}`],
      mark: (id, mark) => ['PUT', `/admin/users/${id}`, { user_metadata: { mark } }],
      ban: (id, on) => ['PUT', `/admin/users/${id}`, { ban_duration: on ? '24h' : 'none' }],
      password: (id, password) => ['PUT', `/admin/users/${id}`, { password }],
      move: (id, email) => ['PUT', `/admin/users/${id}`, { email }],
      remove: (id) => ['DELETE', `/admin/users/${id}`],
      id: (json) => json.id,
      state: (json) => ({ mark: json.user_metadata.mark, banned: Date.parse(json.banned_until ?? 0) > Date.now() }),
      taken: { email: gotrueTaken('email_exists'), phone: gotrueTaken('phone_exists') },
    },
    clerk: {
      wire: () => new Wire(server.clerk.url, { authorization: `Bearer ${server.clerk.secretKey}` }),
      create: ({ email, phone, username, externalId, password, mark = 0 }) =>
        ['POST', '/v1/users', { email_address: email && [email], phone_number: phone && [phone], username, external_id: externalId, password, skip_password_checks: password && true, unsafe_metadata: { mark } }],
      read: (id) => ['GET', clerkUser(id)],
      mark: (id, mark) => ['PATCH', clerkUser(id), { unsafe_metadata: { mark } }],
      ban: (id, on) => ['POST', clerkUser(id, on ? '/ban' : '/unban')],
      password: (id, password) => ['PATCH', clerkUser(id), { password, skip_password_checks: true }],
      remove: (id) => ['DELETE', clerkUser(id)],
      id: (json) => json.id,
      state: (json) => ({ mark: json.unsafe_metadata.mark, banned: json.banned }),
      taken: { email: clerkTaken('email_address'), phone: clerkTaken('phone_number'), username: clerkTaken('username'), externalId: clerkTaken('external_id') },
    },
    auth0: {
      wire: () => new Wire(server.auth0.url, { authorization: `Bearer ${token}` }, server.auth0.ca),
      create: ({ email, phone, username, password, mark = 0 }) =>
        ['POST', '/api/v2/users', { connection: phone ? 'sms' : CONNECTION, email, email_verified: email && true, phone_number: phone, phone_verified: phone && true, username, password: phone ? undefined : password ?? 'Secret-pw-1', user_metadata: { mark } }],
      read: (id) => ['GET', auth0User(id)],
      mark: (id, mark) => ['PATCH', auth0User(id), { user_metadata: { mark } }],
      ban: (id, on) => ['PATCH', auth0User(id), { blocked: on }],
      password: (id, password) => ['PATCH', auth0User(id), { password, connection: CONNECTION }],
      move: (id, email) => ['PATCH', auth0User(id), { email, connection: CONNECTION, client_id: clientId }],
      remove: (id) => ['DELETE', auth0User(id)],
      id: (json) => json.user_id,
      state: (json) => ({ mark: json.user_metadata.mark, banned: json.blocked === true }),
      taken: { email: auth0Taken, phone: auth0Taken },
    },
  }
}

// GoTrue's public side: tokens.
export const signIn = (email, password) => ['POST', '/token?grant_type=password', { email, password }]
export const refresh = (refresh_token) => ['POST', '/token?grant_type=refresh_token', { refresh_token }]
export const signOut = (accessToken, scope = 'global') => ['POST', `/logout?scope=${scope}`, undefined, { authorization: `Bearer ${accessToken}` }]
