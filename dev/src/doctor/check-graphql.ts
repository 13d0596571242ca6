import type { Ask } from './ask.ts'
import { note, ok, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** Whether GraphQL is there, and whether it tells its schema to whoever asks. */
export const checkGraphql = async ({ origin }: Target, ask: Ask): Promise<Verdict> => {
  const body = { query: '{ __schema { queryType { name } } }' }
  const { status, json } = await ask({ url: new URL('/graphql', origin), method: 'POST', body })
  if (status === 404 && json?.code === 'not-found') return ok('GraphQL is turned off.')
  const told = (json?.data as { __schema?: unknown } | null | undefined)?.__schema
  if (status === 200 && typeof told === 'object' && told !== null)
    return note('GraphQL tells its schema to anybody, and has GraphiQL (GRAPHQL=development): for development only.')
  const refused = Array.isArray(json?.errors) && json.errors.length > 0
  if (status !== 200 || !refused)
    return wrong(
      `/graphql answers ${status}, and not as GraphQL does. Something between hides the route; where nobody wants it, set GRAPHQL=off.`,
    )
  return ok('GraphQL answers, and does not tell its schema.')
}
