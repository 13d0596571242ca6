/**
 * Accounts in PostgreSQL: who exists, under which address, with which password hash. It is handed the functions that hash
 * and check passwords, and those that record what happened. It knows nothing of sessions, tokens or cookies.
 */
import type { Log, Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { From } from '../circumstances.ts'
import type { Postgres } from '../postgres.ts'
import { createAccountStore, endingChanges, isUserId, type NewAccount } from './account-store.ts'
import type { AuditInsert } from './audited.ts'
import { beginPasswordChange, type PasswordChange } from './change-password.ts'
import { createAccount } from './create-account.ts'
import type { PasswordFunctions } from './password-functions.ts'
import type { RecordEnd } from './record-end.ts'
import { shareVerification } from './share-verification.ts'
import { toUser, type User } from './user.ts'
import { type NoteFailure, verifyCredentials } from './verify-credentials.ts'
import { whoAmI, whoAmIRoute } from './who-am-i.ts'

export { type AccountAdministration, createAccountAdministration } from './administration.ts'
export { emailKey } from './email.ts'
export { emailField } from './email-field.ts'
export { shownUser } from './user.ts'

export interface Accounts {
  /** Makes the account. Throws `Problem('unavailable')`, which says so when the account may have been made all the same. */
  create(
    account: Omit<NewAccount, 'emailKey'>,
    from: From,
  ): Promise<{ kind: 'created'; user: User } | { kind: 'email-taken' }>
  /** The user of these credentials, if they are right, and the epoch to open a session in. Takes as long when there is no such account. */
  verify(
    email: string,
    password: string,
    wanted: AbortSignal,
    from: From,
  ): Promise<{ user: User; epoch: number } | undefined>
  /** Begins to change a password for whoever holds a session of this epoch. Undefined when that is over, or the account. */
  changePassword(userId: string, sessionEpoch: number): Promise<PasswordChange | undefined>
  byId(userId: string): Promise<User | undefined>
  /** The user of a good access token. Throws `Problem('access-token-invalid')` when the account is gone. */
  whoAmI(userId: string): Promise<User>
  /** Ends every session of a user: what belongs to an earlier epoch. Whether there is such a user. */
  beginEpoch(userId: string, from: From): Promise<boolean>
  readonly routes: readonly Route[]
}

interface AccountsNeeds {
  readonly postgres: Postgres
  readonly passwords: PasswordFunctions
  readonly log: Log
  readonly recordEnd: RecordEnd
  readonly auditInsert: AuditInsert
  /** Takes down a sign-in that failed, and why. */
  readonly noteFailure: NoteFailure
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
}

export const createAccounts = (needs: AccountsNeeds): Accounts => {
  const { postgres, passwords, log, recordEnd, auditInsert, noteFailure, signedIn } = needs
  const store = createAccountStore(postgres, auditInsert)
  const verifyOnce = shareVerification((email, password, wanted, from) =>
    verifyCredentials({ store, passwords, log, email, password, wanted, from }),
  )
  const who = whoAmI(store.byId)
  return {
    create: async (account, from) => {
      const result = await createAccount(store, account, from)
      return result.kind === 'created' ? { kind: 'created', user: toUser(result.account) } : result
    },
    verify: async (email, password, wanted, from) => {
      const result = await verifyOnce(email, password, wanted, from)
      if (result.kind === 'verified') return { user: toUser(result.account), epoch: result.epoch }
      noteFailure({ reason: result.reason, userId: result.userId, email, from })
      return undefined
    },
    byId: async userId => {
      const account = await store.byId(userId)
      return account && toUser(account)
    },
    beginEpoch: async (userId, from) =>
      isUserId(userId) &&
      (await recordEnd(endingChanges.beginEpoch, [userId], 'signed-out-everywhere', from)) !== undefined,
    changePassword: beginPasswordChange({ store, passwords, log, recordEnd, noteFailure }),
    whoAmI: who,
    routes: [whoAmIRoute(who, signedIn)],
  }
}
