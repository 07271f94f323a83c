// exchanges.test.mjs: what the reference answered, step by step, on both stores. later.json names the steps that parts to come must answer; a step that
// is right already must not stand there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { psql, root, withDatabase } from '../lib/pg.mjs'
import { binary, freePort, stores } from '../lib/server.mjs'

const here = join(root, 'test/exchanges')
const later = Object.values(JSON.parse(readFileSync(join(here, 'later.json'), 'utf8'))).flatMap(Object.entries).flatMap(([name, steps]) => steps.map((step) => `${name} ${step}`))
const prefix = `hecate_play_${process.pid}`

// Each start gets an empty database.
const commands = {
  sqlite: 'exec "$PLAY_BINARY" serve',
  postgres: `name=${prefix}_$$ && psql -XqAt -d "$PLAY_SERVER" -c "CREATE DATABASE $name" && ` +
    'HECATE_DATABASE_URL=$(echo "$PLAY_URL" | sed "s/PLAY_NAME/$name/") exec "$PLAY_BINARY" serve',
}

function play(store, dir, basePort) {
  const command = `export HECATE_LISTEN_OPS=off HECATE_DATA=$(mktemp -d -p ${dir}); ${commands[store]}`
  const { HECATE_TEST_PG, HECATE_TEST_BINARY, ...rest } = process.env // the server refuses variables that it does not know
  const env = { ...rest, PLAY_BINARY: binary, PLAY_SERVER: HECATE_TEST_PG ?? '', PLAY_URL: store === 'postgres' ? withDatabase(HECATE_TEST_PG, 'PLAY_NAME') : '' }
  const player = spawn(process.execPath, [join(here, 'play.mjs'), '--jobs', '3', '--base-port', String(basePort), '--json', join(dir, 'out.json'), '--server', command],
    { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [player.stdout, player.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  return new Promise((resolve, reject) => player.on('exit', (code) => (code < 2 ? resolve(text) : reject(new Error(text)))))
}

for (const store of stores)
  describe(`recordings on ${store}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'hecate-play-'))
    let text, differing

    before(async () => {
      text = await play(store, dir, await freePort())
      differing = JSON.parse(readFileSync(join(dir, 'out.json'), 'utf8')).filter(({ state }) => state === 'failed')
    }, { timeout: 600_000 })
    after(() => {
      rmSync(dir, { recursive: true, force: true })
      if (store === 'postgres')
        for (const name of psql(process.env.HECATE_TEST_PG, `SELECT datname FROM pg_database WHERE datname LIKE '${prefix}%'`).split('\n').filter(Boolean))
          psql(process.env.HECATE_TEST_PG, `DROP DATABASE ${name} WITH (FORCE)`)
    })

    for (const area of ['admin_audit', 'admin_auth', 'admin_factors', 'admin_links', 'admin_users', 'asymmetric', 'audit', 'basics', 'captcha', 'logout', 'mfa', 'otp', 'password_rules', 'pkce', 'public', 'ratelimit', 'signup', 'token', 'user', 'verify'])
      test(`${area} answers as recorded`, () => {
        assert.match(text, new RegExp(`^${area} +[1-9]`, 'm'))
        const lines = differing.filter((one) => one.area === area && !later.includes(`${one.case} ${one.step}`))
        assert.deepEqual(lines.map((one) => `${one.case} ${one.step} ${one.name}: ${JSON.stringify(one.differences[0])}`), [])
      })
    test('later.json names no step that is right', () => {
      const wrong = differing.map((one) => `${one.case} ${one.step}`)
      assert.deepEqual(later.filter((step) => !wrong.includes(step)), [])
    })
  })
