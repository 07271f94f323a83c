// handover.mjs (N6): a restart drops no request. The listening socket belongs to whoever starts the server, as under systemd's socket units, and is handed to one process after
// another: on SQLite the next begins when the last has ended, on PostgreSQL beside it. HECATE_REQUESTS: how many requests meanwhile.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { figure } from '../lib/figure.mjs'
import { binary, newDatabase, sleep, stores } from '../lib/server.mjs'

const REQUESTS = Number(process.env.HECATE_REQUESTS ?? 5000), HANDOVERS = 3

// Holds the socket; for each line that it reads it starts a server and says its number.
const holder = `
import os, socket, subprocess, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(1024)
os.set_inheritable(s.fileno(), True)
env = dict(os.environ, HECATE_LISTEN_GOTRUE='fd:%d' % s.fileno())
print(s.getsockname()[1], flush=True)
for line in sys.stdin:
    print(subprocess.Popen([sys.argv[1], 'serve'], env=env, pass_fds=[s.fileno()], stdout=subprocess.DEVNULL).pid, flush=True)
`

async function hold(env) {
  const child = spawn('python3', ['-c', holder, binary], { env: { PATH: process.env.PATH, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const lines = [], waiting = []
  let log = '', rest = ''
  child.stderr.setEncoding('utf8').on('data', (text) => { log += text })
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const all = (rest + text).split('\n')
    rest = all.pop()
    for (const line of all) waiting.length > 0 ? waiting.shift()(line) : lines.push(line)
  })
  const line = () => (lines.length > 0 ? Promise.resolve(lines.shift()) : new Promise((resolve) => waiting.push(resolve)))
  const ready = () => log.split('"ready"').length - 1
  return {
    port: Number(await line()),
    log: () => log,
    // Starts one and waits until it serves: its number.
    begin: async () => {
      const before = ready()
      child.stdin.write('one\n')
      const pid = Number(await line())
      for (let i = 0; ready() === before; i++) {
        assert.ok(i < 400, log)
        await sleep(25)
      }
      return pid
    },
    end: async (pid) => {
      process.kill(pid, 'SIGTERM')
      for (let i = 0; i < 600 && alive(pid); i++) await sleep(25)
      assert.ok(!alive(pid), 'it ends')
    },
    close: () => { child.stdin.end(); child.kill() },
  }
}
// A process that has ended is a zombie until the holder asks for it.
const alive = (pid) => { try { return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')) } catch { return false } }

// A request; one whose kept connection was closed before any byte of an answer is sent again over another, as clients of HTTP do (RFC 9112 9.3.1).
function ask(port, agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const req = http.request({ port, host: '127.0.0.1', method, path, agent, timeout: 20_000, headers: body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {} }, (res) => {
      res.on('error', reject).resume().on('end', () => resolve(res.statusCode))
    }).on('timeout', () => req.destroy(new Error('no answer for 20 s')))
    req.on('error', (error) => (req.reusedSocket && error.code === 'ECONNRESET' ? ask(port, agent, method, path, body).then(resolve, reject) : reject(error)))
    req.end(body)
  })
}

for (const store of stores)
  test(`${HANDOVERS} restarts in ${REQUESTS} requests on ${store}`, { timeout: 1_800_000 }, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'hecate-handover-')), database = store === 'postgres' ? newDatabase() : undefined
    const self = await hold({
      HECATE_DATA: dir, HECATE_LISTEN_CLERK: 'off', HECATE_LISTEN_AUTH0: 'off', HECATE_LISTEN_OPS: 'off', GOTRUE_JWT_SECRET: 'a-secret-for-tests-of-forty-characters-0', HECATE_PASSWORD_HASH: 'bcrypt:4', GOTRUE_MAILER_AUTOCONFIRM: 'true',
      GOTRUE_RATE_LIMIT_OTP: '1000000000', GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '1000000000', ...(database ? { HECATE_DATABASE_URL: database.url, HECATE_DATA_KEY: '5a'.repeat(32) } : {}),
    })
    const kept = new http.Agent({ keepAlive: true, maxSockets: 8 }), faults = [], pids = []
    let done = 0
    const client = async (i) => {
      for (; done < REQUESTS; done++) {
        const agent = i % 2 ? kept : false
        const call = done % 5 === 0 ? ['POST', '/signup', JSON.stringify({ email: `handover-${i}-${done}@example.com`, password: 'Right-pw-1' })] : ['GET', '/settings']
        const answer = await ask(self.port, agent, ...call).catch((error) => `${error.code ?? ''} ${error.message}`)
        if (answer !== 200) faults.push(`${i % 2 ? 'kept' : 'new'} ${call[0]}: ${answer}`)
      }
    }
    try {
      pids.push(await self.begin())
      const load = Promise.all(Array.from({ length: 12 }, (_, i) => client(i)))
      for (let i = 1; i <= HANDOVERS; i++) {
        while (done < REQUESTS * i / (HANDOVERS + 1)) await sleep(10)
        if (database) pids.push(await self.begin())
        await self.end(pids.shift())
        if (!database) pids.push(await self.begin())
      }
      await load
      assert.deepEqual([faults.length, faults.slice(0, 5)], [0, []])
      figure(t, `${store}: ${done} requests, ${HANDOVERS} restarts, 0 failed`)
    } finally {
      kept.destroy()
      for (const pid of pids) await self.end(pid)
      self.close()
      database?.drop()
      rmSync(dir, { recursive: true, force: true })
    }
  })
