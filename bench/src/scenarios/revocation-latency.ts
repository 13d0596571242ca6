import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { wideLimits } from '@auth-pair/dev/wide-limits'
import { faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import type { Needs, Result } from '../scenario.ts'
import { startServer } from '../server-process.ts'
import { median, percentile } from '../statistics.ts'

export const about = 'How long after a sign-out ten test-servers still accept its access token.'

const services = 10
const password = 'correct horse battery'
const limits = { medianMs: 50, p99Ms: 250, catchUpMs: 1000 } as const

export const run = async ({ quick, progress, startRedis, startPostgres, atEnd }: Needs): Promise<Result> => {
  const [redis, postgres] = [await startRedis(), await startPostgres()]
  const authPort = await freePort()
  const authUrl = `http://127.0.0.1:${authPort}`
  const secret = randomBytes(48).toString('base64')
  const common = { JWT_ACCESS_SECRET: secret, PUBLIC_URL: authUrl, LOG_LEVEL: 'warn' }
  const auth = await startServer('auth-server/src/main.ts', {
    ...common,
    AUTH_PORT: String(authPort),
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
    COOKIE_SECURE: 'false',
    BCRYPT_COST: '4',
    ...wideLimits,
  })
  atEnd(auth.stop)
  await auth.ready(authUrl)
  const proxy = await faultProxyOf(authUrl)
  atEnd(proxy.close)
  const ports = await Promise.all(Array.from({ length: services }, freePort))
  for (const port of ports) {
    const server = await startServer('test-server/src/main.ts', {
      ...common,
      TEST_PORT: String(port),
      AUTH_SERVER_URL: `http://127.0.0.1:${proxy.port}`,
    })
    atEnd(server.stop)
    await server.ready(`http://127.0.0.1:${port}`)
  }

  const agent = new Agent({ keepAlive: true })
  atEnd(() => agent.destroy())
  const send = async (
    method: string,
    port: number,
    path: string,
    token?: string,
    body?: object,
  ): Promise<{ status: number; body: string }> => {
    const headers = {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body && { 'Content-Type': 'application/json' }),
    }
    const req = request({ method, port, path, headers, agent, host: '127.0.0.1' })
    req.end(body && JSON.stringify(body))
    const [res] = await once(req, 'response')
    let text = ''
    for await (const chunk of res) text += chunk
    return { status: res.statusCode, body: text }
  }
  const signUp = async () => {
    const credentials = { email: `ada-${randomUUID()}@example.com`, password, tokenTransport: 'body' }
    const answer = await send('POST', authPort, '/api/signup', undefined, credentials)
    return JSON.parse(answer.body) as { accessToken: string; refreshToken: string }
  }
  const restricted = async (port: number, token: string) => (await send('GET', port, '/api/restricted', token)).status
  /** Milliseconds until each service has refused the token for the first time, asked without a pause. */
  const untilRefused = (token: string, began: number) =>
    Promise.all(
      ports.map(async port => {
        while ((await restricted(port, token)) !== 401)
          if (performance.now() - began > 10_000) throw new Error('never refused')
        return performance.now() - began
      }),
    )

  const one: number[] = []
  const all: number[] = []
  const count = quick ? 50 : 1000
  for (let i = 0; i < count; i++) {
    progress(`sign-out ${i + 1} of ${count}`)
    const { accessToken, refreshToken } = await signUp()
    for (const port of ports) if ((await restricted(port, accessToken)) !== 200) throw new Error('not accepted')
    await send('POST', authPort, '/api/signout', refreshToken)
    const times = await untilRefused(accessToken, performance.now())
    one.push(...times)
    all.push(Math.max(...times))
  }

  const caughtUp: number[] = []
  const breaks = quick ? 3 : 30
  for (let i = 0; i < breaks; i++) {
    progress(`broken connection ${i + 1} of ${breaks}`)
    const { accessToken, refreshToken } = await signUp()
    await proxy.set('refuse')
    await send('POST', authPort, '/api/signout', refreshToken)
    // long enough for every back-off to have reached its end
    await wait(quick ? 500 : 3000)
    for (const port of ports)
      if ((await restricted(port, accessToken)) !== 200) throw new Error('refused without the feed')
    await proxy.set('pass')
    caughtUp.push(Math.max(...(await untilRefused(accessToken, performance.now()))))
  }

  const [medianMs, p99Ms, catchUpMs] = [median(one), percentile(one, 0.99), Math.max(...caughtUp)]
  const row = (name: string, figures: readonly number[]) => [
    name,
    ...[0.5, 0.95, 0.99, 1].map(share => percentile(figures, share).toFixed(1)),
  ]
  return {
    notes: [
      `One auth-server and ${services} test-servers as processes of their own, connected to its feed, on ${postgres.about} and ${redis.about}; two cores for all of them and for the clients. ${count} sign-outs: from the answer of \`POST /api/signout\` to the first 401 of \`GET /api/restricted\`, asked again without a pause at all of the services at once, so that a question under way counts too.`,
      `${breaks} times the connections of all services to the auth-server were refused for 3 s, and a session ended meanwhile: from the moment when connections are accepted again to the 401 of the last service.`,
    ],
    tables: [
      {
        title: 'Milliseconds',
        head: ['', 'median', '95 %', '99 %', 'longest'],
        rows: [
          row('to the 401 of a service', one),
          row('to the 401 of the last of ten', all),
          row('after a broken connection, the last of ten', caughtUp),
        ],
      },
    ],
    plot: {
      kind: 'lines',
      title: 'From the answer of a sign-out to the first 401 of a service',
      x: 'share of the answers, %',
      y: 'ms',
      series: [
        { name: 'a service', points: Array.from({ length: 100 }, (_, i) => [i, percentile(one, i / 100)] as const) },
        {
          name: 'the last of ten',
          points: Array.from({ length: 100 }, (_, i) => [i, percentile(all, i / 100)] as const),
        },
      ],
    },
    figures: { count, medianMs, p99Ms, catchUpMs, lastOfTen: { medianMs: median(all), p99Ms: percentile(all, 0.99) } },
    missed: [
      medianMs > limits.medianMs && `the median of ${medianMs.toFixed(1)} ms is above ${limits.medianMs} ms`,
      p99Ms > limits.p99Ms && `the 99th percentile of ${p99Ms.toFixed(1)} ms is above ${limits.p99Ms} ms`,
      catchUpMs > limits.catchUpMs && `catching up took ${catchUpMs.toFixed(0)} ms, more than ${limits.catchUpMs} ms`,
    ].filter(complaint => complaint !== false),
  }
}
