// figure.mjs: the figure that a measurement prints; `make bar` shows it.
export const figure = (t, text) => t.diagnostic(`figure ${text}`)
