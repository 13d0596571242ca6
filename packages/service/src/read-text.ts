import { isUtf8 } from 'node:buffer'
import type { Request } from 'express'
import readBody from 'raw-body'
import { Problem } from './problems.ts'

/** The largest body that is read, in bytes. */
export const bodyLimit = 16 * 1024

const parameters = /^[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i

/**
 * Reads a body of at most 16 KiB that is of this type, in UTF-8 and not compressed; any other is a problem. Not by Express' own
 * readers: those read a body that is too large to its end before they say so, and a body need not have one.
 */
export const readText = async (req: Request, wanted: string): Promise<string> => {
  const { 'content-type': type = '', 'content-encoding': encoding, 'content-length': length } = req.headers
  const isWanted = type.slice(0, wanted.length).toLowerCase() === wanted && parameters.test(type.slice(wanted.length))
  if (!isWanted || encoding !== undefined)
    throw new Problem('unsupported-media-type', { detail: `Send Content-Type: ${wanted}.` })
  const bytes = await readBody(req, { limit: bodyLimit, length: length ?? null })
  // SECURITY: a decoder would turn every bad byte into the same U+FFFD, and two passwords into one
  if (!isUtf8(bytes)) throw new Problem('malformed-request', { detail: 'The body is not valid UTF-8.' })
  return bytes.toString('utf8')
}
