/**
 * The offline checker: what a run wrote down, and what the stores hold in the end, against the invariants that no fault may
 * break. An operation whose outcome is unknown may have happened at any time after it began, or not at all: both are allowed
 * until an answer shows which it was.
 */
import { accountInvariants } from './check-accounts.ts'
import { answerInvariants } from './check-answers.ts'
import { apiTokenInvariants } from './check-api-tokens.ts'
import { lineageInvariants } from './check-lineage.ts'
import { sessionInvariants } from './check-sessions.ts'
import type { Answered, Event, Invoked, Outcome, ProcessEvent } from './events.ts'

/** An operation with its end. One that never ended is unknown, and ends at infinity. */
export interface Operation extends Omit<Invoked, 'type' | 'session'>, Omit<Answered, 'session'> {
  readonly outcome: Outcome
  readonly endedAt: number
  readonly endedWall: number
  /** The session that was named by the request, or else by the answer. */
  readonly session?: string
  /** The session of the tokens in the answer. */
  readonly answeredSession?: string
}

export interface FinalState {
  readonly users: readonly { readonly id: string; readonly email: string }[]
  /** The newest generation that Redis knows, by session. */
  readonly generations: ReadonlyMap<string, number>
}

/** A time, by the clock that never steps. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What this run may do although no other may. */
export interface Allowances {
  /** How long after its intended start an answer may come, in milliseconds. */
  readonly answerWithinMs: number
  /** How long a turn of a refresh token settles, in milliseconds. */
  readonly graceMs: number
  /** How long a verifier may go on accepting what was revoked, in milliseconds. */
  readonly revokedWithinMs: number
  /** When revocations may not reach everybody. */
  readonly feedLost: readonly Span[]
  /** Redis may have lost sessions that were opened at that time. */
  readonly sessionsLost: readonly Span[]
}

export interface History {
  readonly operations: readonly Operation[]
  readonly processes: readonly ProcessEvent[]
  readonly final: FinalState
  readonly allow: Allowances
}

export interface Violation {
  readonly invariant: string
  readonly about: string
}

export type Check = (history: History) => Violation[]

/** Puts beginnings and ends together. */
export const readOperations = (events: readonly Event[]): Operation[] => {
  const operations = new Map<number, Operation>()
  for (const event of events) {
    if (event.type === 'invoke') {
      const { type, ...begun } = event
      operations.set(event.op, {
        ...begun,
        ...{ outcome: 'unknown', endedAt: Number.POSITIVE_INFINITY, endedWall: Number.POSITIVE_INFINITY, status: 0 },
      })
    } else if (event.type !== 'process' && event.type !== 'step') {
      const { type, at, wall, session: answeredSession, ...answered } = event
      const begun = operations.get(event.op)
      if (!begun) throw new Error(`operation ${event.op} ended and never began`)
      const session = begun.session ?? answeredSession
      operations.set(event.op, {
        ...{ ...begun, ...answered, outcome: type, endedAt: at, endedWall: wall },
        ...(session !== undefined && { session }),
        ...(answeredSession !== undefined && { answeredSession }),
      })
    }
  }
  return [...operations.values()]
}

const invariants: readonly Check[] = [
  accountInvariants,
  answerInvariants,
  sessionInvariants,
  lineageInvariants,
  apiTokenInvariants,
]

export const violations = (history: History): Violation[] => invariants.flatMap(check => check(history))
