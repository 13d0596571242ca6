import { createVerifierTokenSigner } from '@auth-pair/access-token'
import * as oauth from 'oauth4webapi'
import type { AppCredentials } from './needs.ts'

/** The auth-server's side of a sign-in by redirect: OAuth's authorization code with PKCE (RFC 6749, section 4.1; RFC 7636). */
export interface Authorization {
  /** What a sign-in begins with: where to lead the browser, and what to keep here until it comes back. */
  begin(): Promise<{ readonly location: string; readonly state: string; readonly codeVerifier: string }>
  /** Gets the tokens for what the browser came back with. */
  finish(returned: URLSearchParams, begun: { readonly state: string; readonly codeVerifier: string }): Promise<Finish>
}

export type Finish =
  | { readonly kind: 'signed-in'; readonly accessToken: string; readonly refreshToken: string }
  /** The auth-server's answer was an error, or came from somebody else. */
  | { readonly kind: 'refused'; readonly cause: unknown }
  /** It took the code for none of its own, or none that is still good. */
  | { readonly kind: 'unknown-code'; readonly cause: unknown }
  | { readonly kind: 'unavailable'; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly cause: unknown }

interface AuthorizationNeeds {
  readonly authServerPublicUrl: string
  readonly authServerUrl: string
  readonly issuer: string
  readonly redirectUri: string
  readonly credentials: AppCredentials
  readonly now: () => number
}

/** A code can be shown once: there is no second try, and this is how long the first one may take. Milliseconds. */
const patienceMs = 4000

/** Errors of the auth-server that pass (RFC 6749, section 4.1.2.1). */
const passing = new Set(['server_error', 'temporarily_unavailable'])

export const createAuthorization = (needs: AuthorizationNeeds): Authorization => {
  const { authServerPublicUrl, authServerUrl, issuer, redirectUri, credentials } = needs
  const server: oauth.AuthorizationServer = {
    issuer,
    authorization_endpoint: `${authServerPublicUrl}/api/authorize`,
    token_endpoint: `${authServerUrl}/api/token`,
    // SECURITY: an answer of another server is not taken for one of this (RFC 9207)
    authorization_response_iss_parameter_supported: true,
  }
  const client: oauth.Client = { client_id: 'clientId' in credentials ? credentials.clientId : credentials.service }
  const authenticate = clientAuthentication(needs)

  return {
    begin: async () => {
      const [state, codeVerifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
      const query = new URLSearchParams({
        response_type: 'code',
        redirect_uri: redirectUri,
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        client_id: client.client_id,
      })
      return { location: `${server.authorization_endpoint}?${query}`, state, codeVerifier }
    },
    finish: async (returned, { state, codeVerifier }) => {
      let parameters: URLSearchParams
      try {
        parameters = oauth.validateAuthResponse(server, client, returned, state)
      } catch (cause) {
        const passes = cause instanceof oauth.AuthorizationResponseError && passing.has(cause.error)
        // SECURITY: the library's own error holds the whole address, with whatever was written into it
        const said = cause instanceof oauth.AuthorizationResponseError ? cause.error : (cause as Error).message
        return { kind: passes ? 'unavailable' : 'refused', cause: new Error(said.slice(0, 100)) }
      }
      if (parameters.getAll('code').length !== 1) return { kind: 'refused', cause: new Error('There is not one code.') }
      let response: Response
      try {
        response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          authenticate,
          parameters,
          redirectUri,
          codeVerifier,
          // inside a cluster it is reached by http
          { signal: AbortSignal.timeout(patienceMs), [oauth.allowInsecureRequests]: true },
        )
      } catch (cause) {
        return { kind: 'unavailable', cause }
      }
      if (response.status >= 500 || response.status === 429)
        return { kind: 'unavailable', cause: new Error(`The auth-server answered ${response.status} to a code.`) }
      const { status } = response
      try {
        const answer = await oauth.processAuthorizationCodeResponse(server, client, response)
        const { access_token: accessToken, refresh_token: refreshToken } = answer
        if (refreshToken === undefined) throw new Error('The auth-server gave no refresh token.')
        return { kind: 'signed-in', accessToken, refreshToken }
      } catch (cause) {
        return { kind: status === 400 ? 'unknown-code' : 'failed', cause }
      }
    },
  }
}

const clientAuthentication = ({ credentials, issuer, now }: AuthorizationNeeds): oauth.ClientAuth => {
  if ('clientId' in credentials) return oauth.ClientSecretBasic(credentials.clientSecret)
  const { secret, service } = credentials
  const sign = createVerifierTokenSigner({ secret, issuer, now })
  return (_server, _client, _body, headers) => headers.set('authorization', `Bearer ${sign(service)}`)
}
