import { createFrontEnd, returnAddress } from '../testing/front-end.ts'
import { freshEmail, goodPassword, setCookies, startAuthServer, type TestServer } from '../testing/index.ts'

const chrome =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

let server: TestServer
let clock = Date.now()
let app: ReturnType<typeof createFrontEnd>
beforeAll(async () => {
  server = await startAuthServer({ RETURN_ADDRESSES: returnAddress }, { sessionNow: () => clock })
  app = createFrontEnd(server)
})
afterAll(() => server.close())

/** A browser that has signed up: its cookies are in a jar. */
const openBrowser = async (email = freshEmail()) => {
  const jar = server.agent().set('User-Agent', chrome)
  const res = await jar.post('/api/signup').send({ email, password: goodPassword })
  expect(res.status).toBe(201)
  const codeFor = async () => {
    const { headers } = await jar.get('/api/authorize').query(app.parameters).redirects(0)
    return new URL(String(headers.location)).searchParams.get('code') ?? ''
  }
  const signInAtApp = async () => (await app.redeem(await codeFor())).body as Tokens
  return { jar, email, accessToken: res.body.accessToken as string, codeFor, signInAtApp }
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const whoAmI = async (token: string) => (await server.http.get('/api/auth/user').set(bearer(token))).status
const refresh = async ({ refresh_token: refreshToken }: Tokens) =>
  (await server.http.post('/api/refresh').send({ refreshToken })).status
const list = async (token: string) => (await server.http.get('/api/sessions').set(bearer(token))).body.sessions
const sidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid
const reasonsOf = async (...tokens: string[]) => {
  const rows = await server.postgres.read<{ reason: string }>(
    { name: 'reasons-of', text: 'select reason from revocations where session_id = any($1) order by reason' },
    [tokens.map(sidOf)],
  )
  return rows.map(({ reason }) => reason)
}

describe('one sign-in for several front ends', () => {
  test('a sign-out in the browser signs the front ends out', async () => {
    const { jar, accessToken, signInAtApp } = await openBrowser()
    const apps = [await signInAtApp(), await signInAtApp()] as const
    clock += 60_000
    for (const tokens of apps) {
      expect([await whoAmI(tokens.access_token), await refresh(tokens)]).toEqual([200, 200])
    }
    expect((await jar.post('/api/signout')).status).toBe(204)
    for (const tokens of apps) {
      expect([await whoAmI(tokens.access_token), await refresh(tokens)]).toEqual([401, 401])
    }
    const all = [accessToken, ...apps.map(tokens => tokens.access_token)]
    expect(await reasonsOf(...all)).toEqual(['ended-with-family', 'ended-with-family', 'signed-out'])
  })

  test('a sign-out at a front end signs the browser out, and the other front ends', async () => {
    const { jar, accessToken, signInAtApp } = await openBrowser()
    const [here, there] = [await signInAtApp(), await signInAtApp()]
    const res = await server.http.post('/api/signout').send({ refreshToken: here.refresh_token })
    expect(res.status).toBe(204)
    expect([await whoAmI(accessToken), (await jar.post('/api/refresh')).status]).toEqual([401, 401])
    for (const tokens of [here, there])
      expect([await whoAmI(tokens.access_token), await refresh(tokens)]).toEqual([401, 401])
    const again = await jar.get('/api/authorize').query(app.parameters).redirects(0)
    expect(again.headers.location).toMatch(/^\/sign-in\?/)
  })

  test('a front end makes no API tokens, which would outlive it, however lately somebody signed in', async () => {
    const { accessToken, signInAtApp } = await openBrowser()
    const tokens = await signInAtApp()
    const make = (token: string) =>
      server.http.post('/api/tokens').set(bearer(token)).send({ name: 'backup', expiresInDays: 1 })
    const res = await make(tokens.access_token)
    expect([res.status, res.body.code]).toEqual([401, 'recent-sign-in-required'])
    expect((await make(accessToken)).status).toBe(201)
  })

  test('a stolen token of a front end that comes back ends all of it', async () => {
    const { jar, signInAtApp } = await openBrowser()
    const tokens = await signInAtApp()
    let newest = tokens.refresh_token
    for (let turn = 0; turn < 4; turn++) {
      clock += 60_000
      newest = (await server.http.post('/api/refresh').send({ refreshToken: newest })).body.refreshToken
    }
    clock += 60_000
    expect(await refresh(tokens)).toBe(401)
    expect((await jar.post('/api/refresh')).status).toBe(401)
    expect((await server.http.post('/api/refresh').send({ refreshToken: newest })).status).toBe(401)
    expect(await reasonsOf(tokens.access_token)).toEqual(['token-reused'])
  })

  test('the list has it once, used when any of it was, and from any of it it is the current one', async () => {
    const { accessToken, signInAtApp } = await openBrowser()
    const openedAt = clock
    clock += 60_000
    const tokens = await signInAtApp()
    clock += 60_000
    expect(await refresh(tokens)).toBe(200)
    const shown = {
      id: sidOf(accessToken),
      device: 'Chrome on macOS',
      ip: '127.0.0.1',
      createdAt: new Date(openedAt).toISOString(),
      lastUsedAt: new Date(clock).toISOString(),
      endsAt: new Date(clock + 432_000_000).toISOString(),
      current: true,
      rotating: true,
    }
    expect(await list(accessToken)).toEqual([shown])
    expect(await list(tokens.access_token)).toEqual([shown])
  })

  test('goes on at a front end when the browser has not been back for too long, and is still one', async () => {
    const { email, accessToken, signInAtApp, jar } = await openBrowser()
    const tokens = [await signInAtApp(), await signInAtApp()] as const
    clock += 3 * 86_400_000
    for (const each of tokens) expect(await refresh(each)).toBe(200)
    clock += 3 * 86_400_000
    expect((await jar.post('/api/refresh')).status).toBe(401)
    const { body } = await server.http.post('/api/refresh').send({ refreshToken: tokens[0].refresh_token })
    const other = await server.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
    const shown = await list(body.accessToken)
    expect(shown).toHaveLength(2)
    const own = shown.find(({ current }: { current: boolean }) => current)
    expect(own).toMatchObject({ device: 'Chrome on macOS', lastUsedAt: new Date(clock).toISOString() })
    expect(own.id).not.toBe(sidOf(accessToken))
    const res = await server.http.delete(`/api/sessions/${own.id}`).set(bearer(other.body.accessToken))
    expect(res.status).toBe(204)
    for (const each of tokens) expect(await refresh(each)).toBe(401)
    expect(await list(other.body.accessToken)).toHaveLength(1)
  })

  test('ending the others spares all of it, and ends all of the others', async () => {
    const { email, accessToken, signInAtApp } = await openBrowser()
    const mine = await signInAtApp()
    const other = await server.http.post('/api/signin').send({ email, password: goodPassword })
    const cookie = /xid_refresh=([^;]+)/.exec(String(setCookies(other)))?.[1] ?? ''
    const others = await app.signIn(cookie)
    expect(await list(accessToken)).toHaveLength(2)
    // asked from the front end
    const res = await server.http.delete('/api/sessions?except=current').set(bearer(mine.access_token))
    expect(res.status).toBe(204)
    expect([await whoAmI(accessToken), await whoAmI(mine.access_token), await refresh(mine)]).toEqual([200, 200, 200])
    expect([await whoAmI(others.access_token), await refresh(others)]).toEqual([401, 401])
    expect(await list(accessToken)).toHaveLength(1)
  })

  test('what is opened from another sign-in while the others are being ended is ended and told too', async () => {
    const { email, accessToken } = await openBrowser()
    const other = await server.http.post('/api/signin').send({ email, password: goodPassword })
    const code = await app.codeFor(/xid_refresh=([^;]+)/.exec(String(setCookies(other)))?.[1] ?? '')
    const write = server.postgres.write.bind(server.postgres)
    let late: Tokens | undefined
    const recording = jest.spyOn(server.postgres, 'write').mockImplementationOnce(async (statement, values) => {
      late = (await app.redeem(code)).body
      return write(statement, values)
    })
    const res = await server.http.delete('/api/sessions?except=current').set(bearer(accessToken))
    recording.mockRestore()
    expect(res.status).toBe(204)
    if (!late) throw new Error('nothing was opened in between')
    expect([await whoAmI(late.access_token), await refresh(late)]).toEqual([401, 401])
    expect(await reasonsOf(late.access_token)).toEqual(['ended-with-family'])
  })

  test('ends within moments when a server of the version before has ended the browser’s session alone', async () => {
    const { accessToken, signInAtApp } = await openBrowser()
    const tokens = await signInAtApp()
    const { sub, sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    await server.redis.hdel(`sessions:{${sub}}`, sid, `.${sid.slice(-8)}`)
    await server.postgres.write(
      {
        name: 'ended-by-the-version-before',
        text: `insert into revocations (user_id, session_id, reason, matters_until)
               values ($1, $2, 'signed-out', now() + interval '30 days')`,
      },
      [sub, sid],
    )
    for (let i = 0; (await whoAmI(tokens.access_token)) !== 401; i++) {
      if (i > 300) throw new Error('the front end is still signed in')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    expect(await refresh(tokens)).toBe(401)
  })

  test('ending one session of it, by any of its ids, ends it', async () => {
    for (const pick of ['browser', 'app'] as const) {
      const { jar, accessToken, signInAtApp } = await openBrowser()
      const tokens = await signInAtApp()
      const id = sidOf(pick === 'app' ? tokens.access_token : accessToken)
      const res = await jar.delete(`/api/sessions/${id}`)
      expect([res.status, setCookies(res).length]).toEqual([204, 2])
      expect([await whoAmI(accessToken), await whoAmI(tokens.access_token)]).toEqual([401, 401])
      expect(await refresh(tokens)).toBe(401)
    }
  })

  test('the record says which front end was signed in, and from which browser', async () => {
    const { accessToken, signInAtApp } = await openBrowser()
    const tokens = await signInAtApp()
    const { events } = (await server.http.get('/api/account/activity').set(bearer(accessToken))).body
    expect(events[0]).toMatchObject({
      event: 'signed-in-by-redirect',
      outcome: 'success',
      reason: 'https://app.example.com',
      ip: '127.0.0.1',
      device: 'Chrome on macOS',
      sessionId: sidOf(tokens.access_token),
    })
  })

  test('a sign-in that cannot be recorded is none', async () => {
    const { accessToken, codeFor } = await openBrowser()
    const code = await codeFor()
    const write = jest.spyOn(server.postgres, 'write').mockRejectedValueOnce(new Error('no'))
    expect((await app.redeem(code)).status).toBe(500)
    write.mockRestore()
    expect(await list(accessToken)).toHaveLength(1)
    const userId = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sub
    expect(await server.redis.hlen(`sessions:{${userId}}`)).toBe(2)
  })

  test('a front end’s session ends when Redis is repaired from the record, whichever of it stands there', async () => {
    const { accessToken, signInAtApp, jar } = await openBrowser()
    const tokens = await signInAtApp()
    const { sub } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
    const key = `sessions:{${sub}}`
    const before = await server.redis.hgetall(key)
    expect((await jar.post('/api/signout')).status).toBe(204)
    // an old dump is put back
    await server.redis.hset(key, before)
    await server.redis.set('revocations:applied', 0)
    for (let i = 0; (await server.redis.hlen(key)) > 0; i++) {
      if (i > 300) throw new Error('the sessions are still there')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    expect(await refresh(tokens)).toBe(401)
  })
})
