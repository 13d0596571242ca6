/**
 * Accounts in PostgreSQL: who exists, under which address, with which password hash. It is handed the functions that hash
 * and check passwords. It knows nothing of sessions, tokens or cookies.
 */
import type { Log, Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { Postgres, Statement } from '../postgres.ts'
import { createAccountStore, endingChanges, type ListedAccount, type NewAccount } from './account-store.ts'
import { createAccount } from './create-account.ts'
import { emailKey } from './email.ts'
import type { PasswordFunctions } from './password-functions.ts'
import { toUser, type User } from './user.ts'
import { verifyCredentials } from './verify-credentials.ts'
import { whoAmI } from './who-am-i.ts'

export type { ListedAccount } from './account-store.ts'
export { emailField } from './email-field.ts'

/** Why all sessions of a user ended. */
export type EndReason = 'account-disabled' | 'signed-out-everywhere'

export interface Accounts {
  /** Makes the account. Throws `Problem('unavailable')`, which says so when the account may have been made all the same. */
  create(account: Omit<NewAccount, 'emailKey'>): Promise<{ kind: 'created'; user: User } | { kind: 'email-taken' }>
  /** The user of these credentials, if they are right, and the epoch to open a session in. Takes as long when there is no such account. */
  verify(email: string, password: string, isWanted: () => boolean): Promise<{ user: User; epoch: number } | undefined>
  /** Ends every session of a user: what belongs to an earlier epoch. */
  beginEpoch(userId: string): Promise<void>
  /** Ends every session and lets nobody sign in. Whether there is such an account. */
  disable(email: string): Promise<boolean>
  /** Lets a disabled account sign in again. Whether there is such an account. */
  enable(email: string): Promise<boolean>
  /** All accounts, in pages. */
  list(): AsyncGenerator<ListedAccount[]>
  readonly routes: readonly Route[]
}

interface AccountsNeeds {
  readonly postgres: Postgres
  readonly passwords: PasswordFunctions
  readonly log: Log
  /** Makes a change that ends all sessions of a user, and records in the same statement that they have ended. Whether it changed anybody. */
  readonly recordEnd: (change: Statement, values: readonly unknown[], reason: EndReason) => Promise<boolean>
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
}

export const createAccounts = ({ postgres, passwords, log, recordEnd, signedIn }: AccountsNeeds): Accounts => {
  const store = createAccountStore(postgres)
  return {
    create: async account => {
      const result = await createAccount(store, account)
      return result.kind === 'created' ? { kind: 'created', user: toUser(result.account) } : result
    },
    verify: async (email, password, isWanted) => {
      const found = await verifyCredentials({ store, passwords, log, email, password, isWanted })
      return found && { user: toUser(found.account), epoch: found.epoch }
    },
    beginEpoch: async userId => {
      await recordEnd(endingChanges.beginEpoch, [userId], 'signed-out-everywhere')
    },
    disable: email => recordEnd(endingChanges.disable, [emailKey(email) ?? ''], 'account-disabled'),
    enable: email => store.enable(emailKey(email) ?? ''),
    list: async function* () {
      for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
        const page = await store.list(last)
        if (page.length === 0) return
        yield page
        last = page.at(-1)?.id ?? last
      }
    },
    routes: [whoAmI({ byId: store.byId, guard: signedIn })],
  }
}
