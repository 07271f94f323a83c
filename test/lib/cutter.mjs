// cutter.mjs: a proxy before PostgreSQL's unix socket that cuts a connection when an answer comes, or a statement goes, before it passes it on.
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = '.s.PGSQL.5432'

// url: that of the database behind; cut(): the next answer on any connection is lost, with the connection; cutBefore(text, n): the next n pieces with this text
// do not reach the database; cutAfter(text): it does, and the answer to it is lost. cuts(): how many there were.
export async function newCutter(url) {
  const behind = /[?&]host=([^&]+)/.exec(url)[1]
  const dir = mkdtempSync(join(tmpdir(), 'hecate-cutter-'))
  const open = new Set()
  let due = 0, done = 0, words = 0, word, last
  const server = net.createServer((client) => {
    const postgres = net.connect(join(behind, NAME))
    const end = () => [client, postgres].forEach((socket) => socket.destroy())
    let sent = false
    open.add(client)
    for (const socket of [client, postgres]) socket.on('error', end).on('close', end)
    client.on('close', () => open.delete(client)).on('data', (chunk) => {
      if (last !== undefined && chunk.includes(last)) {
        last = undefined
        sent = true
      }
      if (words === 0 || !chunk.includes(word)) return postgres.write(chunk)
      words--
      done++
      end()
    })
    postgres.on('data', (chunk) => {
      if (!sent && due === 0) return client.write(chunk)
      if (!sent) due--
      done++
      end()
    })
  })
  await new Promise((resolve) => server.listen(join(dir, NAME), resolve))
  return {
    url: url.replace(behind, dir),
    cut: () => { due = 1 },
    cutBefore: (text, n = 1) => { [word, words] = [text, n] },
    cutAfter: (text) => { last = text },
    cuts: () => done,
    close: () => {
      open.forEach((socket) => socket.destroy())
      server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
