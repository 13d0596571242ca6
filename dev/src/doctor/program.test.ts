import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { goodPassword, secrets, signUp } from '../../../auth-server/src/testing/index.ts'
import { freePort } from '../free-port.ts'
import { announceStores } from '../running-stores.ts'
import { checkCertificate } from './check-certificate.ts'
import { findSettings } from './find-settings.ts'
import { readOptions } from './options.ts'
import { readTarget, type Target } from './targets.ts'
import { type Between, certificate, startAuth, startBetween, startPair, startService } from './testing/index.ts'

jest.setTimeout(60_000)
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const put = async <Started extends { close: () => Promise<void> }>(starting: Promise<Started>): Promise<Started> => {
  const started = await starting
  closing.push(started.close)
  return started
}

/** Runs the program as an operator does, with nothing of this environment. */
const doctor = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['dev/src/doctor/main.ts', ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, err }))
  return { child, ended }
}

test('an account’s password comes from DOCTOR_PASSWORD or standard input, and the secret from the environment', async () => {
  const { auth, service, authServer } = await put(startPair())
  const { email } = await signUp(authServer)
  const { JWT_ACCESS_SECRET } = secrets
  const byEnvironment = doctor([auth, service, '--email', email], {
    DOCTOR_PASSWORD: goodPassword,
    JWT_ACCESS_SECRET,
    PUBLIC_URL: auth,
    NO_COLOR: '1',
  })
  const first = await byEnvironment.ended
  expect([first.code, first.err]).toEqual([0, ''])
  expect(first.out).toMatch(/\n\n\d+ ok, 0 note, 0 wrong, \d left out\n$/)
  expect(first.out).toContain('opens the feed of revocations.')
  const byInput = doctor([auth, '--email', email, '--json'])
  byInput.child.stdin.end(`${goodPassword}\n`)
  const second = await byInput.ended
  expect(second.code).toBe(0)
  const findings = second.out.split('\n').flatMap(line => (line ? [JSON.parse(line)] : []))
  expect(findings).toContainEqual({ level: 'ok', check: 'sign-in', server: auth, text: 'Signed in by body.' })
  for (const { out } of [first, second]) {
    for (const secret of [goodPassword, JWT_ACCESS_SECRET, 'eyJ', '\u001b']) expect(out).not.toContain(secret)
  }
})

test('beside npm start the secret is that of the running pair, if the URL is one of this machine', async () => {
  const { auth } = await put(startPair())
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'data-'))
  announceStores(DATA_DIR, { JWT_ACCESS_SECRET: secrets.JWT_ACCESS_SECRET, PUBLIC_URL: auth })
  const { code, out } = await doctor([auth], { DATA_DIR }).ended
  expect([code, out.match(/secret: .*/g)]).toEqual([
    0,
    ['secret: The JWT_ACCESS_SECRET of the settings here opens the feed of revocations.'],
  ])
  expect(findSettings({ DATA_DIR }, { origin: 'https://login.example.com' })).toBeUndefined()
})

test('--help says how, and that is no mistake', async () => {
  expect(await doctor(['--help']).ended).toEqual({
    code: 0,
    out: expect.stringMatching(/^Usage: npm run doctor -- URL/),
    err: '',
  })
})

test('Ctrl-C in the middle ends what was opened', async () => {
  const { auth, authServer } = await put(startPair())
  const { email, accessToken } = await signUp(authServer)
  const reached = Promise.withResolvers<void>()
  const hang: Between['instead'] = req => {
    const is = req.url === '/api/refresh' && !!req.headers.cookie
    if (is) reached.resolve()
    return is
  }
  const { url } = await put(startBetween(auth, { instead: hang }))
  const { child, ended } = doctor([url, '--email', email], { DOCTOR_PASSWORD: goodPassword })
  await reached.promise
  const sessions = async () => {
    const { body } = await authServer.http.get('/api/sessions').set('Authorization', `Bearer ${accessToken}`)
    return body.sessions.length
  }
  expect(await sessions()).toBe(3)
  // once by the terminal, once by what started it
  child.kill('SIGINT')
  child.kill('SIGINT')
  const { code, out } = await ended
  expect(code).toBe(130)
  expect(out).toContain('rest: Interrupted.')
  expect(out).toContain('What was opened is ended again: 2 sessions.')
  expect(await sessions()).toBe(1)
})

test('an email without a password is a wrong use', async () => {
  const { child, ended } = doctor(['http://127.0.0.1:9', '--email', 'ada@example.com'])
  child.stdin.end()
  expect(await ended).toEqual({
    code: 2,
    out: '',
    err: 'There is no password: set DOCTOR_PASSWORD, or give it on standard input.\n',
  })
})

describe('https', () => {
  const tls = certificate()
  const startBoth = async () => {
    const port = await freePort()
    const PUBLIC_URL = `https://localhost:${port}`
    const settings = { PUBLIC_URL, COOKIE_SECURE: 'true', BCRYPT_COST: '10' }
    const { url: plain } = await put(startAuth(settings))
    const { url: auth } = await put(startBetween(plain, { tls, port }))
    const { url: plainService } = await put(startService({ PUBLIC_URL, AUTH_SERVER_URL: plain }))
    const { url: service } = await put(startBetween(plainService, { tls }))
    return { auth, service }
  }

  test('in front of a pair that knows of it is as it should be', async () => {
    const { auth, service } = await startBoth()
    const { code, out } = await doctor([auth, service, '--sign-up'], { NODE_EXTRA_CA_CERTS: tls.file }).ended
    expect(out).not.toMatch(/^wrong/m)
    expect(code).toBe(0)
    expect(out).toContain('cookies: Cookies are as they have to be: HttpOnly, SameSite=Lax, Secure and prefixed.')
    expect(out.match(/certificate: The certificate is good until \d{4}-\d\d-\d\d\.$/gm)).toHaveLength(2)
  })

  test('with a certificate of nobody’s is told in words, and nothing is sent there, least of all a password', async () => {
    const { auth } = await startBoth()
    const { code, out } = await doctor([auth, '--sign-up']).ended
    expect(code).toBe(1)
    expect(out).toMatch(
      /^wrong {5}\S+ {2}certificate: The certificate of localhost is self-signed.*NODE_EXTRA_CA_CERTS/m,
    )
    expect(out).not.toContain('sign-in:')
  })

  test('in front of a pair that does not know of it: cookies, headers and PUBLIC_URL are wrong', async () => {
    const { url: plain } = await put(startAuth())
    const { url: auth } = await put(startBetween(plain, { tls }))
    const { code, out } = await doctor([auth, '--sign-up'], { NODE_EXTRA_CA_CERTS: tls.file }).ended
    expect(code).toBe(1)
    const found = out.split('\n').filter(line => line.startsWith('wrong'))
    expect(found).toEqual([
      expect.stringContaining(
        'headers: Strict-Transport-Security is missing. Does PUBLIC_URL of this server begin with https://?',
      ),
      expect.stringContaining(`description: PUBLIC_URL is "${plain}", but it is reached by https`),
      ...['xid_access', 'xid_refresh', 'xid_device'].flatMap(name => [
        expect.stringContaining(`cookies: Cookie "${name}" is not Secure`),
        expect.stringContaining(`cookies: Cookie "${name}" has not the prefix __`),
      ]),
    ])
  })

  test('a certificate that ends soon, or has ended, is spoken of', async () => {
    const { url } = await put(startBetween('http://127.0.0.1:9', { tls }))
    const at = (days: number) => () => Date.now() + days * 86_400_000
    const look = (now: () => number) =>
      checkCertificate(readTarget(url, 'auth') as Target, {
        signal: new AbortController().signal,
        ca: tls.cert,
        deadlineMs: 5000,
        now,
      })
    expect((await look(at(75))).level).toBe('ok')
    expect(await look(at(77))).toEqual({
      level: 'note',
      text: expect.stringMatching(/, for 12 more days: renew it now\.$/),
    })
  })
})

describe('what is not asked for rightly', () => {
  test('exits 2 and says how', async () => {
    const { code, out, err } = await doctor([]).ended
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^Which servers\? Give at least the URL of the auth-server\.\n\nUsage: npm run doctor -- URL/)
  })

  test.each([
    [['localhost:3000'], /is not a URL/],
    [['http://ada:secret@localhost:3000'], /^A URL holds a user or a password: leave them out$/],
    [['http://localhost:3000/auth'], /named by its public URL, without a path/],
    [['http://localhost:3000', 'ftp://localhost'], /is not a URL/],
    [['http://localhost:3000', '--origin', 'https://app.example.com/'], /is not an origin/],
    [['http://localhost:3000', '--password', 'x'], /Unknown option '--password'/],
    [['http://localhost:3000', '--sign-up', '--email', 'ada@example.com'], /one or the other/],
  ])('%j', (args, complaint) => {
    const said = readOptions(args)
    expect(said).toEqual(expect.stringMatching(complaint))
    expect(said).not.toContain('secret')
  })
})
