import { type Log, Problem } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import { OutcomeUnknown } from '../postgres.ts'
import { type AccountStore, type Credentials, endingChanges } from './account-store.ts'
import type { PasswordFunctions } from './password-functions.ts'
import type { RecordEnd } from './record-end.ts'
import { toUser, type User } from './user.ts'
import type { NoteFailure } from './verify-credentials.ts'

/** What became of a change. */
export type Replacement =
  /** All sessions have ended but those that are opened in this epoch. */
  | { readonly kind: 'replaced'; readonly epoch: number }
  /** Somebody else has changed it since the current one was checked. */
  | { readonly kind: 'overtaken' }
  /** The account was disabled, or all its sessions ended, since the current one was checked. */
  | { readonly kind: 'ended' }

/** A password that is about to be changed by its user. Its functions throw as those of `Passwords` and `Postgres` do. */
export interface PasswordChange {
  readonly user: User
  /** Whether this is the current password. A wrong one is taken down. */
  isCurrent(password: string, wanted: AbortSignal, from: From): Promise<boolean>
  /** Replaces the hash of what `isCurrent` has found to be the current password. Throws with a `detail` when it may have been done. */
  replace(password: string, newHash: string, wanted: AbortSignal, from: From): Promise<Replacement>
}

interface Needs {
  readonly store: AccountStore
  readonly passwords: PasswordFunctions
  readonly log: Log
  readonly recordEnd: RecordEnd
  readonly noteFailure: NoteFailure
}

const mayHaveBeenChanged =
  'The password may have been changed. Try to sign in with the new one, and then with the old one.'

/**
 * Begins the change for a user whose session is of this epoch. Undefined when there is no such account, when it is disabled, or when its sessions
 * of that epoch have ended: this is asked of PostgreSQL, which knows it before anybody is told.
 */
export const beginPasswordChange =
  ({ store, passwords, log, recordEnd, noteFailure }: Needs) =>
  async (userId: string, sessionEpoch: number): Promise<PasswordChange | undefined> => {
    const found = await store.credentialsById(userId)
    if (!found || found.disabled || sessionEpoch < found.epoch) return undefined
    const user = toUser(found.account)

    const matches = async (password: string, { passwordHash }: Credentials, wanted: AbortSignal): Promise<boolean> => {
      const { matches, readable } = await passwords.check(password, passwordHash, wanted)
      if (!readable) log.error({ userId }, 'the stored hash of a password cannot be read')
      return matches
    }

    const record = async ({ passwordHash, epoch }: Credentials, newHash: string, from: From) => {
      try {
        const values = [userId, passwordHash, epoch, newHash]
        return await recordEnd(endingChanges.changePassword, values, 'password-changed', from)
      } catch (error) {
        if (!(error instanceof OutcomeUnknown)) throw error
        // the record is read on by itself: if it was done, the sessions end within a second
        throw new Problem('unavailable', { cause: error, detail: mayHaveBeenChanged })
      }
    }

    return {
      user,
      isCurrent: async (password, wanted, from) => {
        if (await matches(password, found, wanted)) return true
        noteFailure({ reason: 'wrong-password', userId, email: user.email, from })
        return false
      },
      replace: async (password, newHash, wanted, from) => {
        for (let checked = found; ; ) {
          const epoch = await record(checked, newHash, from)
          if (epoch !== undefined) return { kind: 'replaced', epoch }
          const present = await store.credentialsById(userId)
          if (!present || present.disabled) return { kind: 'ended' }
          const isSameHash = present.passwordHash === checked.passwordHash
          if (present.epoch !== checked.epoch) return { kind: isSameHash ? 'ended' : 'overtaken' }
          // a sign-in has rewritten the hash of the same password, in all likelihood: then the change goes on
          if (!(await matches(password, present, wanted))) return { kind: 'overtaken' }
          checked = present
        }
      },
    }
  }
