import { Problem, type ProblemCode } from './problems.ts'

/** What raw-body's error types mean (its README, section Errors). */
const bodyErrors: Readonly<Record<string, ProblemCode>> = {
  'entity.too.large': 'body-too-large',
  'request.aborted': 'malformed-request',
  'request.size.invalid': 'malformed-request',
}

/** The problem that answers whatever a handler threw. Nothing of an unknown error is sent. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  const code = typeof type === 'string' ? bodyErrors[type] : undefined
  // the rest of such a body is not worth reading: it may never end
  if (code !== undefined) return new Problem(code, { cause: error, headers: { Connection: 'close' } })
  // the router could not decode the path
  if (error instanceof URIError && status === 400) return new Problem('malformed-request', { cause: error })
  return new Problem('internal-error', { cause: error })
}
