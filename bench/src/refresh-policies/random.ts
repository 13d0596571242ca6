/** Draws numbers that the seeds determine. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  /** True in this share of the cases. */
  chance(share: number): boolean
}

/** A generator of its own for each run: what one run draws does not hang on which runs are played beside it. Seeds have 32 bits. */
export const createRandom = (...seeds: readonly number[]): Random => {
  let state = seeds.reduce((mixed, seed) => mix(mixed + 0x6d2b79f5 + mix(seed)), 0)
  // mulberry32
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (from, to) => from + Math.floor(draw() * (to - from + 1)),
    chance: share => draw() < share,
  }
}

// the finaliser of MurmurHash3: seeds that follow one another become far apart
const mix = (value: number): number => {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
