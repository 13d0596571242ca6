/** What the pair promises of its speed, each with the scenario that measures it. DESIGN, section 8, in figures. */
interface Bound {
  readonly scenario: string
  readonly what: string
  /** Follows the figure. */
  readonly unit: string
}

export type Claim = Bound & ({ readonly least: number } | { readonly most: number })

const restricted = '`GET /api/restricted` with everything on that ships'
const flooded = '`POST /api/refresh` while 64 connections flood sign-in'

export const claims = {
  restrictedOfExpress: { scenario: 'restricted', what: restricted, least: 0.9, unit: 'of a bare Express route' },
  restrictedOfOauth2: { scenario: 'restricted', what: restricted, least: 3, unit: 'times `express-oauth2-jwt-bearer`' },
  restrictedOfPassport: { scenario: 'restricted', what: restricted, least: 3, unit: 'times `passport-jwt`' },
  refreshOfGet: {
    scenario: 'refresh',
    what: '`POST /api/refresh`',
    least: 0.7,
    unit: 'of an Express route that makes one Redis GET',
  },
  signInOfBcrypt: {
    scenario: 'sign-in-saturation',
    what: '`POST /api/signin` at saturation',
    least: 0.95,
    unit: "of the machine's raw bcrypt rate",
  },
  floodThroughput: { scenario: 'sign-in-flood', what: flooded, least: 0.6, unit: 'of its idle throughput' },
  floodP99: { scenario: 'sign-in-flood', what: flooded, most: 3, unit: 'times its idle p99' },
  sessionBytes: { scenario: 'session-memory', what: 'a session in Redis', most: 300, unit: 'bytes' },
  verifyRemembered: { scenario: 'verify-cost', what: 'verification of a remembered token', most: 2, unit: 'µs' },
  verifyNew: { scenario: 'verify-cost', what: 'verification of a new HS256 token', most: 9, unit: 'µs' },
  validBesideJunk: {
    scenario: 'junk-tokens',
    what: 'valid tokens beside 10,000 junk tokens a second',
    least: 0.8,
    unit: 'of their throughput without',
  },
  apiTokensOfExpress: {
    scenario: 'api-tokens',
    what: '`GET /api/restricted` with an API token that was asked about before',
    least: 0.85,
    unit: 'of a bare Express route',
  },
  webSessionOfPlain: {
    scenario: 'web-sessions',
    what: 'a page view with a browser session',
    most: 1.15,
    unit: 'times one with `express-session` and `connect-redis` alone',
  },
} as const satisfies Record<string, Claim>

export type ClaimName = keyof typeof claims
/** What a run has measured of them. */
export type Claimed = Partial<Readonly<Record<ClaimName, number>>>

export const claimNames = Object.keys(claims) as ClaimName[]

/** The scenarios that measure a claim, in the order of the claims. */
export const claimedScenarios: readonly string[] = [...new Set(claimNames.map(name => claims[name].scenario))]

export const isKept = (name: ClaimName, figure: number): boolean => {
  const claim: Claim = claims[name]
  return 'least' in claim ? figure >= claim.least : figure <= claim.most
}

/** `at least 0.9 of a bare Express route`. */
export const boundOf = (name: ClaimName): string => {
  const claim: Claim = claims[name]
  return `${'least' in claim ? `at least ${claim.least}` : `at most ${claim.most}`} ${claim.unit}`
}

/** The figure as it is shown: never rounded to the right side of its bound. */
export const figureOf = (name: ClaimName, figure: number): string => {
  const shown = figure.toFixed(figure < 100 ? 2 : 0)
  return isKept(name, Number(shown)) === isKept(name, figure) ? shown : String(figure)
}

/** A sentence for each claim that these figures do not keep. */
export const missedClaims = (claimed: Claimed): string[] =>
  claimNames.flatMap(name => {
    const figure = claimed[name]
    if (figure === undefined || isKept(name, figure)) return []
    const claim: Claim = claims[name]
    const bound = 'least' in claim ? `below ${claim.least}` : `above ${claim.most}`
    return [`${claim.what}: ${figureOf(name, figure)} ${claim.unit}, ${bound}.`]
  })
