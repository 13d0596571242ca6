import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, isObjectType, printSchema } from 'graphql'
import { createSchema } from 'graphql-yoga'
import type { GraphqlNeeds, GraphqlPolicy } from './needs.ts'
import { type Context, createResolvers } from './resolvers.ts'

const definitions = ({ login }: Pick<GraphqlPolicy, 'login'>): string[] =>
  (login ? ['schema.graphql', 'login.graphql'] : ['schema.graphql']).map(file =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  )

export const createGraphqlSchema = (needs: GraphqlNeeds) =>
  createSchema<Context>({ typeDefs: definitions(needs.policy), resolvers: createResolvers(needs) })

const wholeSchema = () => buildSchema(definitions({ login: true }).join('\n'))

/** All names in the schema, also of what is turned off: of types, fields, arguments and directives. */
export const schemaNames = (): readonly string[] => {
  const schema = wholeSchema()
  const types = Object.values(schema.getTypeMap())
  const fields = types.filter(isObjectType).flatMap(type => Object.values(type.getFields()))
  const named = [...types, ...fields, ...schema.getDirectives()]
  const args = [...fields, ...schema.getDirectives()].flatMap(({ args }) => args)
  return [...named, ...args].map(({ name }) => name)
}

/** The whole schema, as `docs/schema.graphql` shows it to clients. */
export const printedSchema = (): string => `${printSchema(wholeSchema())}\n`
