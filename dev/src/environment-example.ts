import { readFileSync } from 'node:fs'
import { authSettings, readConfig as readAuthConfig } from '@auth-pair/auth-server/config'
import { readConfig as readTestConfig, testSettings } from '@auth-pair/test-server/config'
import { parse } from 'dotenv'

/** What only docker-compose.yml and docker-compose.tls.yml read. */
const composeOnly = [
  'POSTGRES_PASSWORD',
  'SESSION_REDIS_PASSWORD',
  'HTTP_PORT',
  'HTTPS_PORT',
  'TLS_DIR',
  'FRONTNET_PREFIX',
]

/** What the containers are given by docker-compose.yml. */
const byCompose = {
  DATABASE_URL: 'postgres://x@postgres/x',
  DATABASE_OWNER_URL: 'postgres://y@postgres/x',
  REDIS_URL: 'redis://redis',
  SESSION_REDIS_URL: 'redis://:x@session-redis',
}

/** Whether env-example names every setting there is and no other, and works as it is. */
export const environmentExampleComplaints = (): string[] => {
  const text = readFileSync('env-example', 'utf8')
  const named = new Set([...text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name as string))
  const known = new Set([...Object.keys(authSettings.shape), ...Object.keys(testSettings.shape), ...composeOnly])
  for (const name of Object.keys(byCompose)) known.delete(name)
  const complaints = [
    ...[...known].filter(name => !named.has(name)).map(name => `env-example does not name ${name}`),
    ...[...named].filter(name => !known.has(name)).map(name => `env-example names ${name}, which nobody reads`),
  ]
  try {
    const env = { AUTH_SERVER_URL: 'http://auth-server:3000', ...parse(text), ...byCompose }
    readAuthConfig(env)
    readTestConfig(env)
  } catch (error) {
    complaints.push(`env-example does not work as it is: ${(error as Error).message}`)
  }
  return complaints
}
