import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Verifier } from '@auth-pair/access-token'
import type { Authorization, Finish } from './authorization.ts'
import { awaiting, type Handler, redirect } from './http.ts'
import { type BegunSignIn, type BrowserSession, type SessionRequest, whenDone } from './load-session.ts'
import type { Trouble } from './needs.ts'
import { type OnProblem, type ProblemCode, problemOf } from './problems.ts'
import type { SessionStore } from './session-store.ts'
import { signInMs } from './sign-in.ts'

interface FinishNeeds {
  readonly publicUrl: string
  readonly authorization: Authorization
  readonly store: SessionStore
  readonly verifier: Verifier
  readonly onProblem: OnProblem
  readonly onTrouble: (trouble: Trouble) => void
  readonly now: () => number
}

const answers: Readonly<Record<Exclude<Finish['kind'], 'signed-in'>, ProblemCode>> = {
  refused: 'sign-in-refused',
  'unknown-code': 'sign-in-unknown',
  unavailable: 'unavailable',
  failed: 'sign-in-failed',
}

/**
 * `GET /signed-in`: where the auth-server leads the browser back to. Whatever is wrong with it is said on a page; it never leads back to the sign-in, which
 * could go round for ever.
 */
export const createFinishSignIn = (needs: FinishNeeds): Handler => {
  const { publicUrl, authorization, store, verifier, onProblem, onTrouble, now } = needs

  const finish = async (req: SessionRequest, res: ServerResponse): Promise<ProblemCode | undefined> => {
    const { session } = req
    if (!session) throw new Error('finishSignIn has to stand behind session.')
    const returned = new URL(req.url ?? '', publicUrl).searchParams
    const [state, begun] = find(session, returned.get('state') ?? '') ?? []
    if (state === undefined || begun === undefined || now() - begun.at > signInMs) return 'sign-in-unknown'
    // SECURITY: once, also when the browser asks twice at a time: the second use of a code ends the session of the first
    if (!(await store.take(`state:${digest(state).toString('base64url')}`, signInMs))) return 'sign-in-unknown'
    const finished = await authorization.finish(returned, { state, codeVerifier: begun.codeVerifier })
    if (finished.kind !== 'signed-in') {
      onTrouble({ what: 'sign-in', cause: finished.cause })
      return answers[finished.kind]
    }
    const { accessToken, refreshToken } = finished
    const verification = await verifier.verify(accessToken)
    if (!verification.ok) {
      onTrouble({ what: 'sign-in', cause: new Error(`The access token was refused here: ${verification.code}.`) })
      return 'sign-in-failed'
    }
    // SECURITY: whoever knew the session id before the sign-in does not know the one after it
    await whenDone(done => session.regenerate(done))
    const { session: renewed } = req as SessionRequest & { session: BrowserSession }
    store.hold(renewed, { accessToken, refreshToken, since: now() })
    await whenDone(done => renewed.save(done))
    redirect(res, begun.returnTo)
    return undefined
  }

  const attempt = async (req: IncomingMessage, res: ServerResponse): Promise<ProblemCode | undefined> => {
    try {
      return await finish(req, res)
    } catch (cause) {
      onTrouble({ what: 'redis', cause })
      return 'unavailable'
    }
  }

  return awaiting(async (req, res) => {
    if (req.method !== 'GET') return onProblem(problemOf('method-not-allowed', { Allow: 'GET' }), req, res)
    const problem = await attempt(req, res)
    if (problem !== undefined) onProblem(problemOf(problem), req, res)
  })
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The sign-in of a state. SECURITY: how long it takes says nothing about how much of a guess is right. */
const find = ({ signIns = {} }: BrowserSession, state: string): [string, BegunSignIn] | undefined => {
  const wanted = digest(state)
  return Object.entries(signIns).find(([known]) => timingSafeEqual(digest(known), wanted))
}
