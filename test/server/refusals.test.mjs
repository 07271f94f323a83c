// refusals.test.mjs: what does not start: one line and an exit code of its own each.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { addresses, command, end, ended, scratch, serve } from './run.mjs'

const secret = 'a-secret-for-tests-of-forty-characters-0'

function dataWith(dir, file, text, mode) {
  mkdirSync(join(dir, 'data'), { mode: 0o700 })
  writeFileSync(join(dir, 'data', file), text, { mode })
}

// Each row: what, exit code, the line, variables, and what to do first.
const rows = [
  ['an unknown variable', 78, /^hecate: the variable HECATE_LISTEN_GOTREU is not known$/, { HECATE_LISTEN_GOTREU: 'off' }],
  ['a bad value', 78, /^hecate: GOTRUE_JWT_EXP: "soon" is no whole number$/, { GOTRUE_JWT_EXP: 'soon' }],
  ['a bad scheme for hashes', 78, /^hecate: HECATE_PASSWORD_HASH: rot13:1 /, { HECATE_PASSWORD_HASH: 'rot13:1' }],
  ['a bad network', 78, /^hecate: HECATE_TRUSTED_PROXIES: 10\.0\.0\.0\/99 is no network$/, { HECATE_TRUSTED_PROXIES: '10.0.0.0/99' }],
  ['a site that is no address', 78, /^hecate: GOTRUE_SITE_URL: javascript:alert\(1\) is no address/, { GOTRUE_SITE_URL: 'javascript:alert(1)' }],
  ['an external address without a scheme', 78, /^hecate: API_EXTERNAL_URL: auth\.example\.com is no address/, { API_EXTERNAL_URL: 'auth.example.com' }],
  ['a domain that is none', 78, /^hecate: HECATE_AUTH0_DOMAIN: a@b\/c is no host/, { HECATE_AUTH0_DOMAIN: 'a@b/c' }],
  ['a line end in a value', 78, /^hecate: GOTRUE_SMTP_SENDER_NAME: "a\\x0aBcc: b" holds a control character$/, { GOTRUE_SMTP_SENDER_NAME: 'a\nBcc: b' }],
  ['a line end in a secret', 78, /^hecate: GOTRUE_JWT_SECRET holds a control character$/, { GOTRUE_JWT_SECRET: `${secret}\n` }],
  ['a bad address', 78, /^hecate: nowhere is no address/, { HECATE_LISTEN_GOTRUE: 'nowhere' }],
  ['a socket that nobody handed over', 78, /^hecate: fd:9 is no listening socket/, { HECATE_LISTEN_GOTRUE: 'fd:9' }],
  ['operators beyond loopback without a token', 78, /^hecate: HECATE_LISTEN_OPS beyond loopback needs HECATE_OPS_TOKEN$/, { HECATE_LISTEN_OPS: '0.0.0.0:0' }],
  ['a bad data key', 78, /^hecate: HECATE_DATA_KEY is neither/, { HECATE_DATA_KEY: 'short' }],
  ['a certificate without its key', 78, /^hecate: HECATE_TLS_CERT and HECATE_TLS_KEY go together$/, { HECATE_TLS_CERT: '/x' }],
  ['no signing key in the list', 78, /^hecate: GOTRUE_JWT_KEYS: no signing key detected$/, { GOTRUE_JWT_KEYS: '[]' }],
  ['a key without a kid', 78, /^hecate: GOTRUE_JWT_KEYS: each key needs a kid, and the one that signs its private part$/,
    { GOTRUE_JWT_KEYS: JSON.stringify([{ kty: 'oct', alg: 'HS256', k: 'A'.repeat(43), key_ops: ['sign', 'verify'] }]) }],
  ['two keys of one name', 78, /^hecate: GOTRUE_JWT_KEYS: two keys have one kid$/,
    { GOTRUE_JWT_KEYS: JSON.stringify(['A', 'E'].map((c) => ({ kty: 'oct', alg: 'HS256', kid: 'one', k: c.repeat(43), key_ops: c === 'A' ? ['sign', 'verify'] : ['verify'] }))) }],
  ['keys that are no list', 78, /^hecate: GOTRUE_JWT_KEYS is no JSON array of keys$/, { GOTRUE_JWT_KEYS: '{}' }],
  ['an unknown method', 78, /^hecate: GOTRUE_JWT_VALID_METHODS: none is no algorithm/, { GOTRUE_JWT_VALID_METHODS: 'HS256,none' }],
  ['a database of no kind', 78, /^hecate: the database URL must begin with/, { DATABASE_URL: 'mysql://x' }],
  ['a short secret', 76, /^hecate: shorter than 32 bytes, or a published sample: GOTRUE_JWT_SECRET$/, { GOTRUE_JWT_SECRET: 'short', HECATE_LISTEN_CLERK: '0.0.0.0:0' }],
  ['a published secret', 76, /published sample: GOTRUE_JWT_SECRET$/,
    { GOTRUE_JWT_SECRET: 'super-secret-jwt-token-with-at-least-32-characters-long', HECATE_LISTEN_CLERK: '0.0.0.0:0' }],
  ...['your-super-secret-jwt-token-with-at-least-32-characters-long', 'your-super-secret-and-long-jwt-secret-at-least-32-characters', '37c304f8-51aa-419a-a1af-06154e63707a', 'a-string-secret-at-least-256-bits-long', 'your-256-bit-secret', 'CHANGE-THIS! VERY IMPORTANT!', 'x'.repeat(31)]
    .filter(() => process.env.HECATE_BAR).map((sample) => [`the sample ${sample}`, 76, /published sample: GOTRUE_JWT_SECRET$/, { GOTRUE_JWT_SECRET: sample, HECATE_LISTEN_CLERK: '0.0.0.0:0' }]),
  ['a data directory open to others', 77, /^hecate: the data directory .* is open to others: chmod 700 it$/, {}, (dir) => {
    dataWith(dir, 'something', '', 0o600)
    chmodSync(join(dir, 'data'), 0o750)
  }],
  ['a data key open to others', 77, /data\.key must be a file that its owner alone can read$/, {}, (dir) => dataWith(dir, 'data.key', 'x'.repeat(32), 0o644)],
  ['a data key behind a symbolic link', 77, /data\.key is a symbolic link$/, {}, (dir) => {
    dataWith(dir, 'real', 'x'.repeat(32), 0o600)
    symlinkSync(join(dir, 'data', 'real'), join(dir, 'data', 'data.key'))
  }],
  ['a CA key open to others', 77, /ca\.key must be a file that its owner alone can read$/, {}, (dir) => dataWith(dir, 'ca.key', 'x', 0o640)],
  ['a data key of another size', 74, /data\.key is no data key of 32 bytes$/, {}, (dir) => dataWith(dir, 'data.key', 'x', 0o600)],
  ['a TLS key open to others', 77, /^hecate: .*key must be a file that its owner alone can read$/, { HECATE_TLS_CERT: 'DIR/cert', HECATE_TLS_KEY: 'DIR/key' },
    (dir) => writeFileSync(join(dir, 'key'), '', { mode: 0o644 })],
  ['a TLS key that is none', 78, /^hecate: the certificate .* cannot be used$/, { HECATE_TLS_CERT: 'DIR/cert', HECATE_TLS_KEY: 'DIR/key' }, (dir) => {
    writeFileSync(join(dir, 'cert'), 'no certificate')
    writeFileSync(join(dir, 'key'), 'no key', { mode: 0o600 })
  }],
  ['a secret in a file open to others', 78, /^hecate: .*secret must be a small file that others cannot read$/, { GOTRUE_JWT_SECRET_FILE: 'DIR/secret' },
    (dir) => writeFileSync(join(dir, 'secret'), secret, { mode: 0o644 })],
  ['a user that is none', 77, /^hecate: HECATE_USER: there is no user nobody-of-this-name$/, { HECATE_USER: 'nobody-of-this-name' }],
  ['a data directory that cannot be made', 74, /^hecate: cannot make the data directory .*No such file or directory$/, { HECATE_DATA: 'DIR/a/b' }],
  ['a database that cannot be opened', 69, /^hecate: cannot open/, { DATABASE_URL: 'sqlite:DIR/none/x.db' }],
]

for (const [what, code, line, extra, first] of rows)
  test(`${what} ends with ${code}`, async (t) => {
    const dir = scratch(t)
    const env = { ...(await addresses(dir)), ...Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, v.replace('DIR', dir)])) }
    first?.(dir)
    const self = await ended(['serve'], env)
    assert.equal(self.lines().length, 1, self.err)
    assert.match(self.lines()[0], line)
    assert.equal(self.code, code)
    assert.ok(!self.err.includes('short-secret'))
  })

test('a taken port ends with 75', async (t) => {
  const env = await addresses(scratch(t))
  const other = createServer().listen(Number(env.HECATE_LISTEN_CLERK.split(':')[1]), '127.0.0.1')
  t.after(() => other.close())
  const self = await ended(['serve'], env)
  assert.equal(self.code, 75)
  assert.match(self.lines()[0], new RegExp(`^hecate: ${env.HECATE_LISTEN_CLERK}`))
})

test('a second process on the same SQLite file ends with 73, and the first serves on', async (t) => {
  const dir = scratch(t), env = await addresses(dir)
  const first = await serve(t, env)
  const second = await ended(['serve'], { ...(await addresses(dir)), HECATE_DATA: env.HECATE_DATA })
  assert.equal(second.code, 73)
  assert.equal(second.lines().length, 1)
  const migrate = await ended(['migrate'], env)
  assert.equal(migrate.code, 73)
  assert.equal((await fetch(`http://${env.HECATE_LISTEN_GOTRUE}/health`)).status, 200)
  assert.equal(await end(first), 0)
})

test('keys sealed with another data key end with 78', async (t) => {
  const env = await addresses(scratch(t))
  assert.equal(await end(await serve(t, env)), 0)
  const self = await ended(['serve'], { ...env, HECATE_DATA_KEY: '00'.repeat(32) })
  assert.equal(self.code, 78)
  assert.match(self.lines()[0], /the keys of gotrue cannot be loaded: they are sealed with another data key$/)
})

test('unknown flags, commands and keys of a file', async (t) => {
  const dir = scratch(t), env = await addresses(dir)
  writeFileSync(join(dir, 'conf'), 'GOTRUE_JWT_EXP=60\nTYPO=1\n')
  for (const [args, code, line] of [
    [['serve', '--nope', '1'], 78, /^hecate: the flag --nope is not known$/],
    [['serve', '--config', join(dir, 'conf')], 78, /conf: TYPO is not known$/],
    [['serve', '--config', join(dir, 'none')], 78, /none No such file or directory$/],
    [['dance'], 64, /^hecate: there is no command dance/],
    [['routes', '--xml'], 64, /^hecate: routes takes --json or nothing$/],
    [['check'], 69, /hecate\.db: No such file or directory$/],
  ]) {
    const self = await ended(args, env)
    assert.equal(self.code, code, self.err)
    assert.equal(self.lines().length, 1, self.err)
    assert.match(self.lines()[0], line)
  }
})

test('on loopback a weak secret is a warning', async (t) => {
  const env = { ...(await addresses(scratch(t))), GOTRUE_JWT_SECRET: 'short-secret' }
  const self = await serve(t, env)
  assert.match(self.err, /good for loopback alone: GOTRUE_JWT_SECRET/)
  assert.ok(!self.err.includes('short-secret'))
  assert.equal(await end(self), 0)
})

test('variables of the reference without effect are one warning', async (t) => {
  const env = { ...(await addresses(scratch(t))), GOTRUE_SAML_ENABLED: 'false', GOTRUE_NEVER_HEARD: '1' }
  const self = await serve(t, env)
  const lines = self.err.split('\n').filter((line) => line.includes('no effect'))
  assert.equal(lines.length, 1)
  assert.match(lines[0], /GOTRUE_SAML_ENABLED, GOTRUE_NEVER_HEARD|GOTRUE_NEVER_HEARD, GOTRUE_SAML_ENABLED/)
  assert.equal(await end(self), 0)
})

test('a PostgreSQL that does not answer ends with 69', async (t) => {
  const self = command(['serve'], { ...(await addresses(scratch(t))), HECATE_DATABASE_URL: 'postgres://127.0.0.1:1/none', HECATE_DB_WAIT: '1s' })
  assert.equal(await self.exit, 69)
  assert.equal(self.lines().length, 1)
  assert.match(self.lines()[0], /^hecate: cannot reach the database/)
})
