/** Apps with browser sessions, of which some may be instances of one. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createVerifier, type Revocations } from '@auth-pair/access-token'
import { secrets, testRedis } from '@auth-pair/auth-server/testing'
import express, { type Express, type RequestHandler } from 'express'
import { type BrowserSessions, type BrowserSessionsNeeds, createBrowserSessions, type Trouble } from '../index.ts'

export const issuer = 'http://localhost:3000'
export const sessionSecret = randomBytes(48).toString('base64')

interface AppNeeds extends Partial<BrowserSessionsNeeds> {
  readonly authUrl: string
  readonly revocations?: Revocations | undefined
  readonly framework?: () => Express
  /** More routes, behind the ones of the package. */
  readonly more?: (app: Express, web: BrowserSessions) => void
}

export interface App {
  readonly url: string
  readonly troubles: Trouble[]
  readonly web: BrowserSessions
  close(): Promise<void>
}

/** Instances are told their public URL; an app alone is reached where it listens. */
export const startApp = async (needs: AppNeeds): Promise<App> => {
  const { authUrl, revocations, framework = express, more, ...rest } = needs
  const troubles: Trouble[] = []
  const redis = rest.redis ?? (await connected(testRedis()))
  const now = rest.now ?? Date.now
  const app = framework()
  const server = createServer(app)
  // its address is part of what the app is told
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const web = createBrowserSessions({
    redis,
    secret: sessionSecret,
    publicUrl: url,
    authServerPublicUrl: authUrl,
    issuer,
    credentials: { service: 'app', secret: secrets.JWT_ACCESS_SECRET },
    verifier: createVerifier({ secret: secrets.JWT_ACCESS_SECRET, issuer, audience: 'auth-pair', revocations, now }),
    onTrouble: trouble => troubles.push(trouble),
    ...rest,
  })
  app.use(web.routes)
  app.get('/', (_req, res) => void res.type('html').send('<h1>Welcome</h1>'))
  const show: RequestHandler = (req, res) => void res.json({ user: req.auth?.sub })
  app.get('/orders', web.signedIn as RequestHandler, show)
  app.post('/orders', web.signedIn as RequestHandler, show)
  more?.(app, web)
  const onError: express.ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).send(String(error))
  app.use(onError)
  return {
    url,
    troubles,
    web,
    close: async () => {
      await stop(server)
      if (!rest.redis) (redis as { disconnect?: () => void }).disconnect?.()
    },
  }
}

const connected = async (redis: ReturnType<typeof testRedis>) => {
  if (redis.status !== 'ready') await once(redis, 'ready')
  return redis
}

const stop = async (server: Server) => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}
