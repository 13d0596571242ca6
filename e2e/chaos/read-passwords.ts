import type { Operation } from './history.ts'

/** The first time of something about a user, or about one of their passwords; infinity where it never came. */
const createTimes = () => {
  const times = new Map<string, number>()
  const key = (user: string, password?: number) => `${user} ${password}`
  const get = (user: string, password?: number) => times.get(key(user, password)) ?? Number.POSITIVE_INFINITY
  return {
    get,
    add: (time: number, user: string, password?: number) =>
      void times.set(key(user, password), Math.min(time, get(user, password))),
  }
}

/** From when on an account was disabled, and a password was the right one: for certain, or perhaps. */
export const readPasswords = (operations: readonly Operation[]) => {
  const [mayBeDisabled, disabled] = [createTimes(), createTimes()]
  const [isPassword, mayBePassword] = [createTimes(), createTimes()]
  for (const { kind, user, outcome, status, at, endedAt, password = 0 } of operations) {
    const isIn = kind === 'sign-in' && outcome === 'ok'
    const isThere = kind === 'sign-up' && (outcome === 'ok' || status === 409)
    if (isIn || isThere) isPassword.add(endedAt, user, password)
    if (kind === 'disable' && outcome !== 'fail') mayBeDisabled.add(at, user)
    if (kind === 'disable' && outcome === 'ok') disabled.add(endedAt, user)
    if (kind === 'change-password' && outcome !== 'fail') mayBePassword.add(at, user, password + 1)
    if (kind === 'change-password' && outcome === 'ok') isPassword.add(endedAt, user, password + 1)
  }
  // the right one that is refused shows that the change which was not answered was made
  const refused = operations.filter(({ kind, status }) => kind === 'sign-in' && status === 401)
  for (const { user, at, endedAt, password = 0 } of [...refused].sort((a, b) => a.endedAt - b.endedAt)) {
    const wasRight = isPassword.get(user, password) < at && !(mayBeDisabled.get(user) < endedAt)
    if (wasRight && mayBePassword.get(user, password + 1) < endedAt) isPassword.add(endedAt, user, password + 1)
  }
  return { mayBeDisabled, disabled, isPassword, mayBePassword }
}
