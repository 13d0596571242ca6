import { type ProblemCode, problems } from '@auth-pair/service'
import { ref } from './schemas.ts'

/** What every route may answer besides what is its own. */
const always: readonly ProblemCode[] = ['malformed-request', 'internal-error']

export const json = (schema: object) => ({ 'application/json': { schema } })

/** The problems of a route, under their statuses. */
export const refusals = (...codes: ProblemCode[]) => {
  const byStatus = Map.groupBy(new Set([...codes, ...always]), code => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map(code => `\`${code}\`: ${problems[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  )
}
