import type { Ask } from './ask.ts'
import { ok, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'

/** `/health/ready`: whether the server can do its work. It says nothing about the inside, and so what 503 means is said here. */
export const checkHealth = async ({ origin, kind }: Target, ask: Ask): Promise<Verdict> => {
  const { status, json } = await ask({ url: new URL('/health/ready', origin) })
  if (status === 200 && json?.status === 'ok')
    return ok(kind === 'auth' ? 'It is ready: PostgreSQL and Redis answer.' : 'It is ready.')
  if (status !== 503)
    return wrong(`/health/ready answers ${status}. Something between changes the answer, or hides the route.`)
  return wrong(
    kind === 'auth'
      ? 'It is not ready (503): PostgreSQL or Redis cannot be reached, or it has only just started, or is being stopped. Its log says "PostgreSQL is not available" or "Redis is not available"; once the store is back it needs no restart.'
      : 'It is not ready (503): it is being stopped, or something that it needs is away. Its log says what.',
  )
}
