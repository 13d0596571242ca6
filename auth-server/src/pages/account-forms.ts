import { formBody, isWellFormedText, validBody } from '@auth-pair/service'
import type { Request, RequestHandler, Response } from 'express'
import { body, type ValidationChain } from 'express-validator'
import type { CookieHeaders, PagesNeeds } from './needs.ts'
import type { Render } from './templates.ts'
import { whoAsks } from './who-asks.ts'

/** What comes after a form. */
export type Outcome =
  | { readonly kind: 'done'; readonly done: string; readonly cookies?: CookieHeaders }
  | { readonly kind: 'signed-out'; readonly done: string }
  /** Something that can be shown only once: there is no address to send anybody to. */
  | { readonly kind: 'page'; readonly html: string }

interface AccountForm {
  /** The last part of its address. */
  readonly name: string
  readonly read: readonly RequestHandler[]
  readonly check: readonly RequestHandler[]
  readonly act: (req: Request, res: Response) => Promise<Outcome>
}

const formOf = (fields: Readonly<Record<string, ValidationChain>>) => ({ read: [formBody], check: [validBody(fields)] })

const idForm = () =>
  formOf({ id: body('id').custom(isWellFormedText).withMessage('Open the page again, and choose once more.') })

/** The forms of the account page. What each of them does is done elsewhere. */
export const accountForms = (needs: PagesNeeds, render: Render): readonly AccountForm[] => [
  ...sessionForms(needs),
  passwordForm(needs),
  ...tokenForms(needs, render),
]

const sessionForms = (needs: PagesNeeds): readonly AccountForm[] => [
  {
    name: 'sign-out',
    ...formOf({}),
    act: async req => {
      const { sub: userId, sid: sessionId } = whoAsks(req)
      await needs.signOut({ userId, sessionId }, needs.cameFrom(req))
      return { kind: 'signed-out', done: 'signed-out' }
    },
  },
  {
    name: 'end-session',
    ...idForm(),
    act: async req => {
      const { sub, sid } = whoAsks(req)
      const { id } = req.body as { id: string }
      // one that has ended in the meantime, or is somebody else's, is not signed in here: nothing more was asked for
      const ended = await needs.endSession(sub, id, needs.cameFrom(req))
      return ended.includes(sid) ? { kind: 'signed-out', done: 'signed-out' } : { kind: 'done', done: 'session-ended' }
    },
  },
  {
    name: 'end-others',
    ...formOf({}),
    act: async req => {
      await needs.endOtherSessions(whoAsks(req), needs.cameFrom(req))
      return { kind: 'done', done: 'others-ended' }
    },
  },
  {
    name: 'sign-out-everywhere',
    ...formOf({}),
    act: async req => {
      await needs.endAllSessions(whoAsks(req), needs.cameFrom(req))
      return { kind: 'signed-out', done: 'signed-out-everywhere' }
    },
  },
]

const passwordForm = ({ changePassword }: PagesNeeds): AccountForm => ({
  name: 'password',
  read: changePassword.read,
  check: changePassword.check,
  act: async (req, res) => ({ kind: 'done', done: 'password-changed', cookies: await changePassword.submit(req, res) }),
})

const tokenForms = ({ apiTokens, cameFrom }: PagesNeeds, render: Render): readonly AccountForm[] => [
  {
    name: 'create-token',
    ...formOf({ name: apiTokens.nameField(), expiresInDays: endField() }),
    act: async req => {
      const { sub: userId, sid: sessionId } = whoAsks(req)
      const { name, expiresInDays } = req.body as { name: string; expiresInDays: string }
      await apiTokens.assertRecent(userId, sessionId)
      const days = expiresInDays === 'never' ? null : Number(expiresInDays)
      const wish = { userId, sessionId, name, scopes: [], expiresInDays: days }
      const { token } = await apiTokens.make(wish, cameFrom(req))
      return { kind: 'page', html: render('token-made', { token, name }) }
    },
  },
  {
    name: 'revoke-token',
    ...idForm(),
    act: async req => {
      const { id } = req.body as { id: string }
      await apiTokens.revoke(whoAsks(req).sub, id, cameFrom(req))
      return { kind: 'done', done: 'token-revoked' }
    },
  },
]

/** When a token may end, as the page says it. */
export const tokenEnds: readonly (readonly [days: string, words: string])[] = [
  ['7', 'in 7 days'],
  ['30', 'in 30 days'],
  ['90', 'in 90 days'],
  ['365', 'in a year'],
  ['never', 'never'],
]

const endField = () =>
  body('expiresInDays')
    .custom(chosen => tokenEnds.some(([days]) => days === chosen))
    .withMessage('Choose when the token ends.')
