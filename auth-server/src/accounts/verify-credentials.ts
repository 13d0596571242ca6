import type { Log } from '@auth-pair/service'
import type { Account, AccountStore } from './account-store.ts'
import { emailKey } from './email.ts'
import type { PasswordFunctions } from './password-functions.ts'

interface Needs {
  readonly store: AccountStore
  readonly passwords: PasswordFunctions
  readonly log: Log
  readonly email: string
  readonly password: string
  readonly isWanted: () => boolean
}

/** The account of these credentials, if they are right. A hash of another format or cost is rewritten on the way. */
export const verifyCredentials = async (needs: Needs): Promise<Account | undefined> => {
  const { store, passwords, log, email, password, isWanted } = needs
  const found = await store.credentials(emailKey(email) ?? '')
  const { matches, outdated } = await passwords.check(password, found?.passwordHash, isWanted)
  if (!found || !matches) return undefined
  if (outdated) {
    try {
      await store.replaceHash(found.account.id, {
        from: found.passwordHash,
        to: await passwords.hash(password, isWanted),
      })
    } catch (error) {
      // the old hash still serves; the next sign-in tries again
      log.warn({ userId: found.account.id, err: error }, 'password not rehashed')
    }
  }
  return found.account
}
