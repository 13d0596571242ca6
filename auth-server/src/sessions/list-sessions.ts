import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { Request } from 'express'
import { unpackAddress } from './device.ts'
import { byFamily } from './families.ts'
import type { SessionsNeeds } from './needs.ts'
import type { SessionStore, StoredSession } from './session-store.ts'

/** A session as its owner sees it, with those that were opened from it. Times are RFC 3339, UTC. */
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
  /** Whether the request came from it, or from one of its family. */
  readonly current: boolean
  /** Whether each refresh token is followed by another. It is not where somebody signed in by the older `login` of GraphQL. */
  readonly rotating: boolean
}

type ListNeeds = Pick<SessionsNeeds, 'signedIn' | 'assertTrusted' | 'isRevoked'>

/** Who asks: a user, by one of their sessions. */
export interface WhoAsks {
  readonly sub: string
  readonly sid: string
}

/** The sessions of a user, one a family, the last used one first. */
export const sessionsOf =
  ({ assertTrusted, isRevoked }: Omit<ListNeeds, 'signedIn'>, store: SessionStore) =>
  async ({ sub, sid }: WhoAsks): Promise<ShownSession[]> => {
    assertTrusted()
    const sessions = (await store.list(sub)).filter(({ sessionId }) => !isRevoked({ sub, sid: sessionId }))
    const current = sessions.find(({ sessionId }) => sessionId === sid)?.family
    const families = byFamily(sessions).sort((a, b) => b.usedAt - a.usedAt)
    return families.map(session => show(session, current))
  }

/** The sessions of the signed-in user. */
export const listSessions = (needs: ListNeeds, store: SessionStore): Route => ({
  method: 'get',
  path: '/api/sessions',
  guard: needs.signedIn,
  handle: [async (req, res) => sendJson(res, 200, { sessions: await sessionsOf(needs, store)(whoAsks(req)) })],
})

const show = (session: StoredSession, current: string | undefined): ShownSession => {
  const { sessionId, family, isFixed, openedAt, usedAt, endsAt, about } = session
  const [address = '', ...device] = about.split(' ')
  return {
    id: sessionId,
    device: device.join(' '),
    ip: unpackAddress(address),
    createdAt: new Date(openedAt).toISOString(),
    lastUsedAt: new Date(usedAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    current: family === current,
    rotating: !isFixed,
  }
}

/** The user and session of a request behind the guard. */
export const whoAsks = (req: Request): WhoAsks => {
  if (!req.auth) throw new Problem('access-token-required')
  return req.auth
}
