import type { Postgres } from '../postgres.ts'
import { createAccountStore, endingChanges, type ListedAccount } from './account-store.ts'
import { emailKey } from './email.ts'
import type { RecordEnd } from './record-end.ts'

/** What an operator does with accounts. Emails are found whatever their case. */
export interface AccountAdministration {
  /** Ends every session and lets nobody sign in. Whether there is such an account. */
  disable(email: string): Promise<boolean>
  /** Lets a disabled account sign in again. Whether there is such an account. */
  enable(email: string): Promise<boolean>
  /** All accounts, a page at a time. */
  list(): AsyncGenerator<ListedAccount[]>
}

const beforeAll = '00000000-0000-0000-0000-000000000000'

export const createAccountAdministration = ({
  postgres,
  recordEnd,
}: {
  readonly postgres: Postgres
  readonly recordEnd: RecordEnd
}): AccountAdministration => {
  const store = createAccountStore(postgres)
  return {
    disable: email => recordEnd(endingChanges.disable, [emailKey(email) ?? ''], 'account-disabled'),
    enable: email => store.enable(emailKey(email) ?? ''),
    list: async function* () {
      for (let last: string | undefined = beforeAll; last !== undefined; ) {
        const page: ListedAccount[] = await store.list(last)
        if (page.length > 0) yield page
        last = page.at(-1)?.id
      }
    },
  }
}
