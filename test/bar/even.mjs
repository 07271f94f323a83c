// even.mjs (A3): secrets are compared in constant time: by the clock (the method of dudect), by the instructions that valgrind counts, and no comparison of the source that
// stops at the first difference has a secret in it. HECATE_SAMPLES: how many comparisons by the clock.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { root } from '../lib/pg.mjs'

const SAMPLES = Number(process.env.HECATE_SAMPLES ?? 200_000), even = join(root, 'build/release/bench/bench-even')

test('by the clock', { timeout: 3_600_000 }, (t) => {
  const measure = (what, n) => Number(/t (-?[\d.]+)/.exec(execFileSync(even, [what, String(n)], { encoding: 'utf8' }))[1])
  const leak = Math.abs(measure('memcmp', 20_000)), ts = []
  for (let i = 0; i < 3 && (i === 0 || Math.abs(ts.at(-1)) >= 5); i++) ts.push(measure('secret_eq', SAMPLES)) // a leak shows each time
  figure(t, `|t| ${Math.abs(ts.at(-1))} in ${SAMPLES} comparisons (memcmp: ${leak} in 20,000)`)
  assert.ok(leak > 10, `memcmp is not told: ${leak}`)
  assert.ok(Math.abs(ts.at(-1)) < 5, `t ${ts.join(', ')}`)
})

// Instructions in secret_eq() of a number of comparisons that differ at one place.
function instructions(place) {
  const { status, stderr } = spawnSync('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--toggle-collect=secret_eq', even, 'secret_eq', '10', String(place)], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return Number(/Collected : (\d+)/.exec(stderr)[1])
}
test('by instructions', (t) => {
  const counts = [0, 1, 7, 64, 2047, 4094, 4095].map(instructions)
  assert.ok(counts[0] > 10 * 4096, `${counts[0]} instructions`)
  assert.deepEqual([...new Set(counts)], [counts[0]])
  figure(t, `${counts[0] / 10} instructions wherever two secrets of 4,096 bytes differ`)
})

// ---- the source ----

const secret = /(?:^|[_.>])(passwords?|password_again|secrets?|tokens?|codes?|backup_codes|sums?|macs?|digests?|hash|hashes|otp|otp_code|nonces?|verifier|signatures?|challenge|ticket|k|d)$/i
// What is compared in public though it bears such a name, by file and operand.
const fine = {
  'src/crypto/seen.c digest': 'a SHA-256 of the whole token, which only its owner can make', 'src/directory/refresh2.c sum': 'a checksum against typing errors; the MAC beside it is compared evenly',
  'src/db/migrate.c sum': 'of a file that everybody has', 'src/directory/sessions.c token': 'two columns of one row', 'lib/auth0.c token': 'two values of the one who has both',
  'src/dialect/gotrue/lead.c code': 'of an error',
  'src/server/watch.c sum': 'a SHA-256 of an unknown name of a key', 'src/directory/pace.c sum': 'a SHA-256 of a kind of hash', 'src/dialect/auth0/tickets.c password': 'two fields of one form', 'src/dialect/clerk/factors.c backup_codes': 'two values of one body',
}
const last = (operand) => operand.trim().replace(/^(str_of|buf_view|STR)\((.*)\)$/, '$2').replace(/\[[^\]]*\]|\.v\b|\.p\b.*$/g, '').replace(/^[&*(]+|\)+$/g, '').trim()
function operands(text, at) {
  const list = ['']
  for (let depth = 0; at < text.length; at++) {
    const c = text[at]
    if (c === ')' && depth === 0) return list
    depth += (c === '(') - (c === ')')
    if (c === ',' && depth === 0) list.push('')
    else list[list.length - 1] += c
  }
  return list
}
test('no secret in a comparison that stops early', (t) => {
  const files = execFileSync('git', ['ls-files', 'src/*.c', 'lib/*.c', 'cli/*.c'], { cwd: root, encoding: 'utf8' }).trim().split('\n'), wrong = [], used = new Set()
  let n = 0
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const call of text.matchAll(/\b(memcmp|strcmp|strncmp|text_eq|str_eq)\(/g)) {
      const [a, b] = operands(text, call.index + call[0].length)
      n++
      if (b === undefined || /^const char/.test(a) || [a, b].some((operand) => /"|^\s*'|^[A-Z_\s]+$|^\s*names?\b/.test(operand))) continue // words of ours
      const name = [a, b].map(last).map((operand) => secret.exec(operand)?.[1]).find(Boolean)
      if (!name) continue
      if (fine[`${file} ${name}`]) used.add(`${file} ${name}`)
      else wrong.push(`${file}:${text.slice(0, call.index).split('\n').length}: ${call[1]}(${a},${b})`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.deepEqual(Object.keys(fine).filter((key) => !used.has(key)), [], 'exceptions that are none')
  figure(t, `${n} comparisons, ${used.size} of them reviewed, none of a secret`)
})
