import { GraphQLError } from 'graphql'
import { tell } from './tell-errors.ts'

const problemOf = (error: GraphQLError) => tell(error, 'an-id').problem
const detailOf = (message: string) => problemOf(new GraphQLError(message)).detail

describe('what a client is told of its document', () => {
  test.each([
    ['Unknown operation named "a "hunter2" b".', 'Unknown operation.'],
    ['Argument "password" has invalid value hunter2.', 'Argument "password" has a value of another type.'],
    ['Variable "$password" got invalid value "hunter2"; and more', 'Variable "$password" has a value of another type.'],
    ['String cannot represent a non string value: hunter2', 'String cannot represent a non string value.'],
    ['Expected value of type "String!", found hunter2.', 'Expected value of type "String!".'],
    ['Cannot query field "hunter2" on type "User".', 'Cannot query field "…" on type "User".'],
    ['Unknown argument "hunter2" on field "Mutation.login".', 'Unknown argument "…" on field "Mutation.login".'],
    ['Unknown directive "@hunter2".', 'Unknown directive "…".'],
    ['Variable "$hunter2" of type "[Session!]!"', 'Variable "…" of type "[Session!]!"'],
    ['Syntax Error: Unexpected Name "hunter2".', 'Syntax Error: Unexpected Name.'],
    [
      "Syntax Error: Unexpected single quote character ('), did you mean",
      'Syntax Error: Unexpected single quote character.',
    ],
    ['Syntax Error: Expected ":", found Name "hunter2".', 'Syntax Error: Expected ":".'],
    [
      'Syntax Error: Invalid character escape sequence: "\\h".',
      'Syntax Error: Invalid character escape sequence: "…".',
    ],
  ])('(%s) holds nothing but names of the schema', (message, told) => {
    expect(detailOf(message)).toBe(told)
  })

  test('is not longer than anybody reads, and good Unicode', () => {
    expect(detailOf('😀'.repeat(200))).toHaveLength(200)
    expect(detailOf(`x${'😀'.repeat(200)}`)?.isWellFormed()).toBe(true)
  })
})

describe('an error that is none of the document', () => {
  test.each([
    ['of a resolver', new GraphQLError('x', { originalError: new TypeError('hunter2 is undefined') })],
    ['of a result', new GraphQLError('Cannot return null for hunter2', { path: ['me'] })],
    [
      'within another',
      new GraphQLError('x', { originalError: new GraphQLError('y', { originalError: new Error('z') }) }),
    ],
  ])('(%s) is ours, and nothing of it is told', (_whose, error) => {
    const { code, detail, errors } = problemOf(error)
    expect([code, detail, errors]).toEqual(['internal-error', undefined, undefined])
  })
})
