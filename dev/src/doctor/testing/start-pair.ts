import { memoryLog, serve } from '@auth-pair/service/testing'
import { createApp } from '@auth-pair/test-server/app'
import { readConfig } from '@auth-pair/test-server/config'
import { secrets, startAuthServer } from '../../../../auth-server/src/testing/index.ts'
import { followRevocations } from '../../../../test-server/src/follow-revocations.ts'
import { freePort } from '../../free-port.ts'

type Settings = Record<string, string>

/** An auth-server that knows where it is reached. */
export const startAuth = async (settings: Settings = {}) => {
  const port = await freePort()
  return startAuthServer({ PUBLIC_URL: `http://127.0.0.1:${port}`, ...settings }, {}, port)
}

/** A verifying service, with the feed when there is an AUTH_SERVER_URL. Resolves when it hears of revocations. */
export const startService = async (settings: Settings, now: () => number = Date.now) => {
  const config = readConfig({ JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET, ...settings })
  const { log } = memoryLog()
  const feed = followRevocations(config, log)
  const { app } = createApp({ config, log, revocations: feed?.revocations, now })
  const server = await serve(app)
  feed?.start()
  // a feed with another policy is one that never connects
  while (feed?.state().kind === 'stale' && settings.REVOCATION_FEED_LOST === undefined)
    await new Promise(resolve => setTimeout(resolve, 5))
  return {
    url: server.url,
    close: async () => {
      await feed?.stop()
      await server.close()
    },
  }
}

/** Both, as they have to be but for the settings of each. */
export const startPair = async ({ auth = {}, service = {} }: { auth?: Settings; service?: Settings } = {}) => {
  const authServer = await startAuth(auth)
  const { url } = authServer
  const verifier = await startService({ PUBLIC_URL: url, AUTH_SERVER_URL: url, ...service })
  return {
    authServer,
    auth: url,
    service: verifier.url,
    close: async () => {
      await verifier.close()
      await authServer.close()
    },
  }
}
