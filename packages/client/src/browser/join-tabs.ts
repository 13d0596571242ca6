import type { Change, Session } from '../core/index.ts'

/** What one tab tells the others: the session that there is now, and why. */
export interface News {
  readonly session: Session | undefined
  readonly change: Change | undefined
}

interface Message {
  readonly from?: number
  readonly news?: News
  readonly echo?: number
}

/** Our own word comes back within a millisecond or two; without it, a refresh too many does no harm. Milliseconds. */
const patience = 300

/**
 * The tabs of this origin, as far as the browser lets them speak to each other. `caughtUp` resolves when everything has been heard that was told before:
 * messages come in order, so it says something itself and waits for that. Locks and messages travel by different ways, and whoever gets a lock
 * may not yet have heard what its last holder told.
 */
export const joinTabs = (name: string, hear: (news: News) => void) => {
  if (!globalThis.BroadcastChannel) return { tell: () => {}, caughtUp: async () => {} }
  // no channel hears itself
  const [mouth, ears] = [new BroadcastChannel(name), new BroadcastChannel(name)]
  const me = Math.random()
  const awaited = new Map<number | undefined, () => void>()

  ears.onmessage = ({ data }: { data: unknown }) => {
    const { from, news, echo } = data as Message
    awaited.get(echo)?.()
    if (news && from !== me) hear(news)
  }

  return {
    tell: (news: News) => mouth.postMessage({ from: me, news }),
    caughtUp: () =>
      new Promise<void>(resolve => {
        const echo = Math.random()
        const done = () => {
          clearTimeout(timer)
          awaited.delete(echo)
          resolve()
        }
        const timer = setTimeout(done, patience)
        awaited.set(echo, done)
        mouth.postMessage({ echo })
      }),
  }
}
