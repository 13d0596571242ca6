import { Problem } from '@auth-pair/service'
import { GraphQLError } from 'graphql'
import { schemaNames } from './schema.ts'

/** Characters of a message about a document. */
const longest = 200
/** Places in a document that an error names: one may be about all of its fields. */
const mostPlaces = 5

/** The problem that an error of a result comes to. Nothing of an error that we do not know is told. */
export const problemOf = (error: GraphQLError): Problem => {
  const cause = causeOf(error)
  if (cause instanceof Problem) return cause
  // an error without a path is one of the request: nothing was executed
  if (!(cause instanceof GraphQLError) || error.path !== undefined) return new Problem('internal-error', { cause })
  const code = cause.message.startsWith('Syntax Error') ? 'malformed-request' : 'invalid-input'
  return new Problem(code, { detail: withoutValues(error.message).slice(0, longest).toWellFormed() })
}

const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error

/**
 * SECURITY: graphql-js repeats what it did not expect, and that may be a password, or a word of one: where quotes are forgotten, it is
 * a name. The names of the schema stay.
 */
const withoutValues = (message: string): string =>
  message
    .replace(/ got invalid value .*$/s, ' has a value of another type.')
    .replace(/ has invalid value .*$/s, ' has a value of another type.')
    .replace(/( cannot represent [^:]*): .*$/s, '$1.')
    .replace(/,? (?:but )?found .*$/s, '.')
    // the only suggestion that graphql-js does not leave out when it is told to
    .replace(/ Did you mean "\w+ \{ \.\.\. \}"\?$/, '')
    .replace(/(Unexpected (?:single quote character|\w+|<EOF>)).*$/s, '$1.')
    // the only one that is no name in the document: it may hold quotes
    .replace(/(Unknown operation) named .*$/s, '$1.')
    .replace(/"([^"]*)"/g, (quoted, text: string) => (isKnown(text) ? quoted : '"…"'))

const names = new Set([...schemaNames(), 'query', 'variables', 'extensions', 'operationName', 'params'])
const punctuation = /^(?:\.{3}|[!$&()[\]{}:=@|])$/

/** Whether it is of the language, or a name of ours: `login`, `Mutation.login`, `$email`, `@include`, `[Session!]!`. */
const isKnown = (text: string): boolean =>
  punctuation.test(text) ||
  (/^[$@]?[\w.]+$|^\[*\w+[!\]]*$/.test(text) && (text.match(/\w+/g) ?? []).every(name => names.has(name)))

/** What a client is told of a problem: the code is the one of REST. */
export const toGraphqlError = (problem: Problem, error: GraphQLError, requestId: string): GraphQLError => {
  const { code, status, message: title, detail, errors } = problem
  const isOfRequest = !(causeOf(error) instanceof Problem) && status < 500
  return new GraphQLError(detail === undefined ? title : isOfRequest ? detail : `${title}. ${detail}`, {
    ...(error.source && error.positions && { source: error.source, positions: error.positions.slice(0, mostPlaces) }),
    ...(error.path && { path: error.path }),
    extensions: { code, status, requestId, ...(errors && { errors }), ...httpOf(isOfRequest, status) },
  })
}

/**
 * Read by graphql-yoga, and not sent. What was refused is an answer like any other (200); a request that could not be executed is 400
 * where the media type says that it may be (GraphQL over HTTP, section 6.4); what failed on our side looks so from outside too.
 */
const httpOf = (isOfRequest: boolean, status: number) => {
  if (isOfRequest) return { http: { spec: true, status: 400 } }
  return status >= 500 ? { http: { status } } : {}
}
