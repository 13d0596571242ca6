import { spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { patientHashing, wideLimits } from '@auth-pair/dev/wide-limits'
import { startHaproxy } from './haproxy.ts'
import { ready, start, stopAll } from './pair.ts'

jest.setTimeout(120_000)
afterEach(stopAll)

const password = 'correct horse battery'
const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0
const secrets = {
  JWT_ACCESS_SECRET: randomBytes(48).toString('base64'),
  REFRESH_TOKEN_SECRET: randomBytes(48).toString('base64'),
}
const stores = { DATABASE_URL: process.env.TEST_DATABASE_URL ?? '', REDIS_URL: process.env.TEST_REDIS_URL ?? '' }

const named = hasHaproxy ? test : test.skip
describe('two auth-servers behind haproxy', () => {
  named('restarted one after the other under load lose no request', async () => {
    const ports = [await freePort(), await freePort()]
    const proxy = await startHaproxy({ auth: ports })
    const url = proxy.url('auth')
    const startAuth = async (port: number) => {
      const env = {
        ...secrets,
        ...stores,
        PUBLIC_URL: url,
        COOKIE_SECURE: 'false',
        BCRYPT_COST: '4',
        ...wideLimits,
        ...patientHashing,
      }
      const server = start(process.execPath, ['auth-server/src/main.ts'], {
        ...env,
        AUTH_PORT: String(port),
        DRAIN_S: '2',
        LOG_LEVEL: 'warn',
      })
      await ready(`http://127.0.0.1:${port}/health/ready`, server)
      return server
    }
    const servers = await Promise.all(ports.map(startAuth))
    const testPort = await freePort()
    const service = start(process.execPath, ['test-server/src/main.ts'], {
      JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET,
      PUBLIC_URL: url,
      TEST_PORT: String(testPort),
      AUTH_SERVER_URL: url,
    })
    await ready(`http://127.0.0.1:${testPort}/health/ready`, service)
    for (let i = 0; (await fetch(`${url}/health/ready`)).status !== 200 && i < 100; i++) await wait(100)

    await proxy.untilAllAreUp()

    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    const send = async (path: string, body: object): Promise<{ status: number; body: Record<string, string> }> => {
      const headers = { 'Content-Type': 'application/json' }
      const req = request(`${url}${path}`, { method: 'POST', agent, headers })
      req.end(JSON.stringify(body))
      const [res] = await once(req, 'response')
      let text = ''
      for await (const chunk of res) text += chunk
      // what haproxy answers itself is a page
      const isJson = String(res.headers['content-type']).includes('json')
      return { status: res.statusCode, body: isJson ? JSON.parse(text) : { page: text } }
    }

    let going = true
    const failures: unknown[] = []
    let served = 0
    const client = async () => {
      const email = `ada-${randomUUID()}@example.com`
      let { refreshToken } = (await send('/api/signup', { email, password, tokenTransport: 'body' })).body
      for (let turn = 0; going; turn++) {
        // a hundred sign-ins would push the session out
        const signsIn = turn % 50 === 49
        const path = signsIn ? '/api/signin' : '/api/refresh'
        const body = signsIn ? { email, password, tokenTransport: 'body' } : { refreshToken }
        try {
          const res = await send(path, body)
          if (res.status === 200) served++
          else failures.push([path, res.status, res.body])
          if (!signsIn && res.status === 200) refreshToken = res.body.refreshToken
        } catch (error) {
          failures.push([path, String(error)])
        }
        await wait(10)
      }
    }
    const clients = Array.from({ length: 10 }, client)
    for (let round = 0; round < 4; round++) {
      const which = round % 2
      await wait(500)
      expect(await servers[which]?.stop()).toBe(0)
      servers[which] = await startAuth(ports[which] as number)
      await proxy.untilAllAreUp()
    }
    going = false
    await Promise.all(clients)
    agent.destroy()
    expect(failures).toEqual([])
    expect(served).toBeGreaterThan(200)

    // and the service that follows revocations has found its way to a server that is there
    const out = await send('/api/signup', {
      email: `ada-${randomUUID()}@example.com`,
      password,
      tokenTransport: 'body',
    })
    await send('/api/signout', { refreshToken: out.body.refreshToken })
    const restricted = () =>
      fetch(`http://127.0.0.1:${testPort}/api/restricted`, {
        headers: { Authorization: `Bearer ${out.body.accessToken}` },
      })
    for (let i = 0; (await restricted()).status !== 401; i++) {
      if (i > 100) throw new Error('the service was not told')
      await wait(20)
    }
    expect(await Promise.all([...servers, service].map(server => server.stop()))).toEqual([0, 0, 0])
  })
})
