import { bearerToken } from '@auth-pair/access-token'
import { epochOf } from '@auth-pair/access-token/pair'
import { isWanted, jsonBody, Problem, type Route, validBody, whileWanted } from '@auth-pair/service'
import type { Request, Response } from 'express'
import type { CustomValidator } from 'express-validator'
import type { Answers } from './answer-tokens.ts'
import { checked } from './checked-guess.ts'
import { passwordField, tokenTransportField } from './fields.ts'
import type { Opening, Session, SignInNeeds, TokenTransport } from './needs.ts'
import { openRecorded } from './open-recorded.ts'
import { whenRoomToHash } from './when-room-to-hash.ts'

interface ChangeInput {
  readonly currentPassword: string
  readonly newPassword: string
  readonly tokenTransport?: TokenTransport
  readonly challenge?: string
}

/** Changes the password of the signed-in user. All sessions end, and the one who asks gets a new one. API tokens live on. */
export const changePasswordRoute = (needs: SignInNeeds, answers: Answers): Route => ({
  method: 'post',
  path: '/api/password',
  guard: needs.signedIn,
  handle: [
    whenRoomToHash(needs),
    jsonBody,
    validBody({ ...changePasswordFields(needs), tokenTransport: tokenTransportField() }),
    async (req, res) => answers.signedIn(res, 200, await changePassword(needs, req, res)),
  ],
})

export const changePasswordFields = (needs: SignInNeeds) => ({
  currentPassword: passwordField('currentPassword'),
  newPassword: passwordField('newPassword').custom(acceptable(needs)),
  challenge: needs.challengeField(),
})

const mayHaveBeenChanged =
  'The password may have been changed. Try to sign in with the new one, and then with the old one.'
const isChanged = 'The password has been changed, and nothing more could be done. Sign in with the new one.'

export const changePassword = async (needs: SignInNeeds, req: Request, res: Response) => {
  const { currentPassword, newPassword, challenge, tokenTransport } = req.body as ChangeInput
  const came = bearerToken(req).kind === 'token' ? 'body' : 'cookie'
  const transport = tokenTransport ?? came
  const { auth } = req
  if (!auth) throw new Problem('access-token-required')
  const from = needs.cameFrom(req)
  const wanted = whileWanted(res)
  // before the hashes: they would be made for nothing
  needs.assertSessionsReachable()
  const change = await needs.beginPasswordChange(auth.sub, epochOf(auth.sid))
  if (!change) throw over()
  const { user } = change
  const complaint = needs.passwordComplaint(newPassword, user.email)
  if (complaint !== undefined)
    throw new Problem('invalid-input', { errors: [{ path: 'newPassword', message: complaint }] })

  const applicant = { email: user.email, ip: req.ip, from }
  const guess = await needs.beginSignIn(
    {
      ...applicant,
      // it is known where people sign in, and its cookie goes there alone
      deviceToken: undefined,
      hasSolution: Boolean(challenge),
      passChallenge: () => needs.checkChallenge('sign-in', challenge, applicant),
    },
    wanted,
  )
  const isCurrent = await checked(guess, () => change.isCurrent(currentPassword, wanted, from))
  if (!isCurrent) throw new Problem('current-password-wrong')
  const newHash = await needs.hashPassword(newPassword, wanted)
  // the session may have been ended meanwhile
  if (needs.isRevoked(auth)) throw over()
  if (!isWanted(res)) throw new Problem('unavailable')
  res.exchange.unfinished = mayHaveBeenChanged
  const replacement = await change.replace(currentPassword, newHash, wanted, from)
  // of two who change it at once the second is told what it would be told a moment later: that is not the password any more
  if (replacement.kind === 'overtaken') throw new Problem('current-password-wrong')
  if (replacement.kind === 'ended') throw over()

  res.exchange.unfinished = isChanged
  const session = await openNew(needs, { userId: user.id, epoch: replacement.epoch, transport, from }, res)
  // they are of a session that has ended, and would stand beside the new tokens
  if (came === 'cookie' && transport === 'body') needs.cookies.clear(res)
  return { user, session, deviceToken: needs.deviceToken(user.email, undefined) }
}

const over = () => new Problem('access-token-invalid', { cause: new Error('the account is gone, or its session over') })

/** The first session of the new epoch. It cannot come before the change, which makes the epoch. */
const openNew = async (needs: SignInNeeds, opening: Opening, res: Response): Promise<Session> => {
  // nobody would ever hold its token
  if (!isWanted(res)) throw new Problem('unavailable')
  try {
    return await openRecorded(needs, opening)
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 503) throw error
    throw new Problem('unavailable', { cause: error, detail: isChanged })
  }
}

const acceptable =
  ({ passwordComplaint }: SignInNeeds): CustomValidator =>
  (password: string, { req }) => {
    const current: unknown = req.body.currentPassword
    // whatever is said of the email is said when it is known whose it is
    const complaint = passwordComplaint(password, '')
    if (complaint !== undefined) throw new Error(complaint)
    if (typeof current === 'string' && current.normalize('NFC') === password.normalize('NFC'))
      throw new Error('This is the password that you have. Choose another.')
    return true
  }
