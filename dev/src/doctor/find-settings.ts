import type { Environment } from '@auth-pair/service'
import { findRunningStores } from '../running-stores.ts'
import type { Settings } from './check-feed.ts'
import type { Target } from './targets.ts'

/**
 * The settings of a service on this machine, as the servers read them: those of the environment, or, where the auth-server is on this
 * machine too, those of a running `npm start`. Undefined when there are none.
 */
export const findSettings = (env: Environment, { origin }: Pick<Target, 'origin'>): Settings | undefined => {
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(origin).hostname)
  const found = env.JWT_ACCESS_SECRET || !isHere ? env : findRunningStores(env.DATA_DIR || '.data')
  if (!found?.JWT_ACCESS_SECRET) return undefined
  const { JWT_ACCESS_SECRET: secret, JWT_ISSUER, PUBLIC_URL } = found
  return { secret, issuer: JWT_ISSUER || PUBLIC_URL || 'http://localhost:3000' }
}
