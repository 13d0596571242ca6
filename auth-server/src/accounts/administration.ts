import { byOperator } from '../circumstances.ts'
import type { Postgres } from '../postgres.ts'
import { createAccountStore, endingChanges, type ListedAccount } from './account-store.ts'
import type { AuditInsert } from './audited.ts'
import { emailKey } from './email.ts'
import type { RecordEnd } from './record-end.ts'

/** What an operator does with accounts. Emails are found whatever their case. */
export interface AccountAdministration {
  /** Ends every session and lets nobody sign in. Whether there is such an account. */
  disable(email: string): Promise<boolean>
  /** Lets a disabled account sign in again. Whether there is such an account. */
  enable(email: string): Promise<boolean>
  /** The id of an account. */
  idOf(email: string): Promise<string | undefined>
  /** All accounts, a page at a time. */
  list(): AsyncGenerator<ListedAccount[]>
}

const beforeAll = '00000000-0000-0000-0000-000000000000'

export const createAccountAdministration = ({
  postgres,
  recordEnd,
  auditInsert,
}: {
  readonly postgres: Postgres
  readonly recordEnd: RecordEnd
  readonly auditInsert: AuditInsert
}): AccountAdministration => {
  const store = createAccountStore(postgres, auditInsert)
  return {
    disable: async email => {
      const epoch = await recordEnd(endingChanges.disable, [emailKey(email) ?? ''], 'account-disabled', byOperator)
      return epoch !== undefined
    },
    enable: email => store.enable(emailKey(email) ?? '', byOperator),
    idOf: async email => (await store.credentials(emailKey(email) ?? ''))?.account.id,
    list: async function* () {
      for (let last: string | undefined = beforeAll; last !== undefined; ) {
        const page: ListedAccount[] = await store.list(last)
        if (page.length > 0) yield page
        last = page.at(-1)?.id
      }
    },
  }
}
