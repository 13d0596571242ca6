import type { RequestHandler } from 'express'
import { Problem } from './problems.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses writes that a browser sends for a page of a foreign origin. `Origin` decides where there is one: a page cannot
 * forge it. Without it, the browser's own word (`Sec-Fetch-Site`) has to be `same-origin`, as it is for a form posted from
 * a page with `Referrer-Policy: no-referrer`. Callers that send neither are no browsers and bring no one else's cookies along.
 */
export const refuseCrossSite = (origins: readonly string[]): RequestHandler => {
  const accepted = new Set(origins)
  return (req, _res, next) => {
    if (safeMethods.has(req.method)) return next()
    const { origin, 'sec-fetch-site': site } = req.headers
    const allowed = origin !== undefined ? accepted.has(origin) : site === undefined || site === 'same-origin'
    if (!allowed) throw new Problem('cross-site-request')
    next()
  }
}
