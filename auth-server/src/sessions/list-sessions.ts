import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { Request } from 'express'
import { unpackAddress } from './device.ts'
import type { SessionsNeeds } from './index.ts'
import type { SessionStore, StoredSession } from './session-store.ts'

/** A session as its owner sees it. Times are RFC 3339, UTC. */
export interface ShownSession {
  readonly id: string
  /** Such as "Chrome on macOS", as it was at sign-in. */
  readonly device: string
  /** As it was at sign-in. */
  readonly ip: string | null
  readonly createdAt: string
  /** When tokens were last given out: while they settle, use is not written down each time. */
  readonly lastUsedAt: string
  /** When it ends if it is not used again. */
  readonly endsAt: string
  /** Whether the request came from it. */
  readonly current: boolean
}

type ListNeeds = Pick<SessionsNeeds, 'signedIn' | 'assertTrusted' | 'isRevoked'>

/** The sessions of the signed-in user, the last used one first. */
export const listSessions = ({ signedIn, assertTrusted, isRevoked }: ListNeeds, store: SessionStore): Route => ({
  method: 'get',
  path: '/api/sessions',
  guard: signedIn,
  handle: [
    async (req, res) => {
      const { sub, sid } = whoAsks(req)
      assertTrusted()
      const sessions = (await store.list(sub)).filter(({ sessionId }) => !isRevoked({ sub, sid: sessionId }))
      sessions.sort((a, b) => b.usedAt - a.usedAt)
      sendJson(res, 200, { sessions: sessions.map(session => show(session, sid)) })
    },
  ],
})

const show = ({ sessionId, openedAt, usedAt, endsAt, about }: StoredSession, current: string): ShownSession => {
  const [address = '', ...device] = about.split(' ')
  return {
    id: sessionId,
    device: device.join(' '),
    ip: unpackAddress(address),
    createdAt: new Date(openedAt).toISOString(),
    lastUsedAt: new Date(usedAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    current: sessionId === current,
  }
}

/** The user and session of a request behind the guard. */
export const whoAsks = (req: Request): { sub: string; sid: string } => {
  if (!req.auth) throw new Problem('access-token-required')
  return req.auth
}
