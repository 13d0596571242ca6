import { randomBytes } from 'node:crypto'
import { makeKey } from '../../../auth-server/commands/keys/make-key.ts'
import { freshEmail, goodPassword, redisApart, secrets, signUp } from '../../../auth-server/src/testing/index.ts'
import { diagnose, only, startAuth, startBetween, startPair, startService } from './testing/index.ts'

jest.setTimeout(30_000)
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const pair = async (...settings: Parameters<typeof startPair>) => {
  const started = await startPair(...settings)
  closing.push(started.close)
  return started
}

/** The sentence about what a service says of a good token. */
const refusal = 'token: It refuses a token from here (401 invalid_token).'

describe('a pair that is as it should be', () => {
  test('has nothing wrong: with an account, both transports, a front end, and the secret; and nothing secret is said', async () => {
    const front = 'https://app.example.com'
    const { auth, service, authServer } = await pair({
      auth: { CORS_ORIGINS: front },
      service: { CORS_ORIGINS: front },
    })
    const { email } = await signUp(authServer)
    const account = { email, password: goodPassword }
    const settings = { secret: secrets.JWT_ACCESS_SECRET, issuer: auth }
    const route = `${service}/api/restricted`
    const result = await diagnose([auth, service, route, '--email', email, '--origin', front], { account, settings })
    expect([only(result), only(result, 'note'), result.code]).toEqual([[], [], 0])
    const said = only(result, 'ok')
    for (const part of [
      'refresh: Refreshing by body works, and the refresh token rotates.',
      'cookies: Refreshing by cookie works, and the refresh token rotates.',
      'cookies: Cookies are as they have to be: HttpOnly, SameSite=Lax, not Secure (plain http).',
      'cors: https://app.example.com is let in.',
      'secret: The JWT_ACCESS_SECRET of the settings here opens the feed of revocations.',
      'sign-out: What was opened is ended again: 2 sessions.',
    ])
      expect(said).toContain(part)
    expect(said.filter(text => text.endsWith('the feed of revocations is connected there.'))).toHaveLength(2)
    expect(result.text).not.toMatch(/eyJ/)
    for (const secret of [goodPassword, email, ...Object.values(secrets)]) expect(result.text).not.toContain(secret)
    // what it opened is gone: only the sign-up's session is left
    const { body } = await authServer.http.post('/api/signin').send({ email, password: goodPassword })
    const list = await authServer.http.get('/api/sessions').set('Authorization', `Bearer ${body.accessToken}`)
    expect(list.body.sessions).toHaveLength(2)
  })

  test('without an account says what was left out, and why', async () => {
    const { auth, service } = await pair()
    const result = await diagnose([auth, service])
    expect([only(result), result.code]).toEqual([[], 0])
    expect(only(result, 'left out').filter(text => !text.startsWith('keys: '))).toEqual([
      'version: Nothing tells the version of a service from outside.',
      expect.stringMatching(/^account: .*: give --email \(or --sign-up\)\.$/),
      expect.stringMatching(
        /^secret: .*there is no JWT_ACCESS_SECRET in the environment or \.env, and no npm start on this machine/,
      ),
    ])
  })

  test('gets an account that stays behind only when asked for one, and is told so', async () => {
    const { auth, service } = await pair()
    const result = await diagnose([auth, service, '--sign-up'])
    expect([only(result), result.code]).toEqual([[], 0])
    expect(only(result, 'note')).toEqual([
      expect.stringMatching(/^sign-in: Signed up by body, as doctor-.*stays behind/),
    ])
  })
})

describe('a service that refuses tokens', () => {
  test('of another secret: the secret is named first', async () => {
    const JWT_ACCESS_SECRET = randomBytes(48).toString('base64')
    const { auth, service } = await pair({ service: { JWT_ACCESS_SECRET, AUTH_SERVER_URL: '' } })
    const result = await diagnose([auth, service, '--sign-up'])
    expect(only(result)).toEqual([
      expect.stringMatching(
        /It is not the clock\. Compare .* first: JWT_ACCESS_SECRET has to be the one .*ACCESS_TOKEN_JWKS_URL must not be set there while the secret signs; JWT_ISSUER/,
      ),
    ])
    expect(only(result, 'left out')).toContain(
      'revocation: Whether it hears of revocations: it accepts no token that could be revoked.',
    )
    expect(result.code).toBe(1)
    // with the settings of that service at hand it is certain
    const certain = await diagnose([auth, service, '--sign-up'], {
      settings: { secret: JWT_ACCESS_SECRET, issuer: auth },
    })
    expect(only(certain)).toEqual([
      expect.stringMatching(/JWT_ACCESS_SECRET .*; the one in the settings here is not\), and .*; JWT_ISSUER/),
      expect.stringMatching(/^secret: The JWT_ACCESS_SECRET of the settings here does not open the feed/),
    ])
  })

  test('of another issuer or audience: it is named first, with the value to set', async () => {
    const { auth, service } = await pair({
      auth: { JWT_ISSUER: 'https://login.example.com' },
      service: { AUTH_SERVER_URL: '' },
    })
    const issuer = await diagnose([auth, service, '--sign-up'])
    expect(only(issuer)).toEqual([
      expect.stringContaining(
        'first: JWT_ISSUER, or PUBLIC_URL without it, has to be exactly "https://login.example.com"',
      ),
    ])
    const other = await pair({ auth: { JWT_AUDIENCE: 'shop' } })
    const audience = await diagnose([other.auth, other.service, '--sign-up'])
    expect(only(audience)).toEqual([expect.stringContaining('first: JWT_AUDIENCE has to be "shop"')])
    expect([only(audience)[0], only(issuer)[0]]).toEqual([
      expect.stringContaining(refusal),
      expect.stringContaining(refusal),
    ])
  })

  test('that has another issuer or audience itself: what it has to be is said', async () => {
    const { auth, service } = await pair({ service: { JWT_AUDIENCE: 'shop', JWT_ISSUER: 'shop', AUTH_SERVER_URL: '' } })
    const [text] = only(await diagnose([auth, service, '--sign-up']))
    expect(text).toContain(`JWT_ISSUER, or PUBLIC_URL without it, has to be exactly "${auth}"`)
    expect(text).toContain('JWT_AUDIENCE has to be "auth-pair"')
  })

  test('whose clock is behind', async () => {
    const { url: auth, close } = await startAuth()
    closing.push(close)
    const behind = () => Date.now() - 20_000
    const service = await startService({ PUBLIC_URL: auth }, behind)
    closing.push(service.close)
    const between = await startBetween(service.url, {
      answer: headers =>
        headers.map(([name, is]) => (name === 'Date' ? [name, new Date(behind()).toUTCString()] : [name, is])),
    })
    closing.push(between.close)
    const result = await diagnose([auth, between.url, '--sign-up'])
    expect(only(result)).toEqual([
      expect.stringMatching(/^clock: Its clock is at least (1[5-9]|20)\.\d s behind this machine's\. /),
      expect.stringMatching(
        /^clock: Its clock is at least (1[5-9]|20)\.\d s behind the auth-server's\. It takes new tokens for not yet valid/,
      ),
      expect.stringMatching(
        /^token: It refuses a token from here\. Most likely its clock: it is (1[5-9]|20)\.\d s behind/,
      ),
    ])
  })

  test('because it cannot hear of revocations', async () => {
    const service = { AUTH_SERVER_URL: 'http://127.0.0.1:9', REVOCATION_FEED_LOST: 'refuse' }
    const { auth, service: url } = await pair({ service })
    expect(only(await diagnose([auth, url, '--sign-up']))).toEqual([
      expect.stringMatching(/^token: It answers 503 to a good token: it cannot hear of revocations/),
    ])
  })
})

describe('where a key signs', () => {
  const auth = { ACCESS_TOKEN_PRIVATE_KEY: makeKey('ES256').value }

  test('a service that fetches the key set is as it should be', async () => {
    const { url, close } = await startAuth(auth)
    closing.push(close)
    const ACCESS_TOKEN_JWKS_URL = `${url}/.well-known/jwks.json`
    const service = await startService({ PUBLIC_URL: url, AUTH_SERVER_URL: url, ACCESS_TOKEN_JWKS_URL })
    closing.push(service.close)
    const result = await diagnose([url, service.url, '--sign-up'])
    expect([only(result), result.code]).toEqual([[], 0])
  })

  test('a service that cannot fetch it: its address comes before the feed', async () => {
    const ACCESS_TOKEN_JWKS_URL = 'http://127.0.0.1:9/.well-known/jwks.json'
    const { auth: url, service } = await pair({ auth, service: { ACCESS_TOKEN_JWKS_URL } })
    const result = await diagnose([url, service, '--sign-up'])
    expect(only(result)).toEqual([
      "token: It answers 503 to a good token. Likely first: it has not been able to fetch the auth-server's keys: ACCESS_TOKEN_JWKS_URL has to be ORIGIN/.well-known/jwks.json, reachable from there (its log says so). Or REVOCATION_FEED_LOST=refuse and it cannot hear of revocations.",
    ])
    // it can do its work as soon as the keys come
    expect(result.findings).toContainEqual({ level: 'ok', check: 'health', server: service, text: 'It is ready.' })
  })

  test('a service that still wants the secret: the setting that is missing there is named', async () => {
    const { auth: url, service } = await pair({ auth })
    expect(only(await diagnose([url, service, '--sign-up']))).toEqual([
      expect.stringMatching(
        /first: ACCESS_TOKEN_JWKS_URL has to be ORIGIN\/\.well-known\/jwks\.json of this auth-server, reachable from there, for key "[\w-]{43}"; JWT_ISSUER/,
      ),
    ])
  })
})

test('a service that looks for a secret’s tokens in a key set is told to leave ACCESS_TOKEN_JWKS_URL out', async () => {
  const { url, close } = await startAuth()
  closing.push(close)
  const ACCESS_TOKEN_JWKS_URL = `${url}/.well-known/jwks.json`
  const service = await startService({ PUBLIC_URL: url, AUTH_SERVER_URL: url, ACCESS_TOKEN_JWKS_URL })
  closing.push(service.close)
  expect(only(await diagnose([url, service.url, '--sign-up']))).toEqual([
    expect.stringContaining('ACCESS_TOKEN_JWKS_URL must not be set there while the secret signs'),
  ])
})

test('a service without the feed goes on accepting who has signed out', async () => {
  const { auth, service } = await pair({ service: { AUTH_SERVER_URL: '' } })
  const result = await diagnose([auth, service, '--sign-up'])
  expect(only(result)).toEqual([
    expect.stringMatching(
      /^revocation: It still accepts .*does not hear of revocations \(AUTH_SERVER_URL is not set there, or the feed is lost\)/,
    ),
  ])
})

test('a front end that is not in CORS_ORIGINS is not let in, at either server', async () => {
  const { auth, service } = await pair({ auth: { CORS_ORIGINS: 'https://other.example.com' } })
  expect(only(await diagnose([auth, service, '--origin', 'https://app.example.com']))).toEqual(
    Array(2).fill(
      'cors: https://app.example.com is not let in (no Access-Control-Allow-Origin). Add https://app.example.com to CORS_ORIGINS of this server, or let its value through.',
    ),
  )
})

describe('a public URL that is not that of the outside', () => {
  test('Secure cookies over plain http', async () => {
    const { url, close } = await startAuth({ COOKIE_SECURE: 'true' })
    closing.push(close)
    const found = only(await diagnose([url, '--sign-up']))
    const names = ['xid_access', 'xid_refresh', 'xid_device']
    expect(found).toEqual(
      names.map(name => expect.stringContaining(`Cookie "${name}" is Secure, but this is plain http`)),
    )
  })

  test('https there, plain http here', async () => {
    const { url, close } = await startAuth({
      PUBLIC_URL: 'https://login.example.com',
      COOKIE_SECURE: 'true',
      BCRYPT_COST: '10',
    })
    closing.push(close)
    const found = only(await diagnose([url, '--sign-up']))
    expect(found[0]).toMatch(
      /^description: PUBLIC_URL is "https:\/\/login\.example\.com", but it is reached here by plain http/,
    )
    expect(found).toContainEqual(expect.stringMatching(/^cookies: Cookie "__Host-xid_access" has the prefix of https/))
  })
})

test('a store that is away: it is not ready, and nobody can sign in; nothing else is blamed', async () => {
  const { url, close } = await startAuth({ ...redisApart(9), REDIS_URL: 'redis://127.0.0.1:9' })
  closing.push(close)
  expect(only(await diagnose([url, '--sign-up']))).toEqual([
    expect.stringMatching(/^health: It is not ready \(503\): PostgreSQL or Redis cannot be reached/),
    expect.stringMatching(/^sign-in: Signing in is answered 503 \("unavailable"\): a store is away/),
  ])
})

test('a wrong password is tried once, and said', async () => {
  const { url, close } = await startAuth()
  closing.push(close)
  const account = { email: freshEmail(), password: goodPassword }
  const result = await diagnose([url, '--email', account.email], { account })
  expect(only(result)).toEqual([
    expect.stringMatching(/^sign-in: Email or password is wrong, or the account is disabled\./),
  ])
})

test('an account whose limit is used up: 429 is said, and nothing more is asked', async () => {
  const { url, close } = await startAuth({ LIMIT_SIGN_UPS: '1/3600', LIMIT_FREE_SIGN_UPS: '1/3600' })
  closing.push(close)
  await diagnose([url, '--sign-up'])
  const again = await diagnose([url, '--sign-up'])
  expect([again.code, again.findings.at(-1)]).toEqual([
    1,
    {
      level: 'wrong',
      check: 'rest',
      server: url,
      text: expect.stringMatching(/^A server answers 429, .* Try again in \d+ s\. /),
    },
  ])
})
