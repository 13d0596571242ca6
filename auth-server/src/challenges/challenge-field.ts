import { body, type ValidationChain } from 'express-validator'

/** The tokens of the providers are the longest solutions: up to 2048 characters are promised, twice as many were seen. */
export const longestSolution = 8192

/** The solution of a challenge, where one is asked for. */
export const challengeField = (): ValidationChain =>
  body('challenge')
    .optional()
    .custom(value => typeof value === 'string')
    .withMessage('The solution of the challenge has to be a string.')
    .bail()
    .custom((solution: string) => solution.length <= longestSolution)
    .withMessage(`The solution of the challenge has at most ${longestSolution} characters.`)
