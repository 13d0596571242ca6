import { bearerToken } from '@auth-pair/access-token'
import { Problem } from '@auth-pair/service'
import type { Request } from 'express'
import type { Cookies } from './cookies.ts'
import type { TokenTransport } from './needs.ts'

export interface PresentedRefreshToken {
  readonly token: string
  readonly transport: TokenTransport
}

/**
 * The refresh token of a request: from the cookie, or from a client without a cookie jar in the body or as a Bearer token.
 * More than one is refused, not guessed at.
 */
export const presentedRefreshToken = (req: Request, cookies: Cookies): PresentedRefreshToken | undefined => {
  const cookie = cookies.readRefresh(req)
  const bearer = bearerToken(req)
  if (cookie.kind === 'malformed' || bearer.kind === 'malformed') throw new Problem('ambiguous-credentials')
  const { refreshToken } = req.body as { refreshToken?: string }
  const presented: PresentedRefreshToken[] = []
  if (cookie.kind === 'token') presented.push({ token: cookie.token, transport: 'cookie' })
  if (bearer.kind === 'token') presented.push({ token: bearer.token, transport: 'body' })
  if (refreshToken !== undefined) presented.push({ token: refreshToken, transport: 'body' })
  if (presented.length > 1) throw new Problem('ambiguous-credentials')
  return presented[0]
}
