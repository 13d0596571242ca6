import { createAuthServer } from './auth-server.ts'
import { createAuthorization } from './authorization.ts'
import { isCrossSite } from './cross-site.ts'
import { createFinishSignIn } from './finish-sign-in.ts'
import { type Handler, requestTarget } from './http.ts'
import { createLoadSession, type SessionRequest, sessionCookie } from './load-session.ts'
import { type BrowserSessionsNeeds, originOf, paths, secondsOf, secretsOf } from './needs.ts'
import { answerProblem, problemOf } from './problems.ts'
import { createRenewTokens } from './renew-tokens.ts'
import { createRequireSignIn } from './require-sign-in.ts'
import { withDeadlines } from './session-redis.ts'
import { createSessionStore } from './session-store.ts'
import { createSignIn } from './sign-in.ts'
import { createSignOut } from './sign-out.ts'

/** What an app puts before its routes. */
export interface BrowserSessions {
  /** All of it at once, for `app.use`: loads the session, refuses cross-site writes, and answers `/sign-in`, `/signed-in` and `/sign-out`. */
  readonly routes: Handler
  /** The guard of what is only for people who are signed in. It loads the session by itself. */
  readonly signedIn: Handler
  /** Loads the session (`req.session`) and refuses cross-site writes. */
  readonly session: Handler
  /** The routes one by one, for apps that list theirs; each stands behind `session`. */
  readonly signIn: Handler
  readonly finishSignIn: Handler
  readonly signOut: Handler
}

/** Both are those of NIST SP 800-63B for a moderate level of assurance (AAL2). */
const [idleS, absoluteS] = [30 * 60, 12 * 60 * 60]

/** Browser sessions at an app: the browser gets a session id, and the tokens stay here. Throws TypeError for needs that cannot work. */
export const createBrowserSessions = (needs: BrowserSessionsNeeds): BrowserSessions => {
  const { verifier, credentials, onProblem = answerProblem, onTrouble = () => {}, now = Date.now } = needs
  const publicUrl = originOf('publicUrl', needs.publicUrl)
  const authServerPublicUrl = originOf('authServerPublicUrl', needs.authServerPublicUrl)
  const authServerUrl = originOf('authServerUrl', needs.authServerUrl ?? authServerPublicUrl)
  const secrets = secretsOf(needs.secret)
  const cookie = sessionCookie(publicUrl)
  const store = createSessionStore({
    redis: withDeadlines(needs.redis),
    prefix: needs.prefix ?? 'web-session:',
    idleS: secondsOf('idleS', needs.idleS ?? idleS),
  })
  const authServer = createAuthServer({ url: authServerUrl, app: new URL(publicUrl).hostname })
  const authorization = createAuthorization({
    authServerPublicUrl,
    authServerUrl,
    issuer: needs.issuer ?? authServerPublicUrl,
    redirectUri: `${publicUrl}${paths.signedIn}`,
    credentials,
    now,
  })
  const load = createLoadSession({
    store,
    secrets,
    publicUrl,
    onTrouble,
    onUnavailable: (req, res) => onProblem(problemOf('unavailable'), req, res),
  })
  const session: Handler = (req, res, next) => {
    if (isCrossSite(req, publicUrl)) return onProblem(problemOf('cross-site-request'), req, res)
    if ((req as SessionRequest).session) return next()
    load(req, res, next)
  }
  const signIn = createSignIn({ publicUrl, authorization, onProblem, onTrouble, now })
  const finishSignIn = createFinishSignIn({ publicUrl, authorization, store, verifier, onProblem, onTrouble, now })
  const signOut = createSignOut({ store, authServer, cookie, onProblem, onTrouble })
  const own = new Map<string, Handler>([
    [paths.signIn, signIn],
    [paths.signedIn, finishSignIn],
    [paths.signOut, signOut],
  ])
  return {
    session,
    signIn,
    finishSignIn,
    signOut,
    signedIn: createRequireSignIn({
      session,
      store,
      verifier,
      renewTokens: createRenewTokens({ store, authServer }),
      absoluteMs: secondsOf('absoluteS', needs.absoluteS ?? absoluteS) * 1000,
      publicUrl,
      cookie,
      onProblem,
      onTrouble,
      now,
    }),
    routes: (req, res, next) =>
      session(req, res, error => {
        if (error !== undefined) return next(error)
        const handle = own.get(requestTarget(req).split('?', 1)[0] ?? '')
        handle ? handle(req, res, next) : next()
      }),
  }
}
