import type { Ahead } from './clock.ts'
import { aheadOf, between, certain } from './clock.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'
import type { ReadToken } from './token.ts'

interface TokenNeeds {
  readonly token: ReadToken
  /** When it was asked for and when it came, in milliseconds since the epoch. */
  readonly sentAt: number
  readonly receivedAt: number
  /** What the answer said of its life, in seconds. */
  readonly expiresIn: unknown
  readonly origin: string
  /** The auth-server's clock, by its `Date`. */
  readonly clock: Ahead | undefined
  /** The ids of the public keys. */
  readonly keyIds: readonly string[] | undefined
}

/** What an access token says: whether it is whole, and what services have to expect. */
export const checkToken = (needs: TokenNeeds): Verdict[] => {
  const { header, claims } = needs.token
  const { iss, aud, iat, exp } = claims
  const missing = ['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'jti'].filter(name => claims[name] === undefined)
  if (missing.length > 0) return [wrong(`The access token lacks the claims ${missing.join(', ')}: services refuse it.`)]
  const life = Number(exp) - Number(iat)
  return [
    ...headerVerdicts(header, needs.keyIds),
    issuerVerdict(iss, needs.origin),
    ok(`Services have to expect the audience ${quote(aud)} (JWT_AUDIENCE).`),
    life > 0 && life === needs.expiresIn && life <= 3600
      ? ok(`An access token lives for ${life} s.`)
      : wrong(
          `An access token lives for ${life} s, and the answer says ${quote(needs.expiresIn)}: services accept 3600 at most.`,
        ),
    ...issuedAtVerdicts(needs),
  ]
}

const headerVerdicts = ({ alg, typ, kid }: ReadToken['header'], keyIds: readonly string[] | undefined): Verdict[] => {
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none')
    return [wrong(`The access token is not signed (alg is ${quote(alg)}). Take this server off the net.`)]
  if (typeof kid !== 'string' || typ !== 'at+jwt')
    return [
      wrong(
        `The access token's header has typ ${quote(typ)} and kid ${quote(kid)}: services want at+jwt and the id of a key.`,
      ),
    ]
  const signed = `It is signed with ${quote(alg)}, key ${quote(kid)}`
  if (alg.startsWith('HS')) return [ok(`${signed}: the shared secret.`)]
  return keyIds?.includes(kid)
    ? [ok(`${signed}, which is in the public list.`)]
    : [wrong(`${signed}, which is not in /.well-known/jwks.json: services that learn keys from there refuse it.`)]
}

const issuerVerdict = (iss: unknown, origin: string): Verdict =>
  iss === origin
    ? ok(`Its issuer is ${quote(iss)}, the URL of the auth-server.`)
    : note(
        `Its issuer is ${quote(iss)}, and not ${origin}: each service needs exactly that as JWT_ISSUER (or PUBLIC_URL).`,
      )

/** The server's own clock. `Date` may be that of a proxy. */
const issuedAtVerdicts = ({ token, sentAt, receivedAt, clock }: TokenNeeds): Verdict[] => {
  const own = aheadOf([{ second: Number(token.claims.iat) * 1000, sentAt, receivedAt }])
  const off = own && clock ? Math.abs(certain(between(own, clock))) : 0
  if (off < 2000) return []
  return [
    note(
      `Its time of issue and the Date of the answers are at least ${(off / 1000).toFixed(1)} s apart: a proxy sets Date by a clock of its own, or changes it.`,
    ),
  ]
}
