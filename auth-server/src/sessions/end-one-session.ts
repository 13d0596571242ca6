import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { EndFamily } from './end-family.ts'
import type { SessionsNeeds } from './index.ts'
import { whoAsks } from './list-sessions.ts'

type EndOneNeeds = Pick<SessionsNeeds, 'signedIn' | 'clearCookies' | 'cameFrom'>

/** Ends one session of the signed-in user, with its family. Somebody else's is not found: whether it exists is nobody's business. */
export const endOneSession = ({ signedIn, clearCookies, cameFrom }: EndOneNeeds, endFamily: EndFamily): Route => ({
  method: 'delete',
  path: '/api/sessions/:id',
  guard: signedIn,
  handle: [
    async (req, res) => {
      const { sub: userId, sid } = whoAsks(req)
      const sessionId = String(req.params.id)
      if (!/^[A-Za-z0-9_-]{22}$/.test(sessionId)) throw new Problem('not-found')
      const ended = await endFamily({ userId, sessionId }, { reason: 'session-revoked', ...cameFrom(req)() })
      if (ended.length === 0) throw new Problem('not-found')
      if (ended.includes(sid)) clearCookies(res)
      sendNothing(res)
    },
  ],
})
