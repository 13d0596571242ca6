/**
 * The contract between the auth-server and every service that accepts its access tokens: what a token says, how it is
 * verified without asking anybody, and guards for the frameworks that services are written with. It never signs, and it
 * knows no database. Nothing here is thrown for what a client may send.
 */
export { isApiToken } from './api-token.ts'
export { type Authentication, authenticate, type ReadToken } from './authenticate.ts'
export { bearerToken, type PresentedToken } from './bearer.ts'
export type { AccessTokenClaims, ExternalClaims } from './claims.ts'
export {
  createExternalVerifier,
  createVerifier,
  type ExternalNeeds,
  type LocalNeeds,
  type VerifierNeeds,
} from './create-verifier.ts'
export type { AuthenticatedRequest, Guard, GuardOptions, OnRefusal } from './guard.ts'
export type { IntrospectionNeeds } from './introspection/ask-auth-server.ts'
export type { PublicJwk } from './keys/key.ts'
export type { Refusal } from './refusals.ts'
export { requireAccessToken } from './require-access-token.ts'
export { createScopeCheck, requireScope } from './require-scope.ts'
export type { Revocations } from './revocations/revocation.ts'
export {
  createRevocationFeed,
  type FeedChange,
  type FeedLostPolicy,
  type FeedNeeds,
  type FeedState,
  type RevocationFeed,
  revocationsPath,
} from './revocations/revocation-feed.ts'
export type { LocalVerifier, RefusalCode, Verification, Verifier } from './verification.ts'
export { createVerifierTokenSigner } from './verifier-token.ts'
