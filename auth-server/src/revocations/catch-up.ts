import { setTimeout as wait } from 'node:timers/promises'
import type { Revocation } from '@auth-pair/access-token/pair'
import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import type { createPending } from './pending.ts'
import type { createRedisAgreement } from './redis-agreement.ts'
import type { Recorded, RevocationStore } from './revocation-store.ts'

/** How often the record is read, in milliseconds: no lost message hides a revocation for longer. */
const everyMs = 1000

/** How long an entry is remembered as seen, in milliseconds: longer than the record is read back. */
const seenMs = 60_000

/** A record that was not read for so long is not known any more, in milliseconds. */
const freshMs = 10_000

interface CatchUpNeeds {
  readonly store: RevocationStore
  readonly pending: ReturnType<typeof createPending>
  readonly agreement: ReturnType<typeof createRedisAgreement>
  readonly log: Log
  /** Called with entries of the record that may be new. */
  readonly onFound: (entries: Revocation[]) => void
  /** Called after each step. */
  readonly onStep: () => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Loads the record into memory, reads on every second, and makes Redis follow. */
export const createCatchUp = ({ store, pending, agreement, log, onFound, onStep, now }: CatchUpNeeds) => {
  const closing = new AbortController()
  /** The entries that were read lately, by number. */
  const seen = new Map<number, Recorded>()
  const dueToSay = atMostEvery(10_000)
  let known = 0
  let loaded = false
  let away = true
  let readAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const load = async (newest: number) => {
    for await (const page of store.live()) onFound(page)
    known = newest
    loaded = true
  }

  const readOn = async () => {
    // a number may have been given twice: once by a server that is no more, and once by the stand-by in its place
    const entries = (await store.since(known)).filter(({ seq, stamp }) => seen.get(seq)?.stamp !== stamp)
    for (const entry of entries) {
      seen.set(entry.seq, entry)
      agreement.found(entry.seq)
      known = Math.max(known, entry.seq)
    }
    for (const [seq, { at }] of seen) if (at < now() - seenMs) seen.delete(seq)
    onFound(entries)
  }

  const readRecord = async () => {
    try {
      // the number first: what is recorded in the meantime comes after it
      const newest = await store.newest()
      if (loaded && newest < known)
        log.warn({ known, newest }, 'the record of revocations has lost entries: reading it anew')
      if (!loaded || newest < known) await load(newest)
      await readOn()
      away = false
      readAt = performance.now()
    } catch (error) {
      away = true
      // that PostgreSQL does not answer has been said already
      const isUnavailable = error instanceof Problem && error.code === 'unavailable'
      if (!isUnavailable && dueToSay())
        log.error({ err: error }, 'the record of revocations cannot be read, trying again')
    }
  }

  const handOver = async () => {
    try {
      onFound(await pending.handOver())
    } catch (error) {
      const isUnavailable = error instanceof Problem && error.code === 'unavailable'
      if (!isUnavailable && dueToSay())
        log.error({ err: error }, 'what ended while PostgreSQL was away is not recorded yet')
    }
  }

  const step = async () => {
    await readRecord()
    if (loaded && !away) await handOver()
    if (loaded) await agreement.keep(() => known)
    onStep()
  }

  return {
    known: () => known,
    isLoaded: () => loaded,
    /** Whether PostgreSQL did not answer the last time. */
    isAway: () => away,
    /** Whether the record was read lately. */
    isFresh: () => performance.now() - readAt < freshMs,
    /** Looks after Redis at once, whatever is being waited for of PostgreSQL. */
    onRedisReady: () => {
      if (loaded) void agreement.keep(() => known)
    },
    start: () => {
      running ??= (async () => {
        while (!closing.signal.aborted) {
          await step()
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
