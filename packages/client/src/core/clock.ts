/** Both in milliseconds: since the epoch, and since whenever but never set back. */
export interface Clock {
  readonly wall: () => number
  readonly steady: () => number
}

export interface TokenClock {
  /** Takes the time from an access token that was asked for at this time of the steady clock. Gives how far the server's clock is ahead of ours, in milliseconds. */
  readonly learn: (accessToken: string, askedAt: number) => number
  /** Takes what another process of this machine has learnt, until there is something better. */
  readonly trust: (aheadMs: number | undefined) => void
  /** Takes what another tab of this browser has just learnt in the place of what was known. */
  readonly follow: (aheadMs: number | undefined) => void
  /** Milliseconds until the token expires; negative when it has, or is not readable. */
  readonly left: (accessToken: string) => number
  /** From when on a token should be renewed: milliseconds before its end. */
  readonly margin: (accessToken: string) => number
  /** Milliseconds since the token was made. */
  readonly age: (accessToken: string) => number
}

/**
 * The server's clock, as far as its tokens tell: a local clock that is wrong does no harm, nor one that is set. The steady clock
 * stands still while some machines sleep, and the other one can be put forward: the later of the two counts, since a token that is renewed too early
 * costs a request, and one that is renewed too late costs the caller an answer.
 */
export const createTokenClock = ({ wall, steady }: Clock): TokenClock => {
  let steadyOffset: number | undefined
  let wallOffset = 0
  const now = () => Math.max(wall() + wallOffset, steady() + (steadyOffset ?? Number.NEGATIVE_INFINITY))
  const left = (token: string) => timesOf(token).exp - now()

  return {
    learn: (token, askedAt) => {
      // `iat` has whole seconds: at most one has passed besides
      const made = timesOf(token).iat + 1000
      steadyOffset = made - askedAt
      wallOffset = Math.round(made + steady() - askedAt - wall())
      return wallOffset
    },
    trust: aheadMs => {
      if (steadyOffset === undefined) wallOffset = aheadMs ?? 0
    },
    follow: aheadMs => {
      if (aheadMs === undefined) return
      wallOffset = aheadMs
      steadyOffset = wall() + aheadMs - steady()
    },
    left,
    margin: token => {
      const { iat, exp } = timesOf(token)
      return Math.min((exp - iat) / 5, 60_000)
    },
    age: token => now() - timesOf(token).iat,
  }
}

/** When a JWT was made and expires, in milliseconds since the epoch. Zero when it does not say. */
const timesOf = (token: string): { iat: number; exp: number } => {
  const { iat, exp } = claimsOf(token)
  return { iat: Number(iat) * 1000 || 0, exp: Number(exp) * 1000 || 0 }
}

/** Whose token this is; undefined when it does not say. */
export const userOf = (token: string): unknown => claimsOf(token).sub

/** RFC 7519, section 4.1. Nothing is verified: the token is believed to whoever gave it. */
const claimsOf = (token: string): { sub?: unknown; iat?: unknown; exp?: unknown } => {
  try {
    return Object(JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))))
  } catch {
    return {}
  }
}
