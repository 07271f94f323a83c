// variables.test.mjs: each GOTRUE_ variable of the reference (data/gotrue_variables.json): what is served has its default and its bounds, what is not is taken and
// named once at the start, as are names that nobody knows.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { root } from '../lib/pg.mjs'
import { binary, start } from '../lib/server.mjs'

const { served: plain, providers, later } = JSON.parse(readFileSync(root + 'test/data/gotrue_variables.json', 'utf8'))
// Each provider has the same six.
const six = { ENABLED: 'bool', CLIENT_ID: 'list', SECRET: 'secret', REDIRECT_URI: 'text', URL: 'text', EMAIL_OPTIONAL: 'bool' }
const of = (name) => Object.entries(six).map(([end, kind]) => ({ name: `GOTRUE_EXTERNAL_${name}_${end}`, kind, default: kind === 'bool' ? 'false' : '' }))
const served = [...plain, ...providers.flatMap(of)], apart = [...plain, ...of(providers[0])]
const config = (env = {}) => spawnSync(binary, ['config'], { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' })
const values = (text) => Object.fromEntries(text.trim().split('\n').map((line) => line.match(/^([A-Z0-9_]+)=(.*?)(?:  # (.*))?$/)).filter(Boolean).map(([, name, value, origin]) => [name, { value, origin }]))
// What a kind takes, and what it refuses.
const samples = {
  bool: { good: ['true', 'false', '1', '0', 't', 'F'], bad: ['yes', '2'] }, int: { good: ['1'], bad: ['x', '1.5', '1e3'] }, duration: { good: ['10m', '1h30m'], bad: ['10', 'x', '1 h'] },
  list: { good: ['a,b', 'a'], bad: [] }, text: { good: ['/x'], bad: ['a\nb'] }, limit: { good: ['0', '100', '10/1m'], bad: [] }, uri: { good: [], bad: [] }, secret: { good: [], bad: [] },
}

describe('variables of the reference', () => {
  const defaults = values(config().stdout)

  test('each has its default', () => {
    for (const { name, kind, default: fallback } of served) {
      assert.ok(defaults[name], `${name} is not served`)
      if (kind !== 'secret') assert.equal(defaults[name].value, fallback, name)
    }
  })

  test('each takes what it must', () => {
    for (let i = 0; i < 6; i++) {
      const given = Object.fromEntries(served.filter(({ kind }) => samples[kind].good.length > 0).map(({ name, kind }) => [name, samples[kind].good[i % samples[kind].good.length]]))
      const { status, stdout, stderr } = config(given), have = values(stdout)
      assert.equal(status, 0, stderr)
      for (const [name, value] of Object.entries(given)) assert.deepEqual([have[name].value, have[name].origin?.startsWith('default')], [value, false], name)
    }
  })

  test('none takes what it must not', () => {
    for (const [i, { name, kind, positive }] of apart.entries()) {
      const bad = [...samples[kind].bad, ...(positive ? ['0s', '-1m'] : [])]
      for (const value of positive ? bad : bad.length > 0 ? [bad[i % bad.length]] : []) assert.equal(config({ [name]: value }).status, 78, `${name}=${JSON.stringify(value)} is taken`)
    }
  })

  test('each option of ours that is called GOTRUE_ is in the list', () => {
    const known = new Set(served.map(({ name }) => name))
    const own = new Set(['GOTRUE_API_HOST', 'GOTRUE_API_PORT'])
    const added = later.filter((name) => defaults[name])
    assert.deepEqual(Object.keys(defaults).filter((name) => name.startsWith('GOTRUE_') && !known.has(name) && !own.has(name) && !added.includes(name)), [])
  })

  for (const name of ['GOTRUE_RATE_LIMIT_EMAIL_SENT', 'GOTRUE_RATE_LIMIT_SMS_SENT'])
    test(`${name} is a number, or a number and a duration`, async () => {
      for (const value of ['x', '10/x', '-1', '1/0s']) await assert.rejects(start({ env: { [name]: value } }), /ended at its start \(78\)/, value)
    })

  test('what comes later, and what nobody knows, is taken and named once', async (t) => {
    const given = [...later.filter((name) => !defaults[name]), 'GOTRUE_NEVER_HEARD_OF']
    const server = await start({ env: Object.fromEntries(given.map((name) => [name, '1'])) })
    t.after(() => server.stop())
    const lines = server.log().split('\n').filter((line) => line.includes('have no effect here'))
    const named = lines.flatMap((line) => line.match(/GOTRUE_[A-Z0-9_]+/g))
    assert.deepEqual(named.toSorted(), given.toSorted())
  })
})
