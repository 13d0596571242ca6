import type { Authorization } from './authorization.ts'
import { awaiting, type Handler, redirect } from './http.ts'
import type { BegunSignIn, SessionRequest } from './load-session.ts'
import { whenDone } from './load-session.ts'
import { paths, type Trouble } from './needs.ts'
import { type OnProblem, problemOf } from './problems.ts'
import { ownPath } from './return-path.ts'

/** How long a person may take to sign in, in milliseconds, and how many tabs may be at it with one session. */
export const [signInMs, mostSignIns] = [600_000, 5]

interface SignInNeeds {
  readonly publicUrl: string
  readonly authorization: Authorization
  readonly onProblem: OnProblem
  readonly onTrouble: (trouble: Trouble) => void
  readonly now: () => number
}

/** `GET /sign-in[?return_to=/path]`: leads the browser to the auth-server. What has to be known when it comes back is kept in the session. */
export const createSignIn = ({ publicUrl, authorization, onProblem, onTrouble, now }: SignInNeeds): Handler =>
  awaiting(async (req: SessionRequest, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return onProblem(problemOf('method-not-allowed', { Allow: 'GET, HEAD' }), req, res)
    const wanted = new URL(req.url ?? '', publicUrl).searchParams.getAll('return_to')
    const returnTo = wanted.length === 0 ? paths.home : ownPath(wanted[0] ?? '', publicUrl)
    if (returnTo === undefined || wanted.length > 1) return onProblem(problemOf('malformed-request'), req, res)
    const { session } = req
    if (!session) throw new Error('signIn has to stand behind session.')
    const { location, state, codeVerifier } = await authorization.begin()
    const begun: BegunSignIn = { codeVerifier, returnTo: isOwnStep(returnTo) ? paths.home : returnTo, at: now() }
    const former = Object.entries(session.signIns ?? {}).filter(([, { at }]) => now() - at < signInMs)
    session.signIns = Object.fromEntries([...former.slice(1 - mostSignIns), [state, begun]])
    try {
      // before the browser is led away: it is no use to come back to a session that was not saved
      await whenDone(done => session.save(done))
    } catch (cause) {
      onTrouble({ what: 'redis', cause })
      return onProblem(problemOf('unavailable'), req, res)
    }
    redirect(res, location)
  })

/** Coming back to a step of signing in or out would lead round in a circle. */
const isOwnStep = (path: string): boolean =>
  [paths.signIn, paths.signedIn, paths.signOut].some(step => path.split('?', 1)[0] === step)
