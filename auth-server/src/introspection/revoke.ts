import { formBody, type Route, sendEmpty, validForm } from '@auth-pair/service'
import { goodClaims } from './good-claims.ts'
import { type IntrospectionNeeds, kindOf } from './index.ts'
import { tokenField } from './token-field.ts'

/**
 * Ends a token that a service or a client shows: an API token is revoked; of a refresh or an access token the session ends, and every token of
 * it with it. The answer is the same for a token that nobody knows (RFC 7009, section 2.2). Tokens here belong to users and not to
 * clients, so any of these callers may end what it holds.
 */
export const revokeRoute = (needs: IntrospectionNeeds): Route => ({
  method: 'post',
  path: '/api/revoke',
  guard: needs.callersOnly,
  handle: [
    formBody,
    validForm({ token: tokenField() }),
    async (req, res) => {
      const { token } = req.body as { token: string }
      const from = needs.cameFrom(req)
      const kind = kindOf(token)
      if (kind === 'api-token') await needs.revokeApiToken(token, from)
      else if (kind === 'refresh-token') await needs.endSessionOfRefreshToken(token, from)
      else {
        const claims = goodClaims(needs, token)
        if (claims) await needs.endSession({ userId: claims.sub, sessionId: claims.sid }, from)
      }
      sendEmpty(res)
    },
  ],
})
