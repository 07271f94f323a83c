// clib.test.mjs: the C library as a stranger meets it: installed into an empty directory, found by pkg-config, and the example programs built
// against it and run against a server.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { binary, start, stores } from '../lib/server.mjs'
import { root } from '../lib/pg.mjs'

const build = dirname(binary)
const options = JSON.parse(execFileSync('meson', ['introspect', '--buildoptions', build], { encoding: 'utf8' }))
const option = (name) => options.find((one) => one.name === name).value
const sanitize = option('b_sanitize') === 'none' ? [] : [`-fsanitize=${option('b_sanitize')}`]
const dir = mkdtempSync(join(tmpdir(), 'hecate-install-'))
const libdir = join(dir, option('prefix'), option('libdir'))
const words = (text) => text.trim().split(/\s+/)

function run(program, args, env = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  assert.equal(done.status, 0, `${program} ${args.join(' ')}\n${done.stdout}${done.stderr}`)
  return done.stdout
}

// The same without stopping this process, which reads the server's log.
async function runBeside(program, env) {
  const { args = [], ...rest } = env
  return (await promisify(execFile)(program, args, { encoding: 'utf8', env: { ...process.env, ...rest, LD_LIBRARY_PATH: libdir } })).stdout
}

function pkgConfig(...args) {
  return words(run('pkg-config', [...args, 'hecate'], { PKG_CONFIG_SYSROOT_DIR: dir, PKG_CONFIG_PATH: join(libdir, 'pkgconfig') }))
}

before(() => { run('meson', ['install', '-C', build, '--no-rebuild', '--quiet', '--destdir', dir]) })
after(() => { rmSync(dir, { recursive: true, force: true }) })

const headers = ['hecate', 'gotrue', 'clerk', 'auth0']

test('the headers are C11 and C++17, each by itself', () => {
  for (const header of headers) {
    const file = join(dir, 'one')
    for (const [language, compiler, standard] of [['c', 'cc', 'c11'], ['c++', 'c++', 'c++17']]) {
      writeFileSync(file, `#include <hecate/${header}.h>\nint main(void) { HecateOptions options = {}; (void)options; HecateText t = hecate_text("a"); return t.given; }\n`
        .replace('= {};', language === 'c' ? '= { 0 };' : '= {};'))
      run(compiler, ['-x', language, `-std=${standard}`, '-Wall', '-Wextra', '-Wpedantic', '-pedantic-errors', '-Werror', '-fsyntax-only',
        ...pkgConfig('--cflags'), file])
    }
  }
})

test('both libraries show the functions of the headers and nothing else', () => {
  const declared = headers.flatMap((header) => [...readFileSync(join(root, 'include/hecate', `${header}.h`), 'utf8')
    .matchAll(/^HECATE_API [^(]*?(\w+)\(/gm)].map((match) => match[1])).sort()
  const shown = (text) => text.trim().split('\n').map(words).filter((line) => line.length === 3).map((line) => line[2]).sort()
  assert.ok(declared.length >= 40)
  assert.deepEqual(shown(run('nm', ['-D', '--defined-only', join(libdir, 'libhecate.so')])), declared)
  assert.deepEqual(shown(run('nm', ['-g', '--defined-only', join(libdir, 'libhecate.a')])), declared)
  assert.match(run('readelf', ['-d', join(libdir, 'libhecate.so')]), /SONAME.*\[libhecate\.so\.0\]/)
})

const dialects = {
  gotrue: (server) => ({ HECATE_URL: server.gotrue.url, HECATE_SERVICE_KEY: server.gotrue.serviceKey }),
  clerk: (server) => ({ HECATE_URL: server.clerk.url, HECATE_CLERK_SECRET_KEY: server.clerk.secretKey }),
  auth0: (server) => ({ HECATE_URL: server.auth0.url, HECATE_CA: server.auth0.ca, HECATE_AUTH0_CLIENT_ID: server.auth0.clientId,
    HECATE_AUTH0_CLIENT_SECRET: server.auth0.clientSecret }),
}

const expected = {
  gotrue: /^created [\w-]{36} EMAIL \{.*"name":"Ada".*\}\nbanned until \d{16} µs\n1 of 1 users\ndeleted [\w-]{36}\n$/,
  clerk: /^created user_\w+ EMAIL\nthe password is right\nanother is refused: incorrect_password\nbanned: 1\ndeleted user_\w+\n$/,
  auth0: /^created auth0\|\w+ EMAIL \{"plan":"free"\}\nblocked: 1\n1 with this address\ndeleted auth0\|\w+\n$/,
}

// The programs of docs/library.md, and what they print for a user with a session.
const documented = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/```c\n([\s\S]*?)```/g)].map(([, text]) => ({ text, dialect: text.match(/<hecate\/(\w+)\.h>/)[1] }))
const printed = {
  gotrue: /^recovery EMAIL: code \d{6}\nsigns in by email\n0 factors taken away\n1 sessions, the newest by password\nthe last identity stays: single_identity_not_deletable\n$/,
  clerk: new RegExp(['^made with {"old":true,"plan":"free"}', 'the old password is right', 'a backup_code counts', 'but once: 4\\d\\d', 'replaced by {"plan":"pro"}', 'moved-EMAIL is verified',
    'tokens of Google: {"data":\\[\\],"total_count":0}', 'organizations: {"data":\\[\\],"total_count":0}', 'pictured: locked 0, password 1, two factors 1, image 1', 'locked: locked 1, password 1, two factors 1, image 1',
    'unlocked: locked 0, .*', 'compromised: .*', 'trusted again: .*', 'there is no such passkey: 404', 'without password: locked 0, password 0, two factors 0, image 1', 'without image: locked 0, password 0, two factors 0, image 0\n$'].join('\n')),
  auth0: /^2 identities\nthe second is gone: inexistent_user\n1 identity\nno such role: 404\nroles: \{.*"total":0.*\}\na new recovery code \{"recovery_code":"\w+"\}\n$/,
}

for (const store of stores) {
  describe(`examples on ${store}`, () => {
    let server
    before(async () => { server = await start({ store }) })
    after(async () => { await server.stop() })

    test('threads share a handle', async () => {
      const program = join(dir, 'threads')
      run('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-pthread', ...sanitize, ...pkgConfig('--cflags'),
        join(root, 'test/clients/clib_threads.c'), '-o', program, ...pkgConfig('--libs')])
      assert.equal(await runBeside(program, dialects.gotrue(server)), '80 of 80\n')
    })

    for (const [dialect, env] of Object.entries(dialects)) {
      for (const linkage of ['shared', 'static']) {
        test(`${dialect}, ${linkage}`, async () => {
          const program = join(dir, `${dialect}-${linkage}`), email = `${dialect}-${linkage}@c.example`
          const libs = linkage === 'shared' ? pkgConfig('--libs')
            : [join(libdir, 'libhecate.a'), '-lcurl', '-ljansson', '-lm', '-pthread']
          run('cc', ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', ...sanitize, ...pkgConfig('--cflags'),
            join(root, 'examples', `${dialect}.c`), '-o', program, ...libs])
          const out = await runBeside(program, { ...env(server), args: [email] })
          assert.match(out, new RegExp(expected[dialect].source.replace('EMAIL', email.replace('.', '\\.'))))
        })
      }
    }

    for (const { text, dialect } of documented)
      test(`${dialect}, as docs/library.md has it`, async () => {
        const program = join(dir, `library-${dialect}`), email = `library-${dialect}@c.example`, { gotrue } = server
        writeFileSync(`${program}.c`, text)
        run('cc', ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', ...sanitize, ...pkgConfig('--cflags'), `${program}.c`, '-o', program, ...pkgConfig('--libs')])
        const send = (path, body) => fetch(gotrue.url + path, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${gotrue.serviceKey}` } })
        if (dialect === 'gotrue')
          for (const path of ['/admin/users', '/token?grant_type=password']) assert.equal((await send(path, { email, password: 'secret-pw-1', ...(path === '/admin/users' ? { email_confirm: true } : {}) })).status, 200)
        const out = await runBeside(program, { ...dialects[dialect](server), args: [email] })
        assert.match(out, new RegExp(printed[dialect].source.replaceAll('EMAIL', email.replace('.', '\\.'))))
      })
    test('docs/library.md has a program for each API', () => { assert.deepEqual(documented.map(({ dialect }) => dialect).sort(), Object.keys(dialects).sort()) })
  })
}
