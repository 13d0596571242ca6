/**
 * GraphQL on the functions that the routes of REST call: it puts their input and answers into another form, and has no rule of its own
 * but what a document may ask for. Tokens travel in the body and as Bearer tokens; cookies of sessions are neither read nor set.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { heldForMs, jsonBody, open, type Problem, type Route, sendText } from '@auth-pair/service'
import type { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { createDocumentCache } from './document-cache.ts'
import { graphiqlRoute } from './graphiql.ts'
import { documentLimits } from './limits.ts'
import type { Exchanged, GraphqlNeeds } from './needs.ts'
import type { Context } from './resolvers.ts'
import { createGraphqlSchema } from './schema.ts'
import { causeOf, tell } from './tell-errors.ts'

const path = '/graphql'

export const graphqlRoutes = (needs: GraphqlNeeds): readonly Route[] => {
  const answer = createAnswer(needs)
  const route: Route = {
    method: 'post',
    path,
    guard: open,
    handle: [jsonBody, (req, res) => answer({ req, res })],
  }
  return needs.policy.development ? [route, graphiqlRoute(path, needs.https)] : [route]
}

const createAnswer = (needs: GraphqlNeeds) => {
  const documents = createDocumentCache()
  const yoga = createYoga<Context>({
    schema: createGraphqlSchema(needs),
    graphqlEndpoint: path,
    plugins: [takeBody, documentLimits(needs.policy, documents.keep), tellErrors],
    parserAndValidationCache: { documentCache: documents, errorCache: nothing },
    // one operation a request
    batching: false,
    // what the shell does, or nobody wants
    ...{ cors: false, graphiql: false, landingPage: false, multipart: false, logging: false, maskedErrors: false },
  })

  return async (exchanged: Exchanged): Promise<void> => {
    const { req, res } = exchanged
    const problems: Problem[] = []
    const context: Context = {
      ...exchanged,
      refused: problem => {
        problems.push(problem)
        res.exchange.note(res, problem)
      },
    }
    const headers = { accept: acceptable(req.headers.accept) }
    const answer = await yoga.fetch(`http://localhost${path}`, { method: 'POST', headers }, context)
    const body = await answer.text()
    const heldMs = Math.max(0, ...problems.map(heldForMs))
    if (heldMs > 0) await wait(heldMs)
    sendText(res, answer.status, String(answer.headers.get('Content-Type')), body, headersOf(problems))
  }
}

/** What is no document is not worth remembering. */
const nothing = { get: () => undefined, set: () => {} }

/** What is sent: the type of GraphQL's answers where a client asks for it, otherwise the one that everybody reads. */
const acceptable = (accept = ''): string =>
  /application\/graphql-response\+json/i.test(accept) ? 'application/graphql-response+json' : 'application/json'

/** When to come again, each header once. How to authenticate is for answers of another status. */
const headersOf = (problems: readonly Problem[]): string[] => {
  const headers: Record<string, string> = Object.assign({}, ...problems.map(problem => problem.headers))
  return Object.entries(headers)
    .filter(([name]) => name !== 'WWW-Authenticate')
    .flat()
}

/** The body was read, by the rules of every other route. */
const takeBody: Plugin<object, Context> = {
  onRequestParse: ({ serverContext, setRequestParser }) => setRequestParser(() => serverContext.req.body),
}

/** Every error of every result passes here, on its way out. */
const tellErrors: Plugin<object, Context> = {
  onResultProcess: ({ result, setResult, serverContext }) => {
    if (!('errors' in result) || !result.errors) return
    const { res, refused } = serverContext
    const noted = new Set<unknown>()
    const errors = (result.errors as readonly GraphQLError[]).map(result => {
      const { problem, error } = tell(result, res.exchange.requestId)
      // fields that were asked for by several names have one cause
      const cause = causeOf(result)
      if (!noted.has(cause)) refused(problem)
      noted.add(cause)
      return error
    })
    setResult({ ...result, errors })
  },
}
