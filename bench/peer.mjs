// peer.mjs: another GoTrue server beside which costs are set, if PEER is its command. It finds PORT, DATABASE_URL (an empty database of the bench's PostgreSQL) and
// GOTRUE_* in its environment, and is ended by SIGTERM.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, mint, newDatabase, sleep } from '../test/lib/server.mjs'
import { dir } from './lib.mjs'

async function answers(url, child) {
  for (let i = 0; i < 60000; i++) {
    if (child.exitCode !== null) throw new Error(`PEER ended with ${child.exitCode}`)
    try {
      if ((await fetch(`${url}/health`)).ok) return
    } catch { await sleep(1) }
  }
  throw new Error('PEER does not answer')
}

async function begin(env, url) {
  const log = openSync(join(dir, 'peer.log'), 'a')
  const child = spawn('/bin/sh', ['-c', `exec ${process.env.PEER}`], { env: { ...process.env, ...env }, stdio: ['ignore', log, log] })
  const ended = new Promise((resolve) => child.on('exit', resolve)), stop = () => child.kill('SIGTERM') && ended
  try {
    await answers(url, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { child, stop }
}

// Starts it with more in its environment, twice, for the second start is what is compared; its shape is that of start() in server.mjs, with `started`, the ms of that start.
export async function startPeer(more = {}) {
  const port = await freePort(), url = `http://127.0.0.1:${port}`, database = newDatabase()
  const env = {
    PORT: String(port), DATABASE_URL: database.url, API_EXTERNAL_URL: url, GOTRUE_SITE_URL: url, GOTRUE_JWT_SECRET: 'a-secret-for-tests-of-forty-characters-0', GOTRUE_JWT_AUD: 'authenticated',
    GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated', GOTRUE_MAILER_AUTOCONFIRM: 'true', ...more,
  }
  await (await begin(env, url)).stop()
  const begun = performance.now(), { child, stop } = await begin(env, url)
  return {
    started: performance.now() - begun, pid: child.pid, store: 'postgres', database: database.url, ports: [port], gotrue: { url, serviceKey: mint({ role: 'service_role' }) },
    stop: () => stop().finally(database.drop),
  }
}
