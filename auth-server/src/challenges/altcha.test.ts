import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { memoryLog } from '@auth-pair/service/testing'
import fc from 'fast-check'
import { createRedis } from '../redis.ts'
import { altchaPolicy, type ChallengedServer, solve, startChallenged, written } from '../testing/challenged-server.ts'
import { testRedis } from '../testing/index.ts'

const secret = randomBytes(48).toString('base64')
let clock = Date.now()
let server: ChallengedServer
beforeAll(async () => {
  server = await startChallenged({ policy: altchaPolicy, secret, now: () => clock })
})
afterAll(() => server.close())

const solved = async (action: 'sign-up' | 'sign-in') => solve(await server.issued(action))

describe('a challenge of ALTCHA', () => {
  test('is what the widget expects, and its solution passes once', async () => {
    const res = await server.http.get('/api/challenge?action=sign-up')
    expect([res.status, res.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(res.headers['content-type']).toMatch(/^application\/json/)
    const hex = (bytes: number) => expect.stringMatching(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
    expect(res.body).toEqual({
      kind: 'altcha',
      parameters: {
        algorithm: 'PBKDF2/SHA-256',
        cost: 1000,
        data: { action: 'sign-up' },
        expiresAt: Math.floor((clock + 300_000) / 1000),
        keyLength: 32,
        keyPrefix: hex(16),
        keySignature: hex(32),
        nonce: hex(16),
        salt: hex(16),
      },
      signature: hex(32),
    })
    const solution = written(await solve(res.body))
    expect(await server.send('sign-up', solution)).toBe(204)
    expect(await server.send('sign-up', solution)).toBe('challenge-failed')
  })

  test('is asked for when there is no solution, and nothing else is told', async () => {
    for (const body of [{}, { challenge: '' }]) {
      const res = await server.http.post('/sign-up').send(body)
      expect([res.status, res.body.code, res.body.detail]).toEqual([400, 'challenge-required', undefined])
    }
    const res = await server.http.post('/sign-up').send({ challenge: 'x' })
    expect([res.status, res.body.code, res.body.detail]).toEqual([400, 'challenge-failed', undefined])
    expect(server.lines).toContainEqual(
      expect.objectContaining({
        code: 'challenge-failed',
        err: expect.objectContaining({ message: 'it is not of the form of a solution' }),
      }),
    )
  })

  test('is another one each time, and no two take the same work', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => server.issued('sign-up')))
    expect(new Set(all.map(({ parameters }) => parameters.nonce)).size).toBe(40)
    const counters = (await Promise.all(all.map(solve))).map(({ solution }) => solution.counter)
    expect(new Set(counters).size).toBeGreaterThan(5)
    expect(Math.min(...counters)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...counters)).toBeLessThanOrEqual(altchaPolicy.work)
  })

  test('is signed, and its answer too, with keys that are derived from the secret and are of no other use', async () => {
    const { challenge, solution } = await solved('sign-up')
    const { parameters, signature } = challenge
    const hmac = (label: string, message: string | Buffer) => {
      const key = Buffer.from(hkdfSync('sha256', secret, '', label, 32)).toString('hex')
      return createHmac('sha256', key).update(message).digest('hex')
    }
    expect(signature).toBe(hmac('auth-pair challenge signature', JSON.stringify(parameters)))
    const answer = Buffer.from(solution.derivedKey, 'hex')
    expect(parameters.keySignature).toBe(hmac('auth-pair challenge key signature', answer))
  })

  test('leaves nothing behind before it is redeemed, and then one key, for longer than it could be used', async () => {
    const redis = testRedis()
    const { challenge, solution } = await solved('sign-up')
    const key = `challenge:${createHash('sha256').update(`altcha ${challenge.parameters.nonce}`).digest('base64url')}`
    const right = written({ challenge, solution })
    const wrong = written({ challenge, solution: { ...solution, derivedKey: '0'.repeat(64) } })
    expect(await server.send('sign-up', wrong)).toBe('challenge-failed')
    expect(await server.send('sign-in', right)).toBe('challenge-failed')
    expect(await redis.exists(key)).toBe(0)
    expect(await server.send('sign-up', right)).toBe(204)
    const left = await redis.pttl(key)
    expect(left).toBeGreaterThan(300_000)
    expect(left).toBeLessThanOrEqual(360_000)
    redis.disconnect()
  })
})

describe('a solution', () => {
  test('that twenty requests send at once lets one of them pass', async () => {
    const solution = written(await solved('sign-up'))
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.send('sign-up', solution)))
    expect(answers.filter(answer => answer === 204)).toHaveLength(1)
    expect(answers.filter(answer => answer === 'challenge-failed')).toHaveLength(19)
  })

  test('counts once however it is written', async () => {
    const { challenge, solution } = await solved('sign-up')
    const { parameters } = challenge
    expect(await server.send('sign-up', written({ challenge, solution }))).toBe(204)
    const reversed = Object.fromEntries(Object.entries(parameters).reverse())
    for (const other of [
      { challenge, solution: { ...solution, counter: 0, time: 5 } },
      { challenge: { ...challenge, parameters: reversed }, solution },
      { solution, challenge: { ...challenge, kind: 'altcha' } },
    ]) {
      expect(await server.send('sign-up', written(other))).toBe('challenge-failed')
    }
    const spaced = Buffer.from(JSON.stringify({ challenge, solution }, null, 1)).toString('base64url')
    expect(await server.send('sign-up', spaced)).toBe('challenge-failed')
  })

  test('is for one action', async () => {
    const solution = written(await solved('sign-up'))
    expect(await server.send('sign-in', solution)).toBe('challenge-failed')
    expect(await server.send('sign-up', solution)).toBe(204)
  })

  test('expires, to the second', async () => {
    const [soon, late] = [await solved('sign-in'), await solved('sign-in')]
    const began = clock
    clock = Number(soon.challenge.parameters.expiresAt) * 1000 - 1
    expect(await server.send('sign-in', written(soon))).toBe(204)
    clock += 1
    expect(await server.send('sign-in', written(late))).toBe('challenge-failed')
    clock = began
  })

  test('of another server is refused, and one of a second server with the same secret is not', async () => {
    const strange = await startChallenged({ policy: altchaPolicy })
    const second = await startChallenged({ policy: altchaPolicy, secret })
    const solution = written(await solve(await strange.issued('sign-up')))
    expect(await server.send('sign-up', solution)).toBe('challenge-failed')
    expect(await strange.send('sign-up', solution)).toBe(204)
    const shared = written(await solve(await second.issued('sign-up')))
    expect(await server.send('sign-up', shared)).toBe(204)
    expect(await second.send('sign-up', shared)).toBe('challenge-failed')
    await strange.close()
    await second.close()
  })

  test('without the work is none', async () => {
    const { challenge, solution } = await solved('sign-up')
    const guesses = [
      { ...solution, derivedKey: challenge.parameters.keyPrefix.padEnd(64, '0') },
      { ...solution, derivedKey: challenge.parameters.keySignature },
      { ...solution, derivedKey: '0'.repeat(64) },
    ]
    for (const guess of guesses)
      expect(await server.send('sign-up', written({ challenge, solution: guess }))).toBe('challenge-failed')
  })
})

describe('a challenge that was changed', () => {
  const changes: Record<string, unknown> = {
    algorithm: 'SHA-256',
    cost: 1,
    data: { action: 'sign-in' },
    expiresAt: 4_102_444_800,
    keyLength: 16,
    keyPrefix: '0'.repeat(32),
    keySignature: '0'.repeat(64),
    nonce: '0'.repeat(32),
    salt: '0'.repeat(32),
  }

  test.each(Object.entries(changes))('in %s is refused', async (name, value) => {
    const { challenge, solution } = await solved('sign-up')
    for (const parameters of [
      { ...challenge.parameters, [name]: value },
      Object.fromEntries(Object.entries(challenge.parameters).filter(([other]) => other !== name)),
    ]) {
      const other = written({ challenge: { ...challenge, parameters }, solution })
      for (const action of ['sign-up', 'sign-in'] as const)
        expect(await server.send(action, other)).toBe('challenge-failed')
    }
    expect(await server.send('sign-up', written({ challenge, solution }))).toBe(204)
  })

  // the advisory on version 1: bytes that move from one parameter into the next made another challenge of the same signature
  test('by moving bytes from one parameter into the next is refused', async () => {
    const { challenge, solution } = await solved('sign-up')
    const { nonce, salt, expiresAt = 0, ...rest } = challenge.parameters
    const spliced = [
      { nonce: nonce.slice(0, -2), salt: nonce.slice(-2) + salt, expiresAt },
      { nonce: nonce + salt.slice(0, 2), salt: salt.slice(2), expiresAt },
      { nonce, salt: `${salt}&expires=${expiresAt}9`, expiresAt },
      { nonce, salt: `${salt}?expires=9${expiresAt}`, expiresAt: expiresAt * 10 },
      { nonce, salt, expiresAt: Number(`${expiresAt}9`) },
    ]
    for (const parameters of spliced) {
      const other = written({ challenge: { ...challenge, parameters: { ...rest, ...parameters } }, solution })
      expect(await server.send('sign-up', other)).toBe('challenge-failed')
    }
    const twice = JSON.stringify({ challenge, solution }).replace('"sign-up"', '"sign-up","action":"sign-in"')
    for (const action of ['sign-up', 'sign-in'] as const)
      expect(await server.send(action, Buffer.from(twice).toString('base64'))).toBe('challenge-failed')
  })

  test('by another name for a parameter is refused', async () => {
    const { challenge, solution } = await solved('sign-up')
    for (const more of ['"memoryCost":1', '"__proto__":{"cost":1}', '"constructor":null']) {
      const text = JSON.stringify({ challenge, solution }).replace('"parameters":{', `"parameters":{${more},`)
      expect(await server.send('sign-up', Buffer.from(text).toString('base64'))).toBe('challenge-failed')
    }
  })
})

describe('garbage in the place of a solution', () => {
  const refused = async (challenge: unknown, codes: string[]) => {
    const res = await server.http.post('/sign-up').send({ challenge })
    if (res.status !== 400 || !codes.includes(res.body.code)) throw new Error(`${res.status}: ${res.text}`)
  }

  test('is refused, whatever it is', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.base64String({ minLength: 4 }),
      fc.json().map(text => Buffer.from(text).toString('base64')),
      fc.string({ minLength: 100, maxLength: 8192 }),
    )
    await fc.assert(
      fc.asyncProperty(texts, text => refused(text, ['challenge-failed'])),
      { numRuns: 200 },
    )
  })

  test('in any part of it is refused', async () => {
    const { challenge, solution } = await solved('sign-up')
    const { parameters } = challenge
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(Number.MAX_VALUE, -0, '', {}, [], null))
    const spoilt = fc.oneof(
      anything.map(value => ({ challenge: value, solution })),
      anything.map(value => ({ challenge, solution: value })),
      anything.map(value => ({ challenge: { ...challenge, signature: value }, solution })),
      anything.map(value => ({ challenge: { ...challenge, parameters: value }, solution })),
      anything.map(value => ({ challenge, solution: { ...solution, derivedKey: value } })),
      fc.tuple(fc.constantFrom(...Object.keys(parameters)), anything).map(([name, value]) => ({
        challenge: { ...challenge, parameters: { ...parameters, [name]: value } },
        solution,
      })),
    )
    await fc.assert(
      fc.asyncProperty(spoilt, value => refused(written(value), ['challenge-failed'])),
      { numRuns: 300 },
    )
    expect(await server.send('sign-up', written({ challenge, solution }))).toBe(204)
  })

  test('that is no text, or too long, is a complaint about the field', async () => {
    const noText = fc.jsonValue().filter(value => typeof value !== 'string')
    await fc.assert(
      fc.asyncProperty(noText, value => refused(value, ['invalid-input'])),
      { numRuns: 100 },
    )
    expect((await server.http.post('/sign-up').send({ challenge: 'x'.repeat(8193) })).body.errors).toEqual([
      { path: 'challenge', message: 'The solution of the challenge has at most 8192 characters.' },
    ])
  })
})

describe('without Redis', () => {
  test('challenges are given out, wrong solutions are refused, and right ones are 503', async () => {
    const redis = createRedis({ url: 'redis://127.0.0.1:1', log: memoryLog().log })
    const alone = await startChallenged({ policy: altchaPolicy, redis })
    const solution = written(await solve(await alone.issued('sign-up')))
    expect(await alone.send('sign-up', 'junk')).toBe('challenge-failed')
    expect(await alone.send('sign-up', undefined)).toBe('challenge-required')
    expect(await alone.send('sign-in', solution)).toBe('challenge-failed')
    for (let i = 0; i < 2; i++) expect(await alone.send('sign-up', solution)).toBe('unavailable')
    await alone.close()
  })
})
