/**
 * The record of what happened to accounts: rows that are only ever added. Changes are recorded in the statement that makes them,
 * for which it makes the SQL; sign-ins by a statement of their own; what anybody can cause as often as they like is collected. It keeps names,
 * ids and circumstances, and of an address of mail only a keyed hash; it knows nothing of passwords or tokens.
 */
import type { Log, Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { From } from '../circumstances.ts'
import type { Postgres } from '../postgres.ts'
import { activity, type ShownEvent, showEvent } from './activity.ts'
import { createAuditStore } from './audit-store.ts'
import { startForgetting } from './forget.ts'
import { createNotes, type Note } from './notes.ts'
import { createPlaceCodec } from './place-codec.ts'
import { createSubject, deriveKey } from './subject.ts'

export { createAuditDesk } from './audit-desk.ts'
export { auditInsert } from './audit-insert.ts'
export { isEventName } from './events.ts'
export { createRefusalNotes } from './note-refusals.ts'
export type { Note } from './notes.ts'

export interface Audit {
  /** Records a sign-in. Throws `Problem('unavailable')` when it cannot. */
  readonly signedIn: (signIn: {
    userId: string
    sessionId: string
    /** Whether the refresh token of the session stays the same. */
    tokenStays: boolean
    from: From
  }) => Promise<void>
  /** Records that a front end was signed in from a session. Throws `Problem('unavailable')` when it cannot. */
  readonly signedInByRedirect: (signIn: {
    userId: string
    sessionId: string
    frontEnd: string
    from: From
  }) => Promise<void>
  /** Takes down what happened. Never throws, and nobody waits for it. */
  readonly note: (note: Note) => void
  /** The last events of a user, the newest first. */
  readonly recent: (userId: string, limit: number) => Promise<ShownEvent[]>
  readonly routes: readonly Route[]
  /** Writes what has been noted. */
  readonly close: () => Promise<void>
}

interface AuditNeeds {
  readonly postgres: Postgres
  readonly log: Log
  /** Keys are derived from it. */
  readonly secret: string
  readonly emailKey: (email: string) => string | undefined
  /** For how long events are kept; 0 is for ever. */
  readonly retentionDays: number
  /** The guard of the routes that answer for the signed-in user. */
  readonly signedIn: RequestHandler
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const createAudit = (needs: AuditNeeds): Audit => {
  const { postgres, log, secret, emailKey, retentionDays, signedIn, now } = needs
  const store = createAuditStore(postgres, now)
  const notes = createNotes({ write: store.insertCollected, subjectOf: createSubject(secret, emailKey), log, now })
  const stopForgetting = startForgetting(store, retentionDays)
  const places = createPlaceCodec(deriveKey(secret, 'place').subarray(0, 16))
  return {
    signedIn: ({ userId, sessionId, tokenStays, from }) =>
      store.insertSignIn({
        event: 'signed-in',
        reason: tokenStays ? 'token-stays' : null,
        userId,
        sessionId,
        ...from(),
      }),
    signedInByRedirect: ({ userId, sessionId, frontEnd, from }) =>
      store.insertSignIn({ event: 'signed-in-by-redirect', reason: frontEnd, userId, sessionId, ...from() }),
    note: notes.note,
    recent: async (userId, limit) =>
      (await store.ofUser(userId, limit, undefined)).map(event => showEvent(event, places)),
    routes: [activity({ store, places, signedIn })],
    close: async () => {
      stopForgetting()
      await notes.close()
    },
  }
}
