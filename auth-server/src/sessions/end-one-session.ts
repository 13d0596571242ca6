import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { SessionsNeeds } from './index.ts'
import { whoAsks } from './list-sessions.ts'
import type { SessionStore } from './session-store.ts'

type EndOneNeeds = Pick<SessionsNeeds, 'signedIn' | 'ended' | 'clearCookies' | 'cameFrom'>

/** Ends one session of the signed-in user. Somebody else's is not found: whether it exists is nobody's business. */
export const endOneSession = (
  { signedIn, ended, clearCookies, cameFrom }: EndOneNeeds,
  store: SessionStore,
): Route => ({
  method: 'delete',
  path: '/api/sessions/:id',
  guard: signedIn,
  handle: [
    async (req, res) => {
      const { sub: userId, sid } = whoAsks(req)
      const sessionId = String(req.params.id)
      if (!/^[A-Za-z0-9_-]{22}$/.test(sessionId)) throw new Problem('not-found')
      if (!(await store.has(userId, sessionId))) throw new Problem('not-found')
      // told first: when an answer is lost on the way, the session has ended all the same
      await ended([{ userId, sessionId, reason: 'session-revoked', ...cameFrom(req)() }])
      await store.end(userId, sessionId)
      if (sessionId === sid) clearCookies(res)
      sendNothing(res)
    },
  ],
})
