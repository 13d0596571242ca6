import { Problem } from '@auth-pair/service'
import { GraphQLError } from 'graphql'
import { schemaNames } from './schema.ts'

/** Characters of a message about a document. */
const longest = 200
/** Places in a document that an error names: one may be about all of its fields. */
const mostPlaces = 5

interface Told {
  readonly problem: Problem
  readonly error: GraphQLError
}

/** What a client is told of an error of a result, and the problem that it comes to: its code is the one of REST. Of an error that we do not know nothing is told. */
export const tell = (error: GraphQLError, requestId: string): Told => {
  const cause = causeOf(error)
  if (cause instanceof Problem) return told(cause, textOf(cause), error, requestId)
  const problem = isOfRequest(error, cause) ? refusal(error, cause.message) : new Problem('internal-error', { cause })
  return told(problem, problem.detail ?? problem.message, error, requestId)
}

/** What is behind an error: what a resolver threw, or graphql-js. */
export const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error

/** Without a path nothing was executed; with one, only values that did not fit are found so late: null, where a variable may be null and an argument may not. */
const isOfRequest = (error: GraphQLError, cause: unknown): cause is GraphQLError =>
  cause instanceof GraphQLError && (error.path === undefined || /^Argument "/.test(cause.message))

const refusal = (error: GraphQLError, message: string): Problem => {
  const isUnreadable = message.startsWith('Syntax Error') && !isLimit.test(message)
  const detail = withoutValues(error.message).slice(0, longest).toWellFormed()
  return new Problem(isUnreadable ? 'malformed-request' : 'invalid-input', { detail })
}

/** Limits are told as syntax errors by those who check them. */
const isLimit = /limit of \d+ exceeded|Document contains more tha[nt] \d+ tokens/

/**
 * SECURITY: graphql-js repeats what it did not expect, and that may be a password, or a word of one: where quotes are forgotten, it is
 * a name. The names of the schema stay.
 */
const withoutValues = (message: string): string =>
  (isLimit.test(message) ? message.replace(/^Syntax Error: /, '') : message)
    .replace(/ got invalid value .*$/s, ' has a value of another type.')
    .replace(/ has invalid value .*$/s, ' has a value of another type.')
    .replace(/( cannot represent [^:]*): .*$/s, '$1.')
    .replace(/,? (?:but )?found .*$/s, '.')
    // the only suggestion that graphql-js does not leave out when it is told to
    .replace(/ Did you mean "\w+ \{ \.\.\. \}"\?$/, '')
    .replace(/(Unexpected (?:single quote character|\w+|<EOF>)).*$/s, '$1.')
    // a name that is not one of the document's own, and may hold quotes
    .replace(/(Unknown operation) named .*$/s, '$1.')
    .replace(/"([^"]*)"/g, (quoted, text: string) => (isKnown(text) ? quoted : '"…"'))

const names = new Set([...schemaNames(), 'query', 'variables', 'extensions', 'operationName', 'params'])
const punctuation = /^(?:\.{3}|[!$&()[\]{}:=@|])$/

/** Whether it is of the language, or a name of ours: `login`, `Mutation.login`, `$email`, `@include`, `[Session!]!`. */
const isKnown = (text: string): boolean =>
  punctuation.test(text) ||
  (/^[$@]?[\w.]+$|^\[*\w+[!\]]*$/.test(text) && (text.match(/\w+/g) ?? []).every(name => names.has(name)))

const textOf = ({ message: title, detail }: Problem): string => (detail === undefined ? title : `${title}. ${detail}`)

const told = (problem: Problem, message: string, error: GraphQLError, requestId: string): Told => {
  const { code, status, errors } = problem
  const { source, positions, path } = error
  return {
    problem,
    error: new GraphQLError(message, {
      ...(source && positions && { source, positions: positions.slice(0, mostPlaces) }),
      ...(path && { path }),
      extensions: { code, status, requestId, ...(errors && { errors }), ...httpOf(status, path === undefined) },
    }),
  }
}

/**
 * Read by graphql-yoga, and not sent. What was refused is an answer like any other (200); a request of which nothing was executed is 400
 * where the media type says that it may be (GraphQL over HTTP, section 6.4); what failed on our side looks so from outside too.
 */
const httpOf = (status: number, isUnexecuted: boolean) => {
  if (status >= 500) return { http: { status } }
  return isUnexecuted ? { http: { spec: true, status: 400 } } : {}
}
