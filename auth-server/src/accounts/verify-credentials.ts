import type { Log } from '@auth-pair/service'
import type { AccountStore, Credentials } from './account-store.ts'
import { emailKey } from './email.ts'
import type { PasswordFunctions } from './password-functions.ts'

interface Needs {
  readonly store: AccountStore
  readonly passwords: PasswordFunctions
  readonly log: Log
  readonly email: string
  readonly password: string
  readonly wanted: AbortSignal
}

/** The account of these credentials, if they are right and it may sign in. A hash of another format or cost is rewritten on the way. */
export const verifyCredentials = async (needs: Needs): Promise<Credentials | undefined> => {
  const { store, passwords, log, email, password, wanted } = needs
  const found = await store.credentials(emailKey(email) ?? '')
  const { matches, outdated } = await passwords.check(password, found?.passwordHash, wanted)
  // SECURITY: a disabled account is told apart from a wrong password by nobody
  if (!found || !matches || found.disabled) return undefined
  if (outdated) {
    try {
      await store.replaceHash(found.account.id, {
        from: found.passwordHash,
        to: await passwords.hash(password, wanted),
      })
    } catch (error) {
      // the old hash still serves; the next sign-in tries again
      log.warn({ userId: found.account.id, err: error }, 'password not rehashed')
    }
  }
  return found
}
