import { Problem } from '@auth-pair/service'
import type { Request, Response } from 'express'
import type { GiveTokens } from './answer-tokens.ts'
import type { Session, SignInNeeds } from './needs.ts'

type RefreshByCookieNeeds = Pick<SignInNeeds, 'refreshSession' | 'cookies' | 'cameFrom'>

/**
 * Refreshes the session of a browser by its cookie alone, as `POST /api/refresh` does, for answers that are no JSON: gives the session and the
 * headers that set its cookies. Undefined when there is none that lives; its cookies are then taken away.
 */
export const createRefreshByCookie =
  ({ refreshSession, cookies, cameFrom }: RefreshByCookieNeeds, giveTokens: GiveTokens) =>
  async (req: Request, res: Response): Promise<{ session: Session; headers: readonly string[] } | undefined> => {
    const cookie = cookies.readRefresh(req)
    if (cookie.kind === 'several') throw new Problem('ambiguous-credentials')
    if (cookie.kind !== 'token') return undefined
    const session = await refreshSession(cookie.token, 'cookie', cameFrom(req))
    if (session) return { session, headers: giveTokens(session).headers }
    cookies.clear(res)
    return undefined
  }
