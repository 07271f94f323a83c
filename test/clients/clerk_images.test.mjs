// clerk_images.test.mjs: profile images through the real clients, and what is no image, or too large a one.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { start, stores } from '../lib/server.mjs'

const text = (value) => Buffer.from(value, 'latin1')
const be = (value, n) => { const b = Buffer.alloc(n); b.writeUIntBE(value, 0, n); return b }
const le = (value, n) => { const b = Buffer.alloc(n); b.writeUIntLE(value, 0, n); return b }
const pad = Buffer.alloc(64)
const png = (w = 2, h = 2) => Buffer.concat([text('\x89PNG\r\n\x1a\n'), be(13, 4), text('IHDR'), be(w, 4), be(h, 4), text('\x08\x06\0\0\0'), pad])
const gif = (w = 2, h = 2, version = '9') => Buffer.concat([text(`GIF8${version}a`), le(w, 2), le(h, 2), pad])
const jpeg = (w = 2, h = 2, frame = '\xc0') => Buffer.concat([text('\xff\xd8\xff\xe0'), be(16, 2), text('JFIF\0'), Buffer.alloc(9), text(`\xff${frame}`), be(11, 2), text('\x08'), be(h, 2), be(w, 2), pad])
const riff = (chunk) => Buffer.concat([text('RIFF'), le(100, 4), text('WEBP'), chunk, pad])
const vp8 = (w, h) => riff(Buffer.concat([text('VP8 '), le(60, 4), Buffer.alloc(3), text('\x9d\x01\x2a'), le(w, 2), le(h, 2)]))
const vp8x = (w, h) => riff(Buffer.concat([text('VP8X'), le(10, 4), Buffer.alloc(4), le(w - 1, 3), le(h - 1, 3)]))
const vp8l = (w, h) => riff(Buffer.concat([text('VP8L'), le(60, 4), text('\x2f'), le(((h - 1) << 14) | (w - 1), 4)]))
const good = [[png(), 'image/png'], [png(4096, 4096), 'image/png'], [gif(), 'image/gif'], [gif(1, 1, '7'), 'image/gif'], [jpeg(), 'image/jpeg'], [jpeg(4096, 1, '\xc2'), 'image/jpeg'],
  [vp8(2, 2), 'image/webp'], [vp8x(2, 4096), 'image/webp'], [vp8l(3, 3), 'image/webp'], [Buffer.concat([png(), text('<script>alert(1)</script>')]), 'image/png']]
const svg = text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
const bad = [svg, text('<html>'), text('%PDF-1.7'), text('BM'), text('x'), pad, text('\x89PNG\r\n\x1a\n'), png().subarray(0, 24), png(0, 2), png(2, 0), png(4097, 1), png(1, 4097), png(0xffffffff, 1),
  gif(0, 1), gif(4097, 1), text('GIF89a'), text('GIF88a').toString('latin1') && Buffer.concat([text('GIF88a'), pad]), jpeg(0, 1), jpeg(4097, 1), jpeg(2, 2, '\xc4'), Buffer.concat([text('\xff\xd8\xff'), pad]),
  Buffer.concat([text('\xff\xd8\xff\xe0\0\0'), pad]), Buffer.concat([text('\xff\xd8\xff\xe0\xff\xff'), pad]), vp8(0, 1), vp8(4097, 1), vp8x(4097, 1), vp8l(4097, 1), riff(text('VP8Z')), riff(text('')),
  Buffer.concat([text('RIFF'), le(9, 4), text('WAVE'), pad]), Buffer.concat([text('\0\0\0\x20ftypavif'), pad]), Buffer.concat([text(' '), png()]), Buffer.concat([svg, png()]),
  ...['II*\0', 'MM\0*', '\0\0\x01\0', '8BPS', '\x7fELF', 'MZ', 'PK\x03\x04', '\x1f\x8b\x08', '#!/bin/sh\n', '<?xml version="1.0"?>', '<!DOCTYPE html>', 'GIF89', '\xff\xd8', 'RIFF', 'id=ImageMagick',
    'push graphic-context\nviewbox 0 0 640 480\nfill "url(https://example.com/)"', '\0\0\0\x0cjP  \r\n', '\xff\x0a', 'qoif', 'P6 4 4 255\n', '%!PS-Adobe', '{"type":"image/png"}', '\x89PNG\n\x1a\n'].map((head) => Buffer.concat([text(head), pad]))]

for (const store of stores)
  for (const [version, create] of [['1.34.0', first], ['2.17.2', second], ['3.25.0', newest]])
    describe(`images of @clerk/backend ${version} on ${store}`, () => {
      let server, users, user
      const files = () => (existsSync(join(server.dir, 'images')) ? readdirSync(join(server.dir, 'images')) : [])
      const put = (file, id = user.id) => users.updateUserProfileImage(id, { file: new Blob([file], { type: 'image/png' }) })
      const send = (body, type, key = server.clerk.secretKey) => fetch(`${server.clerk.url}/v1/users/${user.id}/profile_image`, { method: 'POST', body, headers: { authorization: `Bearer ${key}`, 'content-type': type } })

      before(async () => {
        server = await start({ store })
        users = create({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } }).users
        user = await users.createUser({ username: `image_${process.pid}` })
      })
      after(() => server.stop())

      test('an image is taken, shown, replaced and taken away', async () => {
        const urls = new Set()
        for (const [image, type] of good) {
          const seen = await put(image)
          assert.equal(seen.hasImage, true)
          assert.equal((await users.getUser(user.id)).imageUrl, seen.imageUrl)
          assert.match(seen.imageUrl, /\/v1\/public\/images\/img_[0-9A-Za-z]{27}$/)
          const answer = await fetch(seen.imageUrl)
          assert.deepEqual([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options')], [200, type, 'nosniff'])
          assert.ok(Buffer.from(await answer.arrayBuffer()).equals(image))
          urls.add(seen.imageUrl)
          assert.equal(files().length, 1)
        }
        assert.equal(urls.size, good.length)
        const own = (await users.getUser(user.id)).imageUrl.split('/').at(-1)
        assert.equal((await users.updateUser(user.id, { profileImageID: own, firstName: 'Ada' })).hasImage, true)
        assert.equal((await users.updateUser(user.id, { profileImageID: 'img_29w83sxmDNGwOuEthce5gg56FcC' }).then(() => null, (error) => error.errors[0].code)), 'image_not_found')
        assert.equal(files().length, 1)
        const [old] = urls
        assert.equal((await fetch(old)).status, 404)
        const gone = await users.deleteUserProfileImage(user.id)
        assert.deepEqual([gone.hasImage, gone.imageUrl.endsWith('/default'), files().length], [false, true, 0])
        assert.equal((await users.deleteUserProfileImage(user.id)).hasImage, false)
        await put(png())
        assert.deepEqual([(await users.updateUser(user.id, { profileImageID: null })).hasImage, files().length], [false, 0])
        const other = await users.createUser({ username: `other_${process.pid}` })
        await put(png(), other.id)
        await users.deleteUser(other.id)
        assert.equal(files().length, 0)
      })

      test('hostile images: refused, nothing is left', async () => {
        for (const [i, image] of bad.entries()) {
          const error = await put(image).then(() => assert.fail(`image ${i} was taken`), (reason) => reason)
          assert.deepEqual([error.status, error.errors[0].code], [400, 'request_body_invalid'], `image ${i}`)
        }
        const large = await put(Buffer.concat([png(), Buffer.alloc(11 << 20)])).then(() => assert.fail('it was taken'), (reason) => reason)
        assert.deepEqual([large.status, large.errors[0].code], [413, 'image_too_large'])
        assert.deepEqual([files().length, (await users.getUser(user.id)).hasImage], [0, false])
        const lost = await put(png(), 'user_x').then(() => assert.fail('it was taken'), (reason) => reason)
        assert.equal(lost.status, 404)
      })

      if (version === '3.25.0')
        test('hostile bodies: refused, nothing is left', async () => {
          const part = (head, content = png(), mark = 'b') => Buffer.concat([text(`--${mark}\r\n${head}\r\n\r\n`), content, text(`\r\n--${mark}--\r\n`)])
          const file = 'Content-Disposition: form-data; name="file"; filename="../../x.html"\r\nContent-Type: text/html'
          const type = 'multipart/form-data; boundary=b'
          assert.equal((await send(part(file), type)).status, 200)
          assert.equal((await send(Buffer.concat([text('--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n'), part(file)]), 'multipart/form-data; boundary="b"')).status, 200)
          assert.equal(files().filter((name) => /^[0-9a-f-]{36}$/.test(name)).length, 1)
          await users.deleteUserProfileImage(user.id)
          for (const [body, kind] of [[part(file), 'multipart/form-data'], [part(file), 'multipart/form-data; boundary='], [part(file), `multipart/form-data; boundary=${'b'.repeat(71)}`], [part(file), 'image/png'], [png(), 'image/png'],
            [part(file), 'multipart/form-data; boundary=c'], [part('Content-Disposition: form-data; name="files"'), type], [part('X: y'), type], [text('--b'), type], [text('--b--'), type], [text('--b\r\n\r\n'), type], [text(''), type],
            [part(file, text('')), type], [text('--b\r\n'.repeat(5000)), type], [text(`--b\r\n${file}\r\n\r\nx`), type], [text('\r\n--b'.repeat(50000)), type], [JSON.stringify({ file: 'x' }), 'application/json']]) {
            const answer = await send(body, kind)
            const { errors } = await answer.json()
            assert.deepEqual([answer.status, errors[0].code], [400, 'form_param_missing'], `${kind} ${String(body).slice(0, 40)}`)
          }
          assert.equal((await send(part(file), type, 'sk_test_wrong')).status, 401)
          for (const name of ['img_x', '..%2fdata.key', '%2e%2e%2f', 'default%00', 'img_29w83sxmDNGwOuEthce5gg56FcC', 'x'.repeat(3000)]) {
            const answer = await fetch(`${server.clerk.url}/v1/public/images/${name}`)
            assert.ok([400, 404].includes(answer.status), `${name} ${answer.status}`)
          }
          assert.equal(files().length, 0)
        })
    })
