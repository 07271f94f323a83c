// auth.mjs: what tests of Supabase's clients share.
import assert from 'node:assert/strict'

// The data of an answer that must be no error.
export function ok({ data, error }) {
  assert.equal(error, null)
  return data
}

// A store of the client's own, for flows that keep a verifier.
export const memory = () => {
  const map = new Map()
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => { map.set(key, value) }, removeItem: (key) => { map.delete(key) } }
}
