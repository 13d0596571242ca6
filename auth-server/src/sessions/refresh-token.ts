import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** How a session's tokens travel. A session is one kind or the other: the token says so, under its HMAC. */
export type TokenTransport = 'cookie' | 'body'

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
const at = { transport: 1, user: 2, session: 18, generation: 34, mac: 40 } as const
const version = 1
const form = /^[A-Za-z0-9_-]{96}$/
const transports: readonly TokenTransport[] = ['cookie', 'body']

/**
 * Opaque refresh tokens. The HMAC keeps junk from ever reaching Redis, and because only generation numbers are stored
 * there, a dump of Redis opens nothing.
 */
export const createRefreshTokenCodec = (secret: string): RefreshTokenCodec => {
  const key = createSecretKey(secret, 'utf8')
  const mac = (bytes: Buffer): Buffer =>
    createHmac('sha256', key).update('auth-pair refresh token\0').update(bytes).digest()

  return {
    encode: ({ transport, userId, sessionId, generation }) => {
      const bytes = Buffer.alloc(at.mac)
      bytes[0] = version
      bytes[at.transport] = transports.indexOf(transport)
      bytes.write(userId.replaceAll('-', ''), at.user, 'hex')
      bytes.write(sessionId, at.session, 'base64url')
      bytes.writeUIntBE(generation, at.generation, 6)
      return Buffer.concat([bytes, mac(bytes)]).toString('base64url')
    },
    decode: text => {
      if (!form.test(text)) return undefined
      const bytes = Buffer.from(text, 'base64url')
      const body = bytes.subarray(0, at.mac)
      if (!timingSafeEqual(bytes.subarray(at.mac), mac(body))) return undefined
      const transport = transports[body[at.transport] ?? -1]
      if (body[0] !== version || transport === undefined) return undefined
      return {
        transport,
        userId: toUuid(body.toString('hex', at.user, at.session)),
        sessionId: body.toString('base64url', at.session, at.generation),
        generation: body.readUIntBE(at.generation, 6),
      }
    },
  }
}

const toUuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
