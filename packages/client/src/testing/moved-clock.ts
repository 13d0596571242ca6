import type { Clock } from '../core/index.ts'

/** A clock that runs, and that a test moves: time passes for both of its hands, or somebody sets the one on the wall. */
export const movedClock = () => {
  let [passed, set] = [0, 0]
  const clock: Clock = { wall: () => Date.now() + passed + set, steady: () => performance.now() + passed }
  return {
    clock,
    pass: (ms: number) => {
      passed += ms
    },
    setWall: (ms: number) => {
      set += ms
    },
  }
}

export const lifeMs = 300_000
