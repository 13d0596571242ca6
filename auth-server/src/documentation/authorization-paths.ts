import { json, refusals } from './answers.ts'

const query = (name: string, schema: object, description: string, required = true) => ({
  name,
  in: 'query',
  required,
  schema,
  description,
})

/** One sign-in for several front ends. */
export const authorizationPaths = {
  '/api/authorize': {
    get: {
      tags: ['Sign-in'],
      operationId: 'authorize',
      summary: 'Send a browser back to a front end with a code',
      description:
        'Browsers are navigated here: the authorization endpoint of OAuth (RFC 6749, section 4.1; PKCE with S256 is required). Refreshes the session of the cookie as `POST /api/refresh` does. Other parameters are left alone.',
      security: [{ refreshCookie: [] }],
      parameters: [
        query('response_type', { const: 'code' }, 'What is asked for.'),
        query('redirect_uri', { type: 'string', format: 'uri' }, 'One of `RETURN_ADDRESSES`, in the same characters.'),
        query(
          'state',
          { type: 'string', minLength: 1, maxLength: 512 },
          'Comes back as it is: bind it to the browser.',
        ),
        query(
          'code_challenge',
          { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
          'SHA-256 of the code verifier, in base64url (RFC 7636).',
        ),
        query('code_challenge_method', { const: 'S256' }, 'How the challenge was made.'),
        query(
          'client_id',
          { type: 'string', maxLength: 256 },
          'Who will redeem the code, by the name in its credentials. When it is given, no client of another name can; services that hold the shared secret can take any name.',
          false,
        ),
      ],
      responses: {
        303: {
          description:
            'To `redirect_uri` with `code`, `state` and `iss` (RFC 9207), or with `error` when the request is wrong; to `/sign-in` with the same query when nobody is signed in.',
          headers: {
            Location: { schema: { type: 'string' } },
            'Set-Cookie': { schema: { type: 'string' }, description: 'Both cookies, with a code.' },
          },
        },
        ...refusals('return-address-unknown', 'ambiguous-credentials', 'too-many-requests', 'unavailable'),
      },
    },
  },
  '/api/token': {
    post: {
      tags: ['Sign-in'],
      operationId: 'redeemCode',
      summary: 'Redeem a code for a session',
      description:
        'For the server behind a return address: the token endpoint of OAuth (RFC 6749, section 4.1.3). The session ends with that of the browser, and the other way round. Its refresh token goes to `POST /api/refresh` in the body.',
      security: [{ verifierToken: [] }, { client: [] }],
      requestBody: {
        required: true,
        content: {
          'application/x-www-form-urlencoded': {
            schema: {
              type: 'object',
              required: ['grant_type', 'code', 'redirect_uri', 'code_verifier'],
              properties: {
                grant_type: { const: 'authorization_code' },
                code: { type: 'string' },
                redirect_uri: { type: 'string', format: 'uri' },
                code_verifier: { type: 'string', pattern: '^[A-Za-z0-9._~-]{43,128}$' },
              },
            },
          },
        },
      },
      responses: {
        200: {
          description: 'The tokens of a new session.',
          content: json({
            type: 'object',
            required: ['access_token', 'token_type', 'expires_in', 'refresh_token'],
            properties: {
              access_token: { type: 'string' },
              token_type: { const: 'Bearer' },
              expires_in: { type: 'integer', description: 'Seconds.' },
              refresh_token: { type: 'string' },
            },
          }),
        },
        ...refusals(
          'invalid-input',
          'invalid-grant',
          'client-authentication-required',
          'too-many-requests',
          'request-timeout',
          'body-too-large',
          'unsupported-media-type',
          'cross-site-request',
          'unavailable',
        ),
      },
    },
  },
}
