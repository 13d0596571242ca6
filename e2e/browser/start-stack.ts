/** What a browser meets: the auth-server behind a proxy that breaks things, a test-server, and two front ends on ports of their own. */
import { createRevocationFeed } from '@auth-pair/access-token'
import { freePort } from '@auth-pair/dev/free-port'
import { memoryLog, serve } from '@auth-pair/service/testing'
import { createApp as createTestApp } from '@auth-pair/test-server/app'
import { readConfig as readTestConfig } from '@auth-pair/test-server/config'
import { freshEmail, goodPassword, secrets, startAuthServer } from '../../auth-server/src/testing/index.ts'
import { buildBrowserClient } from '../../packages/client/build/browser.ts'
import { atPair, documentedCode } from '../src/documented-code.ts'
import { startFaultProxy } from '../src/fault-proxy.ts'
import { reserveFrontEnd } from './front-end.ts'

export { freshEmail, goodPassword }

/** Seconds that an access token lives: the least that the settings allow. */
export const tokenLifeS = 10

export const startStack = async () => {
  const [one, two, stranger] = [await reserveFrontEnd(), await reserveFrontEnd(), await reserveFrontEnd()]
  // time as the servers see it: a test moves it on, as if a laptop had slept
  let ahead = 0
  const now = () => Date.now() + ahead
  const proxy = await startFaultProxy()
  const authUrl = `http://localhost:${proxy.port}`
  const settings = {
    PUBLIC_URL: authUrl,
    JWT_ACCESS_AGE_S: String(tokenLifeS),
    CORS_ORIGINS: `${one.origin},${two.origin}`,
  }
  const auth = await startAuthServer(settings, { now })
  proxy.redirect(auth.url)
  await proxy.set('pass')

  const config = readTestConfig({ ...settings, JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET })
  const { issuer } = config.accessToken
  const feed = createRevocationFeed({
    authServerUrl: auth.url,
    secret: config.serviceSecret,
    issuer,
    service: 'test-server',
    now,
  })
  feed.start()
  const { app } = createTestApp({ config, log: memoryLog().log, revocations: feed.revocations, now })
  const testServer = await serve(app, { port: await freePort() })
  const serviceUrl = `http://localhost:${testServer.port}`

  const built = await buildBrowserClient()
  const files = Object.fromEntries(built.map(({ name, text }) => [`/${name}`, text]))
  const page = pageOf(authUrl, serviceUrl)
  const guide = guidePage(authUrl, serviceUrl)
  const frontEnds = [one, two, stranger].map(({ serve: open }) =>
    open({ ...files, '/index.html': page, '/guide.html': guide }),
  )

  return {
    auth,
    authUrl,
    serviceUrl,
    proxy,
    one: one.origin,
    two: two.origin,
    stranger: stranger.origin,
    /** Moves the servers' time on, and not that of the browser. */
    pass: (ms: number) => {
      ahead += ms
    },
    /** How many refreshes have been answered so far. */
    refreshes: () => auth.lines.filter(({ method, route }) => method === 'POST' && route === '/api/refresh').length,
    close: async () => {
      for (const frontEnd of frontEnds) await frontEnd.close()
      feed.stop()
      await testServer.close()
      await proxy.close()
      await auth.close()
    },
  }
}

export type Stack = Awaited<ReturnType<typeof startStack>>

/** The page of the guide, as it is written. */
const guidePage = (authUrl: string, testUrl: string) => {
  const page = documentedCode('docs/guide-call-a-service.md').find(({ attributes }) => attributes.page === 'index.html')
  if (!page) throw new Error('docs/guide-call-a-service.md has no page=index.html')
  return atPair(page.code, { authUrl, testUrl })
}

/** A page that has nothing but a client, and writes down what it is told. */
const pageOf = (authUrl: string, serviceUrl: string) => `<!doctype html>
<title>front end</title>
<script type="module">
  import { createAuthClient } from '/auth-client.js'
  window.told = []
  window.client = createAuthClient({
    url: '${authUrl}',
    services: ['${serviceUrl}'],
  })
  window.client.onChange(change => window.told.push(change))
</script>
`
