import { setTimeout as wait } from 'node:timers/promises'

/** Asks until the answer is yes; an error counts as not yet. Resolves to how long it took, in milliseconds. */
export const until = async (
  ask: () => Promise<boolean> | boolean,
  what: string,
  { withinMs = 30_000, everyMs = 50 } = {},
): Promise<number> => {
  const began = performance.now()
  while (performance.now() - began < withinMs) {
    const answered = await Promise.resolve()
      .then(ask)
      .catch(() => false)
    if (answered) return performance.now() - began
    await wait(everyMs)
  }
  throw new Error(`${what}: not within ${withinMs} ms`)
}
