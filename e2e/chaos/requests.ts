import { type Exchange, exchange, outcomeOf, type Request } from './exchange.ts'
import type { Server } from './server.ts'

/** How a client talks to the auth-servers: by REST, with its refresh token in a cookie or in the body, or by GraphQL. */
export type Transport = 'cookie' | 'body' | 'graphql'

/** Sends a request to a path of a server. */
export const http =
  (server: Pick<Server, 'url'>, { path, ...request }: Omit<Request, 'url'> & { readonly path: string }) =>
  (): Promise<Exchange> =>
    exchange({ ...request, url: server.url + path })

interface Credentials {
  readonly email: string
  readonly password: string
}

/** Signs up or in. */
export const entering = (
  server: Server,
  kind: 'sign-up' | 'sign-in',
  transport: Transport,
  { email, password }: Credentials,
) => {
  if (transport !== 'graphql') {
    const path = kind === 'sign-up' ? '/api/signup' : '/api/signin'
    return http(server, { method: 'POST', path, body: { email, password, tokenTransport: transport } })
  }
  const [field, done] = kind === 'sign-up' ? (['signUp', 201] as const) : (['signIn', 200] as const)
  const query = `mutation ($email: String!, $password: String!) {
    ${field}(email: $email, password: $password) { user { id } accessToken refreshToken }
  }`
  return graphql(server, { query, variables: { email, password }, field, done })
}

/** Refreshes a session or ends it, with its refresh token. */
export const presenting = (
  server: Server,
  kind: 'refresh' | 'sign-out',
  transport: Transport,
  refreshToken: string,
) => {
  if (transport === 'graphql') {
    const bearer = refreshToken
    return kind === 'refresh'
      ? graphql(server, { bearer, query: refreshQuery, field: 'refreshTokens', done: 200 })
      : graphql(server, { bearer, query: 'mutation { signOut }', field: 'signOut', done: 204 })
  }
  const shown = transport === 'cookie' ? { cookie: `xid_refresh=${refreshToken}` } : { body: { refreshToken } }
  return http(server, { method: 'POST', path: kind === 'refresh' ? '/api/refresh' : '/api/signout', ...shown })
}

const refreshQuery = 'mutation { refreshTokens { accessToken refreshToken } }'

interface Document {
  readonly query: string
  readonly variables?: Readonly<Record<string, string>>
  readonly bearer?: string
  readonly field: string
  /** What REST answers when it is done. */
  readonly done: number
}

/** Asks by GraphQL, and takes the answer for the one that REST gives: most refusals are 200 here, with the status beside the code. */
const graphql =
  (server: Server, { query, variables = {}, bearer, field, done }: Document) =>
  async (): Promise<Exchange> => {
    const request = http(server, {
      method: 'POST',
      path: '/graphql',
      body: { query, variables },
      ...(bearer && { bearer }),
    })
    const answer = await request()
    const { data, errors } = answer.body as {
      data?: Record<string, unknown> | null
      errors?: readonly { readonly extensions?: { readonly code?: string; readonly status?: number } }[]
    }
    if (errors) {
      const { code, status = 500 } = errors[0]?.extensions ?? {}
      return { ...answer, status, outcome: outcomeOf(status), body: { code } }
    }
    const given = data?.[field]
    // as it is: nothing that REST answers
    if (answer.status !== 200 || !given) return answer
    return { ...answer, status: done, body: Object(given) }
  }
