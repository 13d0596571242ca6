import type { IncomingMessage, ServerResponse } from 'node:http'
import expressSession from 'express-session'
import type { Handler } from './http.ts'
import type { Trouble } from './needs.ts'
import type { SessionStore } from './session-store.ts'

/** The session that an app sees as `req.session`: that of `express-session`, as far as it is used here. */
export interface BrowserSession {
  readonly id: string
  save(done: (error?: unknown) => void): unknown
  regenerate(done: (error?: unknown) => void): unknown
  destroy(done: (error?: unknown) => void): unknown
  /** Sign-ins that were begun and not finished, by their state. */
  signIns?: Record<string, BegunSignIn>
}

export interface BegunSignIn {
  readonly codeVerifier: string
  readonly returnTo: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A request behind `session`. */
export interface SessionRequest extends IncomingMessage {
  session?: BrowserSession
}

interface LoadNeeds {
  readonly store: SessionStore
  readonly secrets: readonly string[]
  readonly publicUrl: string
  readonly onTrouble: (trouble: Trouble) => void
  /** Answers when the store cannot be asked. */
  readonly onUnavailable: (req: IncomingMessage, res: ServerResponse) => void
}

export interface SessionCookie {
  readonly name: string
  /** The `Set-Cookie` that takes it back. */
  readonly expired: string
}

/**
 * SECURITY: no other host of the domain can set a cookie with the prefix (RFC 6265bis, section 4.1.3.2); it is for https alone. Cookies know no
 * ports (RFC 6265, section 8.5): the name does, so that two apps on one host do not sign each other out.
 */
export const sessionCookie = (publicUrl: string): SessionCookie => {
  const { protocol, port } = new URL(publicUrl)
  const https = protocol === 'https:'
  const name = `${https ? '__Host-' : ''}session${port && `-${port}`}`
  const secure = https ? '; Secure' : ''
  return { name, expired: `${name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly${secure}; SameSite=Lax` }
}

/**
 * `express-session` on the store. The cookie has no end of its own: the store ends what is not used, and so there is nothing to send again with every
 * answer. A session that holds nothing is neither kept nor told to the browser.
 */
export const createLoadSession = ({ store, secrets, publicUrl, onTrouble, onUnavailable }: LoadNeeds): Handler => {
  const https = publicUrl.startsWith('https:')
  const load = expressSession({
    name: sessionCookie(publicUrl).name,
    secret: [...secrets],
    store: store.express as expressSession.Store,
    cookie: { httpOnly: true, sameSite: 'lax', secure: https, path: '/' },
    resave: false,
    saveUninitialized: false,
    rolling: false,
    unset: 'keep',
  }) as unknown as Handler
  return (req, res, next) => {
    // TLS may end before this app, at a proxy that says nothing of it: how the outside comes in is known from the settings
    if (https) Object.defineProperty(req, 'secure', { value: true, configurable: true })
    let passed = false
    load(req, res, cause => {
      // it also comes here when the answer is on its way already, and the session could not be saved or touched
      if (cause !== undefined) onTrouble({ what: 'redis', cause })
      if (passed) return
      passed = true
      if (cause !== undefined) onUnavailable(req, res)
      else next()
    })
  }
}

/** `save`, `regenerate` and `destroy`, as promises. */
export const whenDone = (act: (done: (error?: unknown) => void) => unknown): Promise<void> =>
  new Promise((resolve, reject) => {
    act(error => (error === undefined || error === null ? resolve() : reject(error)))
  })
