import type { Check, History, Operation, Span, Violation } from './history.ts'
import { readPasswords } from './read-passwords.ts'

/** A session with all that could end it. */
interface Opened {
  readonly id: string
  readonly user: string
  /** The sign-in's answer. */
  readonly openedAt: number
  /** From here on it has ended for certain. */
  readonly endedFrom: number
  /** From here on it may have ended. */
  readonly mayHaveEndedFrom: number
}

const endsAll = new Set(['sign-out-everywhere', 'change-password', 'disable'])

const opens = new Set(['sign-in', 'sign-up', 'change-password'])

/** The sessions of a history, by id. */
export const openedSessions = ({ operations, allow: { revokedWithinMs } }: History): Map<string, Opened> => {
  const enders = operations.filter(
    ({ kind, outcome }) => (kind === 'sign-out' || endsAll.has(kind)) && outcome !== 'fail',
  )
  const byUser = Map.groupBy(enders, ({ user }) => user)
  const opened = operations.filter(({ kind, outcome }) => opens.has(kind) && outcome === 'ok')
  const { isPassword } = readPasswords(operations)
  return new Map(
    opened.map(({ kind, answeredSession: id = '', user, at, endedAt: openedAt, password: shown = 0 }) => {
      const password = kind === 'change-password' ? shown + 1 : shown
      const own = (byUser.get(user) ?? []).filter(end => {
        // with the new password one comes in behind the change
        if (end.kind === 'change-password' && (end.password ?? 0) < password) return false
        return endsAll.has(end.kind) ? end.outcome === 'unknown' || end.endedAt > at : end.session === id
      })
      const certain = own.filter(end => end.outcome === 'ok' && (end.kind === 'sign-out' || end.at > openedAt))
      const first = (times: number[]) => Math.min(...times, Number.POSITIVE_INFINITY)
      // an operator's word reaches the servers a little later
      const late = (kind: string) => (kind === 'disable' ? revokedWithinMs : 0)
      // however it came about that the next password is the right one
      const outdated = Math.max(openedAt, isPassword.get(user, password + 1)) + revokedWithinMs
      const endedFrom = first([...certain.map(({ kind, endedAt }) => endedAt + late(kind)), outdated])
      return [id, { id, user, openedAt, endedFrom, mayHaveEndedFrom: first(own.map(end => end.at)) }]
    }),
  )
}

/**
 * I4: what has ended stays ended, for refreshes at once and for access tokens in time. I6: nobody is told that a session has
 * ended when it has not. And of I3: its access tokens are good.
 */
export const sessionInvariants: Check = history => {
  const { operations, allow } = history
  const sessions = openedSessions(history)
  const found: Violation[] = []
  const say = (invariant: string, about: string) => found.push({ invariant, about })
  const refused = new Set<string>()

  for (const operation of operations) {
    const { op, kind, server, outcome, status, at } = operation
    const session = sessions.get(operation.session ?? '')
    if (!session || kind === 'sign-in' || kind === 'sign-up' || kind === 'sign-out') continue
    const what = `operation ${op} (${kind} at ${server}) of session ${session.id}`
    if (outcome === 'ok' && kind === 'refresh' && at > session.endedFrom) {
      say('I4', `${what} succeeded ${ms(at - session.endedFrom)} after the session had ended`)
    }
    const heard = { from: session.endedFrom, to: at }
    if (outcome === 'ok' && kind !== 'refresh' && longestOutside(heard, allow.feedLost) > allow.revokedWithinMs) {
      say('I4', `${what} was let in ${ms(at - session.endedFrom)} after the session had ended`)
    }
    if (status !== 401 || refused.has(session.id) || isExcused(operation, session, allow.sessionsLost)) continue
    refused.add(session.id)
    say(kind === 'verify' ? 'I3' : 'I6', `${what} was refused, and the session had not ended`)
  }
  return found
}

const isExcused = ({ endedAt, expires, endedWall }: Operation, session: Opened, lost: readonly Span[]): boolean =>
  endedAt > session.mayHaveEndedFrom ||
  (expires !== undefined && endedWall > expires - 1000) ||
  lost.some(({ from, to }) => session.openedAt >= from && session.openedAt <= to && endedAt > to)

/** The longest part of a time that none of the others touches, in milliseconds. */
export const longestOutside = ({ from, to }: Span, others: readonly Span[]): number => {
  let [longest, begin] = [0, from]
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    if (other.to <= begin || other.from >= to) continue
    longest = Math.max(longest, other.from - begin)
    begin = Math.max(begin, other.to)
  }
  return Math.max(longest, to - begin)
}

const ms = (milliseconds: number): string => `${Math.round(milliseconds)} ms`
