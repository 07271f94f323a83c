// bar.mjs: how much a measurement of the bar does: little in `make test`, or nothing where it takes long, and all that the bar names in `make bar`, which sets
// HECATE_BAR.
import { stores as all } from './server.mjs'

export const whole = Boolean(process.env.HECATE_BAR)
// `make test` measures on the first store alone.
export const stores = whole ? all : all.slice(0, 1)
export const count = (short, long) => (whole ? long : short)
// Every n-th of a list, from the first on.
export const sample = (list, n) => (whole ? list : list.filter((_, i) => i % n === 0))
