import { randomBytes, randomUUID } from 'node:crypto'
import type { Answer, Ask } from './ask.ts'
import { Unanswered } from './ask.ts'
import { type SignInCookies, sortCookies } from './check-cookies.ts'
import { leftOut, ok, quote, type Verdict, wrong } from './finding.ts'
import { readSetCookie } from './set-cookie.ts'
import type { Target } from './targets.ts'
import { type ReadToken, readToken } from './token.ts'

export interface Account {
  readonly email: string
  readonly password: string
}

export type Transport = 'body' | 'cookie'

/** A session that the doctor has opened, and has to end. What it holds is what the server gave last. */
export interface Session {
  readonly transport: Transport
  /** Who signed in may not be printed, but what the answer was like may be looked at. */
  readonly answer: Answer
  readonly token: ReadToken
  readonly cookies: SignInCookies
  accessToken: string
  refreshToken: string | undefined
  ended: boolean
}

interface SignInNeeds {
  readonly auth: Target
  /** Is not stopped with the rest: what was opened has to be known, and be ended. */
  readonly ask: Ask
  readonly conceal: (secret: string) => void
}

/** An address and a password that nobody else has. */
export const madeUpAccount = (): Account => ({
  email: `doctor-${randomUUID()}@example.com`,
  password: randomBytes(24).toString('base64url'),
})

/** Opens sessions and remembers them, so that each can be ended whatever happens. */
export const createSignIns = ({ auth, ask, conceal }: SignInNeeds) => {
  const sessions: Session[] = []

  const signIn = async (account: Account, transport: Transport, path: string): Promise<Session | Verdict> => {
    conceal(account.password)
    const url = new URL(path, auth.origin)
    const answer = await ask({ url, method: 'POST', body: { ...account, tokenTransport: transport } })
    const { accessToken, refreshToken } = (answer.json ?? {}) as Record<string, unknown>
    if (answer.status >= 300) return refused(answer)
    const token = typeof accessToken === 'string' ? readToken(accessToken) : undefined
    if (!token || typeof accessToken !== 'string')
      return wrong(
        `${path} answers ${answer.status} without an access token that can be read: something between changes the answer.`,
      )
    const cookies = sortCookies(answer.setCookies.map(readSetCookie), accessToken)
    const presented = transport === 'body' ? refreshToken : cookies.refresh?.value
    const session: Session = {
      transport,
      answer,
      token,
      cookies,
      accessToken,
      refreshToken: typeof presented === 'string' ? presented : undefined,
      ended: false,
    }
    for (const secret of [accessToken, session.refreshToken, cookies.device?.value]) if (secret) conceal(secret)
    sessions.push(session)
    return session
  }

  const end = async (session: Session): Promise<void> => {
    if (session.ended) return
    await ask(signOutRequest(auth, session))
    // a sign-out is 204 whether the session was found or not
    session.ended = await isRefused(session)
    if (session.ended) return
    const url = new URL(`/api/sessions/${encodeURIComponent(String(session.token.claims.sid))}`, auth.origin)
    await ask({ url, method: 'DELETE', headers: bearer(session) })
    session.ended = await isRefused(session)
  }

  const isRefused = async (session: Session): Promise<boolean> =>
    (await ask({ url: auth.guarded, headers: bearer(session) })).status === 401

  return {
    signIn: (account: Account, transport: Transport) => signIn(account, transport, '/api/signin'),
    signUp: (account: Account) => signIn(account, 'body', '/api/signup'),
    /** Ends what is still open. Says what could not be. */
    endAll: async (): Promise<Verdict[]> => {
      const verdicts: Verdict[] = []
      for (const session of sessions) {
        const reason = await end(session).catch((error: Error) => error)
        if (session.ended) continue
        const why = reason instanceof Unanswered ? reason.message : 'The auth-server still accepts it.'
        verdicts.push(
          wrong(
            `The session that was opened by ${session.transport} could not be ended: ${why} It ends by itself when it is not used.`,
          ),
        )
      }
      const ended = `What was opened is ended again: ${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'}.`
      return verdicts.length > 0 || sessions.length === 0 ? verdicts : [ok(ended)]
    },
  }
}

export const bearer = ({ accessToken }: Session) => ({ Authorization: `Bearer ${accessToken}` })

/** The `Cookie` header of a browser that holds what the session has. */
export const cookieHeader = ({ cookies, accessToken, refreshToken }: Session): Record<string, string> => {
  const pairs = [
    cookies.access && `${cookies.access.name}=${accessToken}`,
    cookies.refresh && refreshToken !== undefined && `${cookies.refresh.name}=${refreshToken}`,
  ].filter(Boolean)
  return pairs.length > 0 ? { Cookie: pairs.join('; ') } : {}
}

export const signOutRequest = ({ origin }: Target, session: Session) => {
  const url = new URL('/api/signout', origin)
  const { transport, refreshToken } = session
  return transport === 'cookie'
    ? ({ url, method: 'POST', headers: cookieHeader(session) } as const)
    : ({ url, method: 'POST', body: refreshToken === undefined ? {} : { refreshToken } } as const)
}

const refused = ({ status, json }: Answer): Verdict => {
  const code = json?.code
  if (code === 'invalid-credentials')
    return wrong(
      'Email or password is wrong, or the account is disabled. It was tried once: each wrong one makes the next wait longer.',
    )
  if (code === 'challenge-required')
    return leftOut(
      'A challenge is asked for, which the doctor does not solve: use an account that signs in without one (--email).',
    )
  if (code === 'invalid-input')
    return wrong('The server does not take this email or password for one (400 invalid-input).')
  if (status === 503)
    return wrong(
      `Signing in is answered 503 (${quote(code)}): a store is away, or the machine is at its limit. See "health" above.`,
    )
  return wrong(
    `Signing in is answered ${status} (${quote(code)}): something between refuses it, or changes the answer.`,
  )
}
