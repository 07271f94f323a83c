// storm.test.mjs: more sign-ins than can be hashed: those past the queue are told to come again, nobody is told that a right password is wrong, and
// reads go on meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start, stores } from '../lib/server.mjs'

const json = { 'content-type': 'application/json' }

for (const store of stores)
  test(`a storm of sign-ins on ${store}`, async () => {
    const server = await start({ store, env: { HECATE_HASH_QUEUE: '8' } })
    try {
      const admin = { ...json, authorization: `Bearer ${server.gotrue.serviceKey}` }
      const body = JSON.stringify({ email: 'storm@example.com', password: 'secret-pw-1', email_confirm: true })
      const { id } = await (await fetch(`${server.gotrue.url}/admin/users`, { method: 'POST', headers: admin, body })).json()
      const signIn = () => fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', headers: json, body })
      const verify = () => fetch(`${server.clerk.url}/v1/users?email_address=storm@example.com`, { headers: { authorization: `Bearer ${server.clerk.secretKey}` } })
      const read = () => fetch(`${server.gotrue.url}/admin/users/${id}`, { headers: admin })
      const answers = await Promise.all(Array.from({ length: 120 }, async (_, i) => (i % 4 === 0 ? [await read(), await verify()] : [await signIn()]))).then((lists) => lists.flat())
      const count = (status) => answers.filter((answer) => answer.status === status).length
      assert.equal(count(200) + count(503) + count(504), answers.length, answers.map(({ status }) => status).join())
      assert.ok(count(503) > 0 && count(200) >= 60 + 8, `${count(200)} answered, ${count(503)} refused`)
      for (const answer of answers)
        if (answer.status === 503) assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      assert.equal((await signIn()).status, 200)
    } finally {
      await server.stop()
    }
  })
