import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import type { EndFamily } from './end-family.ts'
import { whoAsks } from './list-sessions.ts'
import type { SessionsNeeds } from './needs.ts'

/** Ends one session of a user, with its family. Gives the ids of what has ended: none of somebody else's. */
export const endOne =
  (endFamily: EndFamily) =>
  async (userId: string, sessionId: string, from: From): Promise<readonly string[]> =>
    /^[A-Za-z0-9_-]{22}$/.test(sessionId)
      ? endFamily({ userId, sessionId }, { reason: 'session-revoked', ...from() })
      : []

type EndOneNeeds = Pick<SessionsNeeds, 'signedIn' | 'clearCookies' | 'cameFrom'>

/** Ends one session of the signed-in user. Somebody else's is not found: whether it exists is nobody's business. */
export const endOneSession = ({ signedIn, clearCookies, cameFrom }: EndOneNeeds, endFamily: EndFamily): Route => ({
  method: 'delete',
  path: '/api/sessions/:id',
  guard: signedIn,
  handle: [
    async (req, res) => {
      const { sub: userId, sid } = whoAsks(req)
      const ended = await endOne(endFamily)(userId, String(req.params.id), cameFrom(req))
      if (ended.length === 0) throw new Problem('not-found')
      if (ended.includes(sid)) clearCookies(res)
      sendNothing(res)
    },
  ],
})
