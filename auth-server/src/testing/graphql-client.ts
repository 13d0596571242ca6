import { askGraphql } from './ask-graphql.ts'
import { goodPassword, type TestServer } from './index.ts'

interface Asking {
  readonly variables?: object
  /** Sent as the Bearer token. */
  readonly token?: string
  readonly headers?: Record<string, string>
  readonly at?: TestServer
}

interface SomeCredentials {
  readonly email: string
  readonly password?: string
  readonly challenge?: string
}

const signedIn = '{ user { id email confirmed createdAt updatedAt } accessToken refreshToken tokenType expiresIn }'
const both = '($email: String!, $password: String!)'
const three = '($email: String!, $password: String!, $challenge: String)'
const passedOn = 'email: $email, password: $password'

/** What tests of GraphQL ask a server; the one of the suite, unless another is given. */
export const graphqlClient = (own: () => TestServer) => {
  const ask = (query: string, { variables, token, headers = {}, at = own() }: Asking = {}) =>
    askGraphql(at, { query, ...(variables && { variables }) }, token).set(headers)
  const withCredentials =
    (document: string) =>
    (credentials: SomeCredentials, more: Asking = {}) =>
      ask(document, { ...more, variables: { password: goodPassword, ...credentials } })
  const withToken =
    (document: string) =>
    (token?: string, more: Asking = {}) =>
      ask(document, { ...more, ...(token !== undefined && { token }) })
  const login = withCredentials(`mutation ${both} { login(${passedOn}) { status errors { path message } payload } }`)

  return {
    ask,
    register: withCredentials(`mutation ${both} { register(${passedOn}) { status errors { path message } payload } }`),
    login,
    refresh: withToken('mutation { refresh }'),
    logout: withToken('mutation { logout }'),
    signUp: withCredentials(`mutation ${three} { signUp(${passedOn}, challenge: $challenge) ${signedIn} }`),
    signIn: withCredentials(`mutation ${three} { signIn(${passedOn}, challenge: $challenge) ${signedIn} }`),
    refreshTokens: withToken('mutation { refreshTokens { accessToken refreshToken tokenType expiresIn } }'),
    signOut: withToken('mutation { signOut }'),
    me: withToken('{ me { id email confirmed createdAt updatedAt } }'),
    sessions: withToken('{ sessions { id device ip createdAt lastUsedAt endsAt current rotating } }'),
    /** Logs in where that has to succeed, and gives what `payload` holds. */
    loggedIn: async (email: string, more: Asking = {}) => {
      const res = await login({ email }, more)
      const { status, payload } = res.body.data?.login ?? {}
      if (status !== 200) throw new Error(`login answered ${res.text}`)
      const { access_token, refresh_token } = JSON.parse(payload)
      return { accessToken: access_token as string, refreshToken: refresh_token as string }
    },
  }
}

/** The code of the first error of an answer; undefined where there is none. */
export const codeOf = ({ body }: { body: { errors?: { extensions?: { code?: string } }[] } }): string | undefined =>
  body.errors?.[0]?.extensions?.code

/** The claims of an access token. */
export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
