import { Problem } from '@auth-pair/service'
import type { From } from '../circumstances.ts'
import { OutcomeUnknown } from '../postgres.ts'
import type { AccountStore, NewAccount } from './account-store.ts'
import { emailKey } from './email.ts'

/**
 * Inserts an account. When the answer of the database is lost, it is asked whether the account is there: only when that
 * cannot be told either does the caller get an error, and that error says so.
 */
export const createAccount = async (
  store: AccountStore,
  account: Omit<NewAccount, 'emailKey'>,
  from: From,
): ReturnType<AccountStore['insert']> => {
  const key = emailKey(account.email)
  if (key === undefined) throw new Error('the email was not checked')
  try {
    return await store.insert({ ...account, emailKey: key }, from)
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error
    const found = error.silent ? undefined : await store.byId(account.id).catch(() => undefined)
    if (found) return { kind: 'created', account: found }
    throw new Problem('unavailable', {
      cause: error,
      detail: 'The account may have been made. Try to sign in before you sign up again.',
    })
  }
}
