/**
 * The forms in which clients ask for the same operations. A driver sends what its clients send, and reads the answer as REST would have given it,
 * so that one suite holds for all of them.
 */
import { createDriver, type Driver, inTurns } from './create-driver.ts'
import { graphql, olderGraphql } from './graphql-drivers.ts'
import { cookieOf, freshEmail, goodPassword, type TestServer } from './index.ts'

export type { Answer, Driver } from './create-driver.ts'
export { graphql, olderGraphql } from './graphql-drivers.ts'

/** JSON routes, with tokens in the body. */
export const rest = createDriver({
  name: 'REST',
  signUp: credentials => ({ path: '/api/signup', body: { ...credentials, tokenTransport: 'body' } }),
  signIn: credentials => ({ path: '/api/signin', body: { ...credentials, tokenTransport: 'body' } }),
  refresh: refreshToken => ({ path: '/api/refresh', body: { refreshToken } }),
  signOut: refreshToken => ({ path: '/api/signout', body: { refreshToken } }),
  read: ({ status, body }) => ({
    status,
    code: body.code,
    accessToken: body.accessToken,
    refreshToken: body.refreshToken,
  }),
})

/** The same with cookies, as a browser sends them. */
export const restByCookie = createDriver({
  name: 'REST with cookies',
  signUp: body => ({ path: '/api/signup', body }),
  signIn: body => ({ path: '/api/signin', body }),
  refresh: token => ({ path: '/api/refresh', body: {}, headers: { Cookie: `xid_refresh=${token}` } }),
  signOut: token => ({ path: '/api/signout', body: {}, headers: { Cookie: `xid_refresh=${token}` } }),
  read: res => ({
    status: res.status,
    code: res.body.code,
    accessToken: res.body.accessToken,
    // one that is taken away is none
    refreshToken: cookieOf(res, 'xid_refresh') || undefined,
  }),
})

export const forms = [rest, restByCookie, graphql, olderGraphql] as const

/** Those in which guesses are made: each alone, and all together. */
export const drivers = [rest, graphql, olderGraphql, inTurns('all in turns', rest, graphql, olderGraphql)] as const

/** Those whose refresh tokens turn. Three in turns, or two servers would always be asked in the same form. */
export const turningDrivers = [rest, restByCookie, graphql, inTurns('both in turns', rest, graphql, rest)] as const

/** Signs a new user up and in. */
export const newUserBy = async (driver: Driver, at: TestServer, email = freshEmail()) => {
  const credentials = { email, password: goodPassword }
  const made = await driver.signUp(at, credentials)
  const { accessToken, refreshToken } = made.refreshToken ? made : await driver.signIn(at, credentials)
  if (made.status !== 201 || !accessToken || !refreshToken) throw new Error(`${made.status}: ${made.res.text}`)
  return { email, accessToken, refreshToken, ...namesIn(accessToken) }
}

/** Whose access token it is, and of which session. */
export const namesIn = (accessToken: string): { userId: string; sessionId: string } => {
  const { sub, sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
  return { userId: sub, sessionId: sid }
}
