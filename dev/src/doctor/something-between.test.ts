import type { ServerResponse } from 'node:http'
import { goodPassword, secrets, signUp } from '../../../auth-server/src/testing/index.ts'
import { type Between, diagnose, only, startBetween, startPair } from './testing/index.ts'

jest.setTimeout(30_000)
let pair: Awaited<ReturnType<typeof startPair>>
const closing: (() => Promise<void>)[] = []
beforeAll(async () => {
  pair = await startPair()
})
afterAll(() => pair.close())
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const between = async (upstream: string, change: Between) => {
  const proxy = await startBetween(upstream, change)
  closing.push(proxy.close)
  return proxy.url
}
const auth = (change: Between) => between(pair.auth, change)
const service = (change: Between) => between(pair.service, change)

const without =
  (...names: string[]): NonNullable<Between['answer']> =>
  headers =>
    headers.filter(([name]) => !names.includes(name.toLowerCase()))
const json = (res: ServerResponse, status: number, body: unknown) => {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  return true
}
const cookies =
  (change: (cookie: string) => string): NonNullable<Between['answer']> =>
  headers =>
    headers.map(([name, is]) => (name === 'Set-Cookie' ? [name, change(is)] : [name, is]))

describe('something between the outside and the auth-server', () => {
  test('that takes Set-Cookie out', async () => {
    const result = await diagnose([await auth({ answer: without('set-cookie') }), '--sign-up'])
    expect(only(result)).toEqual([
      'cookies: A sign-in does not set the cookies (Set-Cookie): something between takes it out. Nobody stays signed in in a browser.',
    ])
    // that session could only be ended by its access token
    expect(only(result, 'ok')).toContain('sign-out: What was opened is ended again: 2 sessions.')
  })

  test.each([
    [(cookie: string) => cookie.replace('; HttpOnly', ''), 'is not HttpOnly: scripts can read it'],
    [(cookie: string) => cookie.replace('; SameSite=Lax', ''), 'has no SameSite that browsers know'],
    [
      (cookie: string) => cookie.replace('SameSite=Lax', 'SameSite=None'),
      'has SameSite=None without Secure: browsers throw it away',
    ],
    [(cookie: string) => cookie.replace(/Path=[^;]+/, 'Path=/auth'), 'has Path "/auth" instead of'],
    [(cookie: string) => `${cookie}; Domain=example.com`, 'has the Domain "example.com": neighbouring hosts get it'],
  ])('that changes Set-Cookie (%#): each cookie is named', async (change, complaint) => {
    const found = only(await diagnose([await auth({ answer: cookies(change) }), '--sign-up']))
    const names = ['xid_access', 'xid_refresh', 'xid_device']
    expect(found).toEqual(names.map(name => expect.stringContaining(`cookies: Cookie "${name}" ${complaint}`)))
  })

  test('that changes the values of cookies: refreshing by cookie fails, and the session is ended all the same', async () => {
    const change = cookies(cookie => cookie.replace(/^(xid_refresh=.{9})./, '$1~'))
    const result = await diagnose([await auth({ answer: change }), '--sign-up'])
    expect(only(result)).toEqual([
      expect.stringMatching(/^cookies: Refreshing by cookie answers 401 \("session-ended"\)/),
    ])
    expect(only(result, 'ok')).toContain('sign-out: What was opened is ended again: 2 sessions.')
  })

  test('that answers refreshes from a cache: the refresh token does not rotate', async () => {
    const { refreshToken, accessToken } = await signUp(pair.authServer)
    const cached = { accessToken, tokenType: 'Bearer', expiresIn: 300, refreshToken }
    const instead: Between['instead'] = (req, res) => {
      if (req.url === '/api/signin' || req.url === '/api/signup') return json(res, 200, { ...cached, user: {} })
      return req.url === '/api/refresh' && json(res, 200, cached)
    }
    expect(only(await diagnose([await auth({ instead }), '--sign-up']))).toContain(
      'refresh: Refreshing by body gives the same refresh token again: it does not rotate. Is the answer from a cache?',
    )
  })

  test('that takes headers out, changes them, or adds its own', async () => {
    const url = await auth({
      answer: headers => [
        ...without('x-content-type-options', 'cache-control')(headers, ''),
        ['Cache-Control', 'public, max-age=60'],
        ['X-Powered-By', 'PHP/5.3'],
        ['ETag', '"1"'],
      ],
    })
    expect(only(await diagnose([url]))).toEqual([
      'headers: Cache-Control is "public, max-age=60": caches on the way may keep tokens. Something between changes it.',
      'headers: X-Content-Type-Options is missing: browsers may take answers for scripts. Something between takes it out.',
      'headers: X-Powered-By is there, and no answer of ours has it: something between adds it.',
      'headers: ETag is there, and no answer of ours has it: something between adds it.',
    ])
  })

  test('that puts its own pages in the place of refusals', async () => {
    const page: Between['instead'] = (req, res) => {
      if (req.url !== '/api/there-is-no-such-route') return false
      res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not found</h1>')
      return true
    }
    expect(only(await diagnose([await auth({ instead: page })]))).toContain(
      'problems: A refusal comes as "text/html" instead of application/problem+json: something between puts its own page in its place. Clients cannot read that.',
    )
  })

  test('that lets every web site in', async () => {
    const url = await auth({ answer: headers => [...headers, ['Access-Control-Allow-Origin', '*']] })
    expect(only(await diagnose([url]))).toEqual([
      'cors: A web site that nobody knows is let in (Access-Control-Allow-Origin is "*"). Something between adds it: CORS is the matter of the servers alone.',
    ])
  })

  test('that takes Origin out: foreign writes are not refused', async () => {
    const url = await auth({ request: headers => without('origin')(headers, '') })
    expect(only(await diagnose([url]))).toEqual([
      expect.stringMatching(
        /^cors: Writes of a web site that nobody knows are not refused .* takes the Origin header out\.$/,
      ),
    ])
  })

  test('that answers sign-outs itself: the token goes on, and the session is ended by other means', async () => {
    const instead: Between['instead'] = (req, res) => {
      if (req.url === '/api/signout') res.writeHead(req.headers.origin ? 403 : 204).end()
      return req.url === '/api/signout'
    }
    const result = await diagnose([await auth({ instead }), '--sign-up'])
    expect(only(result)).toEqual([
      expect.stringMatching(/^revocation: It still accepts the access token 5 s after the sign-out: did the sign-out/),
    ])
    expect(only(result, 'ok')).toContain('sign-out: What was opened is ended again: 2 sessions.')
  })

  test('that collects the stream of revocations before it hands it on', async () => {
    const instead: Between['instead'] = (req, res) => {
      if (req.url !== '/api/revocations' || !req.headers.authorization) return false
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
      return true
    }
    const settings = { secret: secrets.JWT_ACCESS_SECRET, issuer: pair.auth }
    expect(only(await diagnose([await auth({ instead })], { settings, requestMs: 2000 }))).toEqual([
      expect.stringMatching(/^secret: The feed of revocations opens and says nothing within /),
    ])
  })

  test('that sets Date by a clock of its own: the servers and this machine are compared, and the token’s time tells who is right', async () => {
    const late = new Date(Date.now() - 60_000).toUTCString()
    const url = await auth({
      answer: headers => headers.map(([name, is]) => (name === 'Date' ? [name, late] : [name, is])),
    })
    const result = await diagnose([url, '--sign-up'])
    expect(only(result)).toEqual([
      expect.stringMatching(/^clock: Its clock is at least \d\d\.\d s behind this machine's\. Tokens are refused/),
    ])
    expect(only(result, 'note')).toContainEqual(
      expect.stringMatching(/^token: Its time of issue and the Date of the answers are at least \d\d\.\d s apart/),
    )
  })

  test('at another name: its own pages would be foreign to it', async () => {
    const url = await auth({})
    const result = await diagnose([url])
    expect([only(result), result.code]).toEqual([[], 0])
    expect(only(result, 'note')).toEqual([expect.stringContaining(`pages of ${url} are refused as foreign`)])
  })

  test.each([
    ['one with private members is an alarm', { keys: [{ kid: 'a', kty: 'OKP', d: 'x' }] }, 'wrong', /ALARM: .*\(d\)/],
    ['one with a shared secret is an alarm', { keys: [{ kid: 'a', kty: 'oct', k: 'x' }] }, 'wrong', /ALARM: .*\(k\)/],
    ['one whose kid is no string is wrong', { keys: [{ kid: { toString: 1 } }] }, 'wrong', /whose kid is not a string/],
    ['one without a list is wrong', { key: [] }, 'wrong', /answers 200 and no /],
    ['a good one tells its keys', { keys: [{ kid: 'a' }, { kid: 'b' }] }, 'ok', /^keys: Public keys: "a", "b"\.$/],
  ] as const)('and of lists of public keys %s', async (_name, list, level, text) => {
    const instead: Between['instead'] = (req, res) => req.url === '/.well-known/jwks.json' && json(res, 200, list)
    expect(only(await diagnose([await auth({ instead })]), level)).toContainEqual(expect.stringMatching(text))
  })

  test('that says in its words what it was sent: nothing secret is repeated', async () => {
    const { email } = await signUp(pair.authServer)
    const instead: Between['instead'] = (req, res) => {
      if (req.url !== '/api/signin') return false
      req.setEncoding('utf8').on('data', body => json(res, 418, { code: `\u001b[31m${JSON.parse(body).password}` }))
      return true
    }
    const account = { email, password: goodPassword }
    const result = await diagnose([await auth({ instead }), '--email', email], { account })
    expect(only(result)).toEqual([
      'sign-in: Signing in is answered 418 ("\ufffd[31m(hidden)"): something between refuses it, or changes the answer.',
    ])
  })
})

describe('a password is hidden however it comes back', () => {
  const password = 'quo"te back\\slash horse'
  const email = 'ada@example.com'

  test.each([
    ['as it is', (sent: string) => sent, '(hidden)'],
    ['within an object', (sent: string) => ({ sent }), '{"sent":"(hidden)"}'],
    ['where it would be cut', (sent: string) => `${'x'.repeat(110)}${sent}`, `${'x'.repeat(110)}(hidden)`],
  ])('%s', async (_name, code, shown) => {
    const instead: Between['instead'] = (req, res) => {
      if (req.url !== '/api/signin') return false
      req.setEncoding('utf8').on('data', body => json(res, 418, { code: code(JSON.parse(body).password) }))
      return true
    }
    const result = await diagnose([await auth({ instead }), '--email', email], { account: { email, password } })
    expect(only(result)).toEqual([
      `sign-in: Signing in is answered 418 ("${shown}"): something between refuses it, or changes the answer.`,
    ])
    expect(result.text).not.toMatch(/quo|slash/)
  })
})

describe('something between the outside and a service', () => {
  test('that takes Authorization out', async () => {
    const url = await service({ request: headers => without('authorization')(headers, '') })
    const result = await diagnose([pair.auth, url, '--sign-up'])
    expect(only(result)).toEqual([
      'token: It refuses a token from here as if there were none: the Authorization header does not arrive. Something between takes it out.',
    ])
    expect(only(result, 'note')).toContainEqual(expect.stringMatching(/^guard: A bad token is answered like none/))
  })

  test('that takes WWW-Authenticate out', async () => {
    const url = await service({ answer: without('www-authenticate') })
    expect(only(await diagnose([pair.auth, `${url}/api/restricted`]))).toEqual([
      expect.stringMatching(/^guard: \/api\/restricted answers 401 without "WWW-Authenticate: Bearer"/),
    ])
  })

  test('that answers preflights itself', async () => {
    const instead: Between['instead'] = (req, res) => {
      if (req.method !== 'OPTIONS' || req.headers.origin !== 'https://app.example.com') return false
      res.writeHead(204, { 'Access-Control-Allow-Origin': 'https://app.example.com' }).end()
      return true
    }
    expect(
      only(await diagnose([pair.auth, await service({ instead }), '--origin', 'https://app.example.com'])),
    ).toContain(
      'cors: the preflight lets https://app.example.com in, and the answer does not: something between answers one of them itself.',
    )
  })

  test('a route that anybody may call is not protected', async () => {
    const instead: Between['instead'] = (req, res) => req.url === '/orders' && json(res, 200, [])
    expect(only(await diagnose([pair.auth, `${await service({ instead })}/orders`]))).toEqual([
      'guard: /orders answers 200 to anybody, without a token. It is not protected: put requireAccessToken in front.',
    ])
  })
})
