// auth0_grammar.test.mjs: the query language over a directory of 500 users: 150 queries, each with the users that a test in this file picks; and 300 hostile
// ones, which find somebody or are refused, and never break anything. HECATE_SEED: which hostile ones.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { start, stores } from '../lib/server.mjs'

const connection = 'Username-Password-Authentication', SIZE = 500
const first = ['Ada', 'Bob', 'Cid', 'Dora', 'Eve', 'Finn', 'Gus', 'Hal', 'Ida', 'Jon'], last = ['Abel', 'Brown', 'Clark', 'Davis', 'Evans', 'Ford', 'Green']
const domains = ['alpha.example', 'beta.example', 'gamma.test', 'sub.alpha.example'], plans = ['free', 'gold', 'silver'], tags = ['red', 'green', 'blue', 'Red', 'dark red']

const person = (i) => ({
  connection, password: 'Secret-pw-1', email: `u${i}@${domains[i % 4]}`, email_verified: i % 3 === 0, name: `${first[i % 10]} ${last[i % 7]}`, given_name: first[i % 10], family_name: last[i % 7],
  ...(i % 5 === 0 ? { nickname: `Nick${i}` } : {}), ...(i % 6 === 0 ? { username: `user_${i}` } : {}), ...(i % 9 === 0 ? { phone_number: `+4930000${1000 + i}`, phone_verified: i % 18 === 0 } : {}),
  ...(i % 25 < 2 ? { blocked: i % 25 === 0 } : {}), ...(i % 20 === 0 ? { user_id: `ext-${i}` } : {}),
  user_metadata: { n: i, tag: tags[i % 5], nested: { deep: { x: i % 11, y: [{ z: i % 4 }] } }, list: [i % 3, i % 4], flag: i % 2 === 0, ...(i % 8 === 0 ? { quote: 'a:b "c"', none: null, empty: {} } : {}) },
  app_metadata: { plan: plans[i % 3], score: i / 2, roles: i % 7 === 0 ? ['admin', 'editor'] : ['viewer'], addr: i % 10 === 0 ? [{ city: 'Paris' }, { city: 'Rome' }] : { city: 'Oslo' }, ver: `v${i % 13}.0`, at: `2020-0${1 + (i % 9)}-15` },
})

const is = (value) => (u) => value(u, u.user_metadata, u.app_metadata)
const lower = (text) => (text ?? '').toLowerCase()
const nick = (u) => u.nickname ?? u.email.split('@')[0]
const not = (f) => (u) => !f(u), and = (f, g) => (u) => f(u) && g(u), or = (f, g) => (u) => f(u) || g(u)
const ada = (u) => lower(u.name).startsWith('ada'), gold = (u) => u.app_metadata.plan === 'gold', verified = (u) => u.email_verified, blocked = (u) => u.blocked === true
const anybody = () => true, nobody = () => false

const queries = {
  // whole values, in either case where the field has none
  'name:"ada abel"': (u) => u.name === 'Ada Abel', 'name:"ADA ABEL"': (u) => u.name === 'Ada Abel', 'name:ada': nobody, 'name:Ada\\ Abel': (u) => u.name === 'Ada Abel', 'given_name:ada': ada, 'given_name:ADA': ada, 'given_name:"Ada"': ada,
  'family_name:brown': (u) => u.family_name === 'Brown', 'family_name:"brown"': (u) => u.family_name === 'Brown', 'nickname:nick10': (u) => nick(u) === 'Nick10', 'nickname:NICK10': (u) => nick(u) === 'Nick10', 'nickname:u7': (u) => nick(u) === 'u7',
  'email:u7@sub.alpha.example': (u) => u.email === 'u7@sub.alpha.example', 'email:"U7@SUB.ALPHA.EXAMPLE"': (u) => u.email === 'u7@sub.alpha.example', 'email:u7': nobody, 'username:user_12': (u) => u.username === 'user_12', 'username:"user_12"': (u) => u.username === 'user_12',
  'username:USER_12': nobody, 'phone_number:"+49300001009"': (u) => u.phone_number === '+49300001009', 'phone_number:\\+49300001009': (u) => u.phone_number === '+49300001009', 'phone_number:49300001009': nobody,
  'user_id:"auth0|ext-20"': (u) => u.user_id === 'ext-20', 'user_id:auth0|ext-20': (u) => u.user_id === 'ext-20', 'user_id:ext-20': nobody, 'identities.user_id:ext-40': (u) => u.user_id === 'ext-40',
  // truth and numbers
  'email_verified:true': verified, 'email_verified:false': not(verified), 'email_verified:"true"': verified, 'NOT email_verified:true': not(verified), 'phone_verified:true': (u) => u.phone_verified === true, 'phone_verified:false': (u) => u.phone_verified === false,
  'NOT phone_verified:true': (u) => !u.phone_verified, 'blocked:true': blocked, 'blocked:false': (u) => u.blocked === false, '_exists_:blocked': (u) => 'blocked' in u, 'NOT _exists_:blocked': (u) => !('blocked' in u), 'logins_count:0': nobody, '_exists_:logins_count': nobody,
  'NOT _exists_:logins_count OR logins_count:0': anybody, '_exists_:last_login': nobody, 'last_ip:"127.0.0.1"': nobody,
  // documents
  'app_metadata.plan:gold': gold, 'app_metadata.plan:"gold"': gold, 'app_metadata.plan:GOLD': nobody, 'app_metadata.score:10': is((u, m, a) => a.score === 10), 'app_metadata.score:10.5': is((u, m, a) => a.score === 10.5), 'app_metadata.score:"10"': nobody,
  'user_metadata.n:17': is((u, m) => m.n === 17), 'user_metadata.n:"17"': nobody, 'user_metadata.tag:red': is((u, m) => m.tag === 'red'), 'user_metadata.tag:Red': is((u, m) => m.tag === 'Red'), 'user_metadata.tag:"dark red"': is((u, m) => m.tag === 'dark red'),
  'user_metadata.tag:dark\\ red': is((u, m) => m.tag === 'dark red'), 'user_metadata.flag:true': is((u, m) => m.flag), 'user_metadata.flag:false': is((u, m) => !m.flag), 'user_metadata.flag:"true"': nobody, 'user_metadata.nested.deep.x:10': is((u, m) => m.nested.deep.x === 10),
  'user_metadata.nested.deep.y.z:3': is((u, m) => m.nested.deep.y[0].z === 3), 'user_metadata.list:2': is((u, m) => m.list.includes(2)), 'user_metadata.list:3': is((u, m) => m.list.includes(3)), 'user_metadata.list:4': nobody,
  'user_metadata.quote:"a:b \\"c\\""': is((u, m) => 'quote' in m), 'user_metadata.quote:a\\:b\\ \\"c\\"': is((u, m) => 'quote' in m), 'app_metadata.roles:admin': is((u, m, a) => a.roles.includes('admin')), 'app_metadata.roles:"viewer"': is((u, m, a) => a.roles.includes('viewer')),
  'app_metadata.addr.city:Paris': is((u, m, a) => Array.isArray(a.addr)), 'app_metadata.addr.city:"Rome"': is((u, m, a) => Array.isArray(a.addr)), 'app_metadata.addr.city:Oslo': is((u, m, a) => !Array.isArray(a.addr)), 'app_metadata.ver:v12.0': is((u, m, a) => a.ver === 'v12.0'),
  'app_metadata.nothing:1': nobody, 'user_metadata.nested:1': nobody, 'unknown:1': nobody,
  // existence
  '_exists_:username': (u) => 'username' in u, 'NOT _exists_:username': (u) => !('username' in u), '_exists_:phone_number': (u) => 'phone_number' in u, '_exists_:email': anybody, '_exists_:name': anybody, '_exists_:user_metadata.quote': is((u, m) => 'quote' in m),
  '_exists_:user_metadata.none': nobody, '_exists_:user_metadata.empty': nobody, '_exists_:user_metadata.nested': anybody, '_exists_:user_metadata.nested.deep.x': anybody, '_exists_:app_metadata.plan': anybody, '_exists_:app_metadata.nothing': nobody, '_exists_:unknown': nobody,
  // wildcards
  'name:ada*': ada, 'name:ADA*': ada, 'name:a*': ada, 'name:*brown': (u) => u.name.endsWith('Brown'), 'name:*row*': (u) => lower(u.name).includes('row'), 'name:ada*green': (u) => u.name === 'Ada Green', 'name:*ada*gre*': (u) => u.name === 'Ada Green', 'name:d*a*d*s': (u) => /^d.*a.*d.*s$/.test(lower(u.name)),
  'email:u1*': (u) => u.email.startsWith('u1'), 'email:*gamma.test': (u) => u.email.endsWith('gamma.test'), 'email:u4*beta*': (u) => /^u4.*beta/.test(u.email), 'email:*': anybody, 'username:user_1*': (u) => (u.username ?? '').startsWith('user_1'), 'username:user%*': nobody, 'username:*': (u) => 'username' in u,
  'nickname:nick4*': (u) => lower(nick(u)).startsWith('nick4'), 'phone_number:\\+493*': (u) => 'phone_number' in u, 'user_id:auth0|ext*': (u) => 'user_id' in u, 'user_id:auth0*': anybody, 'app_metadata.plan:g*': gold, 'app_metadata.ver:v1*': is((u, m, a) => a.ver.startsWith('v1')),
  'app_metadata.ver:v*.0': anybody, 'app_metadata.ver:*2.0': is((u, m, a) => a.ver.endsWith('2.0')), 'app_metadata.roles:edit*': is((u, m, a) => a.roles.includes('editor')), 'name:ada\\*': nobody,
  // ranges
  'app_metadata.score:[10 TO 20]': is((u, m, a) => a.score >= 10 && a.score <= 20), 'app_metadata.score:{10 TO 20}': is((u, m, a) => a.score > 10 && a.score < 20), 'app_metadata.score:[10 TO 20}': is((u, m, a) => a.score >= 10 && a.score < 20), 'app_metadata.score:{10 TO 20]': is((u, m, a) => a.score > 10 && a.score <= 20),
  'app_metadata.score:[240 TO *]': is((u, m, a) => a.score >= 240), 'app_metadata.score:{* TO 5}': is((u, m, a) => a.score < 5), 'app_metadata.score:[* TO *]': anybody, 'app_metadata.score:[20 TO 10]': nobody, 'app_metadata.score:[1.5 TO 2.5]': is((u, m, a) => a.score >= 1.5 && a.score <= 2.5),
  'given_name:[a TO d]': (u) => lower(u.given_name) >= 'a' && lower(u.given_name) <= 'd', 'given_name:["eve" TO "gus"]': (u) => lower(u.given_name) >= 'eve' && lower(u.given_name) <= 'gus', 'family_name:{"brown" TO *]': (u) => lower(u.family_name) > 'brown', 'email:[u490 TO u493}': (u) => u.email >= 'u490' && u.email < 'u493',
  'created_at:[2018 TO *]': anybody, 'created_at:[* TO 2018-06]': nobody, 'updated_at:{2018-01-15 TO *]': anybody, 'logins_count:[1 TO *]': nobody, 'last_login:[* TO 2030-12-31]': nobody, 'app_metadata.at:["2020-02" TO "2020-04"]': is((u, m, a) => a.at >= '2020-02' && a.at <= '2020-04'),
  // joined
  'name:ada* AND app_metadata.plan:gold': and(ada, gold), 'name:ada* && app_metadata.plan:gold': and(ada, gold), 'name:ada* OR app_metadata.plan:gold': or(ada, gold), 'name:ada* || app_metadata.plan:gold': or(ada, gold), 'name:ada* app_metadata.plan:gold': or(ada, gold), 'NOT name:ada*': not(ada),
  '!name:ada*': not(ada), '-name:ada*': not(ada), '+name:ada*': ada, 'name:ada* AND NOT app_metadata.plan:gold': and(ada, not(gold)), 'name:ada* AND -email_verified:true': and(ada, not(verified)), 'name:ada* AND !blocked:true': and(ada, not(blocked)), 'NOT (name:ada* OR app_metadata.plan:gold)': not(or(ada, gold)),
  '(name:ada* OR app_metadata.plan:gold) AND email_verified:true': and(or(ada, gold), verified), 'name:ada* OR app_metadata.plan:gold AND email_verified:true': or(ada, and(gold, verified)), 'email_verified:true AND app_metadata.plan:gold OR name:ada*': or(and(verified, gold), ada),
  '((name:ada*))': ada, '(name:ada* AND (app_metadata.plan:gold OR (blocked:true)))': and(ada, or(gold, blocked)), 'NOT (NOT name:ada*)': ada, 'name:("ada abel" OR "bob brown")': (u) => ['Ada Abel', 'Bob Brown'].includes(u.name), 'name:(ada* OR bob*)': (u) => /^(ada|bob)/i.test(u.name),
  'given_name:(ada bob)': (u) => ['Ada', 'Bob'].includes(u.given_name), 'app_metadata.plan:(gold OR silver)': is((u, m, a) => a.plan !== 'free'), 'app_metadata.plan:(NOT gold)': not(gold), 'name:(ada* AND *green)': (u) => u.name === 'Ada Green',
  'email.domain:"gamma.test"': (u) => u.email.endsWith('@gamma.test'), 'email.domain:alpha.example': (u) => u.email.endsWith('@alpha.example'), 'email.domain:*alpha.example': (u) => u.email.endsWith('alpha.example'), 'identities.provider:auth0': anybody, 'identities.isSocial:false': anybody, 'identities.isSocial:true': nobody,
  [`identities.connection:"${connection}"`]: anybody, '"Ada Abel"': (u) => u.name === 'Ada Abel', user_12: (u) => u.username === 'user_12', '"bob brown" OR user_12': (u) => u.name === 'Bob Brown' || u.username === 'user_12', 'picture:*gravatar*': nobody, '  name:ada*  ': ada,
}

// A generator of numbers below 1, the same for the same seed.
const random = (seed) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 4294967296
}

const pieces = ['name', 'email', 'user_metadata', 'app_metadata', '.', ':', '"', '\\', '(', ')', '[', ']', '{', '}', ' TO ', ' AND ', ' OR ', 'NOT ', '!', '-', '+', '*', '?', '~', '^', '/', '&&', '||', ' ', 'a', '1', '1e999', '-0', '%', '_', "'", ';--', '\u0000', 'ä', '\u{1F600}', '$', '{"a":1}',
  '_exists_:', 'true', 'null', '2020-13-45', '9'.repeat(40), 'x'.repeat(300), '\\u0000', 'last_login', 'logins_count', 'identities.connection', 'blocked', '"] || true || ["', '$.a[*] ? (@ == 1)', "' OR 1=1 --", 'user_id:auth0|']

function hostile(seed) {
  const next = random(seed), seeds = Object.keys(queries)
  return Array.from({ length: 300 }, (_, i) => {
    if (i % 2) return Array.from({ length: 1 + Math.floor(next() * 14) }, () => pieces[Math.floor(next() * pieces.length)]).join('')
    const q = seeds[Math.floor(next() * seeds.length)], at = Math.floor(next() * q.length), cut = Math.floor(next() * 4)
    return q.slice(0, at) + pieces[Math.floor(next() * pieces.length)] + q.slice(at + cut)
  })
}

for (const store of stores)
  describe(`grammar on ${store}`, () => {
    let server, token
    const byId = new Map()
    const call = (path, options = {}) => fetch(server.auth0.url + path, { ...options, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } })
    before(async () => {
      server = await start({ store, env: { HECATE_PASSWORD_HASH: 'bcrypt:4' } })
      const { clientId: client_id, clientSecret: client_secret, url } = server.auth0
      token = (await (await fetch(`${url}/oauth/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ grant_type: 'client_credentials', client_id, client_secret, audience: `${url}/api/v2/` }) })).json()).access_token
      await Promise.all(Array.from({ length: 8 }, async (_, k) => {
        for (let i = k; i < SIZE; i += 8) {
          const u = person(i), made = await (await call('/api/v2/users', { method: 'POST', body: JSON.stringify(u) })).json()
          assert.ok(made.user_id, JSON.stringify(made))
          byId.set(made.user_id, { i, u })
        }
      }))
    })
    after(() => server.stop())

    test('there are 150 and more', () => assert.ok(Object.keys(queries).length >= 150, `${Object.keys(queries).length}`))

    for (const [q, wanted] of Object.entries(queries))
      test(q, async () => {
        const found = []
        for (let page = 0, total = 1; page * 100 < total; page++) {
          const answer = await (await call(`/api/v2/users?include_totals=true&fields=user_id&per_page=100&page=${page}&q=${encodeURIComponent(q)}`)).json()
          assert.ok(answer.users, JSON.stringify(answer))
          total = answer.total
          found.push(...answer.users.map((u) => byId.get(u.user_id).i))
        }
        const want = [...byId.values()].filter(({ u }) => wanted(u)).map(({ i }) => i)
        assert.deepEqual(found.sort((a, b) => a - b), want.sort((a, b) => a - b))
      })

    test('300 hostile queries: found or refused', async () => {
      const counts = { 200: 0, 400: 0 }
      for (const q of hostile(Number(process.env.HECATE_SEED ?? 1))) {
        const answer = await call(`/api/v2/users?per_page=1&q=${encodeURIComponent(q)}`), text = await answer.text()
        assert.ok(answer.status === 200 || answer.status === 400, `${JSON.stringify(q)}: ${answer.status} ${text}`)
        counts[answer.status]++
        if (answer.status === 400) assert.equal(JSON.parse(text).statusCode, 400)
      }
      assert.ok(counts[200] > 20 && counts[400] > 20, JSON.stringify(counts))
    })
  })
