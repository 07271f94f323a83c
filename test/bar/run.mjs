// run.mjs: the runner of `make bar`: a line each measurement, its figure and whether it passes, and a sum. NIGHT=1: those of the night; ONLY=D1,D2: those alone.
// What a measurement that fails has printed stands in build/bar/ID.log.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/pg.mjs'
import { rows } from './rows.mjs'

const when = process.env.NIGHT ? 'night' : 'ci'
const chosen = (process.env.ONLY ?? '').split(/[,\s]+/).filter(Boolean) // none: all
const logs = join(root, 'build/bar')
const binaries = { asan: join(root, 'build/asan/hecate'), release: join(root, 'build/release/hecate') }
mkdirSync(logs, { recursive: true })

const argv = ({ file, line, only }) => file
  ? [process.execPath, '--test', '--test-reporter=tap', ...(only ? [`--test-name-pattern=${only}`] : []), file]
  : ['sh', '-c', line]

// The whole output of a run, and its exit code; one that takes too long is ended with all that it started.
function perform(run) {
  const env = { ...process.env, ...run.env, HECATE_TEST_BINARY: binaries[run.release ? 'release' : 'asan'] }
  const [name, ...args] = argv(run)
  const child = spawn(name, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { text += chunk })
  const late = setTimeout(() => {
    text += `\nended after ${run.minutes} minutes\n`
    process.kill(-child.pid, 'SIGKILL')
  }, run.minutes * 60_000)
  return new Promise((resolve) => child.on('close', (code) => {
    clearTimeout(late)
    resolve({ code, text })
  }))
}

// The figures it says itself, else how many tests it counted, else its last line; and what was skipped, with the reason. A run in which no test ran has not passed.
function judge({ code, text }) {
  const count = (word) => Number(text.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0)
  const sum = text.match(/^(\d+) passed, (\d+) failed$/m)
  const tap = /^TAP version/m.test(text)
  const own = [...text.matchAll(/^[\s#]*figure (.*)$/gm)].map((found) => found[1])
  const skipped = [...text.matchAll(/^ *ok \d+ - (.*) # SKIP (.*)$/gm)].map(([, name, why]) => `without ${name} (${why})`)
  const counted = tap ? `${count('pass')} of ${count('tests')} tests` : sum ? `${sum[1]} tests` : text.trimEnd().split('\n').at(-1).slice(0, 100) || 'done'
  return { passed: code === 0 && (!tap || (count('pass') > 0 && count('skipped') < count('tests'))), figure: [...(own.length > 0 ? own : [counted]), ...skipped].join('; ') }
}

const begun = Date.now()
const counts = { pass: 0, FAIL: 0, 'not yet': 0 }
for (const { id, promise, [when]: runs } of rows.filter((row) => row[when] && (chosen.length === 0 || chosen.includes(row.id)))) {
  const since = Date.now()
  const results = []
  for (const run of runs) results.push({ ...await perform(run) })
  const verdicts = results.map(judge)
  const word = runs.length === 0 ? 'not yet' : verdicts.every(({ passed }) => passed) ? 'pass' : 'FAIL'
  if (word === 'FAIL') writeFileSync(join(logs, `${id}.log`), results.map(({ text }) => text).join('\n'))
  counts[word]++
  const seconds = Math.round((Date.now() - since) / 1000)
  console.log(word === 'not yet' ? `${id} ${promise}: not yet` : `${id} ${promise}: ${verdicts.map(({ figure }) => figure).join('; ')}: ${word} (${seconds} s)`)
}
console.log(`${counts.pass} pass, ${counts.FAIL} FAIL, ${counts['not yet']} not yet, in ${Math.round((Date.now() - begun) / 60_000)} minutes`)
process.exitCode = counts.FAIL === 0 && counts.pass > 0 ? 0 : 1
