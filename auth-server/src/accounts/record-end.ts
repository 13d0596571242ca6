import type { From } from '../circumstances.ts'
import type { Statement } from '../postgres.ts'

/** Why all sessions of a user ended. */
export type EndReason = 'account-disabled' | 'signed-out-everywhere' | 'password-changed'

/**
 * Makes a change that ends all sessions of a user, and records in the same statement that they have ended. Resolves to the epoch that begins with
 * it, or undefined when it changed nobody.
 */
export type RecordEnd = (
  change: Statement,
  values: readonly unknown[],
  reason: EndReason,
  from: From,
) => Promise<number | undefined>
