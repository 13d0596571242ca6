import { isUtf8 } from 'node:buffer'
import express, { type RequestHandler } from 'express'
import { Problem } from './problems.ts'

/** The largest body that is read, in bytes. */
export const bodyLimit = 16 * 1024

const jsonType = /^application\/json[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i

const parse = express.json({
  limit: bodyLimit,
  strict: true,
  inflate: false,
  type: () => true,
  verify: (_req, _res, bytes) => {
    // SECURITY: the decoder would turn every bad byte into the same U+FFFD, and two passwords into one
    if (!isUtf8(bytes)) throw new Problem('malformed-request', { detail: 'The body is not valid UTF-8.' })
  },
})

/** Reads a JSON object of at most 16 KiB into `req.body`; anything else is a problem. */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (!jsonType.test(req.headers['content-type'] ?? '')) throw new Problem('unsupported-media-type')
  parse(req, res, error => {
    if (error) return next(error)
    if (!isObject(req.body)) {
      return next(
        new Problem('invalid-input', { errors: [{ path: '', message: 'The body has to be one JSON object.' }] }),
      )
    }
    next()
  })
}

/** As `jsonBody`, but a request without a body is one with an empty object. */
export const optionalJsonBody: RequestHandler = (req, res, next) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (encoding === undefined && (length === undefined || length === '0')) {
    req.body = {}
    return next()
  }
  jsonBody(req, res, next)
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
