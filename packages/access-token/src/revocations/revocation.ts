/** One entry of the record: a session that has ended before its time, or every session of a user up to an epoch. */
export interface Revocation {
  /** Its number in the record. Entries that have not reached the record yet have none. */
  readonly seq?: number
  readonly userId: string
  /** The session that has ended. */
  readonly sessionId?: string
  /** Of a user: the sessions of an earlier epoch have ended. Whole seconds since 1970. */
  readonly before?: number
  /** When it was recorded, in milliseconds since 1970. */
  readonly at: number
  /** From when on nothing that it ended can still be alive, in milliseconds since 1970. */
  readonly until: number
}

/** What a verifier looks revocations up in. */
export interface Revocations {
  /** Another number after every change: a token that was found good under it need not be looked up again. */
  readonly version: number
  /** Whether a token of this user and session was revoked. */
  isRevoked(token: { readonly sub: string; readonly sid: string }): boolean
  /** False when revocations may have been missed, and tokens are not to be believed without them. */
  isReliable(): boolean
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isName = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 64

/** The JSON of an entry, as it travels to verifiers and between auth-servers. */
export const writeRevocation = ({ seq, userId, sessionId, before, at, until }: Revocation): string =>
  JSON.stringify({ seq, user: userId, session: sessionId, before, at, until })

/** Reads what `writeRevocation` wrote; undefined for anything else. Members that are not known are let pass. */
export const readRevocation = (text: string): Revocation | undefined => {
  let value: Record<string, unknown> | null
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { seq, user, session, before, at, until } = value
  if (!isName(user) || !isTime(at) || !isTime(until) || !(seq === undefined || isTime(seq))) return undefined
  const numbered = seq === undefined ? {} : { seq }
  if (isName(session) && before === undefined) return { ...numbered, userId: user, sessionId: session, at, until }
  if (isTime(before) && session === undefined) return { ...numbered, userId: user, before, at, until }
  return undefined
}
