import { Problem, type Route, sendJson } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { Account } from './account-store.ts'
import { shownUser, toUser, type User } from './user.ts'

/** The user of a good access token, whose account may be gone all the same. */
export const whoAmI =
  (byId: (id: string) => Promise<Account | undefined>) =>
  async (userId: string): Promise<User> => {
    const account = await byId(userId)
    if (!account) throw new Problem('access-token-invalid', { cause: new Error('the account is gone') })
    return toUser(account)
  }

export const whoAmIRoute = (who: ReturnType<typeof whoAmI>, guard: RequestHandler): Route => ({
  method: 'get',
  path: '/api/auth/user',
  guard,
  handle: [
    async (req, res) => {
      if (!req.auth) throw new Problem('access-token-required')
      sendJson(res, 200, { user: shownUser(await who(req.auth.sub)) })
    },
  ],
})
