import type { Response } from 'express'
import type { Problem } from './problems.ts'

/** Answers with JSON: constant headers, status and body in one write, without content negotiation or ETag. */
export const sendJson = (res: Response, status: number, body: object): void =>
  send(res, status, 'application/json; charset=utf-8', JSON.stringify(body))

/** Answers 204: done, and there is nothing to say. */
export const sendNothing = (res: Response): void => {
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  res.writeHead(204, [...headers, 'X-Request-Id', requestId])
  res.end()
}

/** Answers with a problem (RFC 9457). */
export const sendProblem = (res: Response, problem: Problem): void => {
  if (res.headersSent) return
  for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value)
  const body = JSON.stringify(problem.details(res.exchange.requestId))
  send(res, problem.status, 'application/problem+json; charset=utf-8', body)
}

const send = (res: Response, status: number, type: string, body: string): void => {
  // the deadline of the request may have answered already
  if (res.headersSent) return
  const { headers, requestId } = res.exchange
  const length = String(Buffer.byteLength(body))
  res.writeHead(status, [...headers, 'X-Request-Id', requestId, 'Content-Type', type, 'Content-Length', length])
  res.end(body)
}
