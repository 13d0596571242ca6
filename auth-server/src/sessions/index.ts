/**
 * Refresh sessions: opening, turning and ending them, and the opaque tokens that name them. The rules of a turn are those of
 * `rotate-1.lua` and nowhere else. It knows user ids, and nothing of accounts, cookies or access tokens.
 */
import { randomBytes } from 'node:crypto'
import type { Log } from '@auth-pair/service'
import type { Redis } from 'ioredis'
import { createRefreshTokenCodec, type TokenTransport } from './refresh-token.ts'
import type { SessionPolicy } from './session-policy.ts'
import { createSessionStore } from './session-store.ts'

export type { TokenTransport } from './refresh-token.ts'
export type { SessionPolicy } from './session-policy.ts'

/** A session that lives, and the refresh token to give out for it. */
export interface LiveSession {
  readonly userId: string
  readonly sessionId: string
  readonly refreshToken: string
  readonly transport: TokenTransport
  /** How long it lives when it is not used again, in whole seconds. */
  readonly remainingS: number
}

export interface Sessions {
  open(userId: string, transport: TokenTransport): Promise<LiveSession>
  /** The session of a presented refresh token, with the token to use from now on; undefined when it has ended. */
  refresh(token: string, transport: TokenTransport): Promise<LiveSession | undefined>
  /** Ends the session of a refresh token, if there is one. */
  end(token: string, transport: TokenTransport): Promise<void>
}

interface SessionsNeeds {
  readonly redis: Redis
  readonly policy: SessionPolicy
  readonly secret: string
  readonly log: Log
  /** Milliseconds since the epoch, for tests; otherwise the clock of Redis. */
  readonly now?: (() => number) | undefined
}

export const createSessions = ({ redis, policy, secret, log, now }: SessionsNeeds): Sessions => {
  const store = createSessionStore({ redis, policy, now })
  const tokens = createRefreshTokenCodec(secret)

  const decode = (text: string, transport: TokenTransport) => {
    const token = tokens.decode(text)
    return token?.transport === transport ? token : undefined
  }

  return {
    open: async (userId, transport) => {
      const sessionId = randomBytes(16).toString('base64url')
      const { endsAt, now: time, evicted } = await store.open(userId, sessionId)
      if (evicted.length > 0) log.info({ userId, evicted: evicted.length }, 'oldest sessions made room')
      const refreshToken = tokens.encode({ transport, userId, sessionId, generation: 1 })
      return { userId, sessionId, refreshToken, transport, remainingS: toSeconds(endsAt - time) }
    },
    refresh: async (text, transport) => {
      const token = decode(text, transport)
      if (!token) return undefined
      const { userId, sessionId } = token
      const rotation = await store.rotate(userId, sessionId, token.generation)
      if (rotation.kind === 'reused')
        log.warn({ userId, sessionId }, 'a retired refresh token came back: session ended')
      if (rotation.kind !== 'rotated') return undefined
      const refreshToken = tokens.encode({ ...token, generation: rotation.generation })
      return { userId, sessionId, refreshToken, transport, remainingS: toSeconds(rotation.endsAt - rotation.now) }
    },
    end: async (text, transport) => {
      const token = decode(text, transport)
      if (token) await store.end(token.userId, token.sessionId)
    },
  }
}

const toSeconds = (milliseconds: number): number => Math.max(1, Math.floor(milliseconds / 1000))
