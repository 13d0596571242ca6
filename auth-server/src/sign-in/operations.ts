import { Problem, validInput } from '@auth-pair/service'
import type { Request, Response } from 'express'
import { createGiveTokens, type Tokens } from './answer-tokens.ts'
import type { SignInNeeds, User } from './needs.ts'
import { bearerRefreshToken } from './presented-refresh-token.ts'
import { type SignInInput, signIn, signInFields } from './sign-in.ts'
import { register, type SignUpInput, signUp, signUpFields } from './sign-up.ts'

/** A request and its answer, as they came in: from where, and whether somebody still waits. */
export interface Exchanged {
  readonly req: Request
  readonly res: Response
}

type Input<Whole> = Omit<Whole, 'tokenTransport'>

/** Somebody who has just signed in, with tokens that travel in the body. */
export interface SignedInUser {
  readonly user: User
  readonly tokens: Tokens
}

/**
 * What the JSON routes do, for callers that bring their input, and want their answer, in another form. All throw the problems of those
 * routes. Tokens travel in the body; cookies of sessions are neither read nor set.
 */
export interface Operations {
  signUp(input: Input<SignUpInput>, exchanged: Exchanged): Promise<SignedInUser>
  /** Makes an account without a session. */
  register(input: Input<SignUpInput>, exchanged: Exchanged): Promise<User>
  /** With `fixed` the refresh token of the session stays the same for as long as it lives. */
  signIn(input: Input<SignInInput>, exchanged: Exchanged, kind: 'body' | 'fixed'): Promise<SignedInUser>
  /** The next tokens of the session whose refresh token is the Bearer token. */
  refresh(exchanged: Exchanged, kind: 'body' | 'fixed'): Promise<Tokens>
  /** Ends the session whose refresh token is the Bearer token, if there is one. */
  signOut(exchanged: Exchanged): Promise<void>
}

export const createOperations = (needs: SignInNeeds): Operations => {
  const tokensOf = createGiveTokens(needs)
  const validSignIn = validInput(signInFields(needs))
  const validSignUp = validInput(signUpFields(needs))
  return {
    signUp: async (input, { req, res }) => {
      needs.assertRoomToHash()
      const valid = await validSignUp(input)
      const { user, session } = await signUp(needs, { ...valid, tokenTransport: 'body' }, req, res)
      return { user, tokens: tokensOf(session).tokens }
    },
    register: async (input, { req, res }) => {
      needs.assertRoomToHash()
      return register(needs, await validSignUp(input), req, res)
    },
    signIn: async (input, { req, res }, kind) => {
      needs.assertRoomToHash()
      const valid = await validSignIn(input)
      const { user, session } = await signIn(needs, { ...valid, tokenTransport: kind }, req, res)
      return { user, tokens: tokensOf(session).tokens }
    },
    refresh: async ({ req }, kind) => {
      const token = bearerRefreshToken(req)
      const session = token !== undefined && (await needs.refreshSession(token, kind, needs.cameFrom(req)))
      if (!session) throw new Problem('session-ended')
      return tokensOf(session).tokens
    },
    signOut: async ({ req }) => {
      const token = bearerRefreshToken(req)
      if (token !== undefined) await needs.endSession(token, 'body', needs.cameFrom(req))
    },
  }
}
