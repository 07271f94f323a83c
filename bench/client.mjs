// client.mjs: a plain client of each dialect, one request at a time.
import http from 'node:http'
import https from 'node:https'

// Requests over one connection; each gives { headers, body } and fails on what is not 2xx.
export function client(base, headers, ca) {
  const { request, Agent } = base.startsWith('https') ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca })
  const send = (method, path, body) => new Promise((resolve, reject) => request(base + path, { method, agent, headers: { ...headers, ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}) } }, (answer) => {
    const chunks = []
    answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
      const text = Buffer.concat(chunks).toString()
      if (answer.statusCode >= 300) reject(new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`))
      else resolve({ headers: answer.headers, body: text === '' ? null : JSON.parse(text) })
    })
  }).on('error', reject).end(body))
  const get = (path) => send('GET', path)
  return { get, send: (method, path, value) => send(method, path, JSON.stringify(value)), close: () => agent.destroy() }
}

export const tokenRequest = (server) => ({ grant_type: 'client_credentials', client_id: server.auth0.clientId, client_secret: server.auth0.clientSecret, audience: `https://${server.auth0.domain}/api/v2/` })
export async function auth0Token(server, ca) {
  const { send, close } = client(server.auth0.url, {}, ca)
  const { body } = await send('POST', '/oauth/token', tokenRequest(server))
  close()
  return body.access_token
}
