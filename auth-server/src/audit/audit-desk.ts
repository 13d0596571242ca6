import type { Postgres } from '../postgres.ts'
import { createAuditStore, type Place, type RecordedEvent, type Wanted } from './audit-store.ts'
import { createSubject } from './subject.ts'

const pageSize = 1000

/** What an operator looks for: everything of an account, also of the time before it was made. */
export interface Search extends Omit<Wanted, 'subject'> {
  readonly email?: string | undefined
}

interface DeskNeeds {
  readonly postgres: Postgres
  /** The same as that of the servers. */
  readonly secret: string
  readonly emailKey: (email: string) => string | undefined
}

/** The record as an operator reads it. */
export const createAuditDesk = ({ postgres, secret, emailKey }: DeskNeeds) => {
  const store = createAuditStore(postgres, Date.now)
  const subjectOf = createSubject(secret, emailKey)
  return {
    /** Up to `limit` events, the newest first, that come before the one of a number. */
    list: ({ email, ...wanted }: Search, limit: number, beforeSeq: number | undefined): Promise<RecordedEvent[]> => {
      const subject = email === undefined ? undefined : (subjectOf(email) ?? 'nobody')
      return store.newest({ ...wanted, subject }, limit, beforeSeq)
    },
    /** All events, the oldest first, a page at a time. */
    all: async function* (since: Date | undefined): AsyncGenerator<RecordedEvent[]> {
      // no event has the number 0
      let last: Place | undefined = since && { micros: since.getTime() * 1000, seq: 0 }
      for (let more = true; more; ) {
        const page: RecordedEvent[] = await store.oldest(pageSize, last)
        if (page.length > 0) yield page
        last = page.at(-1)
        more = page.length === pageSize
      }
    },
  }
}
