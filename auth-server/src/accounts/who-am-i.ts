import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { Account } from './account-store.ts'
import { shownUser, toUser } from './user.ts'

interface WhoAmINeeds {
  readonly byId: (id: string) => Promise<Account | undefined>
  readonly guard: RequestHandler
}

export const whoAmI = ({ byId, guard }: WhoAmINeeds): Route => ({
  method: 'get',
  path: '/api/auth/user',
  guard,
  handle: [
    async (req, res) => {
      const account = req.auth && (await byId(req.auth.sub))
      if (!account) throw new Problem('access-token-invalid', { cause: new Error('the account is gone') })
      sendJson(res, 200, { user: shownUser(toUser(account)) })
    },
  ],
})
