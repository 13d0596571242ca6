import { randomUUID } from 'node:crypto'
import bcrypt from 'bcrypt'
import { auditRows, untilAuditRows } from '../testing/audit-rows.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
let clock = Date.now()
beforeAll(async () => {
  server = await startAuthServer({ MAX_SESSIONS_PER_USER: '2' }, { sessionNow: () => clock })
})
afterAll(() => server.close())

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** Sends a request that can be found again. */
const send = (method: 'get' | 'post' | 'delete', path: string, requestId: string) =>
  server.http[method](path).set('X-Request-Id', requestId).set('User-Agent', firefox)
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const signIn = (email: string, password = goodPassword) =>
  server.http.post('/api/signin').send({ email, password, tokenTransport: 'body' })

interface Happening {
  readonly userId: string | null
  /** What is in the record under the request's id, without what all have. */
  readonly events: readonly object[]
}
type Action = (requestId: string) => Promise<Happening>

/** A user with two sessions, the second of which is at hand. */
const userWithTwo = async () => {
  const first = await signUp(server)
  // the older of the two is the one that makes room
  clock += 1000
  const second = (await signIn(first.email)).body as { accessToken: string; refreshToken: string }
  const { sessions } = (await server.http.get('/api/sessions').set(bearer(second.accessToken))).body
  const other: string = sessions.find(({ current }: { current: boolean }) => !current).id
  const own: string = sessions.find(({ current }: { current: boolean }) => current).id
  return { ...first, ...second, first, other, own }
}

const disable = (userId: string) => {
  const text = 'update users set disabled_at = now() where id = $1'
  return server.postgres.write({ name: 'test-disable', text }, [userId])
}

const succeeded = { outcome: 'success', reason: null, subject: null }
const failed = { outcome: 'failure', session_id: null }

const actions: Record<string, Action> = {
  'signing up': async requestId => {
    const res = await send('post', '/api/signup', requestId).send({ email: freshEmail(), password: goodPassword })
    const [session] = await sessionsOf(res.body.accessToken)
    return { userId: res.body.user.id, events: [{ ...succeeded, event: 'signed-up', session_id: session }] }
  },
  'signing in': async requestId => {
    const { email, user } = await signUp(server)
    const res = await send('post', '/api/signin', requestId).send({ email, password: goodPassword })
    const session = JSON.parse(Buffer.from(res.body.accessToken.split('.')[1], 'base64url').toString()).sid
    return { userId: user.id, events: [{ ...succeeded, event: 'signed-in', session_id: session }] }
  },
  'signing in with a hash of another system': async requestId => {
    const { email, user } = await signUp(server)
    const text = 'update users set password_hash = $2 where id = $1'
    await server.postgres.write({ name: 'test-set-hash', text }, [user.id, await bcrypt.hash(goodPassword, 4)])
    expect((await send('post', '/api/signin', requestId).send({ email, password: goodPassword })).status).toBe(200)
    const rehashed = { ...succeeded, event: 'password-rehashed', session_id: null }
    return { userId: user.id, events: [rehashed, { ...succeeded, event: 'signed-in', session_id: expect.any(String) }] }
  },
  'a wrong password': async requestId => {
    const { email, user } = await signUp(server)
    await send('post', '/api/signin', requestId).send({ email, password: 'not the password' })
    const events = [{ ...failed, event: 'sign-in-failed', reason: 'wrong-password', subject: null }]
    return { userId: user.id, events }
  },
  'an unknown account': async requestId => {
    await send('post', '/api/signin', requestId).send({ email: freshEmail(), password: goodPassword })
    const subject = expect.stringMatching(/^[A-Za-z0-9_-]{43}$/)
    return { userId: null, events: [{ ...failed, event: 'sign-in-failed', reason: 'unknown-account', subject }] }
  },
  'a wrong password of a disabled account': async requestId => {
    const { email, user } = await signUp(server)
    await disable(user.id)
    await send('post', '/api/signin', requestId).send({ email, password: 'not the password' })
    const events = [{ ...failed, event: 'sign-in-failed', reason: 'wrong-password', subject: null }]
    return { userId: user.id, events }
  },
  'the right password of a disabled account': async requestId => {
    const { email, user } = await signUp(server)
    await disable(user.id)
    await send('post', '/api/signin', requestId).send({ email, password: goodPassword })
    const events = [{ ...failed, event: 'sign-in-failed', reason: 'account-disabled', subject: null }]
    return { userId: user.id, events }
  },
  'signing out': async requestId => {
    const { user, own, refreshToken } = await userWithTwo()
    await send('post', '/api/signout', requestId).send({ refreshToken })
    return { userId: user.id, events: [{ ...succeeded, event: 'signed-out', session_id: own }] }
  },
  'ending one session': async requestId => {
    const { user, other, accessToken } = await userWithTwo()
    await send('delete', `/api/sessions/${other}`, requestId).set(bearer(accessToken))
    return { userId: user.id, events: [{ ...succeeded, event: 'session-revoked', session_id: other }] }
  },
  'ending the other sessions': async requestId => {
    const { user, other, accessToken } = await userWithTwo()
    await send('delete', '/api/sessions?except=current', requestId).set(bearer(accessToken))
    return { userId: user.id, events: [{ ...succeeded, event: 'session-revoked', session_id: other }] }
  },
  'signing out everywhere': async requestId => {
    const { user, accessToken } = await userWithTwo()
    await send('delete', '/api/sessions', requestId).set(bearer(accessToken))
    return { userId: user.id, events: [{ ...succeeded, event: 'signed-out-everywhere', session_id: null }] }
  },
  'changing the password': async requestId => {
    const { user, accessToken } = await userWithTwo()
    const body = { currentPassword: goodPassword, newPassword: `${goodPassword}, twice` }
    await send('post', '/api/password', requestId).set(bearer(accessToken)).send(body)
    const changed = { ...succeeded, event: 'password-changed', session_id: null }
    return { userId: user.id, events: [changed, { ...succeeded, event: 'signed-in', session_id: expect.any(String) }] }
  },
  'a wrong password at its change': async requestId => {
    const { user, accessToken } = await signUp(server)
    const body = { currentPassword: 'not the password', newPassword: `${goodPassword}, twice` }
    await send('post', '/api/password', requestId).set(bearer(accessToken)).send(body)
    const events = [{ ...failed, event: 'sign-in-failed', reason: 'wrong-password', subject: null }]
    return { userId: user.id, events }
  },
  'a session that makes room': async requestId => {
    const { user, email, other } = await userWithTwo()
    await send('post', '/api/signin', requestId).send({ email, password: goodPassword })
    const evicted = { ...succeeded, event: 'session-evicted', session_id: other }
    return { userId: user.id, events: [evicted, { ...succeeded, event: 'signed-in', session_id: expect.any(String) }] }
  },
  'a retired refresh token': async requestId => {
    const { user, own, refreshToken } = await userWithTwo()
    let newest = refreshToken
    for (let i = 0; i < 3; i++) {
      clock += 60_000
      newest = (await server.http.post('/api/refresh').send({ refreshToken: newest })).body.refreshToken
    }
    clock += 60_000
    expect((await send('post', '/api/refresh', requestId).send({ refreshToken })).status).toBe(401)
    const events = [{ ...succeeded, outcome: 'failure', event: 'token-reuse-detected', session_id: own }]
    return { userId: user.id, events }
  },
}

const sessionsOf = async (accessToken: string): Promise<string[]> =>
  (await server.http.get('/api/sessions').set(bearer(accessToken))).body.sessions.map(({ id }: { id: string }) => id)

describe('the record of what happened', () => {
  test.each(Object.keys(actions))('%s leaves its events: when, who, from where, what, how it ended', async name => {
    const requestId = randomUUID()
    const began = Date.now()
    const { userId, events } = await (actions[name] as Action)(requestId)
    const rows = await untilAuditRows(server.postgres, 'request_id', requestId, events.length)
    const own = { user_id: userId, ip: '127.0.0.1', device: 'Firefox on Linux', request_id: requestId, count: '1' }
    expect(rows).toHaveLength(events.length)
    expect(rows).toEqual(expect.arrayContaining(events.map(event => expect.objectContaining({ ...own, ...event }))))
    for (const { happened_at } of rows) {
      expect(happened_at.getTime()).toBeGreaterThan(began - 1000)
      expect(happened_at.getTime()).toBeLessThan(Date.now() + 1000)
    }
  })

  test.each([
    ['a refresh', () => userWithTwo().then(({ refreshToken }) => ['post', '/api/refresh', { refreshToken }] as const)],
    [
      'signing out of what has ended already',
      async () => {
        const { refreshToken } = await userWithTwo()
        await server.http.post('/api/signout').send({ refreshToken })
        return ['post', '/api/signout', { refreshToken }] as const
      },
    ],
    [
      'a sign-up with an address that is taken',
      async () => {
        const { email } = await signUp(server)
        return ['post', '/api/signup', { email, password: goodPassword }] as const
      },
    ],
    ['a sign-up that is refused', async () => ['post', '/api/signup', { email: freshEmail(), password: 'x' }] as const],
  ])('%s leaves none', async (_name, prepare) => {
    const [method, path, body] = await prepare()
    const requestId = randomUUID()
    await send(method, path, requestId).send(body)
    // what comes later in the same order is there
    const after = randomUUID()
    await send('post', '/api/signin', after).send({ email: freshEmail(), password: goodPassword })
    await untilAuditRows(server.postgres, 'request_id', after)
    expect(await auditRows(server.postgres, 'request_id', requestId)).toEqual([])
  })

  test('attempts on one address without an account have one subject, whatever its case, and another one on another server', async () => {
    const email = freshEmail()
    const foreign = await startAuthServer({ REFRESH_TOKEN_SECRET: 'another-secret-0123456789-abcdefghij' })
    const subjectOf = async (at: TestServer, address: string) => {
      const id = randomUUID()
      await at.http.post('/api/signin').set('X-Request-Id', id).send({ email: address, password: goodPassword })
      return (await untilAuditRows(server.postgres, 'request_id', id))[0]?.subject
    }
    const one = await subjectOf(server, email)
    expect(await subjectOf(server, email.toUpperCase())).toBe(one)
    expect(await subjectOf(server, freshEmail())).not.toBe(one)
    expect(await subjectOf(foreign, email)).not.toBe(one)
    await foreign.close()
  })

  test('is in plain letters and short, whatever a client says of itself', async () => {
    for (const device of [`${'x'.repeat(8000)}`, 'evil\u00a0\u009b31m\u00ff/1 (\u0085)', '\t', 'x'.repeat(300)]) {
      const requestId = randomUUID()
      const body = { email: freshEmail(), password: goodPassword }
      const res = await server.http
        .post('/api/signup')
        .set('X-Request-Id', requestId)
        .set('User-Agent', device)
        .send(body)
      expect(res.status).toBe(201)
      const [row] = await auditRows(server.postgres, 'request_id', requestId)
      expect(row?.device).toMatch(/^[ -~]{1,40}$/)
    }
  })

  test('takes no request id that is not well formed', async () => {
    const before = freshEmail()
    const res = await send('post', '/api/signup', 'a"b{}').send({ email: before, password: goodPassword })
    const [row] = await auditRows(server.postgres, 'user_id', res.body.user.id)
    expect(row?.request_id).toBe(res.headers['x-request-id'])
    expect(row?.request_id).toMatch(/^[A-Za-z0-9-]{1,64}$/)
  })

  test('holds no password, no token and no address of mail', async () => {
    const password = `canary-${randomUUID()}`
    const email = `canary-${randomUUID()}@example.com`
    const body = { email, password, tokenTransport: 'body' }
    const up = await server.http.post('/api/signup').send(body)
    const tokens: string[] = [up.body.accessToken, up.body.refreshToken]
    for (const attempt of [password, `${password}x`]) {
      const res = await server.http.post('/api/signin').send({ ...body, password: attempt })
      if (res.status === 200) tokens.push(res.body.accessToken, res.body.refreshToken)
    }
    await server.http.post('/api/signin').send({ ...body, email: `x${email}` })
    const last = randomUUID()
    await send('post', '/api/signin', last).send({ email: freshEmail(), password })
    await server.http.post('/api/signout').send({ refreshToken: tokens[1] })
    await untilAuditRows(server.postgres, 'request_id', last)
    const all = { name: 'test-audit-text', text: 'select audit_events::text as line from audit_events' }
    const text = (await server.postgres.read<{ line: string }>(all, [])).map(({ line }) => line).join('\n')
    expect(text).toContain(up.body.user.id)
    for (const canary of [password, email, email.split('@')[0], ...tokens, ...tokens.map(token => token.slice(-30))])
      expect(text).not.toContain(canary)
  })
})
