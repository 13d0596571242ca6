import type { Log } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import type { Account, AccountStore } from './account-store.ts'
import { emailKey } from './email.ts'
import type { PasswordFunctions } from './password-functions.ts'

interface Needs {
  readonly store: AccountStore
  readonly passwords: PasswordFunctions
  readonly log: Log
  readonly email: string
  readonly password: string
  readonly wanted: AbortSignal
  readonly from: From
}

/** For operators. SECURITY: whoever tries is told none of it. */
type Reason = 'unknown-account' | 'wrong-password' | 'account-disabled'

export type NoteFailure = (failure: {
  readonly reason: Reason
  readonly userId: string | undefined
  readonly email: string
  readonly from: From
}) => void

type Verification =
  | { readonly kind: 'verified'; readonly account: Account; readonly epoch: number }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly userId: string | undefined }

/** The account of these credentials, if they are right and it may sign in, or why not. A hash of another format or cost is rewritten on the way. */
export const verifyCredentials = async (needs: Needs): Promise<Verification> => {
  const { store, passwords, log, email, password, wanted, from } = needs
  const found = await store.credentials(emailKey(email) ?? '')
  const { matches, outdated, readable } = await passwords.check(password, found?.passwordHash, wanted)
  if (found && !readable) log.error({ userId: found.account.id }, 'the stored hash of a password cannot be read')
  // SECURITY: a disabled account is told apart from a wrong password by nobody
  if (!found) return { kind: 'refused', reason: 'unknown-account', userId: undefined }
  if (!matches) return { kind: 'refused', reason: 'wrong-password', userId: found.account.id }
  if (found.disabled) return { kind: 'refused', reason: 'account-disabled', userId: found.account.id }
  if (outdated) {
    try {
      const hashes = { from: found.passwordHash, to: await passwords.hash(password, wanted) }
      await store.replaceHash(found.account.id, hashes, from)
    } catch (error) {
      // the old hash still serves; the next sign-in tries again
      log.warn({ userId: found.account.id, err: error }, 'password not rehashed')
    }
  }
  return { kind: 'verified', account: found.account, epoch: found.epoch }
}
