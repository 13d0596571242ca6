import { createSecretKey, timingSafeEqual } from 'node:crypto'
import { createHmacSha256 } from '@auth-pair/service'

/**
 * How a session's tokens travel. A session is of one kind: the token says so, under its HMAC. `fixed` is in the body, with a
 * refresh token that stays the same.
 */
export type TokenTransport = 'cookie' | 'body' | 'fixed'

/** What a refresh token stands for. */
export interface RefreshToken {
  readonly transport: TokenTransport
  /** A UUID. */
  readonly userId: string
  /** 16 bytes, base64url. */
  readonly sessionId: string
  readonly generation: number
}

export interface RefreshTokenCodec {
  encode(token: RefreshToken): string
  /** Undefined for everything that this codec's secret did not make, in exactly these characters. */
  decode(text: string): RefreshToken | undefined
}

// version, transport, user (16), session (16), generation (6), HMAC-SHA-256 (32): 72 bytes, 96 characters of base64url
const at = { transport: 1, user: 2, session: 18, generation: 34, mac: 40, end: 72 } as const
const purpose = 'auth-pair refresh token\0'
const version = 1
const form = /^[A-Za-z0-9_-]{96}$/
const transports: readonly TokenTransport[] = ['cookie', 'body', 'fixed']

/**
 * Opaque refresh tokens. The HMAC keeps junk from ever reaching Redis, and because only generation numbers are stored
 * there, a dump of Redis opens nothing.
 */
export const createRefreshTokenCodec = (secret: string): RefreshTokenCodec => {
  const hmac = createHmacSha256(createSecretKey(secret, 'utf8'), purpose.length + at.mac)
  // every token passes through the same bytes: one at a time, and nothing waits in between
  const message = Buffer.alloc(purpose.length + at.end)
  const bytes = message.subarray(message.write(purpose, 'latin1'))
  const authenticated = message.subarray(0, purpose.length + at.mac)
  const presented = bytes.subarray(at.mac)
  const expected = Buffer.alloc(presented.length)

  return {
    encode: ({ transport, userId, sessionId, generation }) => {
      bytes.fill(0)
      bytes[0] = version
      bytes[at.transport] = transports.indexOf(transport)
      bytes.write(userId.replaceAll('-', ''), at.user, 'hex')
      bytes.write(sessionId, at.session, 'base64url')
      bytes.writeUIntBE(generation, at.generation, 6)
      bytes.write(hmac(authenticated, 'latin1'), at.mac, 'latin1')
      return bytes.toString('base64url')
    },
    decode: text => {
      if (!form.test(text)) return undefined
      bytes.write(text, 'base64url')
      expected.write(hmac(authenticated, 'latin1'), 'latin1')
      if (!timingSafeEqual(presented, expected)) return undefined
      const transport = transports[bytes[at.transport] ?? -1]
      if (bytes[0] !== version || transport === undefined) return undefined
      return {
        transport,
        userId: toUuid(bytes.toString('hex', at.user, at.session)),
        sessionId: bytes.toString('base64url', at.session, at.generation),
        generation: bytes.readUIntBE(at.generation, 6),
      }
    },
  }
}

const toUuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
