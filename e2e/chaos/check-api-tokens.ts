import { longestOutside } from './check-sessions.ts'
import type { Check, Operation, Violation } from './history.ts'

/**
 * I4 for API tokens: what was revoked, or whose owner was disabled, is refused in time. And of I6: no other is refused.
 */
export const apiTokenInvariants: Check = ({ operations, allow }) => {
  const found: Violation[] = []
  const enders = operations.filter(
    ({ kind, outcome }) => (kind === 'revoke-token' || kind === 'disable') && outcome !== 'fail',
  )
  const endersOf = ({ user, apiToken }: { user: string; apiToken?: string }) =>
    enders.filter(end => (end.kind === 'disable' ? end.user === user : end.apiToken === apiToken))
  const refused = new Set<string | undefined>()

  for (const operation of operations) {
    const { op, kind, apiToken, outcome, status, at, endedAt } = operation
    if (kind !== 'use-token') continue
    const ends = endersOf(operation)
    // an operator's word reaches the servers a little later
    const endOf = (end: Operation) => end.endedAt + (end.kind === 'disable' ? allow.revokedWithinMs : 0)
    const ended = Math.min(...ends.filter(end => end.outcome === 'ok').map(endOf))
    const what = `operation ${op} with API token ${apiToken}`
    if (outcome === 'ok' && longestOutside({ from: ended, to: at }, allow.feedLost) > allow.revokedWithinMs) {
      found.push({ invariant: 'I4', about: `${what} was let in ${Math.round(at - ended)} ms after its end` })
    }
    if (status !== 401 || refused.has(apiToken) || ends.some(end => end.at < endedAt)) continue
    refused.add(apiToken)
    found.push({ invariant: 'I6', about: `${what} was refused, and it had not ended` })
  }
  return found
}
