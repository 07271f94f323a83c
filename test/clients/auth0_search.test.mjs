// auth0_search.test.mjs: the query language of GET /users: which users a query finds, and which queries are refused.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ManagementClient } from 'auth0-4'
import { GoTrueAdminApi } from '@supabase/auth-js'
import { start, stores } from '../lib/server.mjs'

const connection = 'Username-Password-Authentication'
const password = 'Secret-pw-1'

// Who is there; queries name them by their keys.
const people = {
  jane: { email: 'jane@exampleco.com', name: 'Jane Smith', given_name: 'Jane', family_name: 'Smith', email_verified: true, user_metadata: { full_name: 'Jane Smith', addresses: { city: ['Paris', 'Seattle'] } } },
  john: { email: 'john@exampleco.com', name: 'John Doe', nickname: 'JD', blocked: true, user_metadata: { full_name: 'John Smith', display: { fontSize: 13 }, list: [{ city: 'Rome' }], empty: {}, none: [], nil: null } },
  test: { email: 'test_1@other.org', name: 'test user', username: 'Tester', user_id: 'external-1', app_metadata: { subscription: { plan: 'gold' }, score: 150, tags: ['a', 'b'], vip: true, code: '13' } },
  percent: { email: 'percent@other.org', name: '100% sure_thing', phone_number: '+4930123456', phone_verified: true, blocked: false, app_metadata: { subscription: { plan: 'silver' }, score: 90 } },
}

const found = {
  'name:"jane smith"': ['jane'],
  'name:john*': ['john'],
  'name:jane*smith': ['jane'],
  'name:*smith': ['jane'],
  'name:j*': ['jane', 'john'],
  'name:*example*': ['gotrue'],
  'email:test*': ['test'],
  'email:TEST_1@OTHER.ORG': ['test'],
  'email:test_*': ['test'],
  'name:100%*': ['percent'],
  'name:*sure_thing': ['percent'],
  'name:1%': [],
  'name:jane': [],
  'email:("john@exampleco.com" OR "jane@exampleco.com")': ['john', 'jane'],
  'NOT _exists_:email_verified OR email_verified:false': ['john', 'test', 'percent'],
  'email_verified:true': ['jane', 'gotrue'],
  'user_metadata.full_name:"John Smith"': ['john'],
  'user_metadata.full_name:"john smith"': [],
  'user_metadata.display.fontSize:13': ['john'],
  'user_metadata.display.fontSize:"13"': [],
  'user_metadata.addresses.city:"Paris"': ['jane'],
  'user_metadata.list.city:Rome': ['john'],
  '_exists_:user_metadata.empty': [],
  '_exists_:user_metadata.none': [],
  '_exists_:user_metadata.nil': [],
  '_exists_:user_metadata.display': ['john'],
  'app_metadata.subscription.plan:"gold"': ['test'],
  'app_metadata.subscription.plan:g*': ['test'],
  'app_metadata.tags:b': ['test'],
  'app_metadata.vip:true': ['test'],
  'app_metadata.vip:"true"': [],
  'app_metadata.code:13': [],
  'app_metadata.code:"13"': ['test'],
  'app_metadata.score:[100 TO 200]': ['test'],
  'app_metadata.score:{90 TO *]': ['test'],
  'app_metadata.score:[* TO 90]': ['percent'],
  'app_metadata.score:[90 TO 150}': ['percent'],
  'identities.connection:"google-oauth2"': [],
  [`identities.connection:"${connection}"`]: ['jane', 'john', 'test', 'percent', 'gotrue'],
  'identities.provider:auth0 AND name:j*': ['jane', 'john'],
  'identities.isSocial:true': [],
  'identities.user_id:external-1': ['test'],
  'user_id:"auth0|external-1"': ['test'],
  'user_id:auth0': [],
  'user_id:auth0*': ['jane', 'john', 'test', 'percent', 'gotrue'],
  'logins_count:[100 TO 200]': [],
  'NOT _exists_:logins_count OR logins_count:0': ['jane', 'john', 'test', 'percent', 'gotrue'],
  'last_login:[* TO 2017-12-31]': [],
  'created_at:{2018-01-15 TO *]': ['jane', 'john', 'test', 'percent', 'gotrue'],
  'created_at:[2018 TO 2019-06]': [],
  'email.domain:"exampleco.com"': ['jane', 'john'],
  'email.domain:other.org': ['test', 'percent'],
  'name:("example name" OR "test user")': ['test'],
  'organization_id:"org_1"': [],
  'blocked:true': ['john'],
  'blocked:false': ['percent'],
  'NOT blocked:true': ['jane', 'test', 'percent', 'gotrue'],
  'username:tester': ['test'],
  'nickname:jd': ['john'],
  'nickname:test_1': ['test'],
  'phone_number:"+4930123456"': ['percent'],
  'phone_verified:true': ['percent'],
  'name:John\\ Doe': ['john'],
  'name:john name:"test user"': ['test'],
  'name:j* AND NOT blocked:true': ['jane'],
  'name:j* && !email_verified:true': ['john'],
  '(name:j* OR username:tester) AND -blocked:true': ['jane', 'test'],
  'blocked:true OR name:j* AND email_verified:true': ['john', 'jane'],
  '"Jane Smith"': ['jane'],
  tester: ['test'],
  'picture:*gravatar*': [],
  'unknown_field:x': [],
  'given_name:["a" TO "k"]': ['jane'],
  'email:*': ['jane', 'john', 'test', 'percent', 'gotrue'],
}

const refused = ['name:*ab', 'user_metadata.full_name:J*', 'user_metadata.display.fontSize:[1 TO 20]', 'name:john~', 'name:/joh.*/', 'name:john^4', 'name:"john', '(name:john', 'name:john)',
  'name:', 'last_login:[yesterday TO *]', 'logins_count:[a TO b]', 'name:[a TO b', 'name:[a b]', 'AND', `${'('.repeat(60)}name:a${')'.repeat(60)}`, Array(200).fill('name:a').join(' OR '),
  Array(60).fill(`app_metadata.${Array(8).fill('a').join('.')}:1`).join(' OR '), `app_metadata.${Array(20).fill('a').join('.')}:1`]
  .filter((q) => q !== 'AND')

for (const store of stores)
  describe(`search on ${store}`, () => {
    let server, client
    const ids = {}
    before(async () => {
      server = await start({ store })
      client = new ManagementClient({ domain: server.auth0.domain, clientId: server.auth0.clientId, clientSecret: server.auth0.clientSecret, retry: { enabled: false } })
      for (const [key, person] of Object.entries(people)) ids[(await client.users.create({ connection, password, ...person })).data.user_id] = key
      const admin = new GoTrueAdminApi({ url: server.gotrue.url, headers: { Authorization: `Bearer ${server.gotrue.serviceKey}` } })
      const { data } = await admin.createUser({ email: 'someone@example.net', password, email_confirm: true })
      ids[`auth0|${data.user.id.replaceAll('-', '')}`] = 'gotrue'
    })
    after(() => server.stop())

    for (const [q, want] of Object.entries(found))
      test(`finds ${q}`, async () => {
        const { data } = await client.users.getAll({ q, search_engine: 'v3', include_totals: true })
        assert.deepEqual(data.users.map((u) => ids[u.user_id]).sort(), [...want].sort())
        assert.equal(data.total, want.length)
      })

    for (const q of refused)
      test(`refuses ${q.slice(0, 60)}`, async () => {
        await assert.rejects(client.users.getAll({ q }), (e) => e.statusCode === 400 && e.errorCode === 'invalid_query_string' && e.msg.startsWith('Query validation error: \''))
      })

    test('a sign-in shows in last_login', async () => {
      await fetch(`${server.gotrue.url}/token?grant_type=password`, { method: 'POST', body: JSON.stringify({ email: 'jane@exampleco.com', password }) })
      const today = new Date().toISOString().slice(0, 10)
      for (const q of [`last_login:[${today} TO ${today}]`, `last_login:${today}`, '_exists_:last_login', `last_login:[${today.slice(0, 7)} TO *]`, 'NOT last_login:[* TO 2017-12-31] AND _exists_:last_login'])
        assert.deepEqual((await client.users.getAll({ q })).data.map((u) => ids[u.user_id]), ['jane'], q)
      assert.deepEqual((await client.users.getAll({ q: `last_login:{${today} TO *]` })).data, [])
    })
  })
