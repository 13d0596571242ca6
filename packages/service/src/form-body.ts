import type { RequestHandler } from 'express'
import { Problem } from './problems.ts'
import { readText } from './read-text.ts'

/**
 * Reads the fields of a form (`application/x-www-form-urlencoded`, at most 16 KiB) into `req.body`: strings, under names that no
 * object inherits. A field that comes twice is a problem (RFC 6749, section 3.2), and so is one that is not UTF-8 behind its percent signs.
 */
export const formBody: RequestHandler = async (req, _res, next) => {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs(await readText(req, 'application/x-www-form-urlencoded'))) {
    if (name in fields)
      throw new Problem('malformed-request', { detail: 'A field comes more than once.', error: 'invalid_request' })
    fields[name] = value
  }
  req.body = fields
  next()
}

const pairs = (text: string): [name: string, value: string][] =>
  text
    .split('&')
    .filter(Boolean)
    .map(pair => {
      const equals = pair.indexOf('=')
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
    })

const decode = (text: string): string => {
  try {
    // SECURITY: unlike URLSearchParams it throws at bytes that are no UTF-8, which would all become the same U+FFFD
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Problem('malformed-request', { detail: 'The body is not a form in UTF-8.', error: 'invalid_request' })
  }
}
