/** A token that is presented, by its number: the first one of a session is 1. Times are milliseconds since the session began. */
export interface Presented {
  readonly token: number
  readonly at: number
}

export type Verdict = { readonly kind: 'rotated'; readonly token: number } | { readonly kind: 'reused' }

/** A session under a rule of refreshing: what it answers to one presented token after the other. */
export type Session = (presented: Presented) => Verdict

const reused: Verdict = { kind: 'reused' }
const rotated = (token: number): Verdict => ({ kind: 'rotated', token })

/** Each token works once. */
export const strictRotation = (): Session => {
  let newest = 1
  return ({ token }) => (token === newest ? rotated(++newest) : reused)
}

/**
 * The newest token turns; the one before it always gets the newest, and any older one does when the session was refreshed less
 * than the interval ago. Read in supabase/auth, internal/tokens/service.go (refresh tokens with a counter).
 */
export const previousAccepted = (intervalMs: number) => (): Session => {
  let newest = 1
  let refreshedAt = Number.NEGATIVE_INFINITY
  return ({ token, at }) => {
    if (newest - token > 1 && at - refreshedAt >= intervalMs) return reused
    if (token === newest) newest++
    refreshedAt = at
    return rotated(newest)
  }
}

/**
 * The session's token may be used as often as one likes, and each use gets a child of its own; the first child that is used takes
 * its parent's place. The parent then works for so long; 0 is what supertokens-core does (Session.java, refreshSessionHelper).
 */
export const distinctChildren = (parentMs: number) => (): Session => {
  const parents = new Map<number, number>()
  let newest = 1
  let main = 1
  let parent = 0
  let promotedAt = Number.NEGATIVE_INFINITY
  return ({ token, at }) => {
    if (token !== main && parents.get(token) === main) [parent, main, promotedAt] = [main, token, at]
    if (token !== main && !(token === parent && at < promotedAt + parentMs)) return reused
    parents.set(++newest, token)
    return rotated(newest)
  }
}
