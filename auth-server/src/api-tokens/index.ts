/**
 * API tokens: long-lived tokens that users make for programs. It makes, shows and revokes them, and finds the one that somebody shows. It keeps
 * hashes, and knows ids of users and sessions, and nothing of passwords, cookies or JWTs; that a token has ended it tells by
 * the record of revocations, where it is named like a session.
 *
 * SECURITY: users have no scopes here, so there is nothing of the owner's to compare a token's with when it is used (ASVS 8.2.1): in effect are the
 * scopes that it was made with, and none when its account is disabled. A scope says what its owner lets a token be used for, and
 * never what its owner may do.
 */
import { createApiToken, createSessionId, epochOf } from '@auth-pair/access-token/pair'
import { type Log, Problem, type Route } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import type { ValidationChain } from 'express-validator'
import type { From } from '../circumstances.ts'
import type { Postgres, Statement } from '../postgres.ts'
import { createTokenRoute, nameField } from './create-token.ts'
import { listTokensRoute } from './list-tokens.ts'
import { createAssertRecent } from './recent-sign-in.ts'
import { revokeTokenRoute } from './revoke-token.ts'
import { type ApiToken, type AuditInsert, createTokenStore, hashOf, revokingChanges } from './token-store.ts'
import { createUses } from './uses.ts'

export type { ApiToken } from './token-store.ts'

/** Who makes a token, and what for. */
export interface Wish {
  readonly userId: string
  /** The session that asks. */
  readonly sessionId: string
  readonly name: string
  readonly scopes: readonly string[]
  /** Null for never. */
  readonly expiresInDays: number | null
}

/** All throw `Problem('unavailable')` when a store does not answer. */
export interface ApiTokens {
  /** The rules of the field `name`. */
  nameField(): ValidationChain
  /** Throws `Problem('recent-sign-in-required')` unless somebody signed in to this session in the last ten minutes. */
  assertRecent(userId: string, sessionId: string): Promise<void>
  /** Makes a token. Throws `Problem('too-many-api-tokens')`, or `Problem('access-token-invalid')` when the session has ended. */
  make(wish: Wish, from: From): Promise<{ readonly token: string; readonly apiToken: ApiToken }>
  /** Those of a user that were not revoked, the newest first. */
  list(userId: string): Promise<ApiToken[]>
  /** Revokes a token of a user. Whether there was one. */
  revoke(userId: string, id: string, from: From): Promise<boolean>
  /** Revokes a token that somebody shows. Whether there was one. */
  revokeShown(token: string, from: From): Promise<boolean>
  /** The token that somebody shows, if it is good; that it was used is written down later. */
  find(token: string): Promise<ApiToken | undefined>
  readonly routes: readonly Route[]
  readonly close: () => Promise<void>
}

export interface ApiTokensNeeds {
  readonly postgres: Postgres
  readonly auditInsert: AuditInsert
  readonly log: Log
  /** When a session began, in milliseconds since the epoch; undefined when it has ended. */
  readonly openedAt: (userId: string, sessionId: string) => Promise<number | undefined>
  /** Makes a change that revokes tokens, records in the same statement that they have ended, and tells everybody. Whether any has. */
  readonly recordEndedBy: (
    change: Statement,
    values: readonly unknown[],
    reason: 'api-token-revoked',
    from: From,
  ) => Promise<boolean>
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
  readonly cameFrom: (req: Request) => From
  /** The clock by which sessions were opened. Milliseconds since the epoch. */
  readonly sessionNow: () => number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createApiTokens = (needs: ApiTokensNeeds): ApiTokens => {
  const { recordEndedBy, openedAt, sessionNow, signedIn, cameFrom, log, now } = needs
  const store = createTokenStore(needs)
  const uses = createUses({ write: store.writeUses, log, now })
  const assertRecent = createAssertRecent({ openedAt, now: sessionNow })

  const make: ApiTokens['make'] = async ({ sessionId, ...wish }, from) => {
    const token = createApiToken()
    const epoch = epochOf(sessionId)
    const made = await store.insert({ ...wish, id: createSessionId(epoch), epoch, token }, from)
    if (made.kind === 'full') throw new Problem('too-many-api-tokens')
    if (made.kind === 'nobody')
      throw new Problem('access-token-invalid', { cause: new Error('the account or the session is gone') })
    return { token, apiToken: made.apiToken }
  }
  const revoke: ApiTokens['revoke'] = (userId, id, from) =>
    recordEndedBy(revokingChanges.byId, [id, userId], 'api-token-revoked', from)

  return {
    nameField,
    assertRecent,
    make,
    list: store.ofUser,
    revoke,
    revokeShown: (token, from) => recordEndedBy(revokingChanges.byHash, [hashOf(token)], 'api-token-revoked', from),
    find: async token => {
      const found = await store.find(token)
      if (found?.isDue) uses.add(found.apiToken.id)
      return found?.apiToken
    },
    routes: [
      createTokenRoute({ signedIn, cameFrom, assertRecent, make }),
      listTokensRoute({ signedIn, list: store.ofUser }),
      revokeTokenRoute({ signedIn, cameFrom, revoke }),
    ],
    close: uses.close,
  }
}
