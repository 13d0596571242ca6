import { AuthError } from './core/auth-error.ts'
import type { AuthClient } from './core/types.ts'

declare global {
  namespace Express {
    interface Request {
      /** Of this service itself, put there by `withAccessToken`. */
      accessToken?: string
      /** `fetch` with the access token of this service, put there by `withAccessToken`. */
      fetch?: AuthClient['fetch']
    }
  }
}

interface IncomingRequest {
  accessToken?: string
  fetch?: AuthClient['fetch']
}

/**
 * Express middleware for a service that calls others in its own name: `req.accessToken` lives, and `req.fetch` sends it. When there is no token to be
 * had, the request goes to the error handler with a 503: that this service cannot sign in says nothing about its caller.
 */
export const withAccessToken =
  (client: AuthClient) =>
  (req: IncomingRequest, _res: unknown, next: (error?: unknown) => void): void => {
    client
      .accessToken()
      .then(
        accessToken => {
          req.accessToken = accessToken
          req.fetch = client.fetch
          next()
        },
        cause => next(notNow(cause)),
      )
      // Express catches what its handlers throw; where a framework does not, it must not end the process
      .catch(next)
      .catch(error => process.emitWarning(String(error?.stack ?? error)))
  }

/** `headers` are those that Express sends along with an error. */
const notNow = (cause: unknown) => {
  const retryAfterS = (cause instanceof AuthError && cause.retryAfterS) || 2
  const error = new AuthError('unavailable', 'This service cannot call others right now.', {
    status: 503,
    retryAfterS,
    cause,
  })
  return Object.assign(error, { headers: { 'Retry-After': String(retryAfterS) } })
}
