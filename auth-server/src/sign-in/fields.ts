import { isWellFormedText } from '@auth-pair/service'
import { body, type ValidationChain } from 'express-validator'

/** More than anybody types, and little enough to hash without a thought. Code units. */
const maxPresentedPassword = 1024

/** A password that is presented, not chosen: it only has to be text. */
export const passwordField = (name = 'password'): ValidationChain =>
  body(name)
    .isString()
    .withMessage('Enter a password.')
    .bail()
    .custom(isWellFormedText)
    .withMessage('The password holds characters that cannot be stored.')
    .bail()
    .custom((password: string) => password.length > 0 && password.length <= maxPresentedPassword)
    .withMessage(`Enter a password of at most ${maxPresentedPassword} characters.`)
    .bail()

export const tokenTransportField = (): ValidationChain =>
  body('tokenTransport')
    .optional()
    .custom(value => value === 'cookie' || value === 'body')
    .withMessage('Say "cookie" or "body", or leave it out for cookies.')

export const refreshTokenField = (): ValidationChain =>
  body('refreshToken').optional().isString().withMessage('The refresh token has to be a string.')
