import type { RequestHandler } from 'express'
import helmet from 'helmet'

interface PagePolicy {
  /** Whether the outside reaches this server by https. */
  readonly https: boolean
  /** What a page may do, beyond nothing (Content Security Policy). */
  readonly allows: Readonly<Record<string, readonly string[]>>
  readonly referrer?: 'no-referrer' | 'same-origin'
}

/**
 * The headers of what a browser shows or loads. Pages are not the hot path: here helmet sets them, where the answers of the API have constant ones;
 * a test holds both to the same rules.
 */
export const pageHeaders = ({ https, allows, referrer = 'no-referrer' }: PagePolicy): RequestHandler => {
  const none = ["'none'"]
  const security = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: none, ...allows, frameAncestors: none, baseUri: none },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: referrer },
    strictTransportSecurity: https && { maxAge: 31_536_000, includeSubDomains: false },
  })
  return (req, res, next) => {
    res.setHeader('Cache-Control', 'no-store')
    res.setHeader('Vary', 'Origin')
    res.setHeader('X-Request-Id', res.exchange.requestId)
    security(req, res, next)
  }
}
