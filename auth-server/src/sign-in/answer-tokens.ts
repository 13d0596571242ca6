import { sendJson } from '@auth-pair/service'
import type { Response } from 'express'
import type { Session, SignInNeeds, User } from './needs.ts'

/** Answers with the tokens of a session, each where the session's transport wants it. */
export interface Answers {
  tokens(res: Response, session: Session): void
  signedIn(res: Response, status: 200 | 201, signedIn: SignedIn): void
}

interface SignedIn {
  readonly user: User
  readonly session: Session
  readonly deviceToken: string
}

export const createAnswers = ({ cookies, signAccessToken, accessTokenLifeS, now }: SignInNeeds): Answers => {
  const giveTokens = (session: Session): { tokens: object; headers: readonly string[] } => {
    const { userId, sessionId, refreshToken, remainingS, transport } = session
    // no access token outlives its session
    const lifeS = Math.min(accessTokenLifeS, remainingS)
    const accessToken = signAccessToken({ userId, sessionId, now: now(), lifeS })
    const tokens = { accessToken, tokenType: 'Bearer', expiresIn: lifeS }
    if (transport === 'body') return { tokens: { ...tokens, refreshToken }, headers: [] }
    return { tokens, headers: cookies.toSet({ refreshToken, remainingS, accessToken, lifeS }) }
  }

  return {
    tokens: (res, session) => {
      const { tokens, headers } = giveTokens(session)
      sendJson(res, 200, tokens, headers)
    },
    signedIn: (res, status, { user, session, deviceToken }) => {
      const { tokens, headers } = giveTokens(session)
      const device = session.transport === 'cookie' ? cookies.toSetDevice(deviceToken) : []
      sendJson(res, status, { user, ...tokens }, [...headers, ...device])
    },
  }
}
