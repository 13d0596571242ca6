/**
 * Refresh sessions: opening, turning, showing and ending them, and the opaque tokens that name them. The rules of a turn are
 * those of `rotate-1.lua` and nowhere else. It knows user ids, and nothing of accounts, cookies or access tokens; whether a
 * session was revoked it asks, and that one has ended it tells.
 */
import { createSessionId } from '@auth-pair/access-token/pair'
import { Problem, type Route } from '@auth-pair/service'
import type { Circumstances, From } from '../circumstances.ts'
import { packAddress } from './device.ts'
import { createEndMany, type EndMany, endAllSessions } from './end-all-sessions.ts'
import { createEndFamily } from './end-family.ts'
import { endOne, endOneSession } from './end-one-session.ts'
import { listSessions, type ShownSession, sessionsOf, type WhoAsks } from './list-sessions.ts'
import type { SessionsNeeds } from './needs.ts'
import { createRefreshTokenCodec, type TokenTransport } from './refresh-token.ts'
import { createSessionStore, type SeenSession, type SessionName, type ToEnd } from './session-store.ts'

export { deviceOf } from './device.ts'
export type { Ended, EndReason, SessionsNeeds } from './needs.ts'
export type { TokenTransport } from './refresh-token.ts'
export type { SessionPolicy } from './session-policy.ts'
export { createSessionStore } from './session-store.ts'

/** A session that lives, and the refresh token to give out for it. */
export interface LiveSession {
  readonly userId: string
  readonly sessionId: string
  readonly refreshToken: string
  readonly transport: TokenTransport
  /** How long it lives when it is not used again, in whole seconds. */
  readonly remainingS: number
}

/** A session that was looked at through its refresh token. Times are milliseconds since the epoch. */
export interface LookedAt extends SeenSession {
  readonly userId: string
  readonly sessionId: string
}

/** Whose credentials opened a session, and from where. */
export interface Opening {
  readonly userId: string
  /** The user's epoch as it was when the credentials were checked. */
  readonly epoch: number
  readonly transport: TokenTransport
  readonly from: From
}

/** A session to be opened from another one. */
export interface ChildOpening {
  readonly userId: string
  /** Whose family it is to be of. */
  readonly parentId: string
  /** Its own id: of the epoch of its parent, and chosen before, so that it can be ended before it is opened. */
  readonly sessionId: string
  readonly from: From
}

export interface Sessions {
  /** Throws `Problem('unavailable')` when it is known that no session can be opened. */
  assertReachable(): void
  open(opening: Opening): Promise<LiveSession>
  /** Opens a session with tokens in the body from another one; undefined when that one, or itself, has ended. */
  openChild(opening: ChildOpening): Promise<LiveSession | undefined>
  /** The session of a presented refresh token, with the token to use from now on; undefined when it has ended. */
  refresh(token: string, transport: TokenTransport, from: From): Promise<LiveSession | undefined>
  /** Signs out: ends the session of a refresh token with its family, if there is one. `body` is any that travels there. */
  end(token: string, transport: TokenTransport, from: From): Promise<void>
  /** The same for whoever shows a refresh token of either transport. Whether it was one. */
  endShown(token: string, from: From): Promise<boolean>
  /** Signs a session out with its family that is known by its id. */
  endKnown(session: { readonly userId: string; readonly sessionId: string }, from: From): Promise<void>
  /** The session of a refresh token that would be answered with tokens; undefined for any other. Turns nothing. */
  look(token: string): Promise<LookedAt | undefined>
  /** The sessions of a user, one a family, the last used one first. */
  list(who: WhoAsks): Promise<ShownSession[]>
  /** Ends one session of a user, with its family. Gives the ids of what has ended: none of somebody else's. */
  endOne(userId: string, sessionId: string, from: From): Promise<readonly string[]>
  readonly endMany: EndMany
  /**
   * When somebody signed in to a session, in milliseconds since the epoch; undefined when it has ended. SECURITY: undefined too when it was opened
   * from another one: nobody showed a password to whoever holds it.
   */
  openedAt(userId: string, sessionId: string): Promise<number | undefined>
  /** Takes a session back whose tokens nobody was given. */
  discard(session: LiveSession): Promise<void>
  /** Ends a session, and not its family, because the code that opened it was used again. */
  endForReusedCode(session: SessionName, from: From): Promise<void>
  /** Ends any number of sessions in Redis. Those that were opened from them are told of, the others are known. */
  endInRedis(sessions: readonly ToEnd[]): Promise<void>
  readonly routes: readonly Route[]
}

export const createSessions = (needs: SessionsNeeds): Sessions => {
  const { redis, policy, secret, allowsFixed, log, isRevoked, assertTrusted, ended, countRefresh, now } = needs
  const store = createSessionStore({ redis, policy, now })
  const tokens = createRefreshTokenCodec(secret)
  const endFamily = createEndFamily(store, ended)
  const endMany = createEndMany(needs, store)

  const decode = (text: string, transport: TokenTransport) => {
    const token = tokens.decode(text)
    return token?.transport === transport ? token : undefined
  }

  const isAllowed = (transport: TokenTransport): boolean => transport !== 'fixed' || allowsFixed

  const prolong = async ({ userId, sessionId }: SessionName, text: string): Promise<LiveSession | undefined> => {
    const alive = await store.prolong(userId, sessionId)
    if (!alive) return undefined
    const remainingS = toSeconds(alive.endsAt - alive.now)
    return { userId, sessionId, refreshToken: text, transport: 'fixed', remainingS }
  }

  const end: Sessions['endKnown'] = async ({ userId, sessionId }, from) => {
    const members = await endFamily({ userId, sessionId }, { reason: 'signed-out', ...from() })
    // when it was not there it may be in a copy of Redis that is put back one day; but once is enough
    if (!members.includes(sessionId) && !isRevoked({ sub: userId, sid: sessionId }))
      await ended([{ userId, sessionId, reason: 'signed-out', ...from() }])
  }

  return {
    assertReachable: () => {
      if (unconnected.includes(redis.status))
        throw new Problem('unavailable', { cause: new Error('Redis is not connected') })
    },
    open: async ({ userId, epoch, transport, from }) => {
      const sessionId = createSessionId(epoch)
      const { ip, device } = from()
      const about = `${packAddress(ip)} ${device ?? ''}`
      const { endsAt, now: time, evicted } = await store.open(userId, sessionId, about, transport === 'fixed')
      if (evicted.length > 0) log.info({ userId, evicted: evicted.length }, 'oldest sessions made room')
      await ended(evicted.map(id => ({ userId, sessionId: id, reason: 'evicted', ...from() })))
      const refreshToken = tokens.encode({ transport, userId, sessionId, generation: 1 })
      return { userId, sessionId, refreshToken, transport, remainingS: toSeconds(endsAt - time) }
    },
    openChild: async ({ userId, parentId, sessionId, from }) => {
      assertTrusted()
      if (isRevoked({ sub: userId, sid: parentId })) return undefined
      const opened = await store.openChild(userId, sessionId, parentId)
      if (!opened) return undefined
      await ended(opened.evicted.map(id => ({ userId, sessionId: id, reason: 'evicted', ...from() })))
      if (isRevoked({ sub: userId, sid: sessionId })) {
        await store.end(userId, sessionId)
        return undefined
      }
      const transport = 'body'
      const refreshToken = tokens.encode({ transport, userId, sessionId, generation: 1 })
      return { userId, sessionId, refreshToken, transport, remainingS: toSeconds(opened.endsAt - opened.now) }
    },
    refresh: async (text, transport, from) => {
      const token = decode(text, transport)
      if (!token || !isAllowed(transport)) return undefined
      const { userId, sessionId } = token
      assertTrusted()
      if (isRevoked({ sub: userId, sid: sessionId })) return undefined
      countRefresh({ userId, sessionId, from })
      if (transport === 'fixed') return prolong(token, text)
      const rotation = await store.rotate(userId, sessionId, token.generation)
      if (rotation.kind === 'reused') {
        log.warn({ userId, sessionId }, 'a retired refresh token came back: session ended')
        await endFamily({ userId, sessionId }, { reason: 'token-reused', ...from() })
      }
      if (rotation.kind !== 'rotated') return undefined
      const refreshToken = tokens.encode({ ...token, generation: rotation.generation })
      return { userId, sessionId, refreshToken, transport, remainingS: toSeconds(rotation.endsAt - rotation.now) }
    },
    end: async (text, transport, from) => {
      const token = tokens.decode(text)
      const inCookie = token?.transport === 'cookie'
      if (token && inCookie === (transport === 'cookie')) await end(token, from)
    },
    endShown: async (text, from) => {
      const token = tokens.decode(text)
      if (token) await end(token, from)
      return token !== undefined
    },
    endKnown: end,
    look: async text => {
      const token = tokens.decode(text)
      if (!token || !isAllowed(token.transport)) return undefined
      const { userId, sessionId, generation } = token
      assertTrusted()
      if (isRevoked({ sub: userId, sid: sessionId })) return undefined
      const seen = await store.look(userId, sessionId, generation)
      return seen && { userId, sessionId, ...seen }
    },
    list: sessionsOf(needs, store),
    endOne: endOne(endFamily),
    endMany,
    openedAt: async (userId, sessionId) => {
      assertTrusted()
      const seen = await store.look(userId, sessionId)
      return seen?.isChild ? undefined : seen?.openedAt
    },
    discard: async ({ userId, sessionId }) => {
      await store.end(userId, sessionId)
    },
    endForReusedCode: async ({ userId, sessionId }, from) => {
      await ended([{ userId, sessionId, reason: 'code-reused', ...from() }])
      await store.end(userId, sessionId)
    },
    endInRedis: async toEnd => {
      const others = await store.endMany(toEnd)
      await ended(others.map(other => ({ ...other, reason: 'ended-with-family', ...unknownFrom })))
    },
    routes: [listSessions(needs, store), endAllSessions(needs, endMany), endOneSession(needs, endFamily)],
  }
}

const unknownFrom: Circumstances = { ip: null, device: null, requestId: null }

/** The words of the client for: not connected. */
const unconnected = ['wait', 'connecting', 'connect', 'reconnecting', 'close', 'end']

const toSeconds = (milliseconds: number): number => Math.max(1, Math.floor(milliseconds / 1000))
