// player.mjs: plays recorded cases against servers that it starts, one a configuration, and judges each step (README.md).
//
//     node test/exchanges/player.mjs [PATTERN]     # the cases whose area/name fits, on SQLite, each difference in full
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../lib/pg.mjs'
import { binary, freePort, newDatabase, sleep } from '../lib/server.mjs'
import { sink } from '../lib/smtp.mjs'
import { describeDifference } from './judge.mjs'
import { ask, Case, isJudged, Missing, QUIET, stepName } from './steps.mjs'

const here = join(root, 'test/exchanges')

// ---- cases

// [{ name: 'area/case', area, data }] that fit the pattern.
export function readCases(pattern = /^/, folder = join(here, 'cases')) {
  const areas = readdirSync(folder).sort()
  const names = areas.flatMap((area) => readdirSync(join(folder, area)).filter((file) => file.endsWith('.json')).sort().map((file) => `${area}/${file.slice(0, -5)}`))
  return names.filter((name) => pattern.test(name)).map((name) => ({ name, area: name.split('/')[0], data: JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) }))
}

const hasStep = ({ data }, ...kinds) => data.steps.some((step) => kinds.some((kind) => step[kind]))
const usesHooks = (one) => Boolean(one.data.answers) || hasStep(one, 'hook', 'nohook') || JSON.stringify(one.data).includes('{{hooks}}')

// ---- what the server talks to

// Keeps requests and answers them as the case in play says. Cases that look at them play one at a time; what still comes of a case that is over is not kept.
async function hookListener() {
  let kept = [], playing
  const over = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const path = request.url.split('?')[0]
    if (!over.some((nonce) => text.includes(nonce))) kept.push({ method: request.method, path, headers: request.headers, text })
    const { status = 200, body = {}, headers = {}, delay = 0 } = playing?.answer(path) ?? {}
    if (delay) await sleep(delay * 1000)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port, url: `http://127.0.0.1:${server.address().port}`,
    enter: (one) => { kept = []; playing = one },
    leave: (one) => over.push(one.names.nonce),
    next: (path) => { const at = kept.findIndex((request) => request.path === path); return at < 0 ? undefined : kept.splice(at, 1)[0] },
    stop: () => { server.close(); server.closeAllConnections() },
  }
}

// ---- a server on an empty database

const readEnv = (file, ports) => Object.fromEntries(readFileSync(file, 'utf8').split('\n').map((line) => line.match(/^([A-Z_]\w*)=(.*)$/)).filter(Boolean)
  .map(([, name, value]) => [name, value.replace(/\$\{(\w+)\}/g, (_, port) => ports[port])]))

const healthy = (base) => ask(base, { method: 'GET', path: '/health' }).then(({ status }) => status === 200, () => false)

async function startServer(world, store) {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-play-')), database = store === 'postgres' ? newDatabase() : undefined
  let log = ''
  const env = { PATH: process.env.PATH, HECATE_DATA: dir, HECATE_LISTEN_OPS: 'off', ...world.env, PORT: String(world.port), ...(database ? { HECATE_DATABASE_URL: database.url } : {}) }
  const child = spawn(binary, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { log = (log + chunk).slice(-4000) })
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
  for (let i = 0; i < 1200 && !(await healthy(world.base)); i++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${log}`)
    await sleep(25)
  }
  const published = JSON.parse((await ask(world.base, { method: 'GET', path: '/.well-known/jwks.json' })).text).keys ?? []
  world.keys.published = published
  return async () => {
    child.kill('SIGTERM')
    const code = await ended
    rmSync(dir, { recursive: true, force: true })
    database?.drop()
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${log}`)
  }
}

// ---- playing

const LATE_MS = 1000, LONG_MS = 5000, TURNS = 8

// What is expected of a server that is not the reference: nothing where that has a hole, unless `instead` says what.
function differences(one, step, actual) {
  if (step.hole) return one.judge.judgeInstead(step.instead, actual)
  return [...one.judge.judge(step.expect, actual), ...one.unsaved.map((name) => ({ path: 'save', expected: name }))]
}

// { state: 'passed' | 'failed' | 'skipped', differences }, or nothing for a step that is not judged.
async function playStep(one, step) {
  const open = step.hole && !step.instead
  try {
    const actual = await one.play(step)
    if (!isJudged(step)) return undefined
    if (open || !step.expect) return { state: 'skipped', differences: [] }
    const found = differences(one, step, actual)
    return { state: found.length > 0 ? 'failed' : 'passed', differences: found }
  } catch (error) {
    if (error instanceof Missing) return isJudged(step) ? { state: 'skipped', missing: !step.hole, differences: [] } : undefined
    return { state: 'failed', differences: [{ path: '', expected: 'an answer', actual: error.message }] }
  }
}

async function playOnce({ name, area, data }, world) {
  const one = new Case(data, world), results = [], begun = performance.now()
  let late = false, waits = 0
  if (usesHooks({ data })) world.hooks.enter(one)
  for (const [i, step] of data.steps.entries()) {
    const due = performance.now() + (step.wait ?? 0) * 1000, result = await playStep(one, step)
    late ||= Boolean(step.call) && performance.now() - due > LATE_MS
    waits += step.wait ? step.wait * 1000 : step.nomail || step.nohook ? QUIET : 0
    if (result) results.push({ case: name, area, step: i + 1, name: stepName(step), ...result })
  }
  late ||= performance.now() - begun - waits > LONG_MS
  world.hooks.leave(one)
  return { results, late }
}

// A case that waits between its steps says something only where they come in time, which a busy machine may not let them: then it is played again. So is one
// that differs where it was late: times in it, and what is good for a time, are those of the recording no more.
async function playCase(one, world) {
  const inTime = ({ late, results }) => !late || !(hasStep(one, 'wait') || results.some(({ state }) => state === 'failed'))
  let played = await playOnce(one, world)
  for (let turn = 1; turn < TURNS && !inTime(played); turn++) played = await playOnce(one, world)
  return played.results
}

// Takes work from the list until it is empty, `jobs` at a time.
async function pool(list, jobs, work) {
  const queue = [...list]
  await Promise.all(Array.from({ length: jobs }, async () => { while (queue.length > 0) await work(queue.shift()) }))
}

async function openWorld(config) {
  const mails = await sink(), hooks = await hookListener(), port = await freePort()
  const env = readEnv(join(here, 'configs', `${config}.env`), { PORT: port, SMTP_PORT: mails.port, HOOK_PORT: hooks.port })
  const keys = { secret: env.GOTRUE_JWT_SECRET ?? '', own: JSON.parse(env.GOTRUE_JWT_KEYS ?? '[]'), published: [] }
  return { mails, hooks, port, env, keys, base: `http://127.0.0.1:${port}` }
}

// Cases share the configuration's server but for those that are to be alone on one.
async function playConfig(config, cases, { store, jobs }) {
  const world = await openWorld(config), results = []
  const play = async (one) => { results.push(...await playCase(one, world)) }
  const served = async (work) => {
    const stop = await startServer(world, store)
    try { await work() } finally { await stop() }
  }
  const shared = cases.filter(({ data }) => !data.alone)
  try {
    if (shared.length > 0)
      await served(async () => {
        await pool(shared.filter((one) => !usesHooks(one)), jobs, play)
        await pool(shared.filter(usesHooks), 1, play)
      })
    for (const one of cases.filter(({ data }) => data.alone)) await served(() => play(one))
  } finally {
    mailsAndHooksStop(world)
  }
  return results
}

function mailsAndHooksStop({ mails, hooks }) {
  mails.stop()
  hooks.stop()
}

// A result each judged step: { case, area, step, name, state, differences: [{ path, expected, actual }] }.
export async function playAll({ store = 'sqlite', cases = readCases(), jobs = 3, configs = 2 } = {}) {
  const all = []
  await pool([...new Set(cases.map(({ data }) => data.config))].sort(), configs, async (config) => {
    all.push(...await playConfig(config, cases.filter(({ data }) => data.config === config), { store, jobs }))
  })
  return all
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await playAll({ cases: readCases(new RegExp(process.argv[2] ?? '')) })
  for (const { case: name, step, name: what, differences: found } of results)
    if (found.length > 0) console.log(`${name} step ${step} ${what}\n${found.map((one) => `  ${describeDifference(one, 2000)}\n`).join('')}`)
  console.log(['passed', 'failed', 'skipped'].map((state) => `${results.filter((one) => one.state === state).length} ${state}`).join(', '))
}
