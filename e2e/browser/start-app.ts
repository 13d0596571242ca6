import { readConfig, runTestServer } from '@auth-pair/test-server'
import { secrets } from '../../auth-server/src/testing/index.ts'

/** An app on a port of its own, with its sessions in a Redis that has nothing to do with the proxy in front of the auth-server's. */
export const startApp = async (port: number, authUrl: string) => {
  const url = `http://localhost:${port}`
  const config = readConfig({
    TEST_PORT: String(port),
    TEST_PUBLIC_URL: url,
    PUBLIC_URL: authUrl,
    AUTH_SERVER_URL: authUrl,
    JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET,
    SESSION_REDIS_URL: process.env.TEST_REDIS_URL,
    SESSION_SECRET: 'Gq3nT0cXw8ZpLr5VfJb1KmYs7DhUa2eE9',
    LOG_LEVEL: 'silent',
  })
  const { stop } = await runTestServer(config)
  return { url, stop }
}
