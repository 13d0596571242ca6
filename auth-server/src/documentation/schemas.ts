import { bodyLimit, problems } from '@auth-pair/service'

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

const user = {
  type: 'object',
  required: ['id', 'email', 'confirmed', 'createdAt'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    email: { type: 'string', format: 'email' },
    confirmed: { type: 'boolean' },
    createdAt: { type: 'string', format: 'date-time' },
  },
}

const tokens = {
  type: 'object',
  required: ['accessToken', 'tokenType', 'expiresIn'],
  properties: {
    accessToken: { type: 'string', description: 'A JWT. Send it as `Authorization: Bearer`.' },
    tokenType: { const: 'Bearer' },
    expiresIn: { type: 'integer', description: 'Seconds.' },
    refreshToken: { type: 'string', description: 'Only when the transport is `body`. Opaque.' },
  },
}

const solution = {
  type: 'string',
  maxLength: 8192,
  description: 'The solution of a challenge, when one was asked for.',
}

const transport = {
  enum: ['cookie', 'body'],
  default: 'cookie',
  description: 'How the refresh token travels: `body` is for clients without a cookie jar.',
}

const hex = (bytes: number) => ({ type: 'string', pattern: `^[0-9a-f]{${2 * bytes}}$` })

const proofOfWork = {
  type: 'object',
  description: 'A challenge of ALTCHA (proof of work, version 2): the widget and its libraries take it as it is.',
  required: ['kind', 'parameters', 'signature'],
  properties: {
    kind: { const: 'altcha' },
    parameters: {
      type: 'object',
      required: ['algorithm', 'cost', 'data', 'expiresAt', 'keyLength', 'keyPrefix', 'keySignature', 'nonce', 'salt'],
      properties: {
        algorithm: { const: 'PBKDF2/SHA-256' },
        cost: { type: 'integer', description: 'Rounds of one try.' },
        data: { type: 'object', required: ['action'], properties: { action: { enum: ['sign-up', 'sign-in'] } } },
        expiresAt: { type: 'integer', description: 'Seconds since the epoch.' },
        keyLength: { type: 'integer', description: 'Bytes of the key to derive.' },
        keyPrefix: { ...hex(16), description: 'What the right key begins with.' },
        keySignature: hex(32),
        nonce: hex(16),
        salt: hex(16),
      },
    },
    signature: hex(32),
  },
}

const challenge = {
  oneOf: [
    proofOfWork,
    {
      type: 'object',
      description: 'The check of a provider: show it with this key, and send its token.',
      required: ['kind', 'siteKey'],
      properties: { kind: { enum: ['turnstile', 'hcaptcha', 'recaptcha'] }, siteKey: { type: 'string' } },
    },
    {
      type: 'object',
      description: 'None is ever asked for.',
      required: ['kind'],
      properties: { kind: { const: 'none' } },
    },
  ],
}

const credentials = (lengths: { minLength: number; maxLength: number }) => ({
  type: 'object',
  required: ['email', 'password'],
  additionalProperties: false,
  properties: {
    email: { type: 'string', format: 'email', maxLength: 254, examples: ['ada@example.com'] },
    password: { type: 'string', format: 'password', ...lengths, examples: ['correct horse battery'] },
    tokenTransport: transport,
    challenge: solution,
  },
  description: `At most ${bodyLimit} bytes of JSON.`,
})

export const schemas = (passwordMinLength: number) => ({
  NewCredentials: credentials({ minLength: passwordMinLength, maxLength: 128 }),
  Credentials: credentials({ minLength: 1, maxLength: 1024 }),
  PasswordChange: {
    type: 'object',
    required: ['currentPassword', 'newPassword'],
    additionalProperties: false,
    properties: {
      currentPassword: { type: 'string', format: 'password', minLength: 1, maxLength: 1024 },
      newPassword: { type: 'string', format: 'password', minLength: passwordMinLength, maxLength: 128 },
      tokenTransport: { enum: transport.enum, description: 'As the access token came, when it is left out.' },
      challenge: solution,
    },
  },
  RefreshTokenBody: {
    type: 'object',
    additionalProperties: false,
    properties: { refreshToken: { type: 'string' } },
  },
  User: user,
  Tokens: tokens,
  SignedIn: { allOf: [{ type: 'object', required: ['user'], properties: { user: ref('User') } }, ref('Tokens')] },
  Session: {
    type: 'object',
    required: ['id', 'device', 'ip', 'createdAt', 'lastUsedAt', 'endsAt', 'current', 'rotating'],
    properties: {
      id: { type: 'string', description: 'Names the session; opens nothing.' },
      device: { type: 'string', examples: ['Chrome on macOS'], description: 'As it was at sign-in.' },
      ip: { type: ['string', 'null'], description: 'As it was at sign-in.' },
      createdAt: { type: 'string', format: 'date-time' },
      lastUsedAt: { type: 'string', format: 'date-time' },
      endsAt: { type: 'string', format: 'date-time', description: 'When it ends if it is not used again.' },
      current: { type: 'boolean', description: 'Whether the request came from it.' },
      rotating: {
        type: 'boolean',
        description: 'Whether each refresh token is followed by another. It is not after the `login` of GraphQL.',
      },
    },
  },
  Challenge: challenge,
  ActivityEvent: {
    type: 'object',
    required: ['id', 'event', 'outcome', 'reason', 'at', 'ip', 'device'],
    properties: {
      id: { type: 'string', description: 'Names the event.' },
      event: { type: 'string', examples: ['signed-in'], description: 'docs/audit.md lists them.' },
      outcome: { enum: ['success', 'failure'] },
      reason: { type: ['string', 'null'], examples: ['wrong-password'] },
      at: { type: 'string', format: 'date-time' },
      ip: { type: ['string', 'null'] },
      device: { type: ['string', 'null'], examples: ['Chrome on macOS'] },
      sessionId: { type: 'string', description: 'When it was about one session.' },
    },
  },
  Restricted: {
    type: 'object',
    required: ['message', 'user'],
    properties: {
      message: { type: 'string' },
      user: { type: 'object', required: ['id'], properties: { id: { type: 'string', format: 'uuid' } } },
    },
  },
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { enum: Object.keys(problems) },
      detail: { type: 'string' },
      requestId: { type: 'string' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['path', 'message'],
          properties: { path: { type: 'string' }, message: { type: 'string' } },
        },
      },
      error: { type: 'string', description: 'What OAuth calls it, where a route speaks OAuth.' },
    },
  },
})

export const securitySchemes = (accessCookie: string, refreshCookie: string) => ({
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  refreshToken: { type: 'http', scheme: 'bearer', description: 'The refresh token, for the transport `body`.' },
  verifierToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'A JWT with `typ: verifier+jwt` that a service signs with the shared secret.',
  },
  client: { type: 'http', scheme: 'basic', description: 'The id and the secret of a client (`CLIENTS`).' },
  accessCookie: { type: 'apiKey', in: 'cookie', name: accessCookie },
  refreshCookie: { type: 'apiKey', in: 'cookie', name: refreshCookie },
})
