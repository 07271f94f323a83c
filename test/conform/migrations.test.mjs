// migrations.test.mjs: what databases have run stays as it was. A server refuses one whose migrations have another text than its own: changes go into a new one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../lib/pg.mjs'

test('migrations have the text that was released, and each is listed', () => {
  const dir = join(root, 'src/store/migrations'), sum = (name) => createHash('sha256').update(readFileSync(join(dir, name))).digest('hex')
  const listed = readFileSync(join(root, 'test/data/migrations.sha256'), 'utf8').trim().split('\n')
  assert.deepEqual(readdirSync(dir).sort().map((name) => `${sum(name)}  ${name}`), listed)
})
