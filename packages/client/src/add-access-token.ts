import type { AuthClient } from './core/types.ts'

/** What is used of the configuration of a request. */
interface RequestConfig {
  data?: unknown
  headers: { set(name: string, value: string): unknown; get(name: string): unknown }
  signal?: unknown
  beforeRedirect?: (options: Record<string, unknown>, ...about: never[]) => void
  redact?: readonly string[]
  authPairReplay?: boolean
}

interface AnyResponse {
  status: number
  /** Node's request, or a page's XMLHttpRequest. */
  request?: { res?: { responseUrl?: string }; responseURL?: string }
  config: RequestConfig
}

/** What is used of an instance of axios 1. */
interface Axios {
  getUri(config: unknown): string
  request(config: unknown): Promise<unknown>
  interceptors: {
    request: { use(begin: (config: RequestConfig) => Promise<RequestConfig>): unknown }
    response: {
      use(answered: (response: AnyResponse) => unknown, failed: (error: { response?: AnyResponse }) => unknown): unknown
    }
  }
}

/**
 * Sends the access token with every request of an axios instance, and once more with a new one after a 401, unless the body is a stream. Requests to other
 * origins than the client's `services` fail with AuthError `foreign-origin`: take another instance for them.
 */
export const addAccessToken = (axios: object, client: AuthClient): void => {
  const { interceptors, getUri, request } = axios as Axios
  const addressOf = (config: RequestConfig) => new URL(getUri.call(axios, config), pageAddress())
  const signalOf = ({ signal }: RequestConfig) => (signal instanceof AbortSignal ? signal : undefined)

  interceptors.request.use(async config => {
    const address = addressOf(config)
    const accessToken = await client.tokenFor(address, { signal: signalOf(config) })
    config.headers.set('Authorization', `Bearer ${accessToken}`)
    const { beforeRedirect, redact = [] } = config
    // SECURITY: earlier versions of axios let the header go along to subdomains
    config.beforeRedirect = (options, ...about) => {
      if (new URL(String(options.href)).origin !== address.origin) removeAuthorization(options.headers)
      beforeRedirect?.(options, ...about)
    }
    // from what its errors print as JSON
    config.redact = [...redact, 'authorization']
    return config
  })

  /** The answer to the same request with a better token, if there is one. */
  const again = async ({ status, config, request: sent }: AnyResponse): Promise<{ answer: unknown } | undefined> => {
    if (status !== 401 || config.authPairReplay || isReadOnce(config.data)) return undefined
    // whoever refused there has seen no token
    const answered = sent?.res?.responseUrl ?? sent?.responseURL
    if (answered && new URL(answered).origin !== addressOf(config).origin) return undefined
    const refused = String(config.headers.get('Authorization')).replace('Bearer ', '')
    const better = await client.tokenFor(addressOf(config), { refused, signal: signalOf(config) })
    return better === undefined ? undefined : { answer: await request.call(axios, { ...config, authPairReplay: true }) }
  }

  interceptors.response.use(
    async response => {
      const replayed = await again(response)
      return replayed ? replayed.answer : response
    },
    async error => {
      const replayed = error.response && (await again(error.response))
      if (!replayed) throw error
      return replayed.answer
    },
  )
}

const removeAuthorization = (headers: unknown) => {
  const given = Object(headers)
  for (const name of Object.keys(given)) if (name.toLowerCase() === 'authorization') delete given[name]
}

const isReadOnce = (body: unknown) =>
  typeof body === 'object' && body !== null && ('pipe' in body || 'getReader' in body)

/** In a browser, relative addresses are relative to the page; in Node there are none. */
const pageAddress = () => (globalThis as { location?: { href: string } }).location?.href
