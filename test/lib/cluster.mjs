// cluster.mjs: a private PostgreSQL that a test may stop and start.
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

// url; start(), stop(mode) and sql(text) leave the load of a test running.
export async function newCluster() {
  const base = '/usr/lib/postgresql'
  const bin = join(base, readdirSync(base).sort((a, b) => Number(a) - Number(b)).at(-1), 'bin')
  const dir = mkdtempSync(join(tmpdir(), 'hecate-cluster-'))
  const data = join(dir, 'data')
  const root = process.getuid() === 0 // PostgreSQL refuses root
  const run = async (command, args) => {
    const all = [...(root ? ['runuser', '-u', 'postgres', '--'] : []), join(bin, command), ...args]
    await exec(all[0], all.slice(1), { cwd: dir })
  }
  if (root) execFileSync('chown', ['postgres', dir])
  chmodSync(dir, 0o755) // the socket is for other users
  await run('initdb', ['-D', data, '-U', 'hecate', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'])
  const start = () => run('pg_ctl', ['-D', data, '-l', join(dir, 'log'), '-w', '-o', `-k ${dir} -c listen_addresses=`, 'start'])
  const stop = (mode = 'fast') => run('pg_ctl', ['-D', data, '-m', mode, '-w', 'stop'])
  await start()
  const url = `postgres://hecate@/postgres?host=${dir}`
  return {
    url, start, stop,
    sql: (text) => exec('psql', ['-XAtq', '-d', url, '-c', text]),
    drop: async () => {
      try {
        await stop('immediate')
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  }
}
