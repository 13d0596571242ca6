import { isUtf8 } from 'node:buffer'
import type { RequestHandler } from 'express'
import readBody from 'raw-body'
import { Problem } from './problems.ts'

/** The largest body that is read, in bytes. */
export const bodyLimit = 16 * 1024

const jsonType = /^application\/json[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i

/**
 * Reads a JSON object of at most 16 KiB into `req.body`; anything else is a problem. Not `express.json`: that one reads a
 * body that is too large to its end before it says so, and a body need not have one.
 */
export const jsonBody: RequestHandler = async (req, _res, next) => {
  const { 'content-type': type = '', 'content-encoding': encoding, 'content-length': length } = req.headers
  if (!jsonType.test(type) || encoding !== undefined) throw new Problem('unsupported-media-type')
  const bytes = await readBody(req, { limit: bodyLimit, length: length ?? null })
  // SECURITY: a decoder would turn every bad byte into the same U+FFFD, and two passwords into one
  if (!isUtf8(bytes)) throw new Problem('malformed-request', { detail: 'The body is not valid UTF-8.' })
  const body = parse(bytes.toString('utf8'))
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
