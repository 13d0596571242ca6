import { open, optionalJsonBody, Problem, type Route, validBody } from '@auth-pair/service'
import type { Answers } from './answer-tokens.ts'
import { refreshTokenField } from './fields.ts'
import type { SignInNeeds } from './needs.ts'
import { presentedRefreshToken } from './presented-refresh-token.ts'

/** The guard is `open`: what opens this route is the refresh token itself. */
export const refreshRoute = ({ refreshSession, cookies, cameFrom }: SignInNeeds, answers: Answers): Route => ({
  method: 'post',
  path: '/api/refresh',
  guard: open,
  handle: [
    optionalJsonBody,
    validBody({ refreshToken: refreshTokenField() }),
    async (req, res) => {
      const presented = presentedRefreshToken(req, cookies)
      const session = presented && (await refreshSession(presented.token, presented.transport, cameFrom(req)))
      if (!session) {
        if (presented?.transport === 'cookie') cookies.clear(res)
        throw new Problem('session-ended')
      }
      answers.tokens(res, session)
    },
  ],
})
