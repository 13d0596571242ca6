import { Problem, type ProblemCode } from './problems.ts'

/** What body-parser's error types mean (its README, section Errors). */
const bodyErrors: Readonly<Record<string, ProblemCode>> = {
  'charset.unsupported': 'unsupported-media-type',
  'encoding.unsupported': 'unsupported-media-type',
  'entity.parse.failed': 'malformed-request',
  'entity.too.large': 'body-too-large',
  'request.aborted': 'malformed-request',
  'request.size.invalid': 'malformed-request',
}

/** The problem that answers whatever a handler threw. Nothing of an unknown error is sent. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  const code = typeof type === 'string' ? bodyErrors[type] : undefined
  if (code === 'body-too-large') {
    // the rest of the body is not worth reading: it may never end
    return new Problem(code, { cause: error, headers: { Connection: 'close' } })
  }
  if (code !== undefined) return new Problem(code, { cause: error })
  // the router could not decode the path
  if (error instanceof URIError && status === 400) return new Problem('malformed-request', { cause: error })
  return new Problem('internal-error', { cause: error })
}
