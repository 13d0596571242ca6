import { formBody, validBody } from '@auth-pair/service'
import type { Request, RequestHandler, Response } from 'express'
import type { Answers } from './answer-tokens.ts'
import { changePassword, changePasswordFields } from './change-password.ts'
import type { SignInNeeds } from './needs.ts'
import { signIn, signInFields } from './sign-in.ts'
import { signUp, signUpFields } from './sign-up.ts'
import { whenRoomToHash } from './when-room-to-hash.ts'

/** A form with a password in it. */
export interface PasswordForm {
  /** Reads the form, before anything is decided. */
  readonly read: readonly RequestHandler[]
  /** Checks what was read. */
  readonly check: readonly RequestHandler[]
  /** Does what the form is for. Resolves to the headers that set the cookies, as a flat list of names and values. */
  readonly submit: (req: Request, res: Response) => Promise<readonly string[]>
}

/** What the JSON routes do, for the pages of this server, where only the cookies are of use. */
export interface InABrowser {
  readonly signIn: PasswordForm
  readonly signUp: PasswordForm
  readonly changePassword: PasswordForm
}

export const inABrowser = (needs: SignInNeeds, answers: Answers): InABrowser => {
  const form = (
    fields: Parameters<typeof validBody>[0],
    act: (req: Request, res: Response) => ReturnType<typeof signIn>,
  ): PasswordForm => ({
    // read even when nobody has time for it: a person does not type an address twice
    read: [formBody],
    // without `tokenTransport`: a token in a page would be for anybody's script to read
    check: [whenRoomToHash(needs), validBody(fields)],
    submit: async (req, res) => answers.signedInCookies(await act(req, res)),
  })

  return {
    signIn: form(signInFields(needs), (req, res) => signIn(needs, req.body, req, res)),
    signUp: form(signUpFields(needs), (req, res) => signUp(needs, req.body, req, res)),
    changePassword: form(changePasswordFields(needs), (req, res) => changePassword(needs, req, res)),
  }
}
