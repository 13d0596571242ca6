import type { AuthClient } from './types.ts'

interface FetchNeeds extends Pick<AuthClient, 'tokenFor'> {
  readonly send: typeof fetch
  readonly base: string
}

export const createFetch =
  ({ send, base, tokenFor }: FetchNeeds): AuthClient['fetch'] =>
  async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined
    const target = new URL(request?.url ?? String(input), base)
    const signal = init.signal ?? request?.signal
    const sendWith = (accessToken?: string) => {
      const headers = new Headers(init.headers ?? request?.headers)
      headers.set('Authorization', `Bearer ${accessToken}`)
      // a redirect to another origin loses the header (Fetch, HTTP-redirect fetch, step 13)
      return send(request ?? target, { ...init, headers })
    }

    const refused = await tokenFor(target, { signal })
    const response = await sendWith(refused)
    if (response.status !== 401 || isReadOnce(init.body ?? request?.body)) return response
    // whoever refused there has seen no token
    if (response.redirected && new URL(response.url).origin !== target.origin) return response
    const better = await tokenFor(target, { refused, signal })
    if (better === undefined) return response
    // frees the connection for the next try
    response.body?.cancel().catch(() => {})
    return sendWith(better)
  }

/** Streams, of either kind. */
const isReadOnce = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body)
