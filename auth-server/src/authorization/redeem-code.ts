import { hash } from 'node:crypto'
import { formBody, Problem, type Route, sendJson, validForm } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import { body, type ValidationChain } from 'express-validator'
import type { From } from '../circumstances.ts'
import type { Codes, Grant } from './codes.ts'
import type { AuthorizationNeeds, Session } from './index.ts'

interface TokenInput {
  readonly code: string
  readonly redirect_uri: string
  readonly code_verifier: string
}

/** Redeems a code for a session of its own: the token endpoint of RFC 6749, section 4.1.3, with PKCE. */
export const tokenRoute = (needs: AuthorizationNeeds, codes: Codes): Route => ({
  method: 'post',
  path: '/api/token',
  guard: needs.callersOnly,
  handle: [
    formBody,
    validForm({ grant_type: required('grant_type') }),
    codesOnly,
    validForm({
      code: required('code'),
      redirect_uri: required('redirect_uri'),
      code_verifier: required('code_verifier')
        .matches(/^[A-Za-z0-9._~-]{43,128}$/)
        .withMessage('Send the verifier of the code challenge: 43 to 128 letters, digits, and -._~'),
    }),
    async (req, res) => {
      const { name } = res.locals.caller as { name: string }
      const session = await redeem(needs, codes, name, req)
      const { tokens } = needs.giveTokens(session)
      sendJson(res, 200, {
        access_token: tokens.accessToken,
        token_type: 'Bearer',
        expires_in: tokens.expiresIn,
        refresh_token: session.refreshToken,
      })
    },
  ],
})

const required = (name: string): ValidationChain =>
  body(name)
    .custom(value => typeof value === 'string' && value !== '')
    .withMessage('This field is required.')
    .bail()

const codesOnly: RequestHandler = (req, _res, next) => {
  if (req.body.grant_type === 'authorization_code') return next()
  const errors = [{ path: 'grant_type', message: 'It has to be authorization_code.' }]
  throw new Problem('invalid-input', { errors, error: 'unsupported_grant_type' })
}

const redeem = async (needs: AuthorizationNeeds, codes: Codes, caller: string, req: Request): Promise<Session> => {
  const { code, redirect_uri: returnAddress, code_verifier: verifier } = req.body as TokenInput
  const redeemed = await codes.redeem(code)
  if (!redeemed) throw invalidGrant('unknown, or too old')
  const { grant, isFirst } = redeemed
  const { userId, parentId, sessionId } = grant
  if (!isFirst) {
    // RFC 6749, section 4.1.2. SECURITY: told at once, it also ends what the first use is about to open
    needs.log.warn({ userId, sessionId }, 'a code was redeemed again: the session that it opened has ended')
    await needs.endForReusedCode({ userId, sessionId }, needs.cameFrom(req))
    throw invalidGrant('used before')
  }
  // RFC 6749, section 4.1.3
  if (grant.clientId !== undefined && grant.clientId !== caller) throw invalidGrant('given out for another client')
  if (grant.returnAddress !== returnAddress) throw invalidGrant('given out for another address')
  if (hash('sha256', verifier, 'base64url') !== grant.challenge) throw invalidGrant('not of this verifier')
  const from = ofBrowser(grant, needs.cameFrom(req))
  const session = await needs.openChild({ userId, parentId, sessionId, from })
  if (!session) throw invalidGrant('of a session that has ended')
  await record(needs, session, new URL(returnAddress).origin, from)
  return session
}

/** Nobody is signed in without a trace. */
const record = async (needs: AuthorizationNeeds, session: Session, frontEnd: string, from: From): Promise<void> => {
  try {
    await needs.recordSignIn({ userId: session.userId, sessionId: session.sessionId, frontEnd, from })
  } catch (error) {
    // left behind, it would only be a few bytes until it expires
    await needs.discardSession(session).catch(() => {})
    throw error
  }
}

/** Who redeems is a server; who signs in is where the browser was. */
const ofBrowser = ({ ip, device }: Grant, redeemer: From): From => {
  return () => ({ ip, device, requestId: redeemer().requestId })
}

/** The caller is told no more: whoever tries codes should not learn what is wrong with them. */
const invalidGrant = (reason: string): Problem =>
  new Problem('invalid-grant', { cause: new Error(`the code is ${reason}`), error: 'invalid_grant' })
