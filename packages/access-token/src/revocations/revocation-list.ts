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
  /** Takes an entry in. Entries may come in any order, and more than once. */
  add(revocation: Revocation): void
  /** Forgets what no longer matters. */
  prune(): void
}

interface ListNeeds {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The most entries; about 200 bytes each. */
  readonly limit: number
}

/**
 * Revocations in memory: two look-ups decide about a token. An entry whose time has passed is forgotten now and then; until
 * then it does no harm, because nothing that it ended is alive. Only what decides is kept, as few objects as can be: the
 * garbage collector looks at all of them again and again.
 */
export const createRevocationList = ({ now, limit }: ListNeeds): RevocationList => {
  /** By session: until when it matters. By user: the sessions of which epochs have ended, and until when. All in seconds. */
  const sessions = new Map<string, number>()
  const users = new Map<string, { readonly before: number; readonly until: number }>()
  let version = 0
  let missedUntil = 0
  let prunedAt = Number.NEGATIVE_INFINITY

  const seconds = () => Math.floor(now() / 1000)
  const size = () => sessions.size + users.size

  const prune = () => {
    prunedAt = seconds()
    for (const [id, until] of sessions) if (until <= prunedAt) sessions.delete(id)
    for (const [id, { until }] of users) if (until <= prunedAt) users.delete(id)
  }

  const hasRoom = (): boolean => {
    // looking through all of them for every entry that finds no room would cost more than it saves
    if (size() >= limit && seconds() !== prunedAt) prune()
    return size() < limit
  }

  return {
    get version() {
      return version
    },
    get size() {
      return size()
    },
    get isIncomplete() {
      return missedUntil > seconds()
    },
    isRevoked: ({ sub, sid }) => {
      if (sessions.has(sid)) return true
      const user = users.get(sub)
      return user !== undefined && epochOf(sid) < user.before
    },
    add: ({ userId, sessionId, before = 0, until: untilMs }) => {
      const until = Math.ceil(untilMs / 1000)
      if (until <= seconds()) return
      const known = sessionId === undefined ? users.get(userId) : undefined
      const isNew = sessionId === undefined ? known === undefined : !sessions.has(sessionId)
      if (isNew && !hasRoom()) {
        missedUntil = Math.max(missedUntil, until)
        return
      }
      // what was told twice counts for as long as either says
      if (sessionId !== undefined) sessions.set(sessionId, Math.max(until, sessions.get(sessionId) ?? 0))
      else
        users.set(userId, { before: Math.max(before, known?.before ?? 0), until: Math.max(until, known?.until ?? 0) })
      if (isNew || before > (known?.before ?? before)) version++
    },
    prune,
  }
}
