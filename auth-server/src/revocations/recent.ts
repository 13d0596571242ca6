import type { Revocation } from '@auth-pair/access-token/pair'

/** Numbers become visible out of order within this time, in milliseconds. */
const overlapMs = 10_000

interface RecentNeeds {
  /** How long an access token can live after an entry, in milliseconds: what is older does not matter to verifiers. */
  readonly tokenLifeMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The entries that still matter to verifying services, each once. */
export const createRecent = ({ tokenLifeMs, now }: RecentNeeds) => {
  const entries = new Map<string, Revocation>()

  return {
    /** Takes entries in, and gives back those that say something new: unknown ones, and those that have got their number. */
    add: (revocations: readonly Revocation[]): Revocation[] =>
      revocations.flatMap(revocation => {
        const { userId, sessionId, before, at } = revocation
        const until = Math.min(revocation.until, at + tokenLifeMs)
        const id = sessionId ?? `${userId} ${before}`
        const known = entries.get(id)
        if (until <= now() || (known && (known.seq !== undefined || revocation.seq === undefined))) return []
        const entry = { ...revocation, until }
        entries.set(id, entry)
        return [entry]
      }),
    /** What came after a number, and what may have become visible late; everything when the number is not known any more. */
    after: (seq: number): Revocation[] => {
      const all = [...entries.values()].filter(({ until }) => until > now())
      const last = all.find(entry => entry.seq === seq)
      const missed = last
        ? all.filter(entry => entry.seq === undefined || entry.seq > seq || entry.at >= last.at - overlapMs)
        : all
      return missed.sort((a, b) => (a.seq ?? Number.MAX_SAFE_INTEGER) - (b.seq ?? Number.MAX_SAFE_INTEGER))
    },
    prune: (): void => {
      for (const [id, { until }] of entries) if (until <= now()) entries.delete(id)
    },
  }
}
