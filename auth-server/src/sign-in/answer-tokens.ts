import { sendJson } from '@auth-pair/service'
import type { Response } from 'express'
import type { Session, SignInNeeds, User } from './needs.ts'

/** Answers with the tokens of a session, each where the session's transport wants it. */
export interface Answers {
  tokens(res: Response, session: Session): void
  signedIn(res: Response, status: 200 | 201, signedIn: SignedIn): void
  /** The headers that set the cookies of a browser that has just signed in, as a flat list of names and values. */
  signedInCookies(signedIn: SignedIn): readonly string[]
}

export interface SignedIn {
  readonly user: User
  readonly session: Session
  readonly deviceToken: string
}

export interface Tokens {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  /** Whole seconds. */
  readonly expiresIn: number
  /** Where they travel in the body. */
  readonly refreshToken?: string
}

/** Makes the tokens of a session, and the headers that set its cookies: none where they travel in the body. */
export type GiveTokens = (session: Session) => { readonly tokens: Tokens; readonly headers: readonly string[] }

type GiveTokensNeeds = Pick<SignInNeeds, 'cookies' | 'signAccessToken' | 'accessTokenLifeS' | 'now'>

export const createGiveTokens =
  ({ cookies, signAccessToken, accessTokenLifeS, now }: GiveTokensNeeds): GiveTokens =>
  session => {
    const { userId, sessionId, refreshToken, remainingS, transport } = session
    // no access token outlives its session
    const lifeS = Math.min(accessTokenLifeS, remainingS)
    const accessToken = signAccessToken({ userId, sessionId, now: now(), lifeS })
    const tokens: Tokens = { accessToken, tokenType: 'Bearer', expiresIn: lifeS }
    if (transport !== 'cookie') return { tokens: { ...tokens, refreshToken }, headers: [] }
    return { tokens, headers: cookies.toSet({ refreshToken, remainingS, accessToken, lifeS }) }
  }

export const createAnswers = (needs: SignInNeeds): Answers => {
  const { cookies } = needs
  const giveTokens = createGiveTokens(needs)

  const give = (signedIn: SignedIn) => {
    const { tokens, headers } = giveTokens(signedIn.session)
    const device = signedIn.session.transport === 'cookie' ? cookies.toSetDevice(signedIn.deviceToken) : []
    return { tokens, headers: [...headers, ...device] }
  }

  return {
    tokens: (res, session) => {
      const { tokens, headers } = giveTokens(session)
      sendJson(res, 200, tokens, headers)
    },
    signedIn: (res, status, signedIn) => {
      const { tokens, headers } = give(signedIn)
      sendJson(res, status, { user: needs.shownUser(signedIn.user), ...tokens }, headers)
    },
    signedInCookies: signedIn => give(signedIn).headers,
  }
}
