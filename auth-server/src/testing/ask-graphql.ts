import type { TestServer } from './index.ts'

interface GraphqlRequest {
  readonly query: string
  readonly variables?: object
  readonly operationName?: string
}

/** Sends a document to GraphQL, with a Bearer token if there is one. */
export const askGraphql = ({ http }: Pick<TestServer, 'http'>, body: GraphqlRequest, token?: string) => {
  const req = http.post('/graphql')
  return (token === undefined ? req : req.set('Authorization', `Bearer ${token}`)).send(body)
}

/** What an operation on credentials or sessions would change: how many passwords were looked at, and the sessions of a user. */
export const changeable = async (server: TestServer, userId: string) => ({
  hashed: server.passwords.stats().rounds,
  sessions: await server.redis.hgetall(`sessions:{${userId}}`),
})
