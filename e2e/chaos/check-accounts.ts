import type { Check, Operation, Violation } from './history.ts'
import { readPasswords } from './read-passwords.ts'

/**
 * I1: what was signed up is there, once, and nothing else is. I2: no two accounts share an address. I7: a wrong password never
 * succeeds. And what concerns passwords of I4 and I6: the right one is
 * refused when the account is disabled, and otherwise not; one that was changed is refused.
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
  const { mayBeDisabled, disabled, isPassword, mayBePassword } = readPasswords(operations)
  const signUps = Map.groupBy(
    operations.filter(({ kind, outcome }) => kind === 'sign-up' && outcome !== 'fail'),
    ({ user }) => user,
  )
  const found: Violation[] = []
  for (const { kind, user, status, outcome, op, at, endedAt, password = 0 } of operations) {
    const say = (invariant: string, about: string) => found.push({ invariant, about: `operation ${op} ${about}` })
    const asks = kind === 'sign-in' || kind === 'change-password'
    if (kind === 'sign-in' && outcome === 'ok' && disabled.get(user) < at) say('I4', `let ${user} in, who was disabled`)
    if (asks && outcome === 'ok' && isPassword.get(user, password + 1) < at) {
      say('I4', `took password ${password} of ${user}, which had been changed`)
    }
    if (asks && outcome === 'ok' && password > 0 && !(mayBePassword.get(user, password) < endedAt)) {
      say('I7', `took password ${password} of ${user}, which was never set`)
    }
    const isWrong = (kind === 'sign-in' && status === 401) || (kind === 'change-password' && status === 403)
    const isRight = isPassword.get(user, password) < at
    const mayBeOver = mayBeDisabled.get(user) < endedAt || mayBePassword.get(user, password + 1) < endedAt
    if (isWrong && isRight && !mayBeOver) say('I6', `refused the right password of ${user}`)
    const others = signUps.get(user) ?? []
    if (kind === 'sign-up' && status === 409 && !others.some(other => other.op !== op && other.at < endedAt)) {
      say('I6', `called the new address ${user} taken`)
    }
  }
  return found
}

/** One address whatever its case. */
const canonical = (email: string): string => email.trim().normalize('NFC').toLowerCase()
