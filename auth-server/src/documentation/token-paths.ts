import { json, refusals } from './answers.ts'
import { ref } from './schemas.ts'

const security = [{ accessToken: [] }, { accessCookie: [] }]
const guardRefusals = ['ambiguous-credentials', 'access-token-required', 'access-token-invalid', 'unavailable'] as const
const bodyRefusals = [
  'invalid-input',
  'request-timeout',
  'body-too-large',
  'unsupported-media-type',
  'cross-site-request',
] as const

const form = {
  required: true,
  content: {
    'application/x-www-form-urlencoded': {
      schema: {
        type: 'object',
        required: ['token'],
        properties: {
          token: { type: 'string', description: 'Of any kind.' },
          token_type_hint: { type: 'string', description: 'Not needed, and not looked at.' },
        },
      },
    },
  },
}

const callerRefusals = [
  ...bodyRefusals,
  'client-authentication-required',
  'ambiguous-credentials',
  'too-many-requests',
  'unavailable',
] as const

/** Long-lived tokens for programs, and what services and clients ask about tokens. */
export const tokenPaths = {
  '/api/tokens': {
    get: {
      tags: ['Account'],
      operationId: 'listApiTokens',
      summary: 'My API tokens, the newest first',
      security,
      responses: {
        200: {
          description: 'Those that were not revoked. One that has expired is shown until its place is needed.',
          content: json({
            type: 'object',
            required: ['tokens'],
            properties: { tokens: { type: 'array', items: ref('ApiToken') } },
          }),
        },
        ...refusals(...guardRefusals),
      },
    },
    post: {
      tags: ['Account'],
      operationId: 'makeApiToken',
      summary: 'Make an API token',
      description:
        'Wants a session that was signed in to within the last ten minutes. The token is in the answer, and nowhere else ever after.',
      security,
      requestBody: { required: true, content: json(ref('NewApiToken')) },
      responses: {
        201: { description: 'The token.', content: json(ref('MadeApiToken')) },
        ...refusals(...guardRefusals, ...bodyRefusals, 'recent-sign-in-required', 'too-many-api-tokens'),
      },
    },
  },
  '/api/tokens/{id}': {
    delete: {
      tags: ['Account'],
      operationId: 'revokeApiToken',
      summary: 'Revoke one of my API tokens',
      security,
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        204: { description: 'It is refused from now on.' },
        ...refusals(...guardRefusals, 'not-found', 'cross-site-request'),
      },
    },
  },
  '/api/introspect': {
    post: {
      tags: ['Protected service'],
      operationId: 'introspect',
      summary: 'Whether a token is good, and whose it is',
      description:
        'RFC 7662, for services and clients. Services verify access tokens by themselves; they ask about API tokens. Refresh tokens are active for clients alone.',
      security: [{ verifierToken: [] }, { client: [] }],
      requestBody: form,
      responses: {
        200: {
          description: 'Of a token that is not good, `active` is all that is said.',
          content: json(ref('Introspection')),
        },
        ...refusals(...callerRefusals),
      },
    },
  },
  '/api/revoke': {
    post: {
      tags: ['Protected service'],
      operationId: 'revoke',
      summary: 'End a token',
      description:
        'RFC 7009, for services and clients. An API token is revoked; of a refresh or access token the session ends, with all of its tokens.',
      security: [{ verifierToken: [] }, { client: [] }],
      requestBody: form,
      responses: {
        200: { description: 'It has ended, or nobody knows it. The body is empty.' },
        ...refusals(...callerRefusals),
      },
    },
  },
}

const apiToken = {
  type: 'object',
  required: ['id', 'name', 'scopes', 'createdAt', 'expiresAt', 'lastUsedAt'],
  properties: {
    id: { type: 'string', description: 'Names the token; opens nothing.' },
    name: { type: 'string', examples: ['deploy'] },
    scopes: { type: 'array', items: { type: 'string' } },
    createdAt: { type: 'string', format: 'date-time' },
    expiresAt: { type: ['string', 'null'], format: 'date-time', description: 'Null for never.' },
    lastUsedAt: { type: ['string', 'null'], format: 'date-time', description: 'To the minute or so.' },
  },
}

export const tokenSchemas = {
  ApiToken: apiToken,
  NewApiToken: {
    type: 'object',
    required: ['name', 'expiresInDays'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100, examples: ['deploy'] },
      expiresInDays: { oneOf: [{ type: 'integer', minimum: 1, maximum: 366 }, { const: 'never' }], examples: [30] },
      scopes: {
        type: 'array',
        maxItems: 20,
        uniqueItems: true,
        items: { type: 'string', pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,64}$' },
        description: 'What services may let it be used for. It gives its owner nothing more to do.',
      },
    },
  },
  MadeApiToken: {
    allOf: [
      {
        type: 'object',
        required: ['token'],
        properties: {
          token: { type: 'string', pattern: '^ap_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}$', description: 'Shown once.' },
          warning: { type: 'string', description: 'When it never ends.' },
        },
      },
      ref('ApiToken'),
    ],
  },
  Introspection: {
    type: 'object',
    required: ['active'],
    properties: {
      active: { type: 'boolean' },
      token_type: { const: 'Bearer', description: 'Of access and API tokens.' },
      scope: { type: 'string', description: 'With a space between them.' },
      sub: { type: 'string', format: 'uuid', description: 'The user.' },
      sid: { type: 'string', description: 'The session, or the API token: what revocations name.' },
      iss: { type: 'string' },
      aud: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      iat: { type: 'integer', description: 'Seconds since the epoch.' },
      exp: { type: 'integer', description: 'Seconds since the epoch; not there when it never ends.' },
      jti: { type: 'string' },
    },
  },
}
