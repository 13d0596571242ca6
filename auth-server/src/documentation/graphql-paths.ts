import { problems } from '@auth-pair/service'
import { json, refusals } from './answers.ts'

const answer = {
  type: 'object',
  properties: { data: { type: ['object', 'null'] }, errors: { type: 'array', items: { type: 'object' } } },
}

const failed = (...codes: ('internal-error' | 'unavailable' | 'busy')[]) => ({
  description: codes.map(code => `\`${code}\`: ${problems[code].title}.`).join(' '),
  content: json(answer),
})

/** GraphQL, for clients that speak it. */
export const graphqlPaths = {
  '/graphql': {
    post: {
      tags: ['Sign-in'],
      operationId: 'graphql',
      summary: 'The same by GraphQL',
      description:
        'One operation, as JSON; docs/graphql.md tells what there is, and docs/schema.graphql is the schema. What is refused is an error of GraphQL, with the code of REST in `extensions.code`; only what never reached GraphQL is a problem. It is not there when `GRAPHQL` is `off`.',
      security: [{ accessToken: [] }, { refreshToken: [] }, {}],
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          required: ['query'],
          additionalProperties: false,
          properties: {
            query: { type: 'string' },
            variables: { type: ['object', 'null'] },
            operationName: { type: ['string', 'null'] },
            extensions: { type: ['object', 'null'] },
          },
        }),
      },
      responses: {
        200: {
          description: 'What was asked for, or the errors.',
          content: { ...json(answer), 'application/graphql-response+json': { schema: answer } },
        },
        ...refusals('invalid-input', 'body-too-large', 'unsupported-media-type', 'cross-site-request'),
        // of GraphQL, with the code in the error; the deadline of the shell alone answers with a problem
        500: failed('internal-error'),
        503: failed('busy', 'unavailable'),
      },
    },
  },
}
