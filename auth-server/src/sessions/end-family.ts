import type { Circumstances } from '../circumstances.ts'
import type { Ended, EndReason } from './needs.ts'
import type { SessionName, SessionStore } from './session-store.ts'

/** Why, and where the request came from. */
export interface HowItEnded extends Circumstances {
  readonly reason: EndReason
}

/** Ends a session with its family. Gives the ids of what was there: none when there was nothing. */
export type EndFamily = (session: SessionName, how: HowItEnded) => Promise<readonly string[]>

/**
 * It is told first: when an answer is lost on the way, all of them have ended all the same. What was opened in between is ended
 * in the same step as the others, and told then.
 */
export const createEndFamily =
  (store: SessionStore, ended: (ended: readonly Ended[]) => Promise<void>): EndFamily =>
  async ({ userId, sessionId }, { reason, ...from }) => {
    const tell = (ids: readonly string[]) =>
      ended(
        ids.map(id => ({ userId, sessionId: id, reason: id === sessionId ? reason : 'ended-with-family', ...from })),
      )
    const members = await store.family(userId, sessionId)
    if (members.length === 0) return members
    await tell(members)
    const late = (await store.endFamily(userId, sessionId)).filter(id => !members.includes(id))
    if (late.length > 0) await tell(late)
    return [...members, ...late]
  }
