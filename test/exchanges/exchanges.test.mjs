// exchanges.test.mjs: what the reference answered, step by step, on both stores. later.json names the steps that parts to come must answer; a step that
// is right already must not stand there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { root } from '../lib/pg.mjs'
import { stores } from '../lib/server.mjs'
import { describeDifference } from './judge.mjs'
import { playAll } from './player.mjs'

const later = Object.values(JSON.parse(readFileSync(join(root, 'test/exchanges/later.json'), 'utf8'))).flatMap(Object.entries)
  .flatMap(([name, steps]) => steps.map((step) => `${name} ${step}`))

for (const store of stores)
  describe(`recordings on ${store}`, () => {
    let results, differing

    before(async () => {
      results = await playAll({ store })
      differing = results.filter(({ state }) => state === 'failed')
    }, { timeout: 600_000 })

    for (const area of ['admin_audit', 'admin_auth', 'admin_factors', 'admin_identities', 'admin_links', 'admin_other', 'admin_users', 'asymmetric', 'audit', 'basics', 'captcha', 'errors', 'hooks', 'identities', 'logout', 'mfa', 'mfa_phone', 'oauth_client', 'otp', 'password_rules', 'pkce', 'public', 'ratelimit', 'signup', 'token', 'user', 'verify'])
      test(`${area} answers as recorded`, () => {
        assert.ok(results.some((one) => one.area === area && one.state === 'passed'))
        const lines = differing.filter((one) => one.area === area && !later.includes(`${one.case} ${one.step}`))
        assert.deepEqual(lines.map((one) => `${one.case} ${one.step} ${one.name}: ${describeDifference(one.differences[0])}`), [])
      })
    test('later.json names no step that is right', () => {
      const wrong = differing.map((one) => `${one.case} ${one.step}`)
      assert.deepEqual(later.filter((step) => !wrong.includes(step)), [])
    })
  })
