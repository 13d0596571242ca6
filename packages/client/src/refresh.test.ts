import { freshEmail, goodPassword, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { type FaultProxy, faultProxyOf } from '@auth-pair/e2e/fault-proxy'
import { type AuthClient, type AuthClientNeeds, type Change, createAuthClient, memoryStore } from './index.ts'
import { type Front, problem, startFront } from './testing/front.ts'
import { lifeMs, movedClock } from './testing/moved-clock.ts'

let server: TestServer
let front: Front
let proxy: FaultProxy
beforeAll(async () => {
  server = await startAuthServer()
})
beforeEach(async () => {
  front = await startFront(server.url)
  proxy = await faultProxyOf(front.url)
})
afterEach(async () => {
  await proxy.close()
  await front.close()
})
afterAll(() => server.close())

/** A client of a new user, with its clock in the test's hands. The faults are between it and the server. */
const signedUp = async (needs: Partial<AuthClientNeeds> = {}) => {
  const { clock, ...time } = movedClock()
  const store = memoryStore()
  const client = createAuthClient({ url: `http://127.0.0.1:${proxy.port}`, store, clock, ...needs })
  const changes: Change[] = []
  client.onChange(change => changes.push(change))
  const email = freshEmail()
  const user = await client.signUp({ email, password: goodPassword })
  return { client, store, changes, email, user, ...time }
}

const gone = { signal: AbortSignal.abort() }
const whoAmI = async (client: AuthClient) => (await client.fetch('/api/auth/user')).json()
const refreshes = () => front.count('/api/refresh')

describe('an access token', () => {
  test('is handed out without a request for as long as it lives', async () => {
    const { client, user } = await signedUp()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => client.accessToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(await whoAmI(client)).toEqual({ user })
    expect(refreshes()).toBe(0)
  })

  test('that has expired is renewed by one request for a hundred callers', async () => {
    const { client, pass, user } = await signedUp()
    const old = await client.accessToken()
    pass(lifeMs)
    const answers = await Promise.all(Array.from({ length: 100 }, () => whoAmI(client)))
    expect(answers).toEqual(Array.from({ length: 100 }, () => ({ user })))
    expect(refreshes()).toBe(1)
    expect(await client.accessToken()).not.toBe(old)
    pass(lifeMs)
    await client.accessToken()
    expect(refreshes()).toBe(2)
  })

  test('is renewed ahead of its end, and nobody waits for it', async () => {
    const { client, pass } = await signedUp()
    const old = await client.accessToken()
    const held = front.hold('/api/refresh')
    pass(lifeMs - 59_000)
    expect(await client.accessToken()).toBe(old)
    await held.arrived
    expect(await client.accessToken()).toBe(old)
    held.letGo()
    pass(58_000)
    expect(await client.accessToken()).not.toBe(old)
    expect(refreshes()).toBe(1)
  })

  test('is renewed in spite of a lost reply, by the same refresh token', async () => {
    const { client, pass, user } = await signedUp()
    const lost = proxy.loseReply(/POST \/api\/refresh/)
    pass(lifeMs)
    expect(await whoAmI(client)).toEqual({ user })
    expect([lost(), refreshes()]).toEqual([1, 2])
  })

  test('is renewed after a 503, not before it says, and after a page of a proxy', async () => {
    const { client, pass, user } = await signedUp()
    front.answer('/api/refresh', problem(503, 'unavailable', { 'Retry-After': '1' }))
    front.answer('/api/refresh', (_req, res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Welcome'))
    front.answer('/api/refresh', (_req, res) => res.writeHead(502).end('<p>Bad gateway'))
    pass(lifeMs)
    const began = performance.now()
    expect(await whoAmI(client)).toEqual({ user })
    expect(performance.now() - began).toBeGreaterThan(1000)
    expect(refreshes()).toBe(4)
  })

  test('goes on to be used while it lives and the server is away', async () => {
    const { client, changes, pass, user } = await signedUp()
    const old = await client.accessToken()
    await proxy.set('refuse')
    pass(lifeMs - 5000)
    expect(await client.accessToken()).toBe(old)
    await proxy.set('pass')
    pass(10_000)
    expect(await whoAmI(client)).toEqual({ user })
    expect(changes).toEqual([{ kind: 'signed-in', user }])
  }, 30_000)

  test('that has expired while the server is away is an error that ends, and the session is there when the server is back', async () => {
    const { client, changes, pass, user } = await signedUp()
    await proxy.set('refuse')
    pass(lifeMs)
    const error = await client.accessToken().catch(reason => reason)
    expect(error).toMatchObject({ name: 'AuthError', code: 'unavailable', status: undefined })
    expect(error.message).toMatch(/^The auth-server at http:\/\/127\.0\.0\.1:\d+ cannot be reached\.$/)
    await proxy.set('pass')
    expect(await whoAmI(client)).toEqual({ user })
    expect(changes).toEqual([{ kind: 'signed-in', user }])
  }, 30_000)

  test.each([-3_600_000, 3_600_000])(
    'is judged by the server’s clock: a local one that is %d ms off does no harm',
    async ms => {
      const time = movedClock()
      time.setWall(ms)
      const { client, store } = await signedUp({ clock: time.clock })
      await client.accessToken()
      // nor to the next process
      const next = createAuthClient({ url: `http://127.0.0.1:${proxy.port}`, store, clock: time.clock })
      expect(await next.accessToken()).toBe(await client.accessToken())
      expect(refreshes()).toBe(0)
      time.pass(lifeMs)
      await client.accessToken()
      expect(refreshes()).toBe(1)
    },
  )

  test('is renewed on time when the local clock is set back, and once too often when it is put forward', async () => {
    const { client, pass, setWall } = await signedUp()
    setWall(-3_600_000)
    pass(lifeMs)
    await client.accessToken()
    expect(refreshes()).toBe(1)
    setWall(7_200_000)
    await client.accessToken()
    await client.accessToken()
    expect(refreshes()).toBe(2)
  })

  test('does not keep a caller waiting who has given up, and the others get it', async () => {
    const { client, pass } = await signedUp()
    const held = front.hold('/api/refresh')
    pass(lifeMs)
    const impatient = new AbortController()
    const [given, patient] = [client.accessToken({ signal: impatient.signal }), client.accessToken()]
    await held.arrived
    impatient.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    held.letGo()
    expect(await patient).toMatch(/^ey/)
    expect(refreshes()).toBe(1)
  })
})

describe('a session', () => {
  test('that has ended at the server is over here, once told', async () => {
    const { client, store, changes, user, pass } = await signedUp()
    await server.http
      .delete('/api/sessions')
      .set('Authorization', `Bearer ${await client.accessToken()}`)
      .expect(204)
    pass(10_000)
    await expect(client.fetch('/api/auth/user')).rejects.toMatchObject({ code: 'session-ended', status: 401 })
    await expect(client.fetch('/api/auth/user')).rejects.toMatchObject({ code: 'signed-out' })
    expect(changes).toEqual([
      { kind: 'signed-in', user },
      { kind: 'signed-out', reason: 'session-ended' },
    ])
    expect(await store.read()).toBeUndefined()
  })

  test.each([
    [401, 'access-token-required'],
    [400, 'malformed-request'],
    [403, 'cross-site-request'],
    [404, 'not-found'],
  ])('is not ended by an answer %d %s to a refresh', async (status, code) => {
    const { client, store, changes, pass } = await signedUp()
    const kept = await store.read()
    pass(lifeMs)
    front.answer('/api/refresh', problem(status, code))
    await expect(client.accessToken()).rejects.toMatchObject({ code, status, requestId: 'test-1' })
    expect([await store.read(), changes.length]).toEqual([kept, 1])
    expect(await client.accessToken()).toMatch(/^ey/)
  })

  test('that is signed out while a refresh is under way stays signed out', async () => {
    const { client, store, changes, user, pass } = await signedUp()
    const held = front.hold('/api/refresh')
    pass(lifeMs)
    const waiting = client.accessToken().catch(error => error)
    await held.arrived
    const signedOut = client.signOut()
    held.letGo()
    await signedOut
    expect(await waiting).toMatchObject({ code: 'signed-out' })
    await expect(client.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
    expect(await store.read()).toBeUndefined()
    expect(changes).toEqual([
      { kind: 'signed-in', user },
      { kind: 'signed-out', reason: 'signed-out' },
    ])
  })

  test('of the last of two sign-ins stays, and the other is ended', async () => {
    const { client, store, email } = await signedUp()
    const credentials = { email, password: goodPassword }
    await Promise.all([client.signIn(credentials), client.signIn(credentials)])
    const accessToken = await client.accessToken()
    expect(JSON.parse((await store.read()) ?? '')).toMatchObject({ accessToken })
    const sessions = async () =>
      ((await (await client.fetch('/api/sessions')).json()) as { sessions: object[] }).sessions
    // the obsolete ones are ended behind the caller's back
    while ((await sessions()).length > 1) await new Promise(resolve => setTimeout(resolve, 20))
    expect(await sessions()).toEqual([expect.objectContaining({ current: true })])
  })

  test('of a new sign-in is what those get who waited for a refresh of the old one', async () => {
    const { client, email, pass } = await signedUp()
    const held = front.hold('/api/refresh')
    pass(lifeMs)
    const waiting = client.accessToken()
    await held.arrived
    await client.signIn({ email, password: goodPassword })
    expect(await waiting).toBe(await client.accessToken())
    held.letGo()
  })

  test('of a sign-in that lands while the store is read is not taken for signed out', async () => {
    const { store, email } = await signedUp()
    const [looked, landing, landed] = [0, 0, 0].map(() => Promise.withResolvers<void>())
    let first = true
    const read: typeof store.read = async () => {
      const text = await store.read()
      const isFirst = first
      first = false
      if (isFirst) await looked?.promise
      return text
    }
    const write: typeof store.write = async text => {
      landing?.resolve()
      await landed?.promise
      return store.write(text)
    }
    const client = createAuthClient({ url: `http://127.0.0.1:${proxy.port}`, store: { ...store, read, write } })
    const waiting = client.accessToken().catch(error => error)
    const signedIn = client.signIn({ email, password: goodPassword })
    await landing?.promise
    looked?.resolve()
    expect(await waiting).toMatch(/^ey/)
    landed?.resolve()
    await signedIn
  })

  test('is not handed out before it is kept, and goes on with the old tokens when it cannot be', async () => {
    const store = memoryStore()
    let full = false
    const write: typeof store.write = async text => {
      if (full) throw new Error('disk full')
      return store.write(text)
    }
    const { client, pass } = await signedUp({ store: { ...store, write } })
    const kept = await store.read()
    pass(lifeMs)
    full = true
    await expect(client.accessToken()).rejects.toThrow('disk full')
    expect(await store.read()).toBe(kept)
    full = false
    expect(await client.accessToken()).toMatch(/^ey/)
    expect(JSON.parse((await store.read()) ?? '').accessToken).toBe(await client.accessToken())
  })
})

describe('sign-in and sign-out', () => {
  test('say what is wrong with the input, field by field', async () => {
    const { client } = await signedUp()
    await expect(client.signUp({ email: 'nobody', password: 'short' })).rejects.toMatchObject({
      code: 'invalid-input',
      status: 400,
      errors: expect.arrayContaining([{ path: 'password', message: 'Use at least 8 characters.' }]),
    })
  })

  test('try again when the server is busy, and leave everything else to the caller', async () => {
    const { client, email } = await signedUp()
    front.answer('/api/signin', problem(503, 'busy'))
    expect(await client.signIn({ email, password: goodPassword })).toMatchObject({ email })
    front.answer('/api/signin', problem(503, 'unavailable'))
    await expect(client.signIn({ email, password: goodPassword })).rejects.toMatchObject({ code: 'unavailable' })
    front.answer('/api/signin', problem(429, 'too-many-requests', { 'Retry-After': '7' }))
    await expect(client.signIn({ email, password: goodPassword })).rejects.toMatchObject({ retryAfterS: 7 })
    expect(front.count('/api/signin')).toBe(4)
  })

  test('send the solution of a challenge along', async () => {
    const { client, email } = await signedUp()
    front.answer('/api/signin', problem(400, 'challenge-required'))
    await expect(client.signIn({ email, password: goodPassword })).rejects.toMatchObject({ code: 'challenge-required' })
    const sent = Promise.withResolvers<string>()
    front.answer('/api/signin', async (req, res) => {
      sent.resolve(Buffer.concat(await req.toArray()).toString())
      problem(400, 'challenge-failed')(req, res)
    })
    await expect(client.signIn({ email, password: goodPassword, challenge: 'solved' })).rejects.toThrow(
      'challenge-failed',
    )
    expect(JSON.parse(await sent.promise)).toEqual({
      email,
      password: goodPassword,
      challenge: 'solved',
      tokenTransport: 'body',
    })
  })

  test('end with the signal of their caller while somebody else has the turn, and change nothing', async () => {
    const { client, store, email, changes } = await signedUp()
    const kept = await store.read()
    const end = await store.lock()
    const credentials = { email, password: goodPassword }
    const ended = { name: 'TimeoutError' }
    await expect(client.signOut({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject(ended)
    const arrived = Promise.withResolvers<void>()
    front.answer('/api/signout', (_req, res) => {
      arrived.resolve()
      res.writeHead(204).end()
    })
    await expect(client.signIn(credentials, { signal: AbortSignal.timeout(1000) })).rejects.toMatchObject(ended)
    // the session that nobody keeps
    await arrived.promise
    for (const sign of [() => client.signOut(gone), () => client.signIn(credentials, gone)])
      await expect(sign()).rejects.toMatchObject({ name: 'AbortError' })
    expect([await store.read(), changes.length, front.count('/api/signin')]).toEqual([kept, 1, 1])
    await end()
    expect(await client.accessToken()).toBe(JSON.parse(kept ?? '').accessToken)
    await client.signOut()
    expect(await store.read()).toBeUndefined()
  })

  test('out ends the session at the server', async () => {
    const { client, changes } = await signedUp()
    const accessToken = await client.accessToken()
    await client.signOut()
    await server.http.get('/api/auth/user').set('Authorization', `Bearer ${accessToken}`).expect(401)
    await client.signOut()
    expect([front.count('/api/signout'), changes.length]).toEqual([1, 2])
  })

  test('out forgets the tokens also when the server is away, and says that it could not be told', async () => {
    const { client, store } = await signedUp()
    await proxy.set('refuse')
    await expect(client.signOut()).rejects.toMatchObject({
      code: 'unavailable',
      message:
        'Signed out here, but the auth-server could not be told: there, the session goes on until its idle limit.',
    })
    expect(await store.read()).toBeUndefined()
    await expect(client.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
  }, 30_000)
})
