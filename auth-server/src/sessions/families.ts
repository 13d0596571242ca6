import type { StoredSession } from './session-store.ts'

/**
 * One entry a family: it was signed in to once, it is used when any of its sessions is, and lives as long as the last of them. It goes
 * by the session that it began with, or by any other once that one has expired.
 */
export const byFamily = (sessions: readonly StoredSession[]): StoredSession[] =>
  [...Map.groupBy(sessions, ({ family }) => family).values()].map(toOne)

const toOne = (members: readonly StoredSession[]): StoredSession => {
  const inOrder = [...members].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1))
  const first = inOrder.find(({ sessionId, family }) => sessionId === family) ?? (inOrder[0] as StoredSession)
  return {
    ...first,
    usedAt: Math.max(...members.map(({ usedAt }) => usedAt)),
    endsAt: Math.max(...members.map(({ endsAt }) => endsAt)),
  }
}
