import type { IncomingMessage, ServerResponse } from 'node:http'

/** The last argument of Express middleware. */
export type Next = (error?: unknown) => void

/** Middleware and handlers for Express 4 and 5, and whatever else takes `(req, res, next)`. */
export type Handler = (req: IncomingMessage, res: ServerResponse, next: Next) => void

/** Whether a browser asks for a page to show: a redirect then leads a person somewhere. */
export const isNavigation = ({ method, headers }: IncomingMessage): boolean => {
  if (method !== 'GET' && method !== 'HEAD') return false
  const { 'sec-fetch-mode': mode, accept = '' } = headers
  return mode === undefined ? accept.includes('text/html') : mode === 'navigate'
}

/** The address that was asked for, as it came: a router may have cut `req.url`. */
export const requestTarget = (req: IncomingMessage): string =>
  (req as IncomingMessage & { originalUrl?: string }).originalUrl ?? req.url ?? ''

/** Leads the browser elsewhere, with GET. */
export const redirect = (res: ServerResponse, location: string): void => {
  // SECURITY: addresses on this way hold codes and states: they are kept out of caches and of what other sites are told
  res.writeHead(303, { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin' }).end()
}

/** Runs a handler that takes its time. What it rejects with goes to `next`, also where nobody looks at promises (Express 4). */
export const awaiting =
  (handle: (req: IncomingMessage, res: ServerResponse, next: Next) => Promise<void>): Handler =>
  (req, res, next) => {
    handle(req, res, next).catch(next)
  }
