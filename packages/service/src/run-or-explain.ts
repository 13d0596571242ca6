import { config as readDotenv } from 'dotenv'
import { ConfigurationError, type Environment, readSecretFiles } from './settings.ts'

/**
 * Runs a server's start with its environment, completed by `.env` in the working directory and by the files of secrets. When
 * it cannot start for a reason that an operator can mend, says so in words and exits 1.
 */
export const runOrExplain = async (
  processEnv: Environment,
  secretNames: readonly string[],
  start: (env: Environment) => Promise<void>,
): Promise<void> => {
  try {
    const env = { ...processEnv } as Record<string, string>
    readDotenv({ processEnv: env, quiet: true })
    await start(readSecretFiles(env, secretNames))
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    process.exit(1)
  }
}

const explain = (error: unknown): string => {
  if (error instanceof ConfigurationError) return error.message
  const { code, port, stack } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another program: stop it, or choose another port.`
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be opened by this user: choose one above 1023.`
  return stack ?? String(error)
}
