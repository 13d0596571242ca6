import type { RequestHandler } from 'express'
import { type CustomValidator, type ValidationChain, type ValidationError, validationResult } from 'express-validator'
import { noBody } from './json-body.ts'
import { type FieldComplaint, Problem } from './problems.ts'

/**
 * Checks and sanitises `req.body` with express-validator, one chain a field. All complaints go into one answer, fields that
 * are not named are refused, and no complaint repeats a value. Behind `optionalJsonBody` every field has to be optional: when
 * there is no body, none is looked at.
 */
export const validBody = (fields: Readonly<Record<string, ValidationChain>>): RequestHandler => {
  const check = checkBody(fields)
  const checked: RequestHandler = async (req, _res, next) => {
    await check(req)
    next()
  }
  // most refreshes have none, and asking express-validator about nothing costs as much as the rest of the request
  return (req, res, next) => (req.body === noBody ? next() : checked(req, res, next))
}

/** The same for an input that came otherwise than as the body of a request. Gives the input as it is to be used. */
export const validInput = (fields: Readonly<Record<string, ValidationChain>>) => {
  const check = checkBody(fields)
  return async <Input extends object>(input: Input): Promise<Input> => {
    const holder = { body: { ...input } }
    await check(holder)
    return holder.body
  }
}

const checkBody = (fields: Readonly<Record<string, ValidationChain>>) => {
  const chains = Object.values(fields)
  return async (holder: { body: object }): Promise<void> => {
    for (const chain of chains) await chain.run(holder)
    const errors = [...validationResult(holder).array().map(complaint), ...unknownFields(holder.body, fields)]
    if (errors.length > 0) throw new Problem('invalid-input', { errors })
  }
}

/**
 * Checks the fields of a form of OAuth: those that are not named are left alone (RFC 6749, section 3.2), and what is wrong is
 * told in OAuth's words too.
 */
export const validForm = (fields: Readonly<Record<string, ValidationChain>>): RequestHandler => {
  const chains = Object.values(fields)
  return async (req, _res, next) => {
    for (const chain of chains) await chain.run(req)
    const errors = validationResult(req).array().map(complaint)
    if (errors.length > 0) throw new Problem('invalid-input', { errors, error: 'invalid_request' })
    next()
  }
}

const complaint = (error: ValidationError): FieldComplaint => ({
  path: error.type === 'field' ? error.path : '',
  message: String(error.msg),
})

// express-validator's own check takes names that every object inherits, such as `constructor`, for known ones
const unknownFields = (body: object, fields: object): FieldComplaint[] =>
  Object.keys(body)
    .filter(name => !Object.hasOwn(fields, name))
    .slice(0, 10)
    .map(name => ({ path: name.slice(0, 64).toWellFormed(), message: 'This field is not known here.' }))

/**
 * A validator that passes strings whose every character PostgreSQL and UTF-8 can hold: U+0000 has no place in `text`, and
 * lone surrogates all become U+FFFD, so that two passwords could become one.
 */
export const isWellFormedText: CustomValidator = value =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
