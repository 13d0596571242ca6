import { quote } from './finding.ts'
import type { ReadToken } from './token.ts'

/** What can be known from outside when a service refuses a token that the auth-server has just issued. */
export interface Refusal {
  readonly status: number
  /** Its `WWW-Authenticate`. */
  readonly challenge: string | undefined
  readonly token: ReadToken
  /** The URL of the auth-server. */
  readonly origin: string
  /** How far the service's clock is certainly ahead of the auth-server's, in milliseconds; undefined when it is not known. */
  readonly aheadMs: number | undefined
  /** The id of the key of the secret that the doctor was given. */
  readonly ownKeyId: string | undefined
}

/** Why a service refuses, the likely reason first, and what to do. */
export const whyRefused = (refusal: Refusal): string => {
  const { status, challenge = '', token, aheadMs } = refusal
  if (status === 503) return signedBySecret(token) ? feedIsAway : keysOrFeedAreAway
  if (status !== 401) return `It answers ${status} to a good token, which is not about the token. Look into its log.`
  if (!/error=/.test(challenge))
    return 'It refuses a token from here as if there were none: the Authorization header does not arrive. Something between takes it out.'
  const life = (Number(token.claims.exp) - Number(token.claims.iat)) * 1000
  if (aheadMs !== undefined && (aheadMs <= -5000 || aheadMs >= life))
    return `It refuses a token from here. Most likely its clock: it is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the auth-server's, so that the token is ${aheadMs > 0 ? 'expired' : 'not yet valid'} there. Set both by NTP.`
  const clock = aheadMs === undefined ? 'Its clock is not known' : 'It is not the clock'
  return `It refuses a token from here (401 invalid_token). ${clock}. Compare in its settings, the likely one first: ${suspects(refusal).join('; ')}.`
}

const signedBySecret = ({ header }: ReadToken): boolean => String(header.alg).startsWith('HS')

const feedIsAway =
  'It answers 503 to a good token: it cannot hear of revocations and is told to refuse then (REVOCATION_FEED_LOST=refuse). Can it reach AUTH_SERVER_URL, and has it the right secret, issuer and clock? Or it asks for keys that nobody publishes: ACCESS_TOKEN_JWKS_URL must not be set there while the secret signs.'

/** From outside the two look the same: 503 means that nothing was decided. */
const keysOrFeedAreAway =
  "It answers 503 to a good token. Likely first: it has not been able to fetch the auth-server's keys: ACCESS_TOKEN_JWKS_URL has to be ORIGIN/.well-known/jwks.json, reachable from there (its log says so). Or REVOCATION_FEED_LOST=refuse and it cannot hear of revocations."

/** A token that is not what the presets make it is a sign: there are settings that one side may lack. */
const suspects = ({ token, origin, ownKeyId }: Refusal): string[] => {
  const { iss, aud } = token.claims
  const issuer = {
    doubt: iss === origin ? 1 : 3,
    text: `JWT_ISSUER, or PUBLIC_URL without it, has to be exactly ${quote(iss)}`,
  }
  const audience = { doubt: aud === 'auth-pair' ? 0 : 4, text: `JWT_AUDIENCE has to be ${quote(aud)}` }
  const { kid } = token.header
  const key = signedBySecret(token)
    ? {
        doubt: ownKeyId !== undefined && ownKeyId !== kid ? 5 : 2,
        text: `JWT_ACCESS_SECRET has to be the one that signs at the auth-server (key ${quote(kid)}; ${secretHere(ownKeyId, kid)}), and ACCESS_TOKEN_JWKS_URL must not be set there while the secret signs`,
      }
    : {
        doubt: 2,
        text: `ACCESS_TOKEN_JWKS_URL has to be ORIGIN/.well-known/jwks.json of this auth-server, reachable from there, for key ${quote(kid)}`,
      }
  return [issuer, audience, key].sort((a, b) => b.doubt - a.doubt).map(({ text }) => text)
}

const secretHere = (ownKeyId: string | undefined, kid: unknown): string => {
  if (ownKeyId === undefined) return 'a line break at its end counts'
  return ownKeyId === kid ? 'the one in the settings here is' : 'the one in the settings here is not'
}
