import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AccessTokenClaims,
  type AuthenticatedRequest,
  bearerToken,
  requireAccessToken,
  type Verifier,
} from '@auth-pair/access-token'
import type { HeldTokens } from './held-tokens.ts'
import { awaiting, type Handler, isNavigation, redirect, requestTarget } from './http.ts'
import { type SessionCookie, type SessionRequest, whenDone } from './load-session.ts'
import { paths, type Trouble } from './needs.ts'
import { type OnProblem, problemOf } from './problems.ts'
import type { RenewTokens } from './renew-tokens.ts'
import { ownPath } from './return-path.ts'
import type { SessionStore } from './session-store.ts'

interface RequireNeeds {
  readonly session: Handler
  readonly store: SessionStore
  readonly verifier: Verifier
  readonly renewTokens: RenewTokens
  readonly absoluteMs: number
  readonly publicUrl: string
  readonly cookie: SessionCookie
  readonly onProblem: OnProblem
  readonly onTrouble: (trouble: Trouble) => void
  readonly now: () => number
}

type Judgement = { readonly claims: AccessTokenClaims } | 'signed-out' | 'unavailable'

/** A token that is this close to its end is renewed before, while nobody has to wait for it. Milliseconds. */
const dueMs = 30_000

/**
 * The guard of what is only for people who are signed in: with a Bearer token, which goes first, or with a session of this app. Their claims are `req.auth`.
 * A browser that asks for a page is led to the sign-in, and everybody else is answered as `requireAccessToken` does.
 */
export const createRequireSignIn = (needs: RequireNeeds): Handler => {
  const { session, store, verifier, renewTokens, absoluteMs, publicUrl, cookie, onProblem, onTrouble, now } = needs
  const byToken = requireAccessToken(verifier) as Handler
  let quietUntil = 0

  /** Before its end: nobody waits, and when it fails there is another time. */
  const renewSoon = async (sessionId: string, held: HeldTokens) => {
    if (now() < quietUntil) return
    const renewal = await renewTokens(sessionId, held)
    if (renewal.kind !== 'unavailable') return
    quietUntil = now() + 1000 + Math.random() * 4000
    onTrouble({ what: 'refresh', cause: renewal.cause })
  }

  const judge = async (sessionId: string, held: HeldTokens, isRenewed = false): Promise<Judgement> => {
    if (now() - held.since >= absoluteMs) return 'signed-out'
    const answer = verifier.verify(held.accessToken)
    const verification = answer instanceof Promise ? await answer : answer
    if (verification.ok) {
      const { claims } = verification
      if (claims.exp * 1000 - now() < dueMs && !isRenewed) renewSoon(sessionId, held)
      return { claims }
    }
    const { code } = verification
    // its session has ended, here as everywhere: the auth-server has nothing else to say
    if (code === 'revoked') return 'signed-out'
    if (code === 'revocations-unknown' || code === 'keys-unavailable') return 'unavailable'
    if (isRenewed) {
      onTrouble({ what: 'refresh', cause: new Error(`The new access token was refused here: ${code}.`) })
      return 'unavailable'
    }
    const renewal = await renewTokens(sessionId, held)
    if (renewal.kind === 'renewed') return judge(sessionId, renewal.held, true)
    if (renewal.kind === 'ended') return 'signed-out'
    onTrouble({ what: 'refresh', cause: renewal.cause })
    return 'unavailable'
  }

  const turnAway = (req: IncomingMessage, res: ServerResponse) => {
    if (isNavigation(req)) {
      const path = ownPath(requestTarget(req), publicUrl) ?? paths.home
      return redirect(res, `${paths.signIn}?${new URLSearchParams({ return_to: path })}`)
    }
    // it carries no token: a bare challenge
    byToken(req, res, () => {})
  }

  const bySession = awaiting(async (req: SessionRequest & AuthenticatedRequest, res, next) => {
    const { session } = req
    const held = session && store.heldBy(session)
    if (!session || !held) return turnAway(req, res)
    const judgement = await judge(session.id, held)
    if (typeof judgement === 'object') {
      req.auth = judgement.claims
      return next()
    }
    if (judgement === 'unavailable') return onProblem(problemOf('unavailable'), req, res)
    // what cannot be removed now is refused the next time, too
    await whenDone(done => session.destroy(done)).catch(cause => onTrouble({ what: 'redis', cause }))
    res.setHeader('Set-Cookie', cookie.expired)
    turnAway(req, res)
  })

  return (req, res, next) => {
    if (bearerToken(req).kind !== 'none') return byToken(req, res, next)
    session(req, res, error => (error === undefined ? bySession(req, res, next) : next(error)))
  }
}
