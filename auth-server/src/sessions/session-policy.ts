/** All in milliseconds, but the number of sessions. */
export interface SessionPolicy {
  /** A session ends when it has not been used for so long. */
  readonly idleMs: number
  /** A session ends so long after it was opened, however much it is used. */
  readonly lifeMs: number
  /** How long a turn of the refresh token settles: all that can still be on its way gets the same successor. */
  readonly graceMs: number
  /** The most sessions of one user; the oldest makes room. */
  readonly maxPerUser: number
}
