import type { AccessTokenClaims } from '@auth-pair/access-token'
import { Problem } from '@auth-pair/service'
import type { IntrospectionNeeds } from './index.ts'

/**
 * The claims of an access token that is good at this moment. That its account is not disabled the record of revocations says, which is in
 * memory: PostgreSQL is not asked. Throws `Problem('unavailable')` while the record is not known.
 */
export const goodClaims = (
  { verify, now }: Pick<IntrospectionNeeds, 'verify' | 'now'>,
  token: string,
): AccessTokenClaims | undefined => {
  const verification = verify(token)
  if (!verification.ok) {
    if (verification.code === 'revocations-unknown') throw new Problem('unavailable')
    return undefined
  }
  // services forgive clocks that differ; the one that made the token has no reason to
  return now() < verification.claims.exp * 1000 ? verification.claims : undefined
}
