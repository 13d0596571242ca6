import type { Check, Violation } from './history.ts'

/**
 * I5: the tokens of a session are a path, not a tree. An answer never hands out an older generation than one that had arrived
 * before it was asked for; the same token presented again while its turn settles gets the same successor; and Redis
 * ends up at the newest that was handed out, or further on by no more turns than answers were lost.
 */
export const lineageInvariants: Check = ({ operations, final, allow }) => {
  const found: Violation[] = []
  const say = (about: string) => found.push({ invariant: 'I5', about })
  const lines = Map.groupBy(
    operations.filter(({ kind, outcome }) => kind === 'refresh' && outcome !== 'fail'),
    ({ session = '' }) => session,
  )
  for (const [session, refreshes] of lines) {
    const answered = refreshes.filter(({ outcome, child }) => outcome === 'ok' && child !== undefined)
    for (const [i, { op, at, presented = 0, child = 0 }] of answered.entries()) {
      for (const before of answered.slice(0, i)) {
        const { child: earlier = 0 } = before
        if (before.endedAt < at && child < earlier) {
          say(`operation ${op} of session ${session} handed out ${child}, and ${earlier} was out already`)
        }
        const apart = (answered[i]?.endedAt ?? 0) - before.at
        // an answer with the very token that was presented is none of a turn: beside one, it came to Redis first
        const bothTurned = before.presented === presented && earlier !== presented && child !== presented
        if (bothTurned && child !== earlier && apart < allow.graceMs) {
          say(`token ${presented} of session ${session} got ${earlier} and, ${Math.round(apart)} ms later, ${child}`)
        }
      }
      if (child < presented) say(`operation ${op} of session ${session} gave ${child} for ${presented}`)
    }
    const kept = final.generations.get(session)
    const newest = Math.max(1, ...answered.map(({ child = 0 }) => child))
    if (kept === undefined) continue
    if (kept < newest) say(`session ${session} is at ${kept} in Redis, and ${newest} was handed out`)
    if (kept - 1 > refreshes.length)
      say(`session ${session} is at ${kept} in Redis after ${refreshes.length} refreshes`)
  }
  return found
}
