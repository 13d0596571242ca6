/** For how long a refusal is believed, in milliseconds: at another server somebody may have given back what they took. */
const believedMs = 1000

/** How many are remembered before all are forgotten. */
const most = 10_000

/**
 * What was refused a moment ago. Whoever goes on all the same is told again without a question to Redis: a flood of refusals
 * costs hundreds of times a second what an answer of Redis costs, and those who are served wait for it.
 */
export const createRecentRefusals = (now: () => number = () => performance.now()) => {
  const refusals = new Map<string, { readonly at: number; readonly waitMs: number }>()
  return {
    add: (key: string, waitMs: number): void => {
      if (refusals.size >= most) refusals.clear()
      refusals.set(key, { at: now(), waitMs })
    },
    /** How long is still to be waited, in milliseconds; 0 when nothing is known. */
    waitMs: (key: string): number => {
      const refusal = refusals.get(key)
      if (!refusal) return 0
      const passed = now() - refusal.at
      if (passed < Math.min(believedMs, refusal.waitMs)) return Math.ceil(refusal.waitMs - passed)
      refusals.delete(key)
      return 0
    },
    forget: (key: string): void => void refusals.delete(key),
  }
}
