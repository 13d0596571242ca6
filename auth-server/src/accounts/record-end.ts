import type { From } from '../circumstances.ts'
import type { Statement } from '../postgres.ts'

/** Why all sessions of a user ended. */
export type EndReason = 'account-disabled' | 'signed-out-everywhere'

/** Makes a change that ends all sessions of a user, and records in the same statement that they have ended. Whether it changed anybody. */
export type RecordEnd = (
  change: Statement,
  values: readonly unknown[],
  reason: EndReason,
  from: From,
) => Promise<boolean>
