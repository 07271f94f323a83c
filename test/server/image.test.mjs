// image.test.mjs: what the Containerfile puts into an empty image is enough: as its user, with nothing else to see, the server serves and loads its libraries.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../lib/pg.mjs'
import { binary, freePort } from '../lib/server.mjs'
import { scratch, until } from './run.mjs'

const skip = /asan/.test(binary) ? 'the sanitizers need /proc' : process.getuid() !== 0 && 'only root can change the root'

test('the image serves, and loads what comes late', { skip }, async (t) => {
  const dir = scratch(t), image = join(dir, 'image'), gotrue = await freePort()
  execFileSync(join(root, 'tools/image.sh'), [binary, image])
  chmodSync(dir, 0o755)
  assert.ok(!existsSync(join(image, 'bin/sh')))
  const env = { HECATE_DATA: '/var/lib/hecate', HECATE_LISTEN_GOTRUE: `127.0.0.1:${gotrue}`, HECATE_LISTEN_CLERK: 'off', HECATE_LISTEN_AUTH0: 'off', HECATE_LISTEN_OPS: 'off' }
  const inside = ['--userspec=65532:65532', image, '/hecate']
  const server = spawn('chroot', [...inside, 'serve'], { env: { ...env, PATH: process.env.PATH }, stdio: 'ignore' })
  const exit = new Promise((resolve) => server.on('exit', (code, signal) => resolve(code ?? signal)))
  const status = (path) => fetch(`http://127.0.0.1:${gotrue}${path}`).then((answer) => answer.status, () => 0)
  await until('healthy', async () => (await status('/health')) === 200)
  assert.equal(await status('/user'), 401)
  server.kill('SIGTERM')
  assert.equal(await exit, 0)

  const run = (args, more) => spawnSync('chroot', [...inside, ...args], { env: { ...env, ...more, PATH: process.env.PATH }, encoding: 'utf8' })
  const noDatabase = run(['serve'], { HECATE_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
  assert.equal(noDatabase.status, 69, noDatabase.stderr) // libpq was there to be refused
  assert.match(noDatabase.stderr, /[Rr]efused/)
  const noServer = run(['users', 'list', '--url', 'http://127.0.0.1:1'], { HECATE_SERVICE_KEY: 'x' })
  assert.match(noServer.stderr, /connect|refused/i)
})
