// readme.test.mjs: the lines of README.md and docs/clients.md work as they stand, with the keys that `hecate dev` prints; a comment behind console.log() is what it prints.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../lib/pg.mjs'
import { binary, freePort, sleep } from '../lib/server.mjs'

const run = promisify(execFile)
const blocks = (file, language) => [...readFileSync(join(root, file), 'utf8').matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1])
const dir = mkdtempSync(join(root, 'test/node_modules/.readme-'))
let server, ended, names, ca

before(async () => {
  const ports = [await freePort(), await freePort(), await freePort()]
  const [gotrue, clerk, auth0] = ports.map((port) => `127.0.0.1:${port}`)
  let text = ''

  server = spawn(binary, ['dev'], {
    env: { PATH: process.env.PATH, HECATE_LISTEN_GOTRUE: gotrue, HECATE_LISTEN_CLERK: clerk, HECATE_LISTEN_AUTH0: auth0, HECATE_LISTEN_OPS: 'off' }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  ended = new Promise((resolve) => server.on('exit', resolve))
  for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  for (let i = 0; i < 1200 && !/"ready"/.test(text); i++) await sleep(50)
  const key = (pattern) => text.match(pattern)?.[1] ?? assert.fail(`${pattern} is not printed:\n${text}`)
  ca = key(/NODE_EXTRA_CA_CERTS=(\S+)/)
  names = {
    SERVICE_ROLE_KEY: key(/service role\).*, '([^']+)'\)/), ANON_KEY: key(/anonymous\).*, '([^']+)'\)/), CLERK_SECRET_KEY: key(/secretKey: '([^']+)'/), CLIENT_ID: key(/clientId: '([^']+)'/),
    CLIENT_SECRET: key(/clientSecret: '([^']+)'/), '127.0.0.1:9999': gotrue, '127.0.0.1:9998': clerk, '127.0.0.1:9443': auth0,
  }
}, { timeout: 180_000 })

after(async () => {
  server.kill('SIGTERM')
  assert.equal(await ended, 0)
  rmSync(dir, { recursive: true, force: true })
})

const filled = (code, quote) => Object.entries(names).reduce((text, [name, value]) => text.replaceAll(new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?!\\w)`, 'g'), /:/.test(name) ? value : `${quote}${value}${quote}`), code)

for (const file of ['README.md', 'docs/clients.md'])
  for (const [i, code] of blocks(file, 'js').entries())
    test(`${file}, block ${i + 1}`, { timeout: 180_000 }, async () => {
      writeFileSync(join(dir, 'lines.mjs'), filled(code, "'"))
      const { stdout } = await run(process.execPath, [join(dir, 'lines.mjs')], { env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: ca }, timeout: 120_000 })
      assert.deepEqual(stdout.trim().split('\n'), [...code.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1]))
    })

test('docs/clients.md, a shell', { timeout: 180_000 }, async () => {
  const [code] = blocks('docs/clients.md', 'sh')
  const { stdout } = await run('sh', ['-ec', filled(code, '')], { env: { PATH: `${dirname(binary)}:${process.env.PATH}` } })
  assert.match(stdout, /mary@example\.com/)
})
