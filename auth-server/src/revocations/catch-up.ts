import { setTimeout as wait } from 'node:timers/promises'
import type { Revocation, RevocationList } from '@auth-pair/access-token'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import type { createPending } from './pending.ts'
import type { createRedisAgreement } from './redis-agreement.ts'
import type { RevocationStore } from './revocation-store.ts'

/** How often the record is read, in milliseconds: no lost message hides a revocation for longer. */
const everyMs = 1000

/** How long a number is remembered as seen: longer than the record is read back, in milliseconds. */
const seenMs = 60_000

interface CatchUpNeeds {
  readonly store: RevocationStore
  readonly pending: ReturnType<typeof createPending>
  readonly agreement: ReturnType<typeof createRedisAgreement>
  readonly list: Pick<RevocationList, 'prune'>
  readonly log: Log
  /** Called with entries of the record that may be new. */
  readonly onFound: (entries: Revocation[]) => void
  /** Called when the record is known further than before. */
  readonly onKnown: () => void
}

/** Loads the record into memory, reads on every second, and makes Redis follow. */
export const createCatchUp = ({ store, pending, agreement, list, log, onFound, onKnown }: CatchUpNeeds) => {
  const closing = new AbortController()
  const seen = new Map<number, number>()
  const dueToForget = atMostEvery(60_000)
  const dueToPrune = atMostEvery(3_600_000)
  const dueToSay = atMostEvery(10_000)
  let known = 0
  let loaded = false
  let away = true
  let turn: Promise<void> = Promise.resolve()
  let running: Promise<void> | undefined

  const load = async () => {
    // the number first: what is recorded in the meantime comes after it
    const newest = await store.newest()
    onFound(await store.live())
    known = newest
    loaded = true
  }

  const readOn = async () => {
    const entries = (await store.since(known)).filter(({ seq = 0 }) => !seen.has(seq))
    for (const { seq = 0, at } of entries) {
      seen.set(seq, at)
      agreement.found(seq)
      known = Math.max(known, seq)
    }
    const oldest = (entries.at(-1)?.at ?? 0) - seenMs
    for (const [seq, at] of entries.length > 0 ? seen : []) if (at < oldest) seen.delete(seq)
    onFound(entries)
    if (entries.length > 0) onKnown()
  }

  const readRecord = async () => {
    try {
      if (!loaded) await load()
      await readOn()
      away = false
    } catch (error) {
      away = true
      // that PostgreSQL does not answer has been said already
      const isAway = error instanceof Problem && error.code === 'unavailable'
      if (!isAway && dueToSay()) log.error({ err: error }, 'the record of revocations cannot be read, trying again')
    }
  }

  const step = async () => {
    await readRecord()
    if (!loaded) return
    try {
      if (!away) await pending.handOver(store.insert)
      await agreement.keep(known)
    } catch (error) {
      log.debug({ err: error }, 'Redis could not be brought into agreement with the record, trying again')
    }
    if (dueToForget()) list.prune()
    if (!away && dueToPrune()) while ((await store.prune().catch(() => 0)) > 0);
  }

  /** One after the other: what a step has applied, the next one need not. */
  const next = (): Promise<void> => {
    turn = turn.then(() => (closing.signal.aborted ? undefined : step()))
    return turn
  }

  return {
    known: () => known,
    isLoaded: () => loaded,
    /** Whether PostgreSQL did not answer the last time. */
    isAway: () => away,
    now: () => void next(),
    start: () => {
      running ??= (async () => {
        while (!closing.signal.aborted) {
          await next()
          await wait(everyMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
        }
      })()
    },
    stop: async () => {
      closing.abort()
      await running
    },
  }
}
