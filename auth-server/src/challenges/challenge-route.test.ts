import { startChallenged } from '../testing/challenged-server.ts'
import { startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer({ CHALLENGE_WORK: '5' })
})
afterAll(() => server.close())

describe('GET /api/challenge', () => {
  test.each(['sign-up', 'sign-in'])('gives out one for %s', async action => {
    const res = await server.http.get(`/api/challenge?action=${action}`)
    expect([res.status, res.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(res.body).toMatchObject({ kind: 'altcha', parameters: { data: { action } } })
    expect(res.text).not.toContain(server.config.refreshTokenSecret)
  })

  test.each([
    '',
    '?',
    '?action',
    '?action=',
    '?action=sign-out',
    '?action=Sign-up',
    '?action=sign-up&action=sign-in',
    '?action=sign-up&action=sign-up',
    '?action[]=sign-up',
    '?action=sign-up&x=1',
    '?action=sign%2Dup%00',
    '?action=__proto__',
    '?ACTION=sign-up',
    '?%',
    '?action=%ff',
    `?action=${'a'.repeat(5000)}`,
  ])('with %s is a complaint', async query => {
    const res = await server.http.get(`/api/challenge${query}`)
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors).toEqual([{ path: 'action', message: 'Say ?action=sign-up or ?action=sign-in.' }])
  })

  test('answers while both stores are away', async () => {
    const alone = await startAuthServer({
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere',
      REDIS_URL: 'redis://127.0.0.1:1',
    })
    expect((await alone.http.get('/api/challenge?action=sign-up')).status).toBe(200)
    await alone.close()
  })
})

describe('without challenges', () => {
  test('that is what the route says, and everything passes', async () => {
    const off = await startChallenged({ policy: { kind: 'none' } })
    expect((await off.http.get('/api/challenge?action=sign-up')).body).toEqual({ kind: 'none' })
    expect((await off.http.get('/api/challenge')).status).toBe(400)
    for (const solution of [undefined, 'anything']) expect(await off.send('sign-up', solution)).toBe(204)
    await off.close()
  })
})
