import { json, refusals } from './answers.ts'
import { ref } from './schemas.ts'

const whichAction = {
  name: 'action',
  in: 'query',
  required: true,
  description: 'What the solution is for. It is of no use for anything else.',
  schema: { enum: ['sign-up', 'sign-in'] },
}

export const challengePaths = {
  '/api/challenge': {
    get: {
      tags: ['Sign-in'],
      operationId: 'challenge',
      summary: 'Get a challenge to solve',
      description:
        'What a client has to solve, or to show, when `challenge-required` is the answer. The solution goes into `challenge` of the body that is sent again; it counts once.',
      security: [],
      parameters: [whichAction],
      responses: {
        200: { description: 'What is to be done depends on `kind`.', content: json(ref('Challenge')) },
        ...refusals('invalid-input', 'unavailable'),
      },
    },
  },
}
