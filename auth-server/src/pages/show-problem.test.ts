import { setTimeout as wait } from 'node:timers/promises'
import { faultProxyOf, startFaultProxy } from '@auth-pair/e2e/fault-proxy'
import { problems } from '@auth-pair/service'
import { freshEmail, goodPassword, setCookies, signUp, startAuthServer, testEnvironment } from '../testing/index.ts'
import { inHumanWords } from './problem-words.ts'

const form = { email: 'ada@example.com', password: goodPassword }

/** Somebody reads it: a page, in words, that names nothing of the inside and takes no cookie away. */
const expectUnavailable = (res: { status: number; text: string; headers: Record<string, string> }) => {
  expect([res.status, res.headers['content-type'], res.headers['retry-after'], res.headers['cache-control']]).toEqual([
    503,
    'text/html; charset=utf-8',
    '2',
    'no-store',
  ])
  expect(res.text).toContain('This does not work at the moment')
  expect(res.text).toContain('Nothing is wrong with your account.')
  expect(res.text).not.toMatch(/ECONN|127\.0\.0\.1:|postgres|redis|timeout|select|"code"/i)
}

describe.each(['refuse', 'black-hole'] as const)('when Redis is away (%s)', mode => {
  test('every page says so in words, and keeps the email', async () => {
    const healthy = await startAuthServer()
    const held = await signUp(healthy, { tokenTransport: 'cookie' })
    await healthy.close()
    const proxy = await startFaultProxy()
    await proxy.set(mode)
    const server = await startAuthServer({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    const cookie = `xid_access=${held.accessToken}; xid_refresh=${held.refreshToken}`
    const post = (path: string) => server.http.post(path).type('form').set('Cookie', cookie)
    for (let i = 0; (await server.http.get('/account').set('Cookie', cookie)).status === 303 && i < 200; i++)
      await wait(25)

    expect((await server.http.get('/sign-in')).status).toBe(200)
    for (const path of ['/sign-in', '/sign-up']) {
      const res = await post(path).send(form)
      expectUnavailable(res)
      expect(res.text).toContain('value="ada@example.com"')
      expect(setCookies(res)).toEqual([])
    }
    for (const res of [
      await server.http.get('/account').set('Cookie', cookie),
      await server.http.get('/api/continue?to=/account').set('Cookie', cookie),
      await post('/account/sign-out').send({}),
      await post('/account/end-others').send({}),
      await post('/account/sign-out-everywhere').send({}),
    ]) {
      expectUnavailable(res)
      expect(setCookies(res)).toEqual([])
    }
    // what programs ask is still answered as they expect
    expect((await server.http.get('/nothing-here')).body.code).toBe('not-found')
    expect((await server.http.post('/api/refresh').set('Cookie', cookie)).body.code).toBe('unavailable')
    await server.close()
    await proxy.close()
  }, 30_000)
})

test('when PostgreSQL is away, pages say so in words, and all of it comes back', async () => {
  const { DATABASE_URL = '' } = testEnvironment()
  const proxy = await faultProxyOf(DATABASE_URL)
  const server = await startAuthServer({ DATABASE_URL: proxy.through(DATABASE_URL) })
  while ((await server.http.get('/health/ready')).status !== 200) await wait(25)
  const { accessToken } = await signUp(server)
  const email = freshEmail()
  const sendIn = () => server.http.post('/sign-up').type('form').send({ email, password: goodPassword })
  const account = () => server.http.get('/account').set('Cookie', `xid_access=${accessToken}`)
  await proxy.set('refuse')
  expectUnavailable(await account())
  const refused = await sendIn()
  expectUnavailable(refused)
  expect(refused.text).toContain(`value="${email}"`)
  await proxy.set('pass')
  while ((await account()).status !== 200) await wait(50)
  expect((await sendIn()).status).toBe(303)
  await server.close()
  await proxy.close()
}, 30_000)

test('an address that no page has is told in words below /account, and as a problem elsewhere', async () => {
  const server = await startAuthServer()
  const page = await server.http.get('/account/nothing')
  expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  expect(page.text).toContain('There is no such page')
  expect(page.text).toContain(`<code>${page.headers['x-request-id']}</code>`)
  for (const path of ['/nothing', '/sign-inn', '/api/nothing', '/accounts'])
    expect((await server.http.get(path)).body.code).toBe('not-found')
  await server.close()
})

test('what goes wrong on the way from a front end is a page for browsers', async () => {
  const server = await startAuthServer()
  const ask = () => server.http.get('/api/authorize?redirect_uri=https://unknown.example')
  const page = await ask().set('Accept', 'text/html,application/xhtml+xml')
  expect([page.status, page.headers['content-type']]).toEqual([400, 'text/html; charset=utf-8'])
  expect(page.text).toContain('The site that sent you here is not known')
  expect(page.text).not.toContain('unknown.example')
  expect((await ask()).body.code).toBe('return-address-unknown')
  await server.close()
})

test('a page writes one line in the log, without anything that was typed', async () => {
  const server = await startAuthServer()
  const email = freshEmail()
  await server.http
    .post('/sign-in?redirect_uri=https://typed.example')
    .type('form')
    .send({ email, password: 'typed too' })
  const lines = server.lines.filter(({ msg, route }) => msg === 'request' && route === '/sign-in')
  expect(lines).toEqual([expect.objectContaining({ method: 'POST', status: 401, requestId: expect.any(String) })])
  expect(server.logText()).not.toMatch(new RegExp(`${email}|typed`))
  await server.close()
})

test.each(Object.keys(problems))('%s has words for a person', code => {
  const { title, text } = inHumanWords({
    code,
    status: problems[code as keyof typeof problems].status,
    headers: {},
  } as never)
  expect(title).toMatch(/^[A-Z][^.]+$/)
  expect(`${title} ${text}`).not.toMatch(/token is|`|undefined|NaN|JSON|endpoint/)
})

test.each([
  ['1', 'a few seconds'],
  ['30', '30 seconds'],
  ['90', '2 minutes'],
  ['3600', '60 minutes'],
  ['7201', '3 hours'],
])('a wait of %s s is %s', (seconds, words) => {
  const problem = { code: 'too-many-requests', status: 429, headers: { 'Retry-After': seconds } }
  expect(inHumanWords(problem as never).text).toContain(`Try again in ${words}.`)
})
