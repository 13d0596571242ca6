import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { ApiToken } from './token-store.ts'

/** A token as its owner sees it. Times are RFC 3339, UTC. */
export interface ShownApiToken {
  /** Names the token; opens nothing. */
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  /** Null for never. One that has expired is shown until it is revoked, or its place is needed. */
  readonly expiresAt: string | null
  /** To the minute or so; null when it was not used yet. */
  readonly lastUsedAt: string | null
}

interface ListNeeds {
  readonly signedIn: RequestHandler
  readonly list: (userId: string) => Promise<ApiToken[]>
}

/** The tokens of the signed-in user, the newest first. */
export const listTokensRoute = ({ signedIn, list }: ListNeeds): Route => ({
  method: 'get',
  path: '/api/tokens',
  guard: signedIn,
  handle: [
    async (req, res) => {
      if (!req.auth) throw new Problem('access-token-required')
      const { sub } = req.auth
      sendJson(res, 200, { tokens: (await list(sub)).map(show) })
    },
  ],
})

export const show = ({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ApiToken): ShownApiToken => ({
  id,
  name,
  scopes,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})
