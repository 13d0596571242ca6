/**
 * What the pair's own servers share beyond the published package: the settings that say which tokens are good, the guards
 * whose refusals go through the servers' own catalogue of problems, and what the auth-server writes for verifiers to read. It is
 * not published.
 */
export { createApiToken } from '../api-token.ts'
export { maxAgeS } from '../claims.ts'
export { type Revocation, readRevocation, writeRevocation } from '../revocations/revocation.ts'
export { createRevocationList, type RevocationList } from '../revocations/revocation-list.ts'
export { createSessionId, epochOf } from '../session-id.ts'
export { createVerifierTokenCheck } from '../verifier-token.ts'
export { bearerClaims, signedInOnly } from './guard.ts'
export { requireVerifier } from './require-verifier.ts'
export {
  keySetSettings,
  publishedComplaints,
  signingSettings,
  tokenSettingComplaints,
  tokenSettings,
  verifyingSecrets,
} from './settings.ts'
