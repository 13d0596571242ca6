import { activityPaths } from './activity-paths.ts'
import { json, refusals } from './answers.ts'
import { authorizationPaths } from './authorization-paths.ts'
import { challengePaths } from './challenge-paths.ts'
import { graphqlPaths } from './graphql-paths.ts'
import { ref, schemas, securitySchemes } from './schemas.ts'
import { sessionPaths, verifierPaths } from './session-paths.ts'
import { tokenPaths, tokenSchemas } from './token-paths.ts'

const bodyRefusals = [
  'invalid-input',
  'request-timeout',
  'body-too-large',
  'unsupported-media-type',
  'cross-site-request',
] as const

/** What every route that takes a password may answer. */
const passwordRefusals = ['challenge-required', 'challenge-failed', 'too-many-requests', 'busy'] as const

const setsCookies = {
  'Set-Cookie': { schema: { type: 'string' }, description: 'Both cookies, when the transport is `cookie`.' },
}

const refreshBody = { required: false, content: json(ref('RefreshTokenBody')) }
const signedIn = (description: string) => ({ description, headers: setsCookies, content: json(ref('SignedIn')) })

export interface OpenapiNeeds {
  readonly publicUrl: string
  readonly refreshCookie: string
  readonly accessCookie: string
  readonly passwordMinLength: number
}

/** The description of both servers' routes (OpenAPI 3.1). A test holds it to the route tables and to the catalogue of problems. */
export const openapi = ({ publicUrl, refreshCookie, accessCookie, passwordMinLength }: OpenapiNeeds) => ({
  openapi: '3.1.1',
  info: {
    title: 'Auth pair',
    version: '0.1.0',
    summary: 'Single sign-on for teams with a handful of Node services.',
    description:
      'A person signs in at the auth-server and gets a short-lived access token and a long-lived refresh token. Every other service verifies the access token by itself. Errors are problem details (RFC 9457): switch on `code`.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: publicUrl, description: 'The auth-server' }],
  tags: [{ name: 'Sign-in' }, { name: 'Account' }, { name: 'Protected service' }, { name: 'Operations' }],
  paths: {
    '/api/signup': {
      post: {
        tags: ['Sign-in'],
        operationId: 'signUp',
        summary: 'Make an account and sign in',
        security: [],
        requestBody: { required: true, content: json(ref('NewCredentials')) },
        responses: {
          201: signedIn('The account is made, and signed in.'),
          ...refusals(...bodyRefusals, ...passwordRefusals, 'email-taken', 'unavailable'),
        },
      },
    },
    '/api/signin': {
      post: {
        tags: ['Sign-in'],
        operationId: 'signIn',
        summary: 'Open a session',
        security: [],
        requestBody: { required: true, content: json(ref('Credentials')) },
        responses: {
          200: signedIn('Signed in.'),
          ...refusals(...bodyRefusals, ...passwordRefusals, 'invalid-credentials', 'unavailable'),
        },
      },
    },
    '/api/refresh': {
      post: {
        tags: ['Sign-in'],
        operationId: 'refresh',
        summary: 'Get the next tokens',
        description: 'Presents the refresh token as cookie, as `refreshToken` in the body, or as Bearer token.',
        security: [{ refreshCookie: [] }, { refreshToken: [] }],
        requestBody: refreshBody,
        responses: {
          200: { description: 'The next tokens.', headers: setsCookies, content: json(ref('Tokens')) },
          ...refusals(...bodyRefusals, 'ambiguous-credentials', 'session-ended', 'too-many-requests', 'unavailable'),
        },
      },
    },
    '/api/signout': {
      post: {
        tags: ['Sign-in'],
        operationId: 'signOut',
        summary: 'End this session',
        description: 'Answers the same when there is no session to end.',
        security: [{ refreshCookie: [] }, { refreshToken: [] }, {}],
        requestBody: refreshBody,
        responses: {
          204: { description: 'Signed out.', headers: setsCookies },
          ...refusals(...bodyRefusals, 'ambiguous-credentials', 'unavailable'),
        },
      },
    },
    '/api/password': {
      post: {
        tags: ['Account'],
        operationId: 'changePassword',
        summary: 'Change my password',
        description:
          'Ends every session of the user, and opens a new one for who asks: its tokens are in the answer. API tokens live on. The current password counts as one of a sign-in: by the same limits, and a challenge that is asked for is that of a sign-in. The refresh token travels as `tokenTransport` says; when it is left out, in a cookie if the access token came in one, and otherwise in the body. A 503 with a `detail` may have changed it: sign in with the new password.',
        security: [{ accessToken: [] }, { accessCookie: [] }],
        requestBody: { required: true, content: json(ref('PasswordChange')) },
        responses: {
          200: signedIn('The password is changed, and a new session is open.'),
          ...refusals(
            ...([...bodyRefusals, ...passwordRefusals, 'ambiguous-credentials', 'access-token-required'] as const),
            ...(['access-token-invalid', 'current-password-wrong', 'unavailable'] as const),
          ),
        },
      },
    },
    '/api/auth/user': {
      get: {
        tags: ['Account'],
        operationId: 'whoAmI',
        summary: 'Who am I',
        security: [{ accessToken: [] }, { accessCookie: [] }],
        responses: {
          200: {
            description: 'The signed-in user.',
            content: json({ type: 'object', required: ['user'], properties: { user: ref('User') } }),
          },
          ...refusals('ambiguous-credentials', 'access-token-required', 'access-token-invalid', 'unavailable'),
        },
      },
    },
    ...challengePaths,
    ...sessionPaths,
    ...activityPaths,
    ...verifierPaths,
    ...tokenPaths,
    ...authorizationPaths,
    ...graphqlPaths,
    '/api/restricted': {
      get: {
        tags: ['Protected service'],
        operationId: 'restricted',
        summary: 'The protected route of the test-server',
        servers: [{ url: 'http://localhost:4000', description: 'The test-server' }],
        security: [{ accessToken: [] }],
        responses: {
          200: { description: 'The token was good.', content: json(ref('Restricted')) },
          ...refusals('ambiguous-credentials', 'access-token-required', 'access-token-invalid', 'unavailable'),
        },
      },
    },
    '/health/live': { get: health('live', 'Whether the process answers') },
    '/health/ready': { get: health('ready', 'Whether the server can do its work') },
    '/openapi.json': { get: page('openapi', 'This description', 'application/json') },
    '/docs': { get: page('docs', 'This description, to browse', 'text/html') },
  },
  components: {
    schemas: { ...schemas(passwordMinLength), ...tokenSchemas },
    securitySchemes: securitySchemes(accessCookie, refreshCookie),
  },
})

function health(operationId: string, summary: string) {
  const ok = { description: 'Yes.', content: json({ type: 'object', properties: { status: { const: 'ok' } } }) }
  return {
    tags: ['Operations'],
    operationId,
    summary,
    security: [],
    responses: { 200: ok, ...(operationId === 'ready' ? refusals('unavailable') : refusals()) },
  }
}

function page(operationId: string, summary: string, type: string) {
  return {
    tags: ['Operations'],
    operationId,
    summary,
    security: [],
    responses: { 200: { description: summary, content: { [type]: {} } }, ...refusals() },
  }
}
