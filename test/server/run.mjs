// run.mjs: the binary as a command: what it says and how it ends.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, freePort, sleep } from '../lib/server.mjs'

// A directory for one test, gone with it.
export function scratch(t) {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-server-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

// Starts a command; `exit` is the promise of its code, `lines()` what it refused with.
export function command(args, env = {}, cwd) {
  const child = spawn(binary, args, { env: { PATH: process.env.PATH, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const self = { child, out: '', err: '', lines: () => self.err.split('\n').filter((line) => line.startsWith('hecate: ')) }
  child.stdout.setEncoding('utf8').on('data', (text) => { self.out += text })
  child.stderr.setEncoding('utf8').on('data', (text) => { self.err += text })
  self.exit = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
  return self
}

export async function ended(args, env, cwd) {
  const self = command(args, env, cwd)
  const timer = setTimeout(() => self.child.kill('SIGKILL'), 20_000)
  self.code = await self.exit
  clearTimeout(timer)
  return self
}

// Listeners on free ports, in a data directory of the test's own.
export async function addresses(dir) {
  const [gotrue, clerk, auth0, ops] = [await freePort(), await freePort(), await freePort(), await freePort()]
  return {
    HECATE_DATA: join(dir, 'data'), HECATE_LISTEN_GOTRUE: `127.0.0.1:${gotrue}`, HECATE_LISTEN_CLERK: `127.0.0.1:${clerk}`,
    HECATE_LISTEN_AUTH0: `127.0.0.1:${auth0}`, HECATE_LISTEN_OPS: `127.0.0.1:${ops}`,
  }
}

export const url = (env, name) => `http://${env[`HECATE_LISTEN_${name.toUpperCase()}`]}`

export async function until(what, test, ms = 60_000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    const value = await Promise.resolve().then(test).catch(() => undefined)
    if (value) return value
  }
  throw new Error(`${what}: not within ${ms} ms`)
}

// A served directory; ends with the test, and must end with 0 unless the test took that over.
export async function serve(t, env, args = ['serve']) {
  const self = command(args, env)
  t.after(async () => {
    if (self.child.exitCode === null && self.child.signalCode === null) self.child.kill('SIGTERM')
    await self.exit
  })
  await until('ready', () => {
    if (self.child.exitCode !== null) throw new Error(self.err)
    return self.err.includes('"ready"')
  }).catch((error) => { throw new Error(`${error.message}\n${self.err}`) })
  return self
}

export async function end(self) {
  self.child.kill('SIGTERM')
  return self.exit
}
