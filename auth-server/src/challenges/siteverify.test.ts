import { randomBytes } from 'node:crypto'
import { memoryLog } from '@auth-pair/service/testing'
import fc from 'fast-check'
import { createRedis } from '../redis.ts'
import { type ChallengedServer, startChallenged } from '../testing/challenged-server.ts'
import { breakages, startSiteverify } from '../testing/siteverify-server.ts'
import type { SiteverifyPolicy } from './policy.ts'

const secret = `secret-${randomBytes(16).toString('hex')}`
const clock = Date.now()
let provider: Awaited<ReturnType<typeof startSiteverify>>
const servers: ChallengedServer[] = []
beforeEach(async () => {
  provider = await startSiteverify(secret)
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  await provider.close()
})

const start = async (policy: Partial<SiteverifyPolicy> = {}, more: object = {}) => {
  const whole: SiteverifyPolicy = {
    kind: 'turnstile',
    lifeMs: 300_000,
    secret,
    siteKey: 'the-site-key',
    verifyUrl: provider.url,
    hostnames: ['login.example.com'],
    outage: 'refuse',
    ...policy,
  }
  const server = await startChallenged({ policy: whole, now: () => clock, ...more })
  servers.push(server)
  return server
}
const at = (time: number) => new Date(time).toISOString()
const good = () => ({ hostname: 'login.example.com', action: 'sign-up', challenge_ts: at(clock) })

describe.each(['turnstile', 'hcaptcha', 'recaptcha'] as const)('the check of a provider (%s)', kind => {
  test('is shown with its key, and lets the token of who has passed it count once', async () => {
    const server = await start({ kind })
    const shown = await server.http.get('/api/challenge?action=sign-up')
    expect([shown.status, shown.body]).toEqual([200, { kind, siteKey: 'the-site-key' }])
    expect(await server.send('sign-up')).toBe('challenge-required')
    const token = provider.pass(kind === 'turnstile' ? good() : { ...good(), action: undefined })
    expect(await server.send('sign-up', token)).toBe(204)
    expect(provider.asked).toEqual([
      {
        form: { secret, response: token, remoteip: '127.0.0.1' },
        type: expect.stringMatching(/^application\/x-www-form-urlencoded/),
      },
    ])
    expect(await server.send('sign-up', token)).toBe('challenge-failed')
    expect(await server.send('sign-up', 'never-given-out')).toBe('challenge-failed')
    expect(server.logText()).not.toContain(secret)
  })

  test('counts once for twenty requests at once, also where the provider looks for no replay', async () => {
    const server = await start({ kind })
    provider.forgetReplays()
    const token = provider.pass(good())
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.send('sign-up', token)))
    expect(answers.filter(answer => answer === 204)).toHaveLength(1)
    expect(answers.filter(answer => answer === 'challenge-failed')).toHaveLength(19)
  })
})

describe('a token', () => {
  test.each([
    ['of another host', { hostname: 'evil.example' }],
    ['of a host that only ends like ours', { hostname: 'xlogin.example.com' }],
    ['of a host below ours', { hostname: 'a.login.example.com' }],
    ['of no host', { hostname: undefined }],
    ['for another action', { action: 'sign-in' }],
    ['for an action nobody knows', { action: 'signup' }],
    ['for no action', { action: undefined }],
    ['for an empty action', { action: '' }],
    ['that is too old', { challenge_ts: at(clock - 300_001) }],
    ['of the far future', { challenge_ts: at(clock + 60_001) }],
    ['of no time', { challenge_ts: undefined }],
    ['of a time that is none', { challenge_ts: 'yesterday' }],
  ])('%s is refused', async (_, details) => {
    const server = await start()
    expect(await server.send('sign-up', provider.pass({ ...good(), ...details }))).toBe('challenge-failed')
    expect(await server.send('sign-up', provider.pass(good()))).toBe(204)
  })

  test.each([
    ['of a host in capitals', 'turnstile', { hostname: 'Login.Example.com' }],
    ['that is nearly too old', 'turnstile', { challenge_ts: at(clock - 299_000) }],
    ['of a clock that is ahead', 'turnstile', { challenge_ts: at(clock + 59_000) }],
    ['of a provider that cannot write a hyphen', 'recaptcha', { action: 'sign_up', score: 0.5 }],
    ['of hCaptcha, whose scores run the other way', 'hcaptcha', { action: undefined, score: 0.1 }],
    ['of reCAPTCHA v2, which knows no actions', 'recaptcha', { action: undefined }],
  ] as const)('%s is good', async (_, kind, details) => {
    const server = await start({ kind })
    expect(await server.send('sign-up', provider.pass({ ...good(), ...details }))).toBe(204)
  })

  test.each([
    ['with a low score', { score: 0.4 }],
    ['with a score, and no action', { score: 0.9, action: undefined }],
    ['with a score, and another action', { score: 0.9, action: 'sign_in' }],
  ])('of reCAPTCHA v3 %s is refused', async (_, details) => {
    const server = await start({ kind: 'recaptcha' })
    expect(await server.send('sign-up', provider.pass({ ...good(), ...details }))).toBe('challenge-failed')
  })

  test.each(['hcaptcha', 'recaptcha'] as const)(
    'of %s that names another action all the same is refused',
    async kind => {
      const server = await start({ kind })
      expect(await server.send('sign-in', provider.pass(good()))).toBe('challenge-failed')
    },
  )

  test('that the provider refuses is refused, whatever else is said of it', async () => {
    const server = await start()
    const refused = { success: false, 'error-codes': ['timeout-or-duplicate'], ...good() }
    provider.breakBy(res => void res.writeHead(200).end(JSON.stringify(refused)))
    expect(await server.send('sign-up', 'token')).toBe('challenge-failed')
  })

  test('whatever it is made of is refused, and only what could be one is asked about', async () => {
    const server = await start({ outage: 'allow' })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), async text => {
        expect(await server.send('sign-up', text)).toBe('challenge-failed')
      }),
      { numRuns: 100 },
    )
    for (const { form } of provider.asked) expect(form.response).toMatch(/^[\w.:/+=~-]+$/)
    const before = provider.asked.length
    for (const text of ['a b', 'a&secret=b', 'a\r\nb', 'ä', 'a%20b'])
      expect(await server.send('sign-up', text)).toBe('challenge-failed')
    expect(provider.asked).toHaveLength(before)
  })
})

describe.each(Object.entries(breakages))('a provider that %s', (_, breakage) => {
  test('is an outage: refused with 503, or let through, as is configured', async () => {
    provider.breakBy(breakage)
    const [careful, open] = [await start(), await start({ outage: 'allow' })]
    const token = provider.pass(good())
    const began = performance.now()
    const answers = await Promise.all([careful.send('sign-up', token), open.send('sign-up', token)])
    expect(answers).toEqual(['unavailable', 204])
    expect(performance.now() - began).toBeLessThan(3500)
    for (const server of [careful, open]) {
      expect(server.lines.filter(({ msg }) => msg === 'the challenge provider is away')).toHaveLength(1)
      expect(server.logText()).not.toContain(secret)
    }
    // what nobody could check was not used up
    provider.breakBy(undefined)
    expect(await careful.send('sign-up', token)).toBe(204)
  })
})

describe('an outage', () => {
  test('is one line in the log, however many it meets, and lets nobody by who brings nothing', async () => {
    const server = await start({ outage: 'allow', verifyUrl: 'http://127.0.0.1:1/siteverify' })
    const answers = await Promise.all(Array.from({ length: 30 }, () => server.send('sign-up', 'token')))
    expect(new Set(answers)).toEqual(new Set([204]))
    const said = server.lines.filter(({ msg }) => msg === 'the challenge provider is away')
    expect(said).toEqual([expect.objectContaining({ level: 'warn', provider: 'turnstile', outage: 'allow' })])
    expect(await server.send('sign-up')).toBe('challenge-required')
    expect(await server.send('sign-up', 'no token')).toBe('challenge-failed')
  })

  test('of Redis is 503 for good tokens, whatever the policy on the provider is', async () => {
    const redis = createRedis({ url: 'redis://127.0.0.1:1', log: memoryLog().log })
    const server = await start({ outage: 'allow' }, { redis })
    expect(await server.send('sign-up', provider.pass(good()))).toBe('unavailable')
    expect(await server.send('sign-up', 'never-given-out')).toBe('challenge-failed')
  })
})

test('an answer without an end is cut off, long before it is too late', async () => {
  provider.breakBy(breakages['does not stop answering'])
  const server = await start()
  expect(await server.send('sign-up', 'token')).toBe('unavailable')
  expect(server.lines).toContainEqual(
    expect.objectContaining({ err: expect.objectContaining({ message: 'the answer is too long' }) }),
  )
})

describe('what is no outage', () => {
  test.each([400, 403, 404, 413])('a provider that answers %d lets nobody through', async status => {
    provider.breakBy(res => void res.writeHead(status).end('no'))
    const server = await start({ outage: 'allow' })
    expect(await server.send('sign-up', provider.pass(good()))).toBe('unavailable')
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 'error', provider: 'turnstile' }))
  })

  test('a secret that the provider does not know lets nobody through, and is not shown', async () => {
    const server = await start({ outage: 'allow', secret: 'mistyped-canary' })
    expect(await server.send('sign-up', provider.pass(good()))).toBe('unavailable')
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'error', err: expect.objectContaining({ message: 'invalid-input-secret' }) }),
    )
    expect(server.logText()).not.toContain('mistyped-canary')
  })

  test('a refusal that comes with a status of its own is a refusal', async () => {
    provider.breakBy(res => void res.writeHead(400).end('{"success":false,"error-codes":["bad-request"]}'))
    const server = await start({ outage: 'allow' })
    expect(await server.send('sign-up', 'token')).toBe('challenge-failed')
  })
})
