// trace.mjs: the system calls of a running process by strace: what it did in which order, and calls that fail on request.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Attaches to `pid` and all its threads; stop() detaches and gives the lines of the trace, in the order in which the calls began and ended.
export async function attach(pid, flags) {
  const dir = mkdtempSync(join(tmpdir(), 'hecate-trace-'))
  const file = join(dir, 'trace')
  const child = spawn('strace', ['-f', '-p', String(pid), '-o', file, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let text = ''
  await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      if (/attached/.test(text)) resolve()
    })
    ended.then(() => reject(new Error(`strace: ${text}`)))
  })
  return {
    stop: async () => {
      child.kill('SIGINT')
      await ended
      const lines = readFileSync(file, 'latin1').split('\n')
      rmSync(dir, { recursive: true, force: true })
      return lines
    },
  }
}

// The remote port of each TCP connection of `pid` by its descriptor, a text. Strace would say it with -yy, but not always while others open and close many.
export function remotePorts(pid) {
  const byInode = new Map()
  for (const family of ['tcp', 'tcp6'])
    for (const line of readFileSync(`/proc/${pid}/net/${family}`, 'utf8').split('\n').slice(1)) {
      const [, , remote, , , , , , , inode] = line.trim().split(/ +/)
      if (inode) byInode.set(`socket:[${inode}]`, parseInt(remote.split(':')[1], 16))
    }
  const ports = new Map()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const port = byInode.get(readlinkSync(`/proc/${pid}/fd/${fd}`))
    if (port) ports.set(fd, port)
  }
  return ports
}

// The calls of a trace: { name, args, result, from, to }, where from and to are the lines at which they began and ended.
export function calls(lines) {
  const open = new Map(), all = []
  lines.forEach((line, at) => {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? []
    const began = /^(\w+)\((.*)$/.exec(rest ?? '')
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest ?? '')
    const call = began ? { name: began[1], args: began[2], from: at } : resumed ? open.get(thread) : undefined
    if (!call) return
    if (began) all.push(call)
    if (resumed) call.args += resumed[2]
    const result = / = (-?\d+)[^=]*$/.exec(call.args)
    if (/<unfinished \.\.\.>$/.test(call.args)) {
      call.args = call.args.replace(/ *<unfinished \.\.\.>$/, '')
      open.set(thread, call)
    } else if (result) {
      Object.assign(call, { result: Number(result[1]), to: at })
      open.delete(thread)
    }
  })
  return all.filter((call) => call.to !== undefined)
}
