/** What a run writes down: operations as they begin and end, what became of processes, and what was done to them. */

export type OperationKind =
  | 'verify'
  | 'refresh'
  | 'sign-in'
  | 'guess'
  | 'sign-out'
  | 'sign-up'
  | 'sign-out-everywhere'
  | 'list'
  | 'who-am-i'
  | 'change-password'
  | 'make-token'
  | 'use-token'
  | 'revoke-token'
  | 'disable'

/** Times are milliseconds: `at` by a clock that never steps, `wall` since the epoch. */
interface Moment {
  readonly at: number
  readonly wall: number
}

export interface Invoked extends Moment {
  readonly type: 'invoke'
  readonly op: number
  readonly kind: OperationKind
  /** A1, A2 or T1. */
  readonly server: string
  /** The address of the model's user. */
  readonly user: string
  readonly session?: string
  /** The generation of the refresh token that is presented. */
  readonly presented?: number
  /** When the access token that is presented expires, by the wall clock. */
  readonly expires?: number
  /** Which of the user's passwords is presented: 0 is that of the sign-up, and each change is from one to the next. */
  readonly password?: number
  /** The id of the API token that is used or revoked. */
  readonly apiToken?: string
  /** When it should have begun: later than that, the generator itself was late. */
  readonly intended: number
}

/** What an answer said. */
export interface Answered {
  /** 0 when there was none. */
  readonly status: number
  readonly code?: string
  /** The network's word when there was no answer. */
  readonly error?: string
  readonly sub?: string
  readonly session?: string
  /** The generation of the refresh token that was given out. */
  readonly child?: number
  readonly setsCookies?: boolean
  /** The id of the API token that was made. */
  readonly apiToken?: string
  /** What of the inside it showed. */
  readonly leak?: string
}

/** `unknown`: it may have been done, or may yet be. `fail`: it was not. */
export type Outcome = 'ok' | 'fail' | 'unknown'

export interface Completed extends Moment, Answered {
  readonly type: Outcome
  readonly op: number
}

export interface ProcessEvent extends Moment {
  readonly type: 'process'
  readonly name: string
  /** `ending`: the schedule ends it now. */
  readonly what: 'started' | 'ending' | 'exited'
  readonly detail?: string
}

/** A step of the schedule. */
export interface Step extends Moment {
  readonly type: 'step'
  readonly what: string
}

export type Event = Invoked | Completed | ProcessEvent | Step
