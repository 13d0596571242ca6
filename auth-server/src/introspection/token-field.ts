import { body, type ValidationChain } from 'express-validator'

/** Whatever is no token is an unknown one; it only has to be there (RFC 7662, section 2.1; RFC 7009, section 2.1). */
export const tokenField = (): ValidationChain => body('token').isLength({ min: 1 }).withMessage('Send the token.')
