import { json, refusals } from './answers.ts'
import { ref } from './schemas.ts'

const security = [{ accessToken: [] }, { accessCookie: [] }]
const guardRefusals = ['ambiguous-credentials', 'access-token-required', 'access-token-invalid', 'unavailable'] as const

/** Showing and ending sessions. */
export const sessionPaths = {
  '/api/sessions': {
    get: {
      tags: ['Account'],
      operationId: 'listSessions',
      summary: 'My sessions, the last used one first',
      security,
      responses: {
        200: {
          description: 'The sessions that live.',
          content: json({
            type: 'object',
            required: ['sessions'],
            properties: { sessions: { type: 'array', items: ref('Session') } },
          }),
        },
        ...refusals(...guardRefusals),
      },
    },
    delete: {
      tags: ['Account'],
      operationId: 'endSessions',
      summary: 'Sign out everywhere',
      description: 'Ends all sessions, or all but the one that asks. Their access tokens are refused at once.',
      security,
      parameters: [{ name: 'except', in: 'query', schema: { const: 'current' } }],
      responses: {
        204: { description: 'They have ended.' },
        ...refusals(...guardRefusals, 'invalid-input', 'cross-site-request'),
      },
    },
  },
  '/api/sessions/{id}': {
    delete: {
      tags: ['Account'],
      operationId: 'endSession',
      summary: 'End one of my sessions',
      security,
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        204: { description: 'It has ended, and its access tokens are refused.' },
        ...refusals(...guardRefusals, 'not-found', 'cross-site-request'),
      },
    },
  },
}

/** The public keys and the stream, for verifying services. */
export const verifierPaths = {
  '/.well-known/jwks.json': {
    get: {
      tags: ['Protected service'],
      operationId: 'keySet',
      summary: 'The public keys of access tokens',
      description:
        'A JWK Set (RFC 7517). It is empty where access tokens are signed with the shared secret. The `kid` of a token says which key verifies it; each key has one algorithm.',
      security: [],
      responses: {
        200: {
          description: 'The keys that sign now, signed before, or will sign next.',
          content: json({
            type: 'object',
            required: ['keys'],
            properties: {
              keys: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['kty', 'kid', 'alg', 'use'],
                  properties: {
                    kty: { enum: ['EC', 'OKP'] },
                    kid: { type: 'string' },
                    alg: { enum: ['ES256', 'EdDSA'] },
                    use: { const: 'sig' },
                    crv: { type: 'string' },
                    x: { type: 'string' },
                    y: { type: 'string' },
                  },
                },
              },
            },
          }),
        },
      },
    },
  },
  '/api/revocations': {
    get: {
      tags: ['Protected service'],
      operationId: 'revocations',
      summary: 'Revocations as they happen',
      description:
        'Server-sent events for services that verify access tokens. The id of an event is its number in the record; its data is `{ user, session }` for a session that has ended, `{ user, before }` for all sessions of a user from before an epoch, with `at` and `until` in milliseconds. `caught-up` follows what matters already, `recorded` tells how far the record is known.',
      security: [{ verifierToken: [] }],
      parameters: [
        {
          name: 'Last-Event-ID',
          in: 'header',
          schema: { type: 'integer' },
          description: 'Only what came after this number is told.',
        },
      ],
      responses: {
        200: { description: 'The stream. It does not end.', content: { 'text/event-stream': {} } },
        ...refusals('verifier-token-required', 'unavailable'),
      },
    },
  },
}
