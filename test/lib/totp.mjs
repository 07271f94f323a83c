// totp.mjs: codes of an authenticator application (RFC 6238), by another hand than the server's.
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const decode = (text) => Buffer.from([...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('').match(/.{8}/g).map((bits) => parseInt(bits, 2)))

// The code `offset` steps from now.
export function totp(secret, offset = 0) {
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + offset))
  const sum = createHmac('sha1', decode(secret)).update(step).digest()
  const at = sum[19] & 15
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0')
}

// Waits, if it must, until the present step has `left` ms to go: for a code of the step before, which is refused a moment later.
export async function steady(left) {
  const rest = 30_000 - Date.now() % 30_000
  if (rest < left) await sleep(rest + 50)
}

// A code that is right for no step near now.
export function wrong(secret) {
  const right = [-2, -1, 0, 1, 2].map((offset) => totp(secret, offset))
  for (let n = 0; ; n++) if (!right.includes(String(n).padStart(6, '0'))) return String(n).padStart(6, '0')
}
