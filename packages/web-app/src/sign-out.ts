import type { AuthServer } from './auth-server.ts'
import { awaiting, type Handler, redirect } from './http.ts'
import { type SessionCookie, type SessionRequest, whenDone } from './load-session.ts'
import { paths, type Trouble } from './needs.ts'
import { type OnProblem, problemOf } from './problems.ts'
import type { SessionStore } from './session-store.ts'

interface SignOutNeeds {
  readonly store: SessionStore
  readonly authServer: AuthServer
  readonly cookie: SessionCookie
  readonly onProblem: OnProblem
  readonly onTrouble: (trouble: Trouble) => void
}

/** `POST /sign-out`: ends the session here and at the auth-server, and so at every app of the same sign-in. Also without a session. */
export const createSignOut = ({ store, authServer, cookie, onProblem, onTrouble }: SignOutNeeds): Handler =>
  awaiting(async (req: SessionRequest, res) => {
    if (req.method !== 'POST') return onProblem(problemOf('method-not-allowed', { Allow: 'POST' }), req, res)
    const { session } = req
    const held = session && store.heldBy(session)
    if (session) {
      try {
        await whenDone(done => session.destroy(done))
      } catch (cause) {
        onTrouble({ what: 'redis', cause })
        return onProblem(problemOf('unavailable'), req, res)
      }
    }
    res.setHeader('Set-Cookie', cookie.expired)
    try {
      if (held) await authServer.signOut(held.refreshToken)
    } catch (cause) {
      onTrouble({ what: 'sign-out', cause })
      return onProblem(problemOf('sign-out-untold'), req, res)
    }
    redirect(res, paths.home)
  })
