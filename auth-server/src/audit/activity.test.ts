import { setTimeout as wait } from 'node:timers/promises'
import { goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

interface Shown {
  id: string
  event: string
  at: string
}
interface Page {
  events: Shown[]
  next: string | null
}
const activity = (accessToken: string, query = '') =>
  server.http.get(`/api/account/activity${query}`).set('Authorization', `Bearer ${accessToken}`)
const addEvent = {
  name: 'test-add-event',
  text: `insert into audit_events (user_id, event, outcome, reason, happened_at)
         select $1::uuid, 'signed-in', 'success', 'number ' || i, now() - $3::float8 * interval '1 second'
         from generate_series(1, $2::integer) as i`,
}
/** Events of one moment, such as one statement makes them. */
const addEvents = (userId: string, count: number, secondsAgo = 0) =>
  server.postgres.write(addEvent, [userId, count, secondsAgo])

describe('GET /api/account/activity', () => {
  test('shows what happened to the account, the newest first, and nothing that is not for its owner', async () => {
    const { email, user, accessToken } = await signUp(server)
    await server.http.post('/api/signin').send({ email, password: 'not the password' })
    let res = await activity(accessToken)
    // what failed is written within a second, and its time is exact to what writing takes
    for (let i = 0; i < 200 && res.body.events.length < 2; i++, await wait(20)) res = await activity(accessToken)
    const again = await server.http
      .post('/api/signin')
      .set('User-Agent', 'curl/8.5.0')
      .send({ email, password: goodPassword })
    res = await activity(accessToken)
    const common = { id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/), ip: '127.0.0.1', device: 'Unknown device' }
    const at = expect.stringMatching(/^20\d\d-.*Z$/)
    const sid = JSON.parse(Buffer.from(again.body.accessToken.split('.')[1], 'base64url').toString()).sid
    expect(res.status).toBe(200)
    expect(res.body).toEqual({
      events: [
        { ...common, at, event: 'signed-in', outcome: 'success', reason: null, device: 'curl', sessionId: sid },
        { ...common, at, event: 'sign-in-failed', outcome: 'failure', reason: 'wrong-password' },
        { ...common, at, event: 'signed-up', outcome: 'success', reason: null, sessionId: expect.any(String) },
      ],
      next: null,
    })
    expect(res.text).not.toContain(user.id)
    expect(res.headers['cache-control']).toBe('no-store')
  })

  test('shows nobody else’s events, whatever the cursor', async () => {
    const [one, other] = [await signUp(server), await signUp(server)]
    await addEvents(one.user.id, 5)
    const { next } = (await activity(one.accessToken, '?limit=1')).body as Page
    expect((await activity(other.accessToken)).body.events).toHaveLength(1)
    const { events } = (await activity(other.accessToken, `?cursor=${next}`)).body as Page
    expect(events.map(({ event }) => event)).toEqual(['signed-up'])
  })

  test('gives pages without a gap or a repetition, while events are added', async () => {
    const { user, accessToken } = await signUp(server)
    for (const secondsAgo of [3, 2, 1]) await addEvents(user.id, 40, secondsAgo)
    const whole = new Set<string>()
    for (let next: string | null = '', pages = 0; next !== null; pages++) {
      const res = await activity(accessToken, next === '' ? '?limit=7' : `?limit=7&cursor=${next}`)
      const page = res.body as Page
      expect([res.status, page.events.length <= 7, pages < 20]).toEqual([200, true, true])
      for (const { id } of page.events) {
        expect(whole.has(id)).toBe(false)
        whole.add(id)
      }
      next = page.next
      await addEvents(user.id, 3)
    }
    expect(whole.size).toBe(121)
    const times = ((await activity(accessToken, '?limit=100')).body as Page).events.map(({ at }) => at)
    expect(times).toEqual([...times].sort().reverse())
  })

  test('gives 50 a page, or as many as are asked for', async () => {
    const { user, accessToken } = await signUp(server)
    await addEvents(user.id, 120)
    for (const [query, count] of [
      ['', 50],
      ['?limit=1', 1],
      ['?limit=100', 100],
    ] as const)
      expect((await activity(accessToken, query)).body.events).toHaveLength(count)
  })

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1e1',
    'limit=%31%30x',
    'limit=',
    'limit=5&limit=5',
    'cursor=',
    'cursor=x',
    `cursor=${'A'.repeat(22)}`,
    `cursor=${'A'.repeat(4000)}`,
    'cursor=%00',
    'cursor=1%20or%201=1',
    'user=6ebe325c-0000-4000-8000-000000000000',
    'constructor=1',
  ])('?%s is refused', async query => {
    const { accessToken } = await signUp(server)
    const res = await activity(accessToken, `?${query}`)
    expect([res.status, res.body.code, res.body.errors?.length]).toEqual([400, 'invalid-input', 1])
    expect(res.body.errors[0].path).toBe(query.split('=')[0])
  })

  test('is for the signed-in', async () => {
    expect((await server.http.get('/api/account/activity')).status).toBe(401)
    expect((await activity('x')).status).toBe(401)
    const { accessToken, refreshToken } = await signUp(server)
    await server.http.post('/api/signout').send({ refreshToken })
    expect((await activity(accessToken)).status).toBe(401)
  })

  test('takes no other method', async () => {
    const { accessToken } = await signUp(server)
    const res = await server.http.delete('/api/account/activity').set('Authorization', `Bearer ${accessToken}`)
    expect([res.status, res.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})
