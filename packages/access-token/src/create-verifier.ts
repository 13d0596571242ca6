import type { KeyObject } from 'node:crypto'
import { apiTokenPrefix } from './api-token.ts'
import type { AccessTokenClaims, ExternalClaims } from './claims.ts'
import { createAsk, type IntrospectionNeeds } from './introspection/ask-auth-server.ts'
import { createApiTokenVerifier } from './introspection/verify-api-token.ts'
import { createKey, createVerifyingKey, type Key, type PublicJwk } from './keys/key.ts'
import { createRemoteKeys } from './keys/remote-keys.ts'
import type { Revocations } from './revocations/revocation.ts'
import { externalTokens, pairTokens } from './token-kind.ts'
import type { LocalVerifier, Verifier } from './verification.ts'
import { type CommonNeeds, createCore, type KeySource } from './verify.ts'

export interface LocalNeeds extends CommonNeeds {
  /** The secret shared with the auth-server, at least 32 bytes. */
  readonly secret?: string | undefined
  /** More than one of them, while one takes the place of another. */
  readonly secrets?: readonly string[] | undefined
  /** Public keys: in PEM, as JWKs, or as KeyObjects. */
  readonly publicKeys?: readonly (string | PublicJwk | KeyObject)[] | undefined
  /** Where revocations are looked up; without it a token lives to its end. */
  readonly revocations?: Revocations | undefined
}

interface KeySetNeeds {
  /** Where the issuer publishes its keys, such as `https://login.example.com/.well-known/jwks.json`. */
  readonly jwksUrl: string
  /** Told when the keys could not be fetched, for the log. The last known ones stay good: `knownKeys` of them. */
  readonly onKeysUnavailable?: ((cause: unknown, knownKeys: number) => void) | undefined
}

export interface ApiTokensNeeds {
  /** How the auth-server is asked about API tokens; without it they are refused like any junk. */
  readonly introspection?: IntrospectionNeeds | undefined
  /** Told when the auth-server could not be asked about a token, for the log. What it said before holds for as long as it would have. */
  readonly onIntrospectionUnavailable?: ((cause: unknown) => void) | undefined
}

export type VerifierNeeds = LocalNeeds &
  ApiTokensNeeds & { readonly [Name in keyof KeySetNeeds]?: KeySetNeeds[Name] | undefined }

/**
 * Makes a verifier of the auth-server's access tokens. With secrets or public keys it needs no network; with a `jwksUrl` it fetches
 * the keys that it lacks, and `verify` may answer with a promise. All can be given at once: each key has exactly one
 * algorithm (RFC 8725, section 3.1), and the `kid` of a token says which one is meant. Throws when there is none, or one is too
 * short (RFC 7518, section 3.2) or not of a supported kind.
 *
 * With `introspection` it takes API tokens too, and asks the auth-server about them (RFC 7662). Of their claims, `exp` is the moment up to
 * which the answer holds: at most 30 seconds from the question, and never after the end of the token.
 */
export function createVerifier(
  needs: LocalNeeds & { readonly jwksUrl?: undefined; readonly introspection?: undefined },
): LocalVerifier
export function createVerifier(needs: VerifierNeeds): Verifier
export function createVerifier(needs: VerifierNeeds): Verifier {
  const { secret, secrets = [], publicKeys = [], jwksUrl } = needs
  const all = [...(secret === undefined ? [] : [secret]), ...secrets]
  const own = [...all.map(createKey), ...publicKeys.map(createVerifyingKey)]
  if (own.length === 0 && jwksUrl === undefined) throw new Error('A verifier needs a secret, public keys or a jwksUrl.')
  const core = createCore<AccessTokenClaims>({ ...needs, kind: pairTokens, keys: keySource(own, needs) })
  return needs.introspection ? withApiTokens(core, needs, needs.introspection) : core
}

/** An access token begins with `ey`, as every JWT does. */
const withApiTokens = (core: Verifier, needs: VerifierNeeds, introspection: IntrospectionNeeds): Verifier => {
  const { issuer, now = Date.now, onIntrospectionUnavailable: onUnavailable } = needs
  const ask = createAsk(introspection, { issuer, now })
  const apiTokens = createApiTokenVerifier({ ...needs, ask, onUnavailable })
  return { verify: token => (token.startsWith(apiTokenPrefix) ? apiTokens.verify(token) : core.verify(token)) }
}

export interface ExternalNeeds extends CommonNeeds, KeySetNeeds {}

/**
 * Makes a verifier of the access tokens of another OpenID Connect issuer: those that are JWTs, signed with a key of its key set
 * (`jwks_uri` in its discovery document). They live to their end: nobody tells of their revocation.
 */
export const createExternalVerifier = (needs: ExternalNeeds): Verifier<ExternalClaims> =>
  createCore({ ...needs, kind: externalTokens, keys: keySource([], needs) })

/** SECURITY: a key of one's own goes before one of the same name that was fetched, and secrets are never fetched. */
const keySource = (
  own: readonly Key[],
  { jwksUrl, onKeysUnavailable }: Pick<VerifierNeeds, keyof KeySetNeeds>,
): KeySource => {
  const known = new Map(own.map(key => [key.id, key]))
  if (jwksUrl === undefined) return { get: id => known.get(id) }
  const { protocol, username, password } = new URL(jwksUrl)
  // it would be written to logs with all that is in it
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '')
    throw new Error('jwksUrl has to be an http or https URL, without user and password.')
  const remote = createRemoteKeys({ url: jwksUrl, onError: onKeysUnavailable })
  return { get: id => known.get(id) ?? remote.get(id), find: remote.find }
}
