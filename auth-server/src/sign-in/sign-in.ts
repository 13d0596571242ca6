import { isWanted, jsonBody, open, Problem, type Route, validBody, whileWanted } from '@auth-pair/service'
import type { Request, Response } from 'express'
import type { Answers } from './answer-tokens.ts'
import { checked } from './checked-guess.ts'
import { passwordField, tokenTransportField } from './fields.ts'
import type { SignInNeeds, TokenTransport } from './needs.ts'
import { openRecorded } from './open-recorded.ts'
import { whenAddressMayTry } from './when-address-may-try.ts'
import { whenRoomToHash } from './when-room-to-hash.ts'

export interface SignInInput {
  readonly email: string
  readonly password: string
  readonly tokenTransport?: TokenTransport
  readonly challenge?: string
}

export const signInRoute = (needs: SignInNeeds, answers: Answers): Route => ({
  method: 'post',
  path: '/api/signin',
  guard: open,
  handle: [
    whenRoomToHash(needs),
    whenAddressMayTry(needs),
    jsonBody,
    validBody({ ...signInFields(needs), tokenTransport: tokenTransportField() }),
    async (req, res) => answers.signedIn(res, 200, await signIn(needs, req.body, req, res)),
  ],
})

export const signInFields = ({ emailField, challengeField }: SignInNeeds) => ({
  email: emailField(),
  password: passwordField(),
  challenge: challengeField(),
})

/** Opens a new session, whatever session the request brings along: a planted cookie is not extended. */
export const signIn = async (needs: SignInNeeds, input: SignInInput, req: Request, res: Response) => {
  const { email, password, tokenTransport = 'cookie', challenge } = input
  const from = needs.cameFrom(req)
  const former = needs.cookies.readDevice(req)
  const wanted = whileWanted(res)
  const applicant = { email, ip: req.ip, from }
  const guess = await needs.beginSignIn(
    {
      ...applicant,
      deviceToken: former,
      hasSolution: Boolean(challenge),
      passChallenge: () => needs.checkChallenge('sign-in', challenge, applicant),
    },
    wanted,
  )
  const found = await checked(guess, () => needs.verifyCredentials(email, password, wanted, from))
  if (!found) throw new Problem('invalid-credentials')
  // nobody would ever hold its token, and it could push a session out that somebody holds
  if (!isWanted(res)) throw new Problem('unavailable')
  const { user, epoch } = found
  const session = await openRecorded(needs, { userId: user.id, epoch, transport: tokenTransport, from })
  return { user, session, deviceToken: needs.deviceToken(email, former) }
}
