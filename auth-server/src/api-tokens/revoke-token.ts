import { Problem, type Route, sendNothing } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import type { From } from '../circumstances.ts'

interface RevokeNeeds {
  readonly signedIn: RequestHandler
  readonly cameFrom: (req: Request) => From
  readonly revoke: (userId: string, id: string, from: From) => Promise<boolean>
}

/** Revokes a token of the signed-in user. Somebody else's is not found: whether it exists is nobody's business. */
export const revokeTokenRoute = ({ signedIn, cameFrom, revoke }: RevokeNeeds): Route => ({
  method: 'delete',
  path: '/api/tokens/:id',
  guard: signedIn,
  handle: [
    async (req, res) => {
      if (!req.auth) throw new Problem('access-token-required')
      const id = String(req.params.id)
      if (!/^[A-Za-z0-9_-]{22}$/.test(id) || !(await revoke(req.auth.sub, id, cameFrom(req))))
        throw new Problem('not-found')
      sendNothing(res)
    },
  ],
})
