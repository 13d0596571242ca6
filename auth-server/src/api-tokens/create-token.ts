import { isWellFormedText, jsonBody, Problem, type Route, sendJson, validBody } from '@auth-pair/service'
import type { Request, RequestHandler } from 'express'
import { body } from 'express-validator'
import type { From } from '../circumstances.ts'
import type { ApiTokens } from './index.ts'
import { show } from './list-tokens.ts'

interface CreateNeeds extends Pick<ApiTokens, 'assertRecent' | 'make'> {
  readonly signedIn: RequestHandler
  readonly cameFrom: (req: Request) => From
}

interface Body {
  readonly name: string
  readonly expiresInDays: number | 'never'
  readonly scopes?: readonly string[]
}

const maxName = 100
const maxDays = 366
const maxScopes = 20

// RFC 6749, section 3.3
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/

export const nameField = () =>
  body('name')
    .isString()
    .withMessage('Give the token a name.')
    .bail()
    .trim()
    .custom(isWellFormedText)
    .withMessage('The name holds characters that cannot be stored.')
    .bail()
    .custom((name: string) => /^[^\p{Cc}\u2028\u2029]+$/u.test(name) && [...name].length <= maxName)
    .withMessage(`Give the token a name of 1 to ${maxName} characters on one line.`)

// ASVS 7.2: nobody gets a token without end by leaving something out
const expiresField = () =>
  body('expiresInDays')
    .custom(days => days === 'never' || (Number.isInteger(days) && days >= 1 && days <= maxDays))
    .withMessage(`Say after how many days it ends, 1 to ${maxDays}, or "never".`)

const scopesField = () =>
  body('scopes')
    .optional()
    .custom(isScopes)
    .withMessage(
      `Give a list of at most ${maxScopes} scopes of 1 to 64 printable characters without spaces, each once.`,
    )

const isScopes = (scopes: unknown): boolean =>
  Array.isArray(scopes) &&
  scopes.length <= maxScopes &&
  new Set(scopes).size === scopes.length &&
  scopes.every(scope => typeof scope === 'string' && scopeForm.test(scope))

const warning = 'This token never ends by itself. Revoke it as soon as it is not needed any more.'

/** Makes a token for the signed-in user. The answer is the only place where it is ever seen. */
export const createTokenRoute = ({ signedIn, cameFrom, assertRecent, make }: CreateNeeds): Route => ({
  method: 'post',
  path: '/api/tokens',
  guard: signedIn,
  handle: [
    jsonBody,
    validBody({ name: nameField(), expiresInDays: expiresField(), scopes: scopesField() }),
    async (req, res) => {
      if (!req.auth) throw new Problem('access-token-required')
      const { sub: userId, sid: sessionId } = req.auth
      const { name, expiresInDays, scopes = [] } = req.body as Body
      await assertRecent(userId, sessionId)
      const isEndless = expiresInDays === 'never'
      const wish = { userId, sessionId, name, scopes, expiresInDays: isEndless ? null : expiresInDays }
      const { token, apiToken } = await make(wish, cameFrom(req))
      sendJson(res, 201, { token, ...show(apiToken), ...(isEndless && { warning }) })
    },
  ],
})
