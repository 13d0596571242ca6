import { costLimitRule } from '@escape.tech/graphql-armor-cost-limit'
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  type Source,
  type ValidationRule,
  validate,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphqlPolicy } from './needs.ts'

/** Twice what the schema gives a reason for; GraphiQL's introspection has 184. What validation may cost grows with the square. */
const maxTokens = 200
/** graphql-js counts them anew for each mistake that it tells of. */
const maxLines = 500
/** Whoever made more mistakes mends these first. */
const maxErrors = 5

const limits: readonly ValidationRule[] = [
  maxDepthRule({ n: 6 }),
  maxAliasesRule({ n: 10 }),
  costLimitRule({ maxCost: 200 }),
]

/** May be asked for by several names. The list of sessions may be long, and counts like what changes something. */
const reads = new Set(['me'])

/**
 * At most one operation on credentials or sessions a document, the list of sessions among them, under whatever names and in whatever fragments: a limit that counts requests
 * counts guesses. Each field of the document is executed at most once, because repeated ones are merged.
 */
const oneChangeRule: ValidationRule = context => {
  const schema = context.getSchema()
  const roots = [schema.getQueryType(), schema.getMutationType()]
  let count = 0
  return {
    Field: node => {
      const parent = context.getParentType()
      const isCounted = roots.some(root => root === parent) && !/^__/.test(node.name.value)
      if (!isCounted || reads.has(node.name.value)) return
      if (++count === 2)
        context.reportError(
          new GraphQLError('A document may hold one operation on credentials or sessions.', { nodes: node }),
        )
    },
  }
}

/** What a document may ask for. Nothing beyond is executed, nor validated at length. What is valid is handed to `keep`. */
export const documentLimits = ({ development }: GraphqlPolicy, keep: (valid: DocumentNode) => void): Plugin => ({
  onParse: ({ setParseFn }) =>
    setParseFn((source: string | Source) => {
      const text = typeof source === 'string' ? source : source.body
      if (text.split(/\r\n|[\n\r]/, maxLines + 1).length > maxLines)
        throw new GraphQLError(`Document has more than ${maxLines} lines.`)
      return parse(source, { maxTokens })
    }),
  onValidate: ({ addValidationRule, setValidationFn }) => {
    for (const rule of [...limits, oneChangeRule]) addValidationRule(rule)
    if (!development) addValidationRule(NoSchemaIntrospectionCustomRule)
    setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) => {
      const errors = validate(schema, document, rules, { maxErrors, hideSuggestions: !development })
      if (errors.length === 0) keep(document)
      return errors
    })
  },
})
