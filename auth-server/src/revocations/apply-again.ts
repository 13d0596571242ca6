import type { Revocation } from '@auth-pair/access-token/pair'
import { pageSize, type RevocationStore } from './revocation-store.ts'

/** Ends sessions in Redis, those of a session's entry or of a user's. Doing so again does no harm. */
export type EndInRedis = (revocations: readonly Revocation[]) => Promise<void>

interface ApplyNeeds {
  readonly store: RevocationStore
  readonly endInRedis: EndInRedis
  readonly from: number
  readonly upTo: number
  /** Told up to where it has come, and by how many entries. */
  readonly onPage: (upTo: number, entries: number) => Promise<void>
}

/** Ends again, page by page, what the record has after `from` up to and with `upTo`. Resolves to how many entries there were. */
export const applyAgain = async ({ store, endInRedis, from, upTo, onPage }: ApplyNeeds): Promise<number> => {
  let count = 0
  for (let after = from; after < upTo; ) {
    const page = await store.page(after, upTo)
    await endInRedis(page)
    count += page.length
    after = page.length < pageSize ? upTo : (page.at(-1)?.seq ?? upTo)
    await onPage(after, count)
  }
  return count
}
