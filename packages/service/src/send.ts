import type { Response } from 'express'
import type { Problem } from './problems.ts'

/**
 * Answers with JSON: constant headers, status and body in one write, without content negotiation or ETag. `more` are headers of
 * this answer alone, as a flat list of names and values: one that is set on `res` makes Node set all of them one by one.
 */
export const sendJson = (res: Response, status: number, body: object, more: readonly string[] = []): void =>
  sendText(res, status, 'application/json; charset=utf-8', JSON.stringify(body), more)

/** Answers 200 with an empty body, where a protocol wants that status. */
export const sendEmpty = (res: Response): void => {
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  res.writeHead(200, [...headers, 'X-Request-Id', requestId, 'Content-Length', '0'])
  res.end()
}

/** Answers 204: done, and there is nothing to say. */
export const sendNothing = (res: Response): void => {
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  res.writeHead(204, [...headers, 'X-Request-Id', requestId])
  res.end()
}

/** Answers 303: the browser goes there with GET (RFC 9110, section 15.4.4). `location` is of characters that a header may hold. */
export const sendSeeOther = (res: Response, location: string, more: readonly string[] = []): void => {
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  res.writeHead(303, [...headers, ...more, 'X-Request-Id', requestId, 'Location', location, 'Content-Length', '0'])
  res.end()
}

/** Answers with a problem (RFC 9457), or with a page in its place. */
export const sendProblem = (res: Response, problem: Problem): void => {
  if (!res.headersSent && res.exchange.showProblem?.(res, problem)) return
  const body = problem.body(res.exchange.requestId)
  sendText(res, problem.status, 'application/problem+json; charset=utf-8', body, problem.headerList)
}

/** As `sendJson`, for a body that is text already. */
export const sendText = (
  res: Response,
  status: number,
  type: string,
  body: string,
  more: readonly string[] = [],
): void => {
  // the deadline of the request may have answered already
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  const length = Buffer.byteLength(body)
  const own = ['X-Request-Id', requestId, 'Content-Type', type, 'Content-Length', String(length)]
  res.writeHead(status, [...headers, ...more, ...own])
  // a byte a character: written as it is, where UTF-8 would be looked for in it
  res.end(body, length === body.length ? 'latin1' : 'utf8')
}
