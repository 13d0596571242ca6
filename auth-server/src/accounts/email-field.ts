import { isWellFormedText } from '@auth-pair/service'
import { body, type ValidationChain } from 'express-validator'
import { emailKey, hasOnlyPlainLetters, maxEmailBytes, normaliseEmail } from './email.ts'

/** The rules of the field `email`, with a message for the person who typed it. Leaves the normalised address in the body. */
export const emailField = (): ValidationChain =>
  body('email')
    .isString()
    .withMessage('Enter an email address.')
    .bail()
    .custom(isWellFormedText)
    .withMessage('The email holds characters that cannot be stored.')
    .bail()
    // before anything is normalised: that is what would turn the letters into others
    .custom((email: string) => hasOnlyPlainLetters(email.trim()))
    .withMessage('The email holds letters that look like others. Type it with plain ones.')
    .bail()
    .customSanitizer(normaliseEmail)
    .custom((email: string) => Buffer.byteLength(email) <= maxEmailBytes)
    .withMessage(`Use an email address of at most ${maxEmailBytes} bytes.`)
    .bail()
    // no display names, quoted local parts, comments or address literals: mail software reads them in several ways
    .isEmail({ blacklisted_chars: '"(),:;<>[\\]', allow_utf8_local_part: true, require_tld: true })
    .withMessage('Enter an email address such as name@example.com.')
    .bail()
    .custom((email: string) => emailKey(email) !== undefined)
    .withMessage('The part behind the @ is not the name of a mail domain.')
