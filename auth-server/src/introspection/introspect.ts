import { formBody, type Route, sendJson, validForm } from '@auth-pair/service'
import { goodClaims } from './good-claims.ts'
import { type IntrospectionNeeds, kindOf } from './index.ts'
import { tokenField } from './token-field.ts'

/** SECURITY: nothing else is said of a token that is not good, and not why (RFC 7662, section 2.2). */
const inactive = { active: false }

/** Tells services and clients whether a token is good, and whose it is (RFC 7662). */
export const introspectRoute = (needs: IntrospectionNeeds): Route => {
  const { callersOnly, findApiToken, findSession, issuer: iss, audience: aud } = needs

  const describeApiToken = async (token: string): Promise<object> => {
    const found = await findApiToken(token)
    if (!found) return inactive
    const { id, userId: sub, scopes, createdAt, expiresAt } = found
    return {
      active: true,
      token_type: 'Bearer',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...{ sub, sid: id, iss, aud, iat: toSeconds(createdAt.getTime()) },
      ...(expiresAt && { exp: toSeconds(expiresAt.getTime()) }),
      jti: id,
    }
  }

  const describeAccessToken = (token: string): object => {
    const claims = goodClaims(needs, token)
    if (!claims) return inactive
    const { scope, sub, sid, iss, aud, iat, exp, jti } = claims
    return {
      active: true,
      token_type: 'Bearer',
      ...(scope !== undefined && { scope }),
      sub,
      sid,
      iss,
      aud,
      iat,
      exp,
      jti,
    }
  }

  const describeRefreshToken = async (token: string): Promise<object> => {
    const found = await findSession(token)
    if (!found) return inactive
    const { userId: sub, sessionId: sid, usedAt, endsAt } = found
    // for this server and nobody else: a service that compares the audience does not take it for an access token
    return { active: true, sub, sid, iss, aud: iss, iat: toSeconds(usedAt), exp: toSeconds(endsAt) }
  }

  return {
    method: 'post',
    path: '/api/introspect',
    guard: callersOnly,
    handle: [
      formBody,
      validForm({ token: tokenField() }),
      async (req, res) => {
        const { token } = req.body as { token: string }
        const kind = kindOf(token)
        if (kind === 'api-token') return sendJson(res, 200, await describeApiToken(token))
        if (kind === 'access-token') return sendJson(res, 200, describeAccessToken(token))
        // SECURITY: a service that is shown a refresh token must not let anybody in with it (RFC 7662, section 4)
        const isClient = res.locals.caller?.kind === 'client'
        sendJson(res, 200, isClient ? await describeRefreshToken(token) : inactive)
      },
    ],
  }
}

const toSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
