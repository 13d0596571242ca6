import { AuthError, type FieldComplaint } from './auth-error.ts'
import type { Clock } from './clock.ts'

export interface AskNeeds {
  readonly url: string
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  /** What each request to the auth-server is made with. */
  readonly init?: RequestInit | undefined
}

export interface Question {
  readonly path: string
  readonly body: object
  /** An access token to send along. */
  readonly token?: string | undefined
  /** Whether to ask again after this failure. Left out: after every one that says nothing about the request. */
  readonly again?: (error: AuthError) => boolean
  readonly signal?: AbortSignal | undefined
}

/** What the auth-server is asked within, all tries together, and each of them: it answers within 5 s. Milliseconds. */
const patience = 10_000
const patienceOfOne = 6_000

/** Less than this is no time for a try, in milliseconds. */
const leastPatience = 100

const mayPass = ({ code, status = 500 }: AuthError) =>
  code === 'unexpected-answer' || status === 408 || status === 429 || status >= 500

/**
 * Posts to the auth-server until it answers, with full jitter between the tries. Throws AuthError, or the signal's reason.
 * A redirect is not followed: it would take the credentials along.
 */
export const createAsk =
  ({ url, fetch, clock, random, init }: AskNeeds) =>
  async <Answer>({ path, body, token, again = mayPass, signal }: Question): Promise<Answer> => {
    const until = clock.steady() + patience
    for (let cap = 300; ; cap = Math.min(2 * cap, 3000)) {
      const limit = new AbortController()
      const stop = () => limit.abort(signal?.reason)
      signal?.throwIfAborted()
      signal?.addEventListener('abort', stop)
      const timer = setTimeout(stop, Math.min(patienceOfOne, until - clock.steady()))
      let error: AuthError
      try {
        const response = await fetch(new URL(`/api/${path}`, url), {
          ...init,
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
          body: JSON.stringify(body),
          redirect: 'manual',
          signal: limit.signal,
        })
        const text = await response.text()
        const answer = parsed(text)
        // a proxy's own page is no answer, whatever its status
        if (path === 'signout' ? response.status === 204 : response.ok && answer.accessToken) return answer
        error = toError(response, answer)
      } catch (cause) {
        signal?.throwIfAborted()
        error = new AuthError('unavailable', `The auth-server at ${url} cannot be reached.`, { cause })
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
      const pause = random() * cap + 1000 * (error.retryAfterS ?? 0)
      if (!again(error) || clock.steady() + pause >= until) throw error
      await paused(pause, signal)
      // a machine that slept, or was busy, wakes late
      if (clock.steady() + leastPatience > until) throw error
    }
  }

// the parser's own error quotes the text
const parsed = (text: string) => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

interface ProblemDetails {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors: readonly FieldComplaint[]
  readonly requestId: string
}

const toError = (
  { ok, status, headers }: Response,
  { code, title, detail, errors, requestId }: Partial<ProblemDetails>,
): AuthError => {
  const retryAfterS = Number(headers.get('Retry-After')) || undefined
  if (code && !ok) return new AuthError(code, detail ?? title ?? code, { status, errors, retryAfterS, requestId })
  if (status >= 500)
    return new AuthError('unavailable', `The auth-server is not available (${status}).`, { status, retryAfterS })
  return new AuthError('unexpected-answer', `What answered (${status}) is no auth-server.`, { status, retryAfterS })
}

const paused = (ms: number, signal?: AbortSignal) =>
  unlessAborted(new Promise<void>(resolve => setTimeout(resolve, ms)), signal)

/** What a promise resolves to, unless the caller gives up waiting for it. */
export const unlessAborted = <T>(promise: Promise<T>, signal?: AbortSignal | null): Promise<T> => {
  if (!signal) return promise
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.aborted ? stop() : signal.addEventListener('abort', stop)
  })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
