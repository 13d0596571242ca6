import { ConfigurationError, type Environment } from '@auth-pair/service'
import { readConfig } from '../config.ts'

/** What the configuration has to say against an environment. */
export const complaintsOf = (env: Environment): readonly string[] => {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.complaints
    throw error
  }
  return []
}
