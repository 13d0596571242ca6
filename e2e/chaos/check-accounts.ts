import type { Check, Operation, Violation } from './history.ts'

/**
 * I1: what was signed up is there, once, and nothing else is. I2: no two accounts share an address. I7: a wrong password never
 * succeeds. And what concerns passwords of I4 and I6: the right one is
 * refused when the account is disabled, and otherwise not.
 */
export const accountInvariants: Check = ({ operations, final }) => {
  const found: Violation[] = []
  const say = (invariant: string, about: string) => found.push({ invariant, about })

  const rows = new Map<string, string[]>()
  for (const { id, email } of final.users) rows.set(canonical(email), [...(rows.get(canonical(email)) ?? []), id])
  for (const [email, ids] of rows) if (ids.length > 1) say('I2', `${email} has ${ids.length} accounts`)

  const signUps = operations.filter(({ kind }) => kind === 'sign-up')
  for (const { user, sub, op } of signUps.filter(({ outcome }) => outcome === 'ok')) {
    const ids = rows.get(canonical(user)) ?? []
    if (ids.length !== 1 || ids[0] !== sub)
      say('I1', `operation ${op} signed ${user} up as ${sub}; there is ${ids.join() || 'nobody'}`)
  }
  const asked = new Set(
    signUps.filter(({ outcome, status }) => outcome !== 'fail' || status === 409).map(({ user }) => canonical(user)),
  )
  for (const email of rows.keys())
    if (!asked.has(email)) say('I1', `${email} has an account, and every sign-up was refused`)

  for (const { op, user } of operations.filter(({ kind, outcome }) => kind === 'guess' && outcome === 'ok')) {
    say('I7', `operation ${op} signed in as ${user} with a wrong password`)
  }
  return [...found, ...refusedPasswords(operations)]
}

const refusedPasswords = (operations: readonly Operation[]): Violation[] => {
  const thereSince = new Map<string, number>()
  const mayBeDisabledFrom = new Map<string, number>()
  const disabledSince = new Map<string, number>()
  const earlier = (times: Map<string, number>, user: string, time: number) =>
    times.set(user, Math.min(time, times.get(user) ?? Number.POSITIVE_INFINITY))
  for (const { kind, user, outcome, status, at, endedAt } of operations) {
    const shows =
      (kind === 'sign-up' && (outcome === 'ok' || status === 409)) || (kind === 'sign-in' && outcome === 'ok')
    if (shows) earlier(thereSince, user, endedAt)
    if (kind === 'disable' && outcome !== 'fail') earlier(mayBeDisabledFrom, user, at)
    if (kind === 'disable' && outcome === 'ok') earlier(disabledSince, user, endedAt)
  }
  const signUps = Map.groupBy(
    operations.filter(({ kind, outcome }) => kind === 'sign-up' && outcome !== 'fail'),
    ({ user }) => user,
  )
  const found: Violation[] = []
  for (const { kind, user, status, outcome, op, at, endedAt } of operations) {
    if (kind === 'sign-in' && outcome === 'ok' && (disabledSince.get(user) ?? Number.POSITIVE_INFINITY) < at) {
      found.push({ invariant: 'I4', about: `operation ${op} let ${user} in, who was disabled` })
    }
    if (kind === 'sign-in' && status === 401) {
      const there = (thereSince.get(user) ?? Number.POSITIVE_INFINITY) < at
      const disabled = (mayBeDisabledFrom.get(user) ?? Number.POSITIVE_INFINITY) < endedAt
      if (there && !disabled)
        found.push({ invariant: 'I6', about: `operation ${op} refused the right password of ${user}` })
    }
    const others = signUps.get(user) ?? []
    if (kind === 'sign-up' && status === 409 && !others.some(other => other.op !== op && other.at < endedAt)) {
      found.push({ invariant: 'I6', about: `operation ${op} called the new address ${user} taken` })
    }
  }
  return found
}

/** One address whatever its case. */
const canonical = (email: string): string => email.trim().normalize('NFC').toLowerCase()
