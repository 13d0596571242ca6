import { isWanted, jsonBody, open, Problem, type Route, validBody } from '@auth-pair/service'
import type { Request, Response } from 'express'
import type { Answers } from './answer-tokens.ts'
import { clientOf } from './client-of.ts'
import { passwordField, tokenTransportField } from './fields.ts'
import type { SignInNeeds, TokenTransport } from './needs.ts'

interface SignInInput {
  readonly email: string
  readonly password: string
  readonly tokenTransport?: TokenTransport
}

export const signInRoute = (needs: SignInNeeds, answers: Answers): Route => ({
  method: 'post',
  path: '/api/signin',
  guard: open,
  handle: [
    jsonBody,
    validBody({ email: needs.emailField(), password: passwordField(), tokenTransport: tokenTransportField() }),
    async (req, res) => answers.signedIn(res, 200, await signIn(needs, req, res)),
  ],
})

/** Opens a new session, whatever session the request brings along: a planted cookie is not extended. */
const signIn = async (needs: SignInNeeds, req: Request, res: Response) => {
  const { email, password, tokenTransport = 'cookie' } = req.body as SignInInput
  const found = await needs.verifyCredentials(email, password, () => isWanted(res))
  if (!found) throw new Problem('invalid-credentials')
  // nobody would ever hold its token, and it could push a session out that somebody holds
  if (!isWanted(res)) throw new Problem('unavailable')
  const { user, epoch } = found
  const session = await needs.openSession({ userId: user.id, epoch, transport: tokenTransport, client: clientOf(req) })
  return { user, session }
}
