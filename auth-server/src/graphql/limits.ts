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

/** More than twice what the schema, or GraphiQL's introspection, gives a reason for. What validation may cost grows with its square. */
const maxTokens = 500
/** Whoever made more mistakes mends these first. */
const maxErrors = 5

const limits: readonly ValidationRule[] = [
  maxDepthRule({ n: 6 }),
  maxAliasesRule({ n: 10 }),
  costLimitRule({ maxCost: 200 }),
]

/** Reads that change nothing and cost no guess. */
const harmless = new Set(['me', 'sessions'])

/**
 * At most one operation on credentials a document, under whatever names and in whatever fragments: a limit that counts requests counts
 * guesses. Each field of the document is executed at most once, because repeated ones are merged.
 */
const oneCredentialRule: ValidationRule = context => {
  const schema = context.getSchema()
  const roots = [schema.getQueryType(), schema.getMutationType()]
  let count = 0
  return {
    Field: node => {
      const parent = context.getParentType()
      const isCounted = roots.some(root => root === parent) && !/^__/.test(node.name.value)
      if (!isCounted || harmless.has(node.name.value)) return
      if (++count === 2)
        context.reportError(new GraphQLError('Ask for one of these operations a request.', { nodes: node }))
    },
  }
}

/** What a document may ask for. Nothing beyond is executed, nor validated at length. */
export const documentLimits = ({ development }: GraphqlPolicy): Plugin => ({
  onParse: ({ setParseFn }) => setParseFn((source: string | Source) => parse(source, { maxTokens })),
  onValidate: ({ addValidationRule, setValidationFn }) => {
    for (const rule of [...limits, oneCredentialRule]) addValidationRule(rule)
    if (!development) addValidationRule(NoSchemaIntrospectionCustomRule)
    setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) =>
      validate(schema, document, rules, { maxErrors, hideSuggestions: !development }),
    )
  },
})
