/**
 * What every client of the auth pair does, whatever it runs on: decide when to refresh, ask the auth-server once for all callers and again
 * when it is away, and send the access token to the services that may have it. Where tokens are kept, and how processes or tabs take turns, it is told. It uses
 * what browsers and Node have in common, and nothing else.
 */
export { AuthError, type FieldComplaint } from './auth-error.ts'
export type { Clock } from './clock.ts'
export { createAuthCore } from './create-auth-core.ts'
export type {
  AuthClient,
  AuthCore,
  Change,
  CoreNeeds,
  Credentials,
  Options,
  Passwords,
  Session,
  User,
} from './types.ts'
