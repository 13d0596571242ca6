/** So many at once, of which all come back evenly within so many seconds. */
export interface Rate {
  readonly count: number
  /** Whole seconds. */
  readonly perS: number
}

/** How often the password of an account may be guessed. Times are milliseconds. */
export interface GuessPolicy {
  /** How many guesses an address or a known device has without waiting. */
  readonly free: number
  /** After how long without a guess it has them again. */
  readonly quietMs: number
  /** The wait after the last free one; each further wait is twice as long. */
  readonly waitMs: number
  readonly maxWaitMs: number
  /** How many wrong guesses in a row, from wherever, need no challenge. */
  readonly inARow: number
}

/** The limits. A rate that is undefined is none. */
export interface LimitPolicy {
  readonly guesses: GuessPolicy
  /** Sign-ins of an address that are wrong or under way. */
  readonly signInsOfAddress: Rate | undefined
  /** Sign-ins of an address, or of the known devices of an account, for which a password is looked at. */
  readonly allSignInsOfAddress: Rate | undefined
  /** Sign-ups of an address. */
  readonly signUpsOfAddress: Rate | undefined
  /** Sign-ups of an address without a challenge. */
  readonly freeSignUpsOfAddress: Rate | undefined
  /** Refreshes of a session, at one server. */
  readonly refreshesOfSession: Rate | undefined
  /** Calls of an address to what is for services and clients, with wrong credentials or none, at one server. */
  readonly failedCallersOfAddress: Rate | undefined
}
