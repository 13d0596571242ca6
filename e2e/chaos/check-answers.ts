import type { OperationKind } from './events.ts'
import type { Check, Violation } from './history.ts'

/** What gives out a refresh token. */
const givesTokens = new Set<OperationKind>(['sign-up', 'sign-in', 'refresh', 'change-password'])

/** What each operation may be answered with, whatever is broken; 0 is no answer. */
const statuses: Readonly<Record<OperationKind, readonly number[]>> = {
  verify: [200, 401],
  refresh: [200, 401, 503],
  'sign-in': [200, 401, 503],
  guess: [401, 503],
  'sign-out': [204, 503],
  'sign-up': [201, 409, 503],
  'sign-out-everywhere': [204, 401, 503],
  list: [200, 401, 503],
  'who-am-i': [200, 401, 503],
  'change-password': [200, 401, 403, 503],
  'make-token': [201, 401, 503],
  'use-token': [200, 401, 503],
  'revoke-token': [204, 401, 503],
  disable: [200, 503],
}

/**
 * I3: tokens name the user whose credentials they came from. I10: no answer shows a secret or the inside. I11: every answer
 * comes in time. I12: no process ends unless the schedule ends it. And of I6: a fault is a 503 that takes no cookie away.
 */
export const answerInvariants: Check = ({ operations, processes, allow }) => {
  const found: Violation[] = []
  const say = (invariant: string, about: string) => found.push({ invariant, about })

  const ids = new Map<string, string>()
  for (const operation of operations) {
    const { op, kind, user, server, status, sub, outcome, leak, setsCookies, at, endedAt, error } = operation
    const what = `operation ${op} (${kind} at ${server})`
    if (outcome === 'ok' && givesTokens.has(kind) && (!operation.answeredSession || !operation.child)) {
      say('I3', `${what} gave no tokens`)
    }
    if (outcome === 'ok' && sub !== undefined) {
      const known = ids.get(user) ?? sub
      ids.set(user, known)
      if (known !== sub) say('I3', `${what} answered ${user} as ${sub}, who is ${known}`)
    }
    if (status !== 0 && !statuses[kind].includes(status) && !(kind === 'guess' && outcome === 'ok')) {
      say('I6', `${what} was answered ${status}`)
    }
    if (status >= 500 && setsCookies) say('I6', `${what} was answered ${status} and set cookies`)
    if (leak !== undefined) say('I10', `${what} showed ${leak}`)
    const took = endedAt - at
    if ((took > allow.answerWithinMs && server !== 'operator') || error === 'TimeoutError') {
      say('I11', `${what} took ${Number.isFinite(took) ? `${Math.round(took)} ms` : 'for ever'}`)
    }
  }

  const ending = new Set<string>()
  for (const { name, what, detail } of processes) {
    if (what === 'ending') ending.add(name)
    if (what === 'exited' && !ending.delete(name)) say('I12', `${name} ended by itself: ${detail}`)
  }
  return found
}
