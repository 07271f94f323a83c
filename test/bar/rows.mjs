// rows.mjs: the measurements of `make bar`: id, promise, and how it is measured by day (`ci`) and by NIGHT. A run is a file of tests or a command, with what scales
// it; an empty list is a measurement that nobody has written yet. A test says its figure by figure() of test/lib; of one that does not, the tests are counted.

// Options: only (the names of its tests, a regular expression), env, release (the server as it is shipped, which strace, LD_PRELOAD and stopwatches need),
// minutes (its bound).
const tests = (file, options = {}) => ({ file: `test/${file}`, minutes: 10, ...options })
// Files that do little in `make test` and all that the bar names here.
const whole = (name, only, options = {}) => tests(`bar/${name}.test.mjs`, { only, ...options, env: { HECATE_BAR: 1, ...options.env } })
const network = (only, options = {}) => tests('bar/network.mjs', { only, release: true, ...options })
const command = (line, options = {}) => ({ line, minutes: 10, ...options })
const unit = (name) => command(`build/asan/test/unit/${name.split(' ')[0]}/unit-${name.replace(' ', '-')}`)

export const rows = [
  // ---- durability and faults ----
  { id: 'D1', promise: 'what was answered survives a kill', ci: [tests('fault/crash.test.mjs', { env: { HECATE_KILLS: 50 } })], night: [tests('fault/crash.test.mjs', { env: { HECATE_KILLS: 300 }, release: true, minutes: 60 })] },
  { id: 'D2', promise: 'a reply leaves after its sync', ci: [tests('fault/sync.test.mjs')] },
  { id: 'D3', promise: 'a full disk loses nothing', ci: [tests('fault/disk.test.mjs')] },
  { id: 'D4', promise: 'an I/O error is never a success', night: [tests('bar/faults.mjs', { only: 'EIO', env: { HECATE_TRIALS: 200 }, release: true, minutes: 60 })] },
  { id: 'D5', promise: 'out of memory is an error', night: [tests('bar/nomem.mjs', { env: { HECATE_TRIALS: 1000 }, release: true, minutes: 120 })] },
  { id: 'D6', promise: 'a database restart is a short error', night: [tests('fault/outage.test.mjs')] },
  { id: 'D7', promise: 'an ambiguous commit doubles nothing', night: [tests('bar/faults.mjs', { only: 'COMMIT', env: { HECATE_TRIALS: 200 }, release: true })] },
  { id: 'D8', promise: 'migrations can be killed', night: [tests('bar/migrations.mjs', { env: { HECATE_TRIALS: 100 }, release: true, minutes: 30 })] },
  { id: 'D9', promise: 'once holds across processes', night: ['fault/races.test.mjs', 'fault/once.test.mjs'].map((file) => tests(file, { only: 'two servers', env: { HECATE_TRIALS: 100 }, release: true, minutes: 30 })) },
  { id: 'D10', promise: 'mail and database agree', night: [tests('fault/mail.test.mjs', { env: { HECATE_KILLS: 300 }, release: true, minutes: 60 })] },

  // ---- parsers and memory ----
  { id: 'P1', promise: 'no input crashes it', ci: [command('test/fuzz/run.sh 60', { minutes: 20 })], night: [command('test/fuzz/run.sh 600', { minutes: 180 })] },
  { id: 'P2', promise: 'one strict JSON reading', ci: [tests('json/suite.test.mjs'), unit('json')] },
  { id: 'P3', promise: 'signatures as the standards say', ci: [tests('bar/jose.mjs')] },
  { id: 'P4', promise: 'one strict HTTP framing', ci: [tests('wire/framing.test.mjs'), unit('http')] },
  { id: 'P5', promise: 'clean under checkers', ci: [command('tools/test.sh unit')], night: [command('test/bar/valgrind.sh', { minutes: 60 }), command('test/bar/threads.sh', { minutes: 30 })] },
  { id: 'P6', promise: 'no slow leak', night: [tests('bar/memory.mjs', { only: 'leave no more', env: { HECATE_REQUESTS: 1_000_000 }, release: true, minutes: 120 })] },
  { id: 'P7', promise: 'images are inert', ci: [tests('clients/clerk_images.test.mjs')] },
  { id: 'P8', promise: 'no input becomes SQL', ci: [tests('clients/clerk_hostile.test.mjs'), tests('clients/auth0_grammar.test.mjs')], night: [tests('bar/injections.mjs', { release: true, minutes: 60 })] },

  // ---- passwords, factors, accounts ----
  { id: 'A1', promise: 'replies do not tell who has an account', ci: [tests('wire/enumeration.test.mjs')] },
  { id: 'A2', promise: 'nor does the time', night: [command('test/node_modules/.bin/node bench/signin.mjs 1000', { release: true, minutes: 240 })] },
  { id: 'A3', promise: 'secrets are compared in constant time', ci: [tests('bar/even.mjs')], night: [tests('bar/even.mjs', { env: { HECATE_SAMPLES: 10_000_000 } })] },
  { id: 'A4', promise: 'limits hold under parallel load', ci: [tests('clients/clerk_lockout.test.mjs'), tests('wire/gotrue_limits.test.mjs'), tests('wire/auth0_limits.test.mjs'), tests('fault/once.test.mjs', { only: 'wrong codes' }), tests('clients/gotrue_mfa.test.mjs', { only: 'wrong codes' }), whole('guess', 'codes for a new address')] },
  { id: 'A5', promise: 'a refresh token forks no family', ci: [tests('fault/races.test.mjs', { only: '(refreshes of|invariants)', env: { HECATE_TRIALS: 100 }, release: true })], night: [tests('fault/races.test.mjs', { only: '(refreshes of|invariants)', env: { HECATE_TRIALS: 1000 }, release: true, minutes: 60 })] },
  { id: 'A6', promise: 'a code or link works once', ci: [tests('fault/once.test.mjs', { only: 'on (sqlite|postgres) ', env: { HECATE_TRIALS: 100 }, release: true, minutes: 15 })], night: [tests('fault/once.test.mjs', { env: { HECATE_TRIALS: 1000 }, release: true, minutes: 60 })] },
  { id: 'A7', promise: 'a TOTP step works once', ci: [tests('clients/gotrue_mfa.test.mjs', { only: 'counts once' }), whole('factors', 'a step of TOTP', { minutes: 40 })] },
  { id: 'A8', promise: 'two sign-ups make one user', ci: [tests('fault/races.test.mjs', { only: '(one e-mail|invariants)', env: { HECATE_TRIALS: 100 }, release: true })] },
  { id: 'A9', promise: 'the password is checked exactly', ci: [whole('passwords', 'to the last byte|a new password', { release: true })] },
  { id: 'A10', promise: 'an imported hash is no bomb', ci: [whole('passwords', 'cost too much', { release: true })] },
  { id: 'A11', promise: 'off is off, everywhere', ci: [whole('off', '^(each way|banned|blocked|locked|deleted|not confirmed|an invitation)')] },
  { id: 'A12', promise: 'a second factor cannot be stepped around', ci: [whole('factors', '^(no session|what was got|a phone that|a factor made)')] },
  { id: 'A13', promise: 'mail addresses have one owner', ci: [whole('addresses')] },

  // ---- tokens and authorization ----
  { id: 'T1', promise: 'RFC 8725', ci: [tests('wire/tokens.test.mjs')] },
  { id: 'T2', promise: 'a huge token costs nothing', ci: [whole('tokens', 'huge', { release: true })] },
  { id: 'T3', promise: 'keys rotate without downtime or leftovers', ci: [whole('tokens', 'rotate', { release: true })] },
  { id: 'T4', promise: 'reserved claims are ours', ci: [whole('tokens', 'reserved')] },
  { id: 'T5', promise: 'identifiers cannot be guessed', ci: [whole('guess'), command('build/release/test/bar/bar-ids')] },
  { id: 'T6', promise: 'sign-out, ban, new password act at once', ci: [whole('off', '^(signed out|each session|revoked|another password)', { release: true })] },
  { id: 'T7', promise: 'an error while revoking is no success', night: [tests('bar/revoke.mjs', { release: true, minutes: 20 })] },
  { id: 'Z1', promise: 'every route asks for the right key', ci: [tests('wire/matrix.test.mjs', { only: 'asks for what|credentials' })] },
  { id: 'Z2', promise: 'no key opens another dialect', ci: [tests('wire/matrix.test.mjs', { only: 'open exactly' })] },
  { id: 'Z3', promise: 'a path is judged after one decoding', ci: [tests('wire/matrix.test.mjs', { only: 'no spelling' }), whole('doors', 'one spelling')] },
  { id: 'Z4', promise: 'nobody sees rows of others', ci: [whole('doors', 'nobody sees', { release: true })], night: [whole('doors', 'nobody sees', { release: true, env: { HECATE_REPLIES: 500000 }, minutes: 60 })] },
  { id: 'Z5', promise: 'a body cannot write protected fields', ci: [whole('doors', 'writes nothing|may not write', { release: true })] },

  // ---- network, outbound, secrets, operation ----
  { id: 'N1', promise: 'slow clients do not block others', ci: [network('5,000')], night: [network('5,000', { env: { HECATE_SECONDS: 60 } })] },
  { id: 'N2', promise: 'idle connections are cheap', ci: [network('10,000 idle', { env: { HECATE_SECONDS: 60 } })], night: [network('10,000 idle', { env: { HECATE_SECONDS: 600 }, minutes: 15 })] },
  { id: 'N3', promise: 'out of descriptors is survived', ci: [network('descriptors')] },
  { id: 'N4', promise: 'sizes are bounded', ci: [network('sizes')] },
  { id: 'N5', promise: 'hashing cannot starve the rest', ci: [tests('fault/storm.test.mjs'), network('500 sign-ins')] },
  { id: 'N6', promise: 'restarts and reloads drop nothing', ci: [tests('bar/handover.mjs', { release: true })], night: [tests('server/process.test.mjs', { only: 'drop no request' }), tests('bar/handover.mjs', { env: { HECATE_REQUESTS: 50_000 }, release: true, minutes: 30 })] },
  { id: 'N7', promise: 'clock jumps are harmless', ci: [tests('bar/clock.mjs', { release: true })] },
  { id: 'N8', promise: 'browser rules', ci: [tests('bar/browser.mjs', { release: true })] },
  { id: 'O1', promise: 'links and redirects stay home', ci: [tests('wire/gotrue_redirect.test.mjs')] },
  { id: 'O2', promise: 'mail links use our host alone', ci: [whole('letters', 'links lead')] },
  { id: 'O3', promise: 'mail carries no injected line', ci: [whole('letters', 'nothing typed|STARTTLS')] },
  { id: 'O4', promise: 'hooks reach only allowed places', ci: [whole('peers', 'addresses of hooks|leads on|users bring')] },
  { id: 'O5', promise: 'TLS peers are verified', ci: [whole('peers', 'peers under TLS')] },
  { id: 'S1', promise: 'no secret in a log, error or dump', ci: [tests('wire/secrets.test.mjs')] },
  { id: 'S2', promise: 'key files are private', ci: [tests('server/refusals.test.mjs')] },
  { id: 'S3', promise: 'secrets leave memory', night: [tests('bar/memory.mjs', { only: 'no password', release: true })] },
  { id: 'S4', promise: 'logs cannot be forged', ci: [whole('records', 'log lines')] },
  { id: 'S5', promise: 'bad configuration does not start', ci: [tests('server/refusals.test.mjs', { env: { HECATE_BAR: 1 } })] },
  { id: 'S6', promise: 'a hole in a parser is not root', ci: [tests('server/process.test.mjs', { only: 'root becomes', release: true }), tests('server/commands.test.mjs', { only: 'systemd' }), tests('server/image.test.mjs', { release: true }), unit('server')] },
  { id: 'S7', promise: 'every sign-in event is on record', ci: [whole('records', 'on record')] },
]
