import { epochOf } from '../session-id.ts'
import type { Revocation } from './revocation.ts'

export interface RevocationList {
  /** Another number after every change. */
  readonly version: number
  /** How many entries it holds. */
  readonly size: number
  /** Whether there was no room for an entry that still matters. */
  readonly isIncomplete: boolean
  isRevoked(token: { readonly sub: string; readonly sid: string }): boolean
  /** Takes an entry in. Entries may come in any order, and more than once. False when it says nothing new. */
  add(revocation: Revocation): boolean
  /** The entries that still matter. */
  entries(): IterableIterator<Revocation>
  /** Forgets what no longer matters. */
  prune(): void
  clear(): void
}

interface ListNeeds {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The most entries; about 300 bytes each. */
  readonly limit: number
}

/**
 * Revocations in memory: two look-ups decide about a token. An entry whose time has passed is forgotten now and then; until
 * then it does no harm, because nothing that it ended is alive.
 */
export const createRevocationList = ({ now, limit }: ListNeeds): RevocationList => {
  const sessions = new Map<string, Revocation>()
  const users = new Map<string, Revocation>()
  let version = 0
  let missedUntil = 0
  let prunedAt = 0

  const prune = () => {
    const time = now()
    prunedAt = time
    for (const map of [sessions, users]) for (const [id, { until }] of map) if (until <= time) map.delete(id)
  }

  const put = (map: Map<string, Revocation>, id: string, entry: Revocation): boolean => {
    if (!map.has(id) && sessions.size + users.size >= limit) {
      // looking through all of them for every entry that finds no room would cost more than it saves
      if (Math.abs(now() - prunedAt) > 1000) prune()
      if (sessions.size + users.size >= limit) {
        missedUntil = Math.max(missedUntil, entry.until)
        return false
      }
    }
    map.set(id, entry)
    version++
    return true
  }

  return {
    get version() {
      return version
    },
    get size() {
      return sessions.size + users.size
    },
    get isIncomplete() {
      return missedUntil > now()
    },
    isRevoked: ({ sub, sid }) => {
      if (sessions.has(sid)) return true
      const user = users.get(sub)
      return user !== undefined && epochOf(sid) < (user.before as number)
    },
    add: entry => {
      if (entry.until <= now()) return false
      if (entry.sessionId !== undefined) {
        const known = sessions.get(entry.sessionId)
        if (known && (known.seq !== undefined || entry.seq === undefined)) return false
        return put(sessions, entry.sessionId, entry)
      }
      const known = users.get(entry.userId)
      if (known && (known.before as number) >= (entry.before as number)) return false
      return put(users, entry.userId, entry)
    },
    entries: function* () {
      const time = now()
      for (const map of [sessions, users]) for (const entry of map.values()) if (entry.until > time) yield entry
    },
    prune,
    clear: () => {
      sessions.clear()
      users.clear()
      missedUntil = 0
      version++
    },
  }
}
