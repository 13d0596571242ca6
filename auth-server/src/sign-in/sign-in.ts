import { isWanted, jsonBody, open, Problem, type Route, validBody } from '@auth-pair/service'
import type { Answers } from './answer-tokens.ts'
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
    async (req, res) => answers.signedIn(res, 200, await signIn(needs, req.body, () => isWanted(res))),
  ],
})

/** Opens a new session, whatever session the request brings along: a planted cookie is not extended. */
const signIn = async (needs: SignInNeeds, input: SignInInput, isWanted: () => boolean) => {
  const { email, password, tokenTransport = 'cookie' } = input
  const user = await needs.verifyCredentials(email, password, isWanted)
  if (!user) throw new Problem('invalid-credentials')
  // nobody would ever hold its token, and it could push a session out that somebody holds
  if (!isWanted()) throw new Problem('unavailable')
  return { user, session: await needs.openSession(user.id, tokenTransport) }
}
