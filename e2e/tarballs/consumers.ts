/** What users of the package write in TypeScript. Each `@ts-expect-error` is a mistake that the types have to find. */

export const anyFramework = `
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  authenticate, createExternalVerifier, createRevocationFeed, createScopeCheck, createVerifier, isApiToken, requireAccessToken,
  type AccessTokenClaims, type AuthenticatedRequest, type LocalVerifier, type RefusalCode, type RevocationFeed, type Verifier,
} from '@auth-pair/access-token'

const feed: RevocationFeed = createRevocationFeed({ authServerUrl: '', secret: '', issuer: '', service: '' })
const local: LocalVerifier = createVerifier({ secret: process.env['SECRET'], issuer: '', audience: '', revocations: feed.revocations })
const remote: Verifier = createVerifier({ jwksUrl: '', issuer: '', audience: '' })
const asking = { url: '', secret: '', service: '' }
const both: Verifier = createVerifier({ secret: '', issuer: '', audience: '', introspection: asking })
createVerifier({ secret: '', issuer: '', audience: '', introspection: { url: '', clientId: '', clientSecret: '' } })
// @ts-expect-error a service has to say who it is
createVerifier({ secret: '', issuer: '', audience: '', introspection: { url: '' } })
// @ts-expect-error an issuer is needed
createVerifier({ secret: '', audience: '' })
// @ts-expect-error it may answer with a promise
const atOnce: LocalVerifier = remote
// @ts-expect-error so may this one, about an API token
const atOnceToo: LocalVerifier = both
const looksLikeOne: boolean = isApiToken('')

export const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const auth = await authenticate(local, req)
  if (!auth.ok) {
    const reason: RefusalCode | undefined = auth.reason
    res.writeHead(auth.status, { ...auth.headers, 'X-Reason': reason ?? '' }).end(auth.body)
    return
  }
  const claims: AccessTokenClaims = auth.claims
  // @ts-expect-error there is no such claim
  claims.email
  const lacks = createScopeCheck('a')(claims)
  res.end(lacks ? lacks.body : claims.sid)
}

export const guarded = (req: AuthenticatedRequest, res: ServerResponse): void =>
  requireAccessToken(local)(req, res, () => res.end(req.auth?.sub))

export const external = async (req: IncomingMessage): Promise<unknown> => {
  const auth = await authenticate(createExternalVerifier({ jwksUrl: '', issuer: '', audience: '' }), req)
  return auth.ok ? [auth.claims.sub, auth.claims['groups']] : undefined
}
`

export const withExpress = `
import { createExternalVerifier, createVerifier, requireAccessToken, requireScope, type ExternalClaims } from '@auth-pair/access-token'
import express from 'express'

const app = express()
const verifier = createVerifier({ secret: '', issuer: '', audience: '' })
app.use(requireAccessToken(verifier, { onRefusal: (refusal, _req, res) => res.writeHead(refusal.status).end() }))
app.use('/orders', requireAccessToken(verifier))
app.get('/orders/:id', requireScope(['orders:read']), (req, res) => {
  const id: string | string[] = req.params.id
  const { sub, sid }: { sub: string; sid: string } = req.auth ?? { sub: '', sid: '' }
  // @ts-expect-error there is no such claim
  req.auth?.email
  // @ts-expect-error it may be missing where no guard stands
  req.auth.sub
  res.json({ id, sub, sid })
})

app.get('/external', requireAccessToken(createExternalVerifier({ jwksUrl: '', issuer: '', audience: '' })), (req, res) => {
  const claims: ExternalClaims | undefined = req.auth
  res.json(claims?.['groups'])
})
`

export const caller = `
import { createAuthClient, fileStore, AuthError, type AuthClient, type User } from '@auth-pair/client'

export const call = async (): Promise<number> => {
  const client: AuthClient = createAuthClient({ url: 'http://localhost:3000', store: fileStore('./session.json') })
  // @ts-expect-error a password is needed
  await client.signIn({ email: '' })
  try {
    const user: User = await client.signIn({ email: '', password: '' })
    return (await client.fetch('http://localhost:3000/', { headers: { 'X-User': user.id } })).status
  } catch (error) {
    return error instanceof AuthError ? error.code.length : 0
  }
}
`

export const inPage = `
import { createAuthClient, type AuthClient } from '@auth-pair/client/browser'

const client: AuthClient = createAuthClient({ url: location.origin })
// @ts-expect-error pages keep tokens nowhere
createAuthClient({ url: location.origin, store: {} })
client.fetch('/api/sessions').then(res => { document.title = String(res.status) })
`

export const withBrowserSessions = `
import { createVerifier } from '@auth-pair/access-token'
import { createBrowserSessions, type BrowserSessions, type ProblemCode, type Trouble } from '@auth-pair/web-app'
import express from 'express'
import { Redis } from 'ioredis'

const needs = {
  redis: new Redis({ lazyConnect: true }),
  secret: ['', ''],
  publicUrl: '',
  authServerPublicUrl: '',
  verifier: createVerifier({ secret: '', issuer: '', audience: '' }),
}
const web: BrowserSessions = createBrowserSessions({
  ...needs,
  credentials: { clientId: '', clientSecret: '' },
  onTrouble: (trouble: Trouble) => trouble.what,
  onProblem: (problem, _req, res) => {
    const code: ProblemCode = problem.code
    res.writeHead(problem.status, problem.headers).end(code)
  },
})
// @ts-expect-error it has to say who it is
createBrowserSessions(needs)
// @ts-expect-error a service has a secret
createBrowserSessions({ ...needs, credentials: { service: '' } })

const app = express()
app.use(web.routes)
app.get('/orders', web.signedIn, (req, res) => {
  const sub: string | undefined = req.auth?.sub
  res.json({ sub })
})
`
