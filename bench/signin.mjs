// signin.mjs [N [SCHEME [KIND …]]]: does the time of a refused sign-in tell whether there is an account? N (1000) rounds, in each a try for every kind of user (or
// these) and one for nobody, with the release build and new hashes of SCHEME (bcrypt:10). The area under the curve of ranks must lie within 0.5 ± 0.05; prints one
// a line, the furthest last, and ends with 1 if one does not.
import { existsSync } from 'node:fs'

const release = new URL('../build/release/hecate', import.meta.url).pathname
if (existsSync(release)) process.env.HECATE_TEST_BINARY ??= release
const { area, kinds, median, refusals } = await import('../test/lib/refused.mjs')
const { start } = await import('../test/lib/server.mjs')

const [n = 1000, scheme = 'bcrypt:10', ...some] = process.argv.slice(2), LIMIT = 0.05
const server = await start({ env: { HECATE_LOG_LEVEL: 'error', HECATE_LOCKOUT_ATTEMPTS: '1000000', HECATE_PASSWORD_HASH: scheme } })
const { nobody, ...times } = await refusals(server, some.length > 0 ? some : Object.keys(kinds), Number(n))
let furthest = 0
for (const [kind, list] of Object.entries(times)) {
  const auc = area(nobody, list)
  if (Math.abs(auc - 0.5) > Math.abs(furthest)) furthest = auc - 0.5
  console.log(`${kind}: ${auc.toFixed(3)} (nobody ${median(nobody).toFixed(2)} ms, somebody ${median(list).toFixed(2)} ms)`)
}
console.log((0.5 + furthest).toFixed(3))
await server.stop()
process.exitCode = Math.abs(furthest) > LIMIT ? 1 : 0
