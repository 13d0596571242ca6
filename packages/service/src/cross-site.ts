import type { RequestHandler } from 'express'
import { Problem } from './problems.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses writes that a browser sends for a page of a foreign origin. `Origin` decides where there is one, and the browser's own word
 * (`Sec-Fetch-Site`) must not speak against it: a page can forge neither. Without `Origin` that word has to be `same-origin`, as it is for
 * a form posted from a page with `Referrer-Policy: no-referrer`. Callers that send neither are no browsers and bring no one else's cookies along.
 */
export const refuseCrossSite = (own: string | undefined, foreign: readonly string[]): RequestHandler => {
  const accepted = new Set(foreign)
  return (req, _res, next) => {
    if (safeMethods.has(req.method)) return next()
    const { origin, 'sec-fetch-site': site } = req.headers
    const isOwn = site === undefined || site === 'same-origin'
    const allowed = origin === undefined || origin === own ? isOwn : accepted.has(origin)
    if (!allowed) throw new Problem('cross-site-request')
    next()
  }
}
