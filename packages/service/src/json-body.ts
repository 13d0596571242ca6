import type { RequestHandler } from 'express'
import { Problem } from './problems.ts'
import { readText } from './read-text.ts'

/** Reads a JSON object of at most 16 KiB into `req.body`; anything else is a problem. */
export const jsonBody: RequestHandler = async (req, _res, next) => {
  const body = parse(await readText(req, 'application/json'))
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('invalid-input', { errors: [{ path: '', message: 'The body has to be one JSON object.' }] })
  }
  req.body = body
  next()
}

/** What a request without a body has in the place of one. */
export const noBody: object = Object.freeze({})

/** As `jsonBody`, but a request without a body is one with `noBody`. */
export const optionalJsonBody: RequestHandler = (req, res, next) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (encoding === undefined && (length === undefined || length === '0')) {
    req.body = noBody
    return next()
  }
  return jsonBody(req, res, next)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // the parser's message would repeat a piece of the body, in the log too
    throw new Problem('malformed-request', { detail: 'The body is not valid JSON.' })
  }
}
