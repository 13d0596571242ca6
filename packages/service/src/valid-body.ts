import type { RequestHandler } from 'express'
import { type CustomValidator, checkExact, type ValidationChain, type ValidationError } from 'express-validator'
import { type FieldComplaint, Problem } from './problems.ts'

/**
 * Checks and sanitises `req.body` with express-validator. All complaints go into one answer, fields that no chain names
 * are refused, and no complaint repeats a value.
 */
export const validBody = (...chains: ValidationChain[]): RequestHandler => {
  const exact = checkExact(chains, { locations: ['body'] })
  return async (req, _res, next) => {
    const result = await exact.run(req)
    if (!result.isEmpty()) throw new Problem('invalid-input', { errors: result.array().flatMap(complaints) })
    next()
  }
}

const complaints = (error: ValidationError): FieldComplaint[] => {
  if (error.type === 'unknown_fields') {
    return error.fields.map(({ path }) => ({ path: path.slice(0, 64), message: 'This field is not known here.' }))
  }
  return [{ path: error.type === 'field' ? error.path : '', message: String(error.msg) }]
}

/**
 * A validator that passes strings whose every character PostgreSQL and UTF-8 can hold: U+0000 has no place in `text`, and
 * lone surrogates all become U+FFFD, so that two passwords could become one.
 */
export const isWellFormedText: CustomValidator = value =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
