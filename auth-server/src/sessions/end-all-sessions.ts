import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import type { SessionsNeeds } from './index.ts'
import { whoAsks } from './list-sessions.ts'
import type { SessionStore } from './session-store.ts'

type EndAllNeeds = Pick<SessionsNeeds, 'signedIn' | 'record' | 'ended' | 'endEverywhere' | 'clearCookies' | 'cameFrom'>

/**
 * Ends all sessions of the signed-in user, or all but the family of the one that asks (`?except=current`). They are recorded first: what was
 * answered is never undone, and a request that cannot be recorded can be repeated.
 */
export const endAllSessions = (needs: EndAllNeeds, store: SessionStore): Route => {
  const endEverywhere = async (userId: string, from: From): Promise<void> => {
    // without Redis nothing is begun
    await store.list(userId)
    if (await needs.endEverywhere(userId, from)) return
    await store.endMany([{ userId, before: Number.POSITIVE_INFINITY }])
    throw new Problem('access-token-invalid', { cause: new Error('the account is gone') })
  }

  return {
    method: 'delete',
    path: '/api/sessions',
    guard: needs.signedIn,
    handle: [
      async (req, res) => {
        const { sub: userId, sid } = whoAsks(req)
        const { search } = new URL(req.url, 'http://x')
        if (search === '?except=current') {
          const sessions = await store.list(userId)
          const own = sessions.find(({ sessionId }) => sessionId === sid)?.family ?? sid
          const how = { reason: 'session-revoked' as const, ...needs.cameFrom(req)() }
          const ended = sessions
            .filter(({ family }) => family !== own)
            .map(({ sessionId }) => ({ userId, sessionId, ...how }))
          await needs.record(ended)
          // what was opened from one of them in the meantime
          const late = await store.endMany(ended)
          await needs.ended(late.map(session => ({ ...session, ...how, reason: 'ended-with-family' as const })))
        } else if (search === '') {
          await endEverywhere(userId, needs.cameFrom(req))
          needs.clearCookies(res)
        } else {
          throw new Problem('invalid-input', {
            errors: [{ path: 'except', message: 'Say ?except=current, or leave it out to end all sessions.' }],
          })
        }
        sendNothing(res)
      },
    ],
  }
}
