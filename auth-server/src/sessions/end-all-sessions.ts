import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import { type WhoAsks, whoAsks } from './list-sessions.ts'
import type { SessionsNeeds } from './needs.ts'
import type { SessionStore } from './session-store.ts'

/** Sessions are recorded before they end: what was answered is never undone, and a request that cannot be recorded can be repeated. */
export interface EndMany {
  /** Ends all sessions of a user. */
  all(who: WhoAsks, from: From): Promise<void>
  /** Ends all but the family of the one that asks. */
  others(who: WhoAsks, from: From): Promise<void>
}

export const createEndMany = (
  { record, ended, endEverywhere }: Pick<SessionsNeeds, 'record' | 'ended' | 'endEverywhere'>,
  store: SessionStore,
): EndMany => ({
  all: async ({ sub: userId }, from) => {
    // without Redis nothing is begun
    await store.list(userId)
    if (await endEverywhere(userId, from)) return
    await store.endMany([{ userId, before: Number.POSITIVE_INFINITY }])
    throw new Problem('access-token-invalid', { cause: new Error('the account is gone') })
  },
  others: async ({ sub: userId, sid }, from) => {
    const sessions = await store.list(userId)
    const own = sessions.find(({ sessionId }) => sessionId === sid)?.family ?? sid
    const how = { reason: 'session-revoked' as const, ...from() }
    const others = sessions
      .filter(({ family }) => family !== own)
      .map(({ sessionId }) => ({ userId, sessionId, ...how }))
    await record(others)
    // what was opened from one of them in the meantime
    const late = await store.endMany(others)
    await ended(late.map(session => ({ ...session, ...how, reason: 'ended-with-family' as const })))
  },
})

type EndAllNeeds = Pick<SessionsNeeds, 'signedIn' | 'clearCookies' | 'cameFrom'>

/** Ends all sessions of the signed-in user, or all but the family of the one that asks (`?except=current`). */
export const endAllSessions = ({ signedIn, clearCookies, cameFrom }: EndAllNeeds, end: EndMany): Route => ({
  method: 'delete',
  path: '/api/sessions',
  guard: signedIn,
  handle: [
    async (req, res) => {
      const who = whoAsks(req)
      const { search } = new URL(req.url, 'http://x')
      if (search === '?except=current') {
        await end.others(who, cameFrom(req))
      } else if (search === '') {
        await end.all(who, cameFrom(req))
        clearCookies(res)
      } else {
        throw new Problem('invalid-input', {
          errors: [{ path: 'except', message: 'Say ?except=current, or leave it out to end all sessions.' }],
        })
      }
      sendNothing(res)
    },
  ],
})
