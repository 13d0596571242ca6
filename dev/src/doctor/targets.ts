/** One of the servers that were named on the command line. */
export interface Target {
  readonly kind: 'auth' | 'service'
  readonly name: string
  readonly origin: string
  /** What an access token opens. */
  readonly guarded: URL
  /** Somebody's own service, of which nothing is known but this route. */
  readonly onlyRoute: boolean
}

/** The server of a URL, or a complaint. The first one is the auth-server. */
export const readTarget = (text: string, kind: Target['kind']): Target | string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    return `${JSON.stringify(text)} is not a URL such as https://login.example.com`
  // it would be printed
  if (url.username || url.password) return 'A URL holds a user or a password: leave them out'
  const { origin, pathname } = url
  if (kind === 'auth') {
    if (pathname !== '/' || url.search) return `The auth-server is named by its public URL, without a path: ${origin}`
    return { kind, name: origin, origin, guarded: new URL('/api/auth/user', origin), onlyRoute: false }
  }
  const onlyRoute = pathname !== '/'
  url.hash = ''
  const guarded = onlyRoute ? url : new URL('/api/restricted', origin)
  return { kind, name: onlyRoute ? `${origin}${pathname}` : origin, origin, guarded, onlyRoute }
}

/** What this server answers to anybody, without a look at a store. */
export const aliveUrl = ({ onlyRoute, origin, guarded }: Target): URL =>
  onlyRoute ? guarded : new URL('/health/live', origin)
