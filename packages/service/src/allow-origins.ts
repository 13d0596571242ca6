import cors from 'cors'
import type { RequestHandler } from 'express'

/**
 * CORS for the exact origins of the allow-list, with credentials. Requests without `Origin` pass untouched, and a preflight
 * goes on to the route, which answers it with the headers of every other answer.
 */
export const allowOrigins = (origins: readonly string[]): RequestHandler => {
  const allow = cors({
    origin: [...origins],
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Request-Id'],
    exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    maxAge: 600,
    preflightContinue: true,
  })
  const known = new Set(origins)
  return (req, res, next) => {
    const { origin } = req.headers
    if (origin === undefined || !known.has(origin)) return next()
    allow(req, res, next)
  }
}
