// for the history only: to clients a refresh token says nothing
import { createRefreshTokenCodec } from '@auth-pair/auth-server/refresh-token'

export interface ReadTokens {
  readonly sub?: string
  readonly session?: string
  /** When the access token expires, in milliseconds since the epoch. */
  readonly expires?: number
  readonly generation?: number
}

/** What tokens say, for the history. */
export const createTokenReader = (refreshTokenSecret: string) => {
  const codec = createRefreshTokenCodec(refreshTokenSecret)
  const generationOf = (refreshToken: string): number | undefined => codec.decode(refreshToken)?.generation
  return {
    generationOf,
    read: ({ accessToken, refreshToken }: { accessToken?: unknown; refreshToken?: unknown }): ReadTokens => {
      const generation = typeof refreshToken === 'string' ? generationOf(refreshToken) : undefined
      const claims = typeof accessToken === 'string' ? claimsOf(accessToken) : {}
      return { ...claims, ...(generation !== undefined && { generation }) }
    },
  }
}

const claimsOf = (accessToken: string): { sub?: string; session?: string; expires?: number } => {
  const { sub, sid, exp } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
  return { sub, session: sid, expires: exp * 1000 }
}
