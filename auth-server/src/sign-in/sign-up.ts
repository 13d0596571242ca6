import { randomUUID } from 'node:crypto'
import { isWanted, jsonBody, open, Problem, type Route, validBody, whileWanted } from '@auth-pair/service'
import type { Request, Response } from 'express'
import type { CustomValidator } from 'express-validator'
import type { From } from '../circumstances.ts'
import type { Answers } from './answer-tokens.ts'
import { passwordField, tokenTransportField } from './fields.ts'
import type { NewAccount, SignInNeeds, TokenTransport, User } from './needs.ts'
import { whenRoomToHash } from './when-room-to-hash.ts'

export interface SignUpInput {
  readonly email: string
  readonly password: string
  readonly tokenTransport?: TokenTransport
  readonly challenge?: string
}

export const signUpRoute = (needs: SignInNeeds, answers: Answers): Route => ({
  method: 'post',
  path: '/api/signup',
  guard: open,
  handle: [
    whenRoomToHash(needs),
    jsonBody,
    validBody({ ...signUpFields(needs), tokenTransport: tokenTransportField() }),
    async (req, res) => answers.signedIn(res, 201, await signUp(needs, req.body, req, res)),
  ],
})

export const signUpFields = (needs: SignInNeeds) => ({
  email: needs.emailField(),
  password: passwordField().custom(acceptable(needs)),
  challenge: needs.challengeField(),
})

const mayHaveBeenMade = 'The account may have been made. Try to sign in before you sign up again.'

/**
 * Makes an account and its first session: both or none. The session comes first. Without an account it opens nothing and
 * nobody holds its token yet, while an account without an answer would be one that its owner knows nothing of.
 */
export const signUp = (needs: SignInNeeds, input: SignUpInput, req: Request, res: Response) =>
  withinLimits(needs, input, req, async from => {
    const { email, password, tokenTransport: transport = 'cookie' } = input
    const id = randomUUID()
    const passwordHash = await hashed(needs, password, res)
    const session = await needs.openSession({ userId: id, epoch: 0, transport, from })
    try {
      const account = { id, email, passwordHash, sessionId: session.sessionId }
      const user = await makeAccount(needs, account, from, res)
      return { user, session, deviceToken: needs.deviceToken(email, undefined) }
    } catch (error) {
      // left behind, it would only be a few bytes until it expires
      await needs.discardSession(session).catch(() => {})
      throw error
    }
  })

/** Makes an account, and leaves the sign-in to its owner. */
export const register = (needs: SignInNeeds, input: SignUpInput, req: Request, res: Response): Promise<User> =>
  withinLimits(needs, input, req, async from => {
    const { email, password } = input
    const passwordHash = await hashed(needs, password, res)
    return makeAccount(needs, { id: randomUUID(), email, passwordHash, sessionId: null }, from, res)
  })

/** Does what a sign-up is for, where the limits leave room for it. */
const withinLimits = async <Made>(
  needs: SignInNeeds,
  { email, challenge }: SignUpInput,
  req: Request,
  make: (from: From) => Promise<Made>,
): Promise<Made> => {
  const from = needs.cameFrom(req)
  const applicant = { email, ip: req.ip, from }
  // before the hash: while Redis is away there are no sign-ups, because nobody could sign in
  needs.assertSessionsReachable()
  const giveBack = await needs.beginSignUp({
    ...applicant,
    hasSolution: Boolean(challenge),
    passChallenge: () => needs.checkChallenge('sign-up', challenge, applicant),
  })
  try {
    return await make(from)
  } catch (error) {
    // what failed on our side does not count
    if (error instanceof Problem && error.status === 503) await giveBack()
    throw error
  }
}

const hashed = async (needs: SignInNeeds, password: string, res: Response): Promise<string> => {
  const hash = await needs.hashPassword(password, whileWanted(res))
  if (!isWanted(res)) throw new Problem('unavailable')
  return hash
}

const makeAccount = async (needs: SignInNeeds, account: NewAccount, from: From, res: Response): Promise<User> => {
  if (!isWanted(res)) throw new Problem('unavailable')
  res.exchange.unfinished = mayHaveBeenMade
  const result = await needs.createAccount(account, from)
  if (result.kind === 'email-taken') throw new Problem('email-taken')
  return result.user
}

const acceptable =
  ({ passwordComplaint }: SignInNeeds): CustomValidator =>
  (password: string, { req }) => {
    const email: unknown = req.body.email
    const complaint = passwordComplaint(password, typeof email === 'string' ? email : '')
    if (complaint !== undefined) throw new Error(complaint)
    return true
  }
