import { createHash, randomBytes } from 'node:crypto'
import { createVerifierTokenSigner } from '@auth-pair/access-token'
import type request from 'supertest'
import { cookieOf, secrets, type TestServer } from './index.ts'

export const returnAddress = 'https://app.example.com/signed-in'

export interface TokenAnswer {
  readonly access_token: string
  readonly refresh_token: string
}

/** A front end with a server of its own that signs people in by redirect, and the browser that it sends about. */
export const createFrontEnd = (server: TestServer) => {
  const { issuer } = server.config.accessToken
  const signToken = createVerifierTokenSigner({ secret: secrets.JWT_ACCESS_SECRET, issuer, now: Date.now })
  const verifier = randomBytes(32).toString('base64url')
  const parameters = {
    response_type: 'code',
    redirect_uri: returnAddress,
    state: 'a state & more',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }

  const authorize = (cookie?: string, changed: Record<string, string | undefined> = {}) => {
    const req = server.http.get('/api/authorize').query({ ...parameters, ...changed })
    return cookie === undefined ? req : req.set('Cookie', `xid_refresh=${cookie}`)
  }
  const redeem = (code: string, changed: Record<string, string> = {}) =>
    server.http
      .post('/api/token')
      .set('Authorization', `Bearer ${signToken('app')}`)
      .type('form')
      .send({
        grant_type: 'authorization_code',
        code,
        redirect_uri: returnAddress,
        code_verifier: verifier,
        ...changed,
      })
  const codeFor = async (cookie: string) => codeOf(await authorize(cookie))
  return {
    parameters,
    authorize,
    redeem,
    codeFor,
    /** Signs the user of a browser in, whose cookie is given. */
    signIn: async (cookie: string): Promise<TokenAnswer> => {
      const res = await redeem(await codeFor(cookie))
      if (res.status !== 200) throw new Error(`redeeming answered ${res.status}: ${res.text}`)
      return res.body
    },
  }
}

/** Where an answer sends the browser. */
export const locationOf = (res: request.Response): URL => new URL(res.headers.location ?? '', 'http://relative')

export const codeOf = (res: request.Response): string => {
  const code = locationOf(res).searchParams.get('code')
  if (!code) throw new Error(`no code in ${res.status} ${res.headers.location} ${res.text}`)
  return code
}

/** The refresh token that an answer sets as a cookie. */
export const refreshCookieOf = (res: request.Response): string => cookieOf(res, 'xid_refresh') ?? ''
