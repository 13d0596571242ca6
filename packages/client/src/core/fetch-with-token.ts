import { AuthError } from './auth-error.ts'
import type { AuthClient, AuthCore, Options } from './types.ts'

interface FetchNeeds extends Pick<AuthCore, 'instead' | 'mayGoTo'> {
  readonly send: typeof fetch
  readonly base: string
  readonly token: (refused: string | undefined, signal: Options['signal']) => Promise<string>
}

export const createFetch =
  ({ send, base, token, instead, mayGoTo }: FetchNeeds): AuthClient['fetch'] =>
  async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined
    const target = new URL(request?.url ?? String(input), base)
    // SECURITY: whoever gets a token can be the user
    if (!mayGoTo(target))
      throw new AuthError('foreign-origin', `${target.origin} is not among the services: no token is sent there.`)
    const signal = init.signal ?? request?.signal
    const sendWith = (accessToken: string) => {
      const headers = new Headers(init.headers ?? request?.headers)
      headers.set('Authorization', `Bearer ${accessToken}`)
      // a redirect to another origin loses the header (Fetch, HTTP-redirect fetch, step 13)
      return send(request ?? target, { ...init, headers })
    }

    const first = await token(undefined, signal)
    const response = await sendWith(first)
    if (response.status !== 401 || isReadOnce(init.body ?? request?.body)) return response
    if (response.redirected && !mayGoTo(new URL(response.url))) return response
    const second = await instead(first, { signal })
    if (second === undefined) return response
    // the connection is free for the next try
    response.body?.cancel().catch(() => {})
    return sendWith(second)
  }

/** Streams, of either kind. */
const isReadOnce = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
