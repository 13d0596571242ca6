import { type ProblemCode, problems } from '@auth-pair/service'
import type request from 'supertest'
import { type Credentials, createDriver, type Sent, type Told } from './create-driver.ts'

const path = '/graphql'
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const done = { signUp: 201, signIn: 200, refresh: 200, signOut: 204 } as const

/** What an answer of GraphQL gives, or why it gives nothing. */
const readGraphql = <Data>(res: request.Response, given: (data: Data) => Told): Told => {
  // the shell answers before GraphQL does, or in its place
  if (res.body.code) return { status: res.status, code: res.body.code }
  const [error] = res.body.errors ?? []
  const told: Told = error
    ? { status: error.extensions.status, code: error.extensions.code }
    : given(Object.values(res.body.data)[0] as Data)
  // what was refused is an answer like any other, what failed on our side is not
  if (res.status !== (told.status >= 500 ? told.status : 200)) throw new Error(`${res.status} for ${res.text}`)
  return told
}

const withCredentials = (field: string, variables: Credentials): Sent => {
  const about = '$email: String!, $password: String!, $challenge: String'
  const given = 'email: $email, password: $password, challenge: $challenge'
  return {
    path,
    body: { query: `mutation (${about}) { ${field}(${given}) { accessToken refreshToken } }`, variables },
  }
}

/** The typed shape, with variables. */
export const graphql = createDriver({
  name: 'GraphQL',
  signUp: credentials => withCredentials('signUp', credentials),
  signIn: credentials => withCredentials('signIn', credentials),
  refresh: token => ({
    path,
    body: { query: 'mutation { refreshTokens { accessToken refreshToken } }' },
    headers: bearer(token),
  }),
  signOut: token => ({ path, body: { query: 'mutation { signOut }' }, headers: bearer(token) }),
  read: (res, operation) =>
    readGraphql(res, ({ accessToken, refreshToken }: Partial<Told>) => ({
      status: done[operation],
      accessToken,
      refreshToken,
    })),
})

interface MutationResponse {
  readonly status: number
  readonly errors: readonly { readonly message: string }[]
  readonly payload: string | null
}

const withLiterals = (field: string, { email, password }: Credentials): Sent => {
  const given = `email: ${JSON.stringify(email)}, password: ${JSON.stringify(password)}`
  return { path, body: { query: `mutation { ${field}(${given}) { status errors { path message } payload } }` } }
}

/** These clients are told a title, and no code. */
const codeOf = ([error]: MutationResponse['errors']): string | undefined =>
  error &&
  ((Object.keys(problems) as ProblemCode[]).find(code => error.message.startsWith(`${problems[code].title}.`)) ??
    'invalid-input')

const readResponse = ({ status, errors, payload }: MutationResponse): Told => {
  const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(payload ?? '{}')
  return { status, code: codeOf(errors), accessToken, refreshToken }
}

/** The older shape, with credentials in the document: a sign-up opens no session, and the refresh token of a session stays the same. */
export const olderGraphql = createDriver({
  name: 'older GraphQL',
  signUp: credentials => withLiterals('register', credentials),
  signIn: credentials => withLiterals('login', credentials),
  refresh: token => ({ path, body: { query: 'mutation { refresh }' }, headers: bearer(token) }),
  signOut: token => ({ path, body: { query: 'mutation { logout }' }, headers: bearer(token) }),
  read: (res, operation) =>
    operation === 'signUp' || operation === 'signIn'
      ? readGraphql(res, readResponse)
      : readGraphql(res, (accessToken: string) => ({
          status: done[operation],
          ...(operation === 'refresh' && { accessToken }),
        })),
})
