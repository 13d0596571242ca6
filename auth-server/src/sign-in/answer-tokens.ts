import { sendJson } from '@auth-pair/service'
import type { Response } from 'express'
import type { Session, SignInNeeds, User } from './needs.ts'

/** Answers with the tokens of a session, each where the session's transport wants it. */
export interface Answers {
  tokens(res: Response, session: Session): void
  signedIn(res: Response, status: 200 | 201, signedIn: { user: User; session: Session }): void
}

export const createAnswers = ({ cookies, signAccessToken, accessTokenLifeS, now }: SignInNeeds): Answers => {
  const giveTokens = (res: Response, session: Session) => {
    const { userId, sessionId, refreshToken, remainingS, transport } = session
    // no access token outlives its session
    const lifeS = Math.min(accessTokenLifeS, remainingS)
    const accessToken = signAccessToken({ userId, sessionId, now: now(), lifeS })
    if (transport === 'cookie') cookies.set(res, { refreshToken, remainingS, accessToken, lifeS })
    const tokens = { accessToken, tokenType: 'Bearer', expiresIn: lifeS }
    return transport === 'body' ? { ...tokens, refreshToken } : tokens
  }

  return {
    tokens: (res, session) => {
      // the request's deadline may have answered already, and then no cookie can follow
      if (!res.headersSent) sendJson(res, 200, giveTokens(res, session))
    },
    signedIn: (res, status, { user, session }) => {
      if (!res.headersSent) sendJson(res, status, { user, ...giveTokens(res, session) })
    },
  }
}
