import { bearerChallenge, Problem } from '@auth-pair/service'

/** How long ago the sign-in may be, in seconds. */
const recentS = 600

interface RecentNeeds {
  /** When a session began, in milliseconds since the epoch; undefined when it has ended. */
  readonly openedAt: (userId: string, sessionId: string) => Promise<number | undefined>
  /** The clock of the sessions, in milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * What outlives every session is not made by a session that was left open: the password has to have been given in the last minutes. The
 * answer is that of RFC 9470, section 3.
 */
export const createAssertRecent =
  ({ openedAt, now }: RecentNeeds) =>
  async (userId: string, sessionId: string): Promise<void> => {
    const at = await openedAt(userId, sessionId)
    if (at !== undefined && now() - at <= recentS * 1000) return
    const why = 'error="insufficient_user_authentication", error_description="Sign in again"'
    throw new Problem('recent-sign-in-required', {
      headers: { 'WWW-Authenticate': `${bearerChallenge}, ${why}, max_age="${recentS}"` },
    })
  }
