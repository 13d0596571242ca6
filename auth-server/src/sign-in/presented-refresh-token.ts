import { bearerToken } from '@auth-pair/access-token'
import { Problem } from '@auth-pair/service'
import type { Request } from 'express'
import type { Cookies } from './cookies.ts'

export interface PresentedRefreshToken {
  readonly token: string
  readonly transport: 'cookie' | 'body'
}

/**
 * The refresh token of a request: from the cookie, or from a client without a cookie jar in the body or as a Bearer token.
 * More than one is refused, not guessed at.
 */
export const presentedRefreshToken = (req: Request, cookies: Cookies): PresentedRefreshToken | undefined => {
  const cookie = cookies.readRefresh(req)
  if (cookie.kind === 'several') throw new Problem('ambiguous-credentials')
  const bearer = bearerRefreshToken(req)
  const { refreshToken } = req.body as { refreshToken?: string }
  const presented: PresentedRefreshToken[] = []
  if (cookie.kind === 'token') presented.push({ token: cookie.token, transport: 'cookie' })
  if (bearer !== undefined) presented.push({ token: bearer, transport: 'body' })
  if (refreshToken !== undefined) presented.push({ token: refreshToken, transport: 'body' })
  if (presented.length > 1) throw new Problem('ambiguous-credentials')
  return presented[0]
}

/** The refresh token in the `Authorization` header of a request. */
export const bearerRefreshToken = (req: Request): string | undefined => {
  const bearer = bearerToken(req)
  if (bearer.kind === 'several') throw new Problem('ambiguous-credentials')
  if (bearer.kind === 'malformed')
    throw new Problem('malformed-request', { detail: 'Send Bearer, one space, the token.' })
  // front ends attach their access token to everything; it has dots, a refresh token has none
  return bearer.kind === 'token' && !bearer.token.includes('.') ? bearer.token : undefined
}
