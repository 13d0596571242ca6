/**
 * The contract between the auth-server and every service that accepts its access tokens: what a token says, how it is
 * verified with the shared secret alone, and the Express guard that does it. It never signs (`@auth-pair/access-token/sign`
 * does, for the auth-server), and it knows no database.
 */
export { bearerToken, type PresentedToken } from './bearer.ts'
export { type AccessTokenClaims, accessTokenAlgorithm, accessTokenType, maxAgeS } from './claims.ts'
export { createKey, type Key } from './keys.ts'
export { requireAccessToken } from './require-access-token.ts'
export { requireVerifier } from './require-verifier.ts'
export { type Revocation, type Revocations, readRevocation, writeRevocation } from './revocations/revocation.ts'
export {
  createRevocationFeed,
  type FeedChange,
  type FeedLostPolicy,
  type FeedNeeds,
  type FeedState,
  type RevocationFeed,
  revocationsPath,
} from './revocations/revocation-feed.ts'
export { createRevocationList, type RevocationList } from './revocations/revocation-list.ts'
export { createSessionId, epochOf } from './session-id.ts'
export { publishedComplaints, tokenSettingComplaints, tokenSettings } from './settings.ts'
export { createVerifierTokenCheck, createVerifierTokenSigner } from './verifier-token.ts'
export { createVerifier, type RefusalCode, type Verification, type Verifier, type VerifierNeeds } from './verify.ts'
