import { createVerifierTokenSigner } from '@auth-pair/access-token'
import { secrets, type TestServer } from './index.ts'

/** A client that may ask about tokens, for the setting CLIENTS. */
export const client = { id: 'shop', secret: 'a-client-of-tests-0123456789-abcdefghij' } as const

export const clientSettings = { CLIENTS: `${client.id}:${client.secret}` }

export const asClient = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`

/** A verifier token, of a service that is shown tokens. */
export const asService = (): string =>
  `Bearer ${createVerifierTokenSigner({ secret: secrets.JWT_ACCESS_SECRET, issuer: 'http://localhost:3000', now: Date.now })('orders')}`

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** What a service is told about a token. */
export const introspect = (server: TestServer, token: string, authorization = asService()) =>
  server.http.post('/api/introspect').set('Authorization', authorization).type('form').send({ token })

export const revoke = (server: TestServer, token: string, authorization: string = asClient) =>
  server.http.post('/api/revoke').set('Authorization', authorization).type('form').send({ token })

export const makeApiToken = async (server: TestServer, accessToken: string, wish: object = {}) => {
  const body = { name: 'deploy', expiresInDays: 30, ...wish }
  const res = await server.http.post('/api/tokens').set(bearer(accessToken)).send(body)
  if (res.status !== 201) throw new Error(`an API token was answered ${res.status}: ${res.text}`)
  return res.body as { id: string; token: string; expiresAt: string | null; warning?: string }
}
