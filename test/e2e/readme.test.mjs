// readme.test.mjs: the lines of the README work as they stand, with the keys that `hecate dev` prints.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../lib/pg.mjs'
import { binary, freePort, sleep } from '../lib/server.mjs'

test('three clients, the same user', { timeout: 60_000 }, async () => {
  const ports = [await freePort(), await freePort(), await freePort()]
  const [gotrue, clerk, auth0] = ports.map((port) => `127.0.0.1:${port}`)
  const server = spawn(binary, ['dev'], {
    env: { PATH: process.env.PATH, HECATE_LISTEN_GOTRUE: gotrue, HECATE_LISTEN_CLERK: clerk, HECATE_LISTEN_AUTH0: auth0, HECATE_LISTEN_OPS: 'off' }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => server.on('exit', resolve))
  const dir = mkdtempSync(join(root, 'test/node_modules/.readme-'))
  let text = ''
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  try {
    for (let i = 0; i < 400 && !/"ready"/.test(text); i++) await sleep(50)
    const key = (pattern) => text.match(pattern)?.[1] ?? assert.fail(`${pattern} is not printed:\n${text}`)
    const names = {
      SERVICE_ROLE_KEY: key(/service role\).*, '([^']+)'\)/), CLERK_SECRET_KEY: key(/secretKey: '([^']+)'/), CLIENT_ID: key(/clientId: '([^']+)'/), CLIENT_SECRET: key(/clientSecret: '([^']+)'/),
    }
    let code = readFileSync(join(root, 'README.md'), 'utf8').match(/```js\n([\s\S]*?)```/)[1]
    for (const [name, value] of Object.entries(names)) code = code.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `'${value}'`)
    code = code.replace('127.0.0.1:9999', gotrue).replace('127.0.0.1:9998', clerk).replace('127.0.0.1:9443', auth0)
    writeFileSync(join(dir, 'lines.mjs'), code)
    const { stdout } = await promisify(execFile)(process.execPath, [join(dir, 'lines.mjs')], {
      env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: key(/NODE_EXTRA_CA_CERTS=(\S+)/) }, timeout: 30_000,
    })
    assert.equal(stdout.trim(), 'true')
  } finally {
    server.kill('SIGTERM')
    assert.equal(await ended, 0)
    rmSync(dir, { recursive: true, force: true })
  }
})
