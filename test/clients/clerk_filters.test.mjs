// clerk_filters.test.mjs: each filter of getUserList and getCount, alone and with another, and each order both ways, through the three clients: what comes back is what a plain
// model of the users says.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClerkClient as newest } from '@clerk/backend'
import { createClerkClient as first } from 'clerk-1'
import { createClerkClient as second } from 'clerk-2'
import { freePort, sleep, start, stores } from '../lib/server.mjs'

const opsToken = 'an-ops-token-of-at-least-32-characters'
const wallets = ['0x52908400098527886E0F7030069857D2E4169EE7', '0x8617E340B3D01FA5F11F306F4090FD50E238070D', '0x27b1fdb04752bbc536007a920d24acb045561c26']
// Names that differ in case, that are equal, that are not there; two users made at once.
const people = [
  { emailAddress: ['delta@example.com', 'also-a@example.com'], username: 'zed_one', firstName: 'Ada', lastName: 'young', phoneNumber: ['+15550000003'], web3Wallet: [wallets[2]], externalId: 'x-1', day: 3 },
  { emailAddress: ['Alpha@example.com'], username: 'Yak_two', firstName: 'ada', lastName: 'Young', phoneNumber: ['+15550000001', '+15550000009'], web3Wallet: [wallets[0]], externalId: 'x-2', day: 1 },
  { emailAddress: ['charlie@example.com'], username: 'xen_three', firstName: 'Zoë', phoneNumber: ['+15550000002'], day: 2 },
  { emailAddress: ['bravo@sub.example.com'], firstName: 'Bob', lastName: 'Adams', web3Wallet: [wallets[1]], externalId: '-x-4', day: 2 },
  { username: 'walk_five', lastName: 'adams', day: 5 },
  { phoneNumber: ['+15550000007'], firstName: 'Émile', day: 4 },
]

for (const store of stores)
  describe(`filters and orders on ${store}`, () => {
    let server, users, org, model
    const clients = { '1.34.0': first, '2.17.2': second, '3.25.0': newest }
    const api = (version) => clients[version]({ secretKey: server.clerk.secretKey, apiUrl: server.clerk.url, telemetry: { disabled: true } })

    before(async () => {
      const port = await freePort()
      server = await start({ store, env: { HECATE_LISTEN_OPS: `127.0.0.1:${port}`, HECATE_OPS_TOKEN: opsToken } })
      const clerk = api('3.25.0')
      users = []
      for (const { day, ...one } of people) users.push(await clerk.users.createUser({ ...one, createdAt: new Date(Date.UTC(2024, 0, day)) }))
      org = await clerk.organizations.createOrganization({ name: 'Acme', createdBy: users[1].id })
      await clerk.organizations.createOrganizationMembership({ organizationId: org.id, userId: users[4].id, role: 'org:member' })
      await clerk.users.banUser(users[2].id)
      for (const text of ['zoë', '0x52908400098527886e', '+1555000000', 'YAK', users[0].id]) assert.ok((await clerk.users.getCount({ query: text })) > 0, text)
      for (const i of [3, 0]) {
        await clerk.sessions.createSession({ userId: users[i].id })
        await sleep(5)
      }
      const put = await fetch(`http://127.0.0.1:${port}/admin/v1/users/${users[5].id}/external_accounts`, { method: 'POST', headers: { authorization: `Bearer ${opsToken}`, 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'oauth_github', provider_user_id: 'gh-5', username: 'octo' }) })
      assert.equal(put.status, 200)
      for (const i of [4, 1]) {
        await sleep(5)
        await clerk.users.updateUserMetadata(users[i].id, { publicMetadata: { touched: true } })
      }
      model = []
      for (const { id } of users) model.push(await clerk.users.getUser(id))
    })
    after(() => server.stop())

    // Keys as spec/clerk.md 2.1 says: of addresses the primary one, texts without regard to case, what is not there last both ways, then by the time of creation and the id.
    const primary = (list, id, member) => list.find((one) => one.id === id)?.[member] ?? null
    const keys = {
      created_at: (u) => u.createdAt, updated_at: (u) => u.updatedAt, email_address: (u) => primary(u.emailAddresses, u.primaryEmailAddressId, 'emailAddress'), web3wallet: (u) => primary(u.web3Wallets, u.primaryWeb3WalletId, 'web3Wallet'),
      first_name: (u) => u.firstName, last_name: (u) => u.lastName, phone_number: (u) => primary(u.phoneNumbers, u.primaryPhoneNumberId, 'phoneNumber'), username: (u) => u.username, last_active_at: (u) => u.lastActiveAt, last_sign_in_at: (u) => u.lastSignInAt,
    }
    const folded = (value) => (typeof value === 'string' ? value.toLowerCase() : value)
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
    // Users whose keys are equal: their order is that of creation and id, which the test of pages looks at; ids here are other ones than the directory's.
    const sorted = (key, down) => [...model].sort((a, b) => {
      const [x, y] = [folded(key(a)), folded(key(b))]
      if (x === null || y === null) return x === y ? (down ? compare(b.createdAt, a.createdAt) : compare(a.createdAt, b.createdAt)) : x === null ? 1 : -1
      return (down ? compare(y, x) : compare(x, y)) || (down ? compare(b.createdAt, a.createdAt) : compare(a.createdAt, b.createdAt))
    })
    const shape = (key, list) => list.map((user) => [folded(key(user)), user.createdAt])

    const has = (text, part) => text !== null && text.toLowerCase().includes(part.toLowerCase())
    const near = () => Math.min(...model.map((user) => user.lastSignInAt).filter(Boolean))
    const filters = () => ({
      emailAddress: [['ALPHA@example.com', 'also-a@example.com', 'nobody@example.com'], (u) => u.emailAddresses.some((one) => ['alpha@example.com', 'also-a@example.com'].includes(one.emailAddress))],
      phoneNumber: [['+15550000009', '+15550000002'], (u) => u.phoneNumbers.some((one) => ['+15550000009', '+15550000002'].includes(one.phoneNumber))],
      username: [['ZED_one', 'yak_two'], (u) => ['zed_one', 'yak_two'].includes(u.username?.toLowerCase())],
      web3Wallet: [[wallets[0].toLowerCase(), wallets[1]], (u) => u.web3Wallets.some((one) => wallets.slice(0, 2).map(folded).includes(folded(one.web3Wallet)))],
      userId: [[users[0].id, `+${users[5].id}`], (u) => [users[0].id, users[5].id].includes(u.id)],
      externalId: [['x-1', '+x-2'], (u) => ['x-1', 'x-2'].includes(u.externalId)],
      organizationId: [[org.id], (u) => [users[1].id, users[4].id].includes(u.id)],
      query: ['.Com', (u) => u.emailAddresses.some((one) => has(one.emailAddress, '.com'))], // of ids see docs/differences.md
      emailAddressQuery: ['@SUB.', (u) => u.emailAddresses.some((one) => has(one.emailAddress, '@sub.'))],
      phoneNumberQuery: ['0007', (u) => u.phoneNumbers.some((one) => has(one.phoneNumber, '0007'))],
      usernameQuery: ['_T', (u) => has(u.username, '_t')],
      nameQuery: ['ad', (u) => has(u.firstName, 'ad') || has(u.lastName, 'ad')],
      banned: ['true', (u) => u.banned],
      last_active_at_since: [near(), (u) => u.lastActiveAt >= near()],
      lastActiveAtAfter: [near(), (u) => u.lastActiveAt > near()],
      lastActiveAtBefore: [near() + 1, (u) => u.lastActiveAt !== null && u.lastActiveAt < near() + 1],
      createdAtAfter: [Date.UTC(2024, 0, 2), (u) => u.createdAt > Date.UTC(2024, 0, 2)],
      createdAtBefore: [Date.UTC(2024, 0, 2), (u) => u.createdAt < Date.UTC(2024, 0, 2)],
      lastSignInAtAfter: [near(), (u) => u.lastSignInAt > near()],
      lastSignInAtBefore: [near() + 1, (u) => u.lastSignInAt !== null && u.lastSignInAt < near() + 1],
      provider: ['oauth_github', (u) => u.id === users[5].id, { providerUserId: ['gh-5', 'gh-6'] }],
    })
    const without = { userId: () => [`-${users[0].id}`, `-${users[5].id}`], externalId: () => ['-x-1'], organizationId: () => [`-${org.id}`] }

    for (const version of Object.keys(clients)) {
      test(`${version}: each filter, alone, with another, and its count`, async () => {
        const { users: api_ } = api(version), all = filters()
        const check = async (query, holds, what) => {
          const due = model.filter(holds).map((user) => user.id).sort()
          const list = await api_.getUserList({ ...query, limit: 100 })
          assert.deepEqual(list.data.map((user) => user.id).sort(), due, what)
          assert.equal(list.totalCount, due.length, what)
          assert.equal(await api_.getCount(query), due.length, `count, ${what}`)
          return due.length
        }
        for (const [name, [value, holds, more]] of Object.entries(all)) {
          const found = await check({ [name]: value, ...more }, holds, name)
          assert.ok(found > 0 && found < model.length, `${name} tells nothing: ${found}`)
          if (name !== 'createdAtAfter') await check({ [name]: value, ...more, createdAtAfter: Date.UTC(2024, 0, 1) + 1 }, (u) => holds(u) && u.createdAt > Date.UTC(2024, 0, 1) + 1, `${name} and a time`)
          if (name !== 'nameQuery') await check({ [name]: value, ...more, nameQuery: 'a' }, (u) => holds(u) && (has(u.firstName, 'a') || has(u.lastName, 'a')), `${name} and a name`)
        }
        assert.equal(await check({ banned: 'false' }, (u) => !u.banned, 'not banned'), model.length - 1)
        const out = { userId: (u) => ![users[0].id, users[5].id].includes(u.id), externalId: (u) => u.externalId !== 'x-1', organizationId: (u) => ![users[1].id, users[4].id].includes(u.id) }
        for (const [name, value] of Object.entries(without)) await check({ [name]: value() }, out[name], `without ${name}`)
        await check({}, () => true, 'no filter')
      })

      test(`${version}: each order, both ways, whole and by pages`, async () => {
        const { users: api_ } = api(version)
        for (const [name, key] of Object.entries(keys))
          for (const [sign, down] of [['', false], ['+', false], ['-', true]]) {
            const { data } = await api_.getUserList({ orderBy: `${sign}${name}`, limit: 100 })
            assert.deepEqual(shape(key, data), shape(key, sorted(key, down)), `${sign}${name}`)
            const pages = []
            for (let offset = 0; offset < model.length; offset += 4) pages.push(...(await api_.getUserList({ orderBy: `${sign}${name}`, limit: 4, offset })).data)
            assert.deepEqual(pages.map((user) => user.id), data.map((user) => user.id), `pages of ${sign}${name}`)
          }
        assert.deepEqual((await api_.getUserList()).data.map((user) => user.createdAt), sorted(keys.created_at, true).map((user) => user.createdAt))
      })
    }
  })
