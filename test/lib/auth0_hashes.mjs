// auth0_hashes.mjs: what a file for Auth0's import says of a password, in each algorithm.
// Spec 9.3, and a plain bcrypt: clear text, and what the file says of the password.
const sum = (algorithm, value, encoding, more = {}) => ({ custom_password_hash: { algorithm, hash: { value, ...(encoding ? { encoding } : {}), ...more.hash }, ...more.beside } })
export const hashes = [
  ['shh', sum('sha256', 'd24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f', 'hex', { beside: { salt: { value: 'abc123', encoding: 'utf8', position: 'prefix' } } })],
  ['shh', sum('md4', 'AbuUujgF0pPPkJPSFRTpmA==', 'base64')],
  ['shh', sum('bcrypt', '$2b$10$C9hB01.YxRSTcn/ZOOo4j.TW7xCKKFKBSF.C7E0xiUwumqIDqWUXG')],
  ['hello', { password_hash: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K' }],
  ['shh', sum('argon2', '$argon2id$v=19$m=65536,t=2,p=1$J6Q/82PCyaNpYKRELJyTZg$m04qUAB8rexWDR4+/0f+SFB+4XMFxt7YAvAq2UycYos')],
  ['shh', sum('pbkdf2', '$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w', 'utf8')],
  ['shh', sum('ldap', '{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRemgSXGl5YuE=', 'utf8')],
  ['test', sum('hmac', 'cg7f42jH39/2EaAU4wNd4s2lKIk=', 'base64', { hash: { digest: 'sha1', key: { value: '736868', encoding: 'hex' } } })],
  ['password', sum('scrypt', '097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29', 'hex', { beside: { salt: { value: 'abc123', encoding: 'utf8' }, keylen: 32, cost: 4096 } })],
  ['Tr0ub4dor&3', sum('md5', '4ece57a61323b52ccffdbef021956754', 'hex')],
  ['Tr0ub4dor&3', sum('md4', '24d9c99595080b241b3b4eb0cba8d8f4', 'hex', { beside: { password: { encoding: 'utf16le' } } })],
  ['Tr0ub4dor&3', sum('sha1', '942797cec837295dd59e4ee7e8bdb73292d430bc', 'hex', { beside: { salt: { value: 's1' } } })],
  ['Tr0ub4dor&3', sum('sha512', '33ea5b5f72138c43b24e718525e9c65eadbc877ac8ecb4f815ac4d814912d335a7ba7a8e3447bb111dc707e5074cfe7772896d255a061f0ad75fb4d9943b31e5', 'hex', { beside: { salt: { value: 'pepper' } } })],
]
