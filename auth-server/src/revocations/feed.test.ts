import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import {
  createRevocationFeed,
  createVerifier,
  createVerifierTokenSigner,
  type FeedNeeds,
  type RevocationFeed,
  revocationsPath,
} from '@auth-pair/access-token'
import { createKey, createSigner } from '@auth-pair/access-token/sign'
import { sendRaw } from '@auth-pair/service/testing'
import { secrets, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

let server: TestServer
const started: { stop(): Promise<void> }[] = []
beforeAll(async () => {
  server = await startAuthServer()
})
afterEach(async () => {
  for (const feed of started.splice(0)) await feed.stop()
})
afterAll(() => server.close())

const issuer = 'http://localhost:3000'
const secret = secrets.JWT_ACCESS_SECRET
const token = (secretToUse = secret, time = Date.now(), audience = issuer) =>
  createVerifierTokenSigner({ secret: secretToUse, issuer: audience, now: () => time })('billing')

const until = async (done: () => boolean, what: string, withinMs = 5000) => {
  for (const began = performance.now(); !done(); await wait(5)) {
    if (performance.now() - began > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
  }
}

/** A connection to the feed as text. */
const listen = async (headers: Record<string, string> = {}) => {
  const end = new AbortController()
  const res = await fetch(`${server.url}${revocationsPath}`, {
    headers: { Authorization: `Bearer ${token()}`, ...headers },
    signal: end.signal,
  })
  let text = ''
  const reading = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of res.body ?? []) text += decoder.decode(chunk, { stream: true })
  })().catch(() => {})
  started.push({
    stop: async () => {
      end.abort()
      await reading
    },
  })
  return { res, text: () => text, end: () => end.abort() }
}

const follow = (needs: Partial<FeedNeeds> = {}): RevocationFeed => {
  const feed = createRevocationFeed({ authServerUrl: server.url, secret, issuer, service: 'billing', ...needs })
  started.push(feed)
  feed.start()
  return feed
}
const connected = (feed: RevocationFeed) => until(() => feed.state().kind === 'connected', 'connected')
const signOut = (refreshToken: string) => server.http.post('/api/signout').send({ refreshToken })
const verifierWith = ({ revocations }: RevocationFeed) =>
  createVerifier({ secret, issuer, audience: 'auth-pair', revocations })

describe('GET /api/revocations', () => {
  test('is only for who holds a verifier token', async () => {
    const { accessToken } = await signUp(server)
    const get = (authorization?: string) => {
      const req = server.http.get(revocationsPath)
      return authorization === undefined ? req : req.set('Authorization', authorization)
    }
    const bare = await get()
    expect([bare.status, bare.body.code, bare.headers['www-authenticate']]).toEqual([
      401,
      'verifier-token-required',
      'Bearer realm="auth-pair"',
    ])
    for (const bad of [
      accessToken,
      'junk',
      token(randomBytes(48).toString('base64')),
      token(secret, Date.now() - 70_000),
      token(secret, Date.now() + 60_000),
      token(secret, Date.now(), 'http://elsewhere:3000'),
    ]) {
      const res = await get(`Bearer ${bad}`)
      expect([res.status, res.headers['www-authenticate']]).toEqual([
        401,
        'Bearer realm="auth-pair", error="invalid_token"',
      ])
    }
  })

  test('a verifier token opens nothing else', async () => {
    for (const path of ['/api/auth/user', '/api/sessions']) {
      expect((await server.http.get(path).set('Authorization', `Bearer ${token()}`)).status).toBe(401)
    }
    expect((await server.http.post('/api/refresh').set('Authorization', `Bearer ${token()}`)).status).toBe(401)
  })

  test('tells each change as an event, its id the number in the record', async () => {
    const { res, text } = await listen()
    expect(res.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(res.headers.get('cache-control')).toBe('no-store')
    expect(res.headers.get('x-accel-buffering')).toBe('no')
    await until(() => text().includes('event: caught-up\nid: '), 'caught up')
    const { refreshToken, user } = await signUp(server)
    await signOut(refreshToken)
    await until(() => text().includes(user.id), 'the event')
    const event = new RegExp(`id: (\\d+)\ndata: (\\{"seq":\\d+,"user":"${user.id}".*\\})\n\n`).exec(text())
    const data = JSON.parse(event?.[2] ?? '')
    expect(data).toEqual({
      seq: Number(event?.[1]),
      user: user.id,
      session: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      at: expect.any(Number),
      until: data.at + 3_660_000,
    })
    // others record in the same database, and the mark may pass several entries at once
    const marks = () => [...text().matchAll(/event: recorded\nid: (\d+)\n/g)].map(([, seq]) => Number(seq))
    await until(() => marks().some(mark => mark >= data.seq), 'the mark')
  })

  test('begins with what matters now, or with what came after the last event', async () => {
    const [first, second] = [await signUp(server), await signUp(server)]
    await signOut(first.refreshToken)
    const before = await listen()
    await until(() => before.text().includes('caught-up'), 'caught up')
    expect(before.text().indexOf(first.user.id)).toBeLessThan(before.text().indexOf('caught-up'))
    before.end()
    await signOut(second.refreshToken)
    const last = /"seq":(\d+),"user":"USER"/
    const seq = new RegExp(last.source.replace('USER', first.user.id)).exec(before.text())?.[1] ?? ''
    const after = await listen({ 'Last-Event-ID': seq })
    await until(() => after.text().includes('caught-up'), 'caught up')
    expect(after.text()).toContain(second.user.id)
    for (const odd of ['x', '-1', '99999999999999999999', '1e3', '999999999']) {
      const all = await listen({ 'Last-Event-ID': odd })
      await until(() => all.text().includes('caught-up'), 'caught up')
      expect(all.text()).toContain(first.user.id)
    }
  })

  test('answers HEAD without a stream, and other methods not at all', async () => {
    const head = await sendRaw(
      server.port,
      `HEAD ${revocationsPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token()}\r\n\r\n`,
    )
    expect(head).toMatch(/^HTTP\/1.1 200 [\s\S]*text\/event-stream[\s\S]*\r\n\r\n$/)
    expect((await server.http.post(revocationsPath)).status).toBe(405)
  })

  test('ends when the server drains, and is not opened again', async () => {
    const draining = await startAuthServer()
    const feed = follow({ authServerUrl: draining.url })
    await connected(feed)
    draining.drain()
    await until(() => feed.state().kind === 'stale', 'lost')
    const res = await draining.http.get(revocationsPath).set('Authorization', `Bearer ${token()}`)
    expect([res.status, res.headers['retry-after']]).toEqual([503, '2'])
    await draining.close()
  })
})

describe('a service that follows the feed', () => {
  test('refuses the tokens of a session within moments of its end, and no others', async () => {
    const feed = follow()
    await connected(feed)
    const verifier = verifierWith(feed)
    const [ada, bob] = [await signUp(server), await signUp(server)]
    expect([verifier.verify(ada.accessToken).ok, verifier.verify(bob.accessToken).ok]).toEqual([true, true])
    await signOut(ada.refreshToken)
    await until(() => !verifier.verify(ada.accessToken).ok, 'refused', 1000)
    expect(verifier.verify(ada.accessToken)).toEqual({ ok: false, code: 'revoked' })
    expect(verifier.verify(bob.accessToken).ok).toBe(true)
  })

  test('hears of sign-out everywhere', async () => {
    const feed = follow()
    await connected(feed)
    const verifier = verifierWith(feed)
    const { accessToken } = await signUp(server)
    await server.http.delete('/api/sessions').set('Authorization', `Bearer ${accessToken}`)
    await until(() => !verifier.verify(accessToken).ok, 'refused', 1000)
  })

  test('catches up after a break, by itself, on what it missed', async () => {
    const first = await startAuthServer()
    const port = first.port
    const feed = follow({ authServerUrl: first.url })
    await connected(feed)
    const verifier = verifierWith(feed)
    const { accessToken, refreshToken } = await signUp(server)
    await first.close()
    await until(() => feed.state().kind === 'stale', 'lost')
    await signOut(refreshToken)
    expect(verifier.verify(accessToken).ok).toBe(true)
    const second = await startAuthServer({}, {}, port)
    await until(() => !verifier.verify(accessToken).ok, 'refused', 2500)
    expect(feed.state()).toEqual({ kind: 'connected' })
    expect(feed.stats().lost).toBe(1)
    await second.close()
  })

  test('believes tokens while the feed is lost, or refuses to say, as its policy is', async () => {
    const { accessToken } = await signUp(server)
    const nowhere = { authServerUrl: 'http://127.0.0.1:9' }
    expect(verifierWith(follow(nowhere)).verify(accessToken).ok).toBe(true)
    const strict = verifierWith(follow({ ...nowhere, whenLost: 'refuse' }))
    expect(strict.verify(accessToken)).toEqual({ ok: false, code: 'revocations-unknown' })

    const other = await startAuthServer()
    const believed: boolean[] = []
    const feed: RevocationFeed = follow({
      authServerUrl: other.url,
      whenLost: 'refuse',
      toleranceMs: 300,
      onChange: ({ kind }) => kind === 'lost' && believed.push(verifier.verify(accessToken).ok),
    })
    const verifier = verifierWith(feed)
    await connected(feed)
    expect(verifier.verify(accessToken).ok).toBe(true)
    await other.close()
    // a restart of the auth-server is no reason to refuse anybody
    await until(() => believed.length > 0, 'lost')
    expect(believed[0]).toBe(true)
    await until(() => !verifier.verify(accessToken).ok, 'refused', 2000)
    expect(verifier.verify(accessToken)).toEqual({ ok: false, code: 'revocations-unknown' })
  })

  test('with another secret is told so, and goes on trying', async () => {
    const changes: string[] = []
    const feed = follow({
      secret: randomBytes(48).toString('base64'),
      onChange: change => changes.push(change.kind === 'refused' ? `refused ${change.status}` : change.kind),
    })
    await until(() => changes.length > 0, 'refused')
    expect(changes[0]).toBe('refused 401')
    expect(feed.state().kind).toBe('stale')
  })

  test('holds no more than its limit, and says so', async () => {
    const changes: string[] = []
    const feed = follow({ limit: 3, whenLost: 'refuse', onChange: ({ kind }) => changes.push(kind) })
    await connected(feed)
    for (let i = 0; i < 5; i++) await signOut((await signUp(server)).refreshToken)
    await until(() => changes.includes('overflowed'), 'overflowed')
    expect(feed.stats().entries).toBe(3)
    expect(changes.filter(kind => kind === 'overflowed')).toHaveLength(1)
    expect(feed.revocations.isReliable()).toBe(false)
  })
})

describe('verification with revocations', () => {
  const sign = createSigner({ key: createKey(secret), issuer, audience: 'auth-pair' })
  const tokenOf = (userId: string, sessionId: string) => sign({ userId, sessionId, now: Date.now(), lifeS: 300 })

  test('looks a remembered token up again after every change, and only then', () => {
    const asked: string[] = []
    let version = 0
    const revocations = {
      get version() {
        return version
      },
      isReliable: () => true,
      isRevoked: ({ sid }: { sid: string }) => {
        asked.push(sid)
        return version === 2
      },
    }
    const verifier = createVerifier({ secret, issuer, audience: 'auth-pair', revocations })
    const accessToken = tokenOf(randomUUID(), 'a')
    for (let i = 0; i < 3; i++) expect(verifier.verify(accessToken).ok).toBe(true)
    expect(asked).toEqual(['a'])
    version = 1
    expect(verifier.verify(accessToken).ok).toBe(true)
    version = 2
    for (let i = 0; i < 3; i++) expect(verifier.verify(accessToken)).toEqual({ ok: false, code: 'revoked' })
    expect(asked).toHaveLength(5)
  })
})
