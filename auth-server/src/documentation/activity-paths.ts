import { json, refusals } from './answers.ts'
import { ref } from './schemas.ts'

/** What happened to one's own account. */
export const activityPaths = {
  '/api/account/activity': {
    get: {
      tags: ['Account'],
      operationId: 'listActivity',
      summary: 'What happened to my account, the newest first',
      security: [{ accessToken: [] }, { accessCookie: [] }],
      parameters: [
        { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 } },
        {
          name: 'cursor',
          in: 'query',
          schema: { type: 'string' },
          description: 'The `next` of the page before.',
        },
      ],
      responses: {
        200: {
          description: 'A page of events.',
          content: json({
            type: 'object',
            required: ['events', 'next'],
            properties: {
              events: { type: 'array', items: ref('ActivityEvent') },
              next: {
                type: ['string', 'null'],
                description: 'The `cursor` of the next page; null when there is none.',
              },
            },
          }),
        },
        ...refusals(
          'ambiguous-credentials',
          'access-token-required',
          'access-token-invalid',
          'invalid-input',
          'unavailable',
        ),
      },
    },
  },
}
