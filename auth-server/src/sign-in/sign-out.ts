import { open, optionalJsonBody, type Route, sendNothing, validBody } from '@auth-pair/service'
import { refreshTokenField } from './fields.ts'
import type { SignInNeeds } from './needs.ts'
import { presentedRefreshToken } from './presented-refresh-token.ts'

/** The guard is `open`: without a session there is nothing to end, and the answer is the same. */
export const signOutRoute = ({ endSession, cookies, cameFrom }: SignInNeeds): Route => ({
  method: 'post',
  path: '/api/signout',
  guard: open,
  handle: [
    optionalJsonBody,
    validBody({ refreshToken: refreshTokenField() }),
    async (req, res) => {
      const presented = presentedRefreshToken(req, cookies)
      if (presented) await endSession(presented.token, presented.transport, cameFrom(req))
      if (presented?.transport !== 'body') cookies.clear(res)
      sendNothing(res)
    },
  ],
})
