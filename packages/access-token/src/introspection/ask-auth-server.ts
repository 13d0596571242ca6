import { readBounded } from '../read-bounded.ts'
import { createVerifierTokenSigner } from '../verifier-token.ts'
import { type Answer, readAnswer } from './answer.ts'

/** Where API tokens are asked about, and as whom. */
export type IntrospectionNeeds = {
  /** The auth-server's address, without a path. */
  readonly url: string
} & (ServiceCredentials | ClientCredentials)

interface ServiceCredentials {
  /** The secret shared with the auth-server. */
  readonly secret: string
  /** How this service calls itself, for the auth-server's log. */
  readonly service: string
}

/** For a service that is not to hold the secret (RFC 6749, section 2.3.1). */
interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

interface AskNeeds {
  /** The issuer of access tokens. */
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Where the auth-server answers. */
const introspectionPath = '/api/introspect'
const deadlineMs = 2000
/** An answer has some hundred characters. */
const longest = 64 * 1024

/**
 * Makes the function that asks the auth-server about a token (RFC 7662, section 2.1). It rejects when there is no answer of an
 * auth-server within two seconds. Throws when it never could be asked so.
 */
export const createAsk = (
  needs: IntrospectionNeeds,
  { issuer, now }: AskNeeds,
): ((token: string) => Promise<Answer>) => {
  const url = addressOf(needs.url)
  const authorization = authorizationOf(needs, { issuer, now })
  const send = async (token: string, signal: AbortSignal): Promise<string> => {
    const res = await fetch(url, {
      method: 'POST',
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: authorization(),
      },
      body: `token=${encodeURIComponent(token)}`,
      // SECURITY: not followed, for the token would go along; a redirection is no 200. Not 'error': with it, Node 20 forgets the
      // deadline at a garbage collection
      redirect: 'manual',
      signal,
    })
    if (res.status === 200 && res.body) return readBounded(res.body, longest)
    await res.body?.cancel()
    throw new Error(sentences[res.status] ?? `The auth-server answered with ${res.status}.`)
  }
  return async token => {
    const signal = AbortSignal.timeout(deadlineMs)
    const text = await send(token, signal).catch(error => {
      // a connection that was kept alive may be closed by the other side at any moment: it is not the auth-server that is away
      if (signal.aborted || !isBroken(error)) throw error
      return send(token, signal)
    })
    return readAnswer(text)
  }
}

/** Problems of configuration, which do not pass by themselves. */
const sentences: Readonly<Record<number, string>> = {
  401: 'The auth-server does not take the credentials of this service: compare secret, issuer and clock, or id and secret of the client.',
  404: 'The auth-server is not at this address, or does not know API tokens.',
}

const addressOf = (given: string): string => {
  const { protocol, username, password, pathname } = new URL(given)
  // it would be written to logs with all that is in it
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '' || pathname !== '/')
    throw new Error('The url of introspection has to be an http or https URL, without user, password and path.')
  return new URL(introspectionPath, given).href
}

const authorizationOf = (needs: IntrospectionNeeds, { issuer, now }: AskNeeds): (() => string) => {
  if ('secret' in needs) {
    const { secret, service } = needs
    if (!service) throw new Error('Introspection needs the name of this service.')
    const sign = createVerifierTokenSigner({ secret, issuer, now })
    return () => `Bearer ${sign(service)}`
  }
  const { clientId, clientSecret } = needs
  if (!clientId || !clientSecret) throw new Error('Introspection needs a secret, or clientId and clientSecret.')
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const basic = `Basic ${Buffer.from(credentials).toString('base64')}`
  return () => basic
}

/** Whether fetch says that the connection ended before an answer was there. */
const isBroken = (error: unknown): boolean => {
  const { cause } = error as { cause?: { code?: unknown } }
  return cause?.code === 'UND_ERR_SOCKET' || cause?.code === 'ECONNRESET' || cause?.code === 'EPIPE'
}
