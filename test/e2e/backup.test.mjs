// backup.test.mjs: `hecate backup` beside a server that writes, and `hecate restore`: the same users, keys and pictures.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClerkClient } from '@clerk/backend'
import { root } from '../lib/pg.mjs'
import { binary, sleep, start } from '../lib/server.mjs'

const hecate = (...args) => new Promise((resolve) => {
  execFile(binary, args, { env: { PATH: process.env.PATH } }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }))
})
// A command as docs/operating.md has it, for other folders.
const documented = (command, copy, data) => readFileSync(join(root, 'docs/operating.md'), 'utf8').match(new RegExp(`^    hecate (${command} .*)$`, 'm'))[1]
  .replace('/backup/monday', copy).replace('/var/lib/hecate', data).split(' ')
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

test('a backup beside a live server, and back', { timeout: 120_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-backup-'))
  const [data, copy, back] = ['data', 'copy', 'back'].map((name) => join(dir, name))
  const server = await start({ data })
  const headers = { authorization: `Bearer ${server.gotrue.serviceKey}`, 'content-type': 'application/json' }
  const create = (i) => fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers, body: JSON.stringify({ email: `u${i}@example.com`, password: 'secret-pw-1', email_confirm: true }) })
  const clerk = (url) => createClerkClient({ secretKey: server.clerk.secretKey, apiUrl: url })
  const acknowledged = []

  for (let i = 0; i < 3; i++) assert.equal((await create(i)).status, 200)
  const { data: [person] } = await clerk(server.clerk.url).users.getUserList({ emailAddress: ['u0@example.com'] })
  await clerk(server.clerk.url).users.updateUserProfileImage(person.id, { file: new Blob([png], { type: 'image/png' }) })
  let over = false
  const writing = (async () => { for (let i = 3; !over; i++) if ((await create(i)).status === 200) acknowledged.push(i) })()
  while (acknowledged.length < 3) await sleep(10)
  const before = acknowledged.length
  assert.deepEqual(await hecate(...documented('backup', copy, data)), { code: 0, stdout: '', stderr: '' })
  over = true
  await writing
  assert.equal(statSync(copy).mode & 0o777, 0o700)
  for (const name of readdirSync(copy)) assert.equal(statSync(join(copy, name)).mode & 0o077, 0, name)
  assert.equal((await hecate('backup', copy, '--data', data)).code, 74, 'a folder that is there is left alone')
  await server.stop()

  assert.deepEqual(await hecate(...documented('restore', copy, `${back}/`)), { code: 0, stdout: '0\n', stderr: '' })
  assert.deepEqual(await hecate(...documented('check', copy, back)), { code: 0, stdout: '0\n', stderr: '' })
  const files = readdirSync(back, { recursive: true }).sort()
  const refused = await hecate('restore', copy, '--data', back)
  assert.equal(refused.code, 74, 'a data directory that is there is left alone')
  assert.deepEqual(readdirSync(back, { recursive: true }).sort(), files)
  assert.deepEqual(readdirSync(dir).sort(), ['back', 'copy', 'data'])

  const again = await start({ data: back })
  const reached = await fetch(`${again.gotrue.url}/admin/users?per_page=1000`, { headers })
  assert.equal(reached.status, 200, 'the keys are the same')
  const emails = (await reached.json()).users.map(({ email }) => email)
  for (const i of [0, 1, 2, ...acknowledged.slice(0, before)]) assert.ok(emails.includes(`u${i}@example.com`), `u${i}`)
  const signedIn = await fetch(`${again.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: 'u1@example.com', password: 'secret-pw-1' }) })
  assert.equal(signedIn.status, 200)
  const restored = await clerk(again.clerk.url).users.getUser(person.id)
  assert.equal(restored.hasImage, true)
  const picture = await fetch(restored.imageUrl.replace(server.clerk.url, again.clerk.url).replace(/^https?:\/\/[^/]+/, again.clerk.url.replace(/\/v1$/, '')))
  assert.deepEqual(Buffer.from(await picture.arrayBuffer()), png)
  await again.stop()
  rmSync(dir, { recursive: true, force: true })
})

test('what cannot be backed up or brought back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-backup-'))
  for (const [args, code, reason] of [
    [['backup'], 64, /backup FOLDER/],
    [['restore'], 64, /restore FOLDER/],
    [['backup', join(dir, 'copy'), '--data', join(dir, 'none')], 69, /No such file/],
    [['restore', join(dir, 'none'), '--data', join(dir, 'data')], 74, /none\/hecate.db: No such file/],
    [['backup', join(dir, 'copy'), '--database-url', 'postgres://nobody@/none'], 78, /pg_dump/],
    [['backup', join(dir, 'copy'), '--no-such-flag', '1'], 78, /no-such-flag/],
  ]) {
    const got = await hecate(...args)
    assert.equal(got.code, code, args.join(' '))
    assert.match(got.stderr, reason)
  }
  assert.deepEqual(readdirSync(dir), [])
  rmSync(dir, { recursive: true, force: true })
})
