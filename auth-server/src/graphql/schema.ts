import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, printSchema } from 'graphql'
import { createSchema } from 'graphql-yoga'
import type { GraphqlNeeds, GraphqlPolicy } from './needs.ts'
import { type Context, createResolvers } from './resolvers.ts'

const definitions = ({ login }: Pick<GraphqlPolicy, 'login'>): string[] =>
  (login ? ['schema.graphql', 'login.graphql'] : ['schema.graphql']).map(file =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  )

export const createGraphqlSchema = (needs: GraphqlNeeds) =>
  createSchema<Context>({ typeDefs: definitions(needs.policy), resolvers: createResolvers(needs) })

/** The whole schema, as `docs/schema.graphql` shows it to clients. */
export const printedSchema = (): string => `${printSchema(buildSchema(definitions({ login: true }).join('\n')))}\n`
