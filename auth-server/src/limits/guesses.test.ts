import { randomUUID } from 'node:crypto'
import { memoryLog } from '@auth-pair/service/testing'
import { testRedis } from '../testing/index.ts'
import { createGuessStore } from './guess-store.ts'
import { createLimits, type LimitPolicy, type SignInAttempt } from './index.ts'

const redis = testRedis()
afterAll(() => redis.disconnect())

const policy: LimitPolicy = {
  guesses: { free: 10, quietMs: 900_000, waitMs: 30_000, maxWaitMs: 3_600_000, inARow: 100 },
  signInsOfAddress: undefined,
  allSignInsOfAddress: undefined,
  signUpsOfAddress: undefined,
  freeSignUpsOfAddress: undefined,
  refreshesOfSession: undefined,
  failedCallersOfAddress: undefined,
}
const { log } = memoryLog()
let time = Date.now()
const limitsWith = (guesses: Partial<LimitPolicy['guesses']> = {}) =>
  createLimits({
    redis,
    policy: { ...policy, guesses: { ...policy.guesses, ...guesses } },
    secret: 'of these tests',
    log,
    now: () => time,
  })
const limits = limitsWith()
const wanted = new AbortController().signal
const here = '192.0.2.1'
const elsewhere = (i: number) => `198.51.${i >> 8}.${i & 255}`

class ChallengeAsked extends Error {}

interface Guessing {
  readonly ip?: string
  readonly deviceToken?: string
  readonly isChallengePassed?: boolean
}
const attempt = (account: string, { isChallengePassed = false, ...changes }: Guessing = {}): SignInAttempt => ({
  account,
  ip: here,
  deviceToken: undefined,
  hasSolution: isChallengePassed,
  passChallenge: async () => {
    if (!isChallengePassed) throw new ChallengeAsked()
  },
  ...changes,
})
const newAccount = () => `${randomUUID()}@example.com`

/** What a guess comes to: `wrong` when it may be made (and is), the seconds to wait, or that a challenge has to be passed. */
const guessWrong = async (account: string, changes: Guessing = {}, some = limits) => {
  try {
    await (await some.beginSignIn(attempt(account, changes), wanted)).end('wrong')
    return 'wrong'
  } catch (error) {
    if (error instanceof ChallengeAsked) return 'challenge'
    return Number((error as { headers: Record<string, string> }).headers['Retry-After'])
  }
}
const guessRight = async (account: string, changes: Guessing = {}) => {
  await (await limits.beginSignIn(attempt(account, changes), wanted)).end('right')
  return true
}
const times = async <Result>(count: number, work: (i: number) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = []
  for (let i = 0; i < count; i++) results.push(await work(i))
  return results
}

describe('guesses at an account from one address', () => {
  test('are ten, then each waits twice as long as the one before: 30 s up to an hour', async () => {
    const account = newAccount()
    expect(new Set(await times(10, () => guessWrong(account)))).toEqual(new Set(['wrong']))
    const waits: unknown[] = []
    for (let i = 0; i < 10; i++) {
      const seconds = await guessWrong(account)
      waits.push(seconds)
      time += Number(seconds) * 1000 - 1
      expect(await guessWrong(account)).toBe(1)
      time += 1
      expect(await guessWrong(account)).toBe('wrong')
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  })

  test('are free again after a quarter of an hour without one, and not a moment sooner', async () => {
    const account = newAccount()
    await times(10, () => guessWrong(account))
    // the wait of 30 s, and the quiet time behind it
    time += 30_000 + 900_000 - 1
    expect(await guessWrong(account)).toBe('wrong')
    expect(await guessWrong(account)).toBe(60)
    time += 60_000 + 900_000
    expect(new Set(await times(10, () => guessWrong(account)))).toEqual(new Set(['wrong']))
    expect(await guessWrong(account)).toBe(30)
  })

  test('have no window at whose edge there are twice as many', async () => {
    const account = newAccount()
    let wrong = 0
    // one each 89 s: ten within any quarter of an hour, again and again
    for (let i = 0; i < 40; i++, time += 89_000) if ((await guessWrong(account)) === 'wrong') wrong++
    expect(wrong).toBeLessThan(20)
  })

  test('do not count those of another address, of another account, or before one that was right', async () => {
    const account = newAccount()
    await times(10, () => guessWrong(account))
    expect(await guessWrong(account)).toBe(30)
    expect(await guessWrong(newAccount())).toBe('wrong')
    expect(await guessRight(account, { ip: elsewhere(1) })).toBe(true)
    // what was right elsewhere clears nothing here
    expect(await guessWrong(account)).toBe(30)
    time += 30_000
    expect(await guessRight(account)).toBe(true)
    expect(new Set(await times(10, () => guessWrong(account)))).toEqual(new Set(['wrong']))
  })

  test('are counted before the password is looked at: of 200 at once ten are made', async () => {
    const account = newAccount()
    let checked = 0
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        try {
          const guess = await limits.beginSignIn(attempt(account), wanted)
          checked++
          await new Promise(resolve => setTimeout(resolve, 50))
          await guess.end('wrong')
          return 'checked'
        } catch (error) {
          return (error as { code: string }).code
        }
      }),
    )
    expect(checked).toBe(10)
    expect(answers.filter(answer => answer === 'too-many-requests')).toHaveLength(190)
  })

  test('that nobody has looked at do not count', async () => {
    const account = newAccount()
    for (let i = 0; i < 50; i++) await (await limits.beginSignIn(attempt(account), wanted)).end('unchecked')
    expect(new Set(await times(10, () => guessWrong(account)))).toEqual(new Set(['wrong']))
    expect(await guessWrong(account)).toBe(30)
  })

  test('that are under way still count when another one was right', async () => {
    const account = newAccount()
    const [first] = await times(3, () => limits.beginSignIn(attempt(account), wanted))
    await first?.end('right')
    expect(new Set(await times(8, () => guessWrong(account)))).toEqual(new Set(['wrong']))
    time += 6_001
    expect(await guessWrong(account)).toBe(24)
  })

  test('wait no longer when the clock is set back', async () => {
    const account = newAccount()
    await times(10, () => guessWrong(account))
    time -= 3_600_000
    expect(await guessWrong(account)).toBe(30)
    time += 30_000
    expect(await guessWrong(account)).toBe('wrong')
  })

  test('of which nothing was heard again were wrong', async () => {
    const account = newAccount()
    await times(10, () => limits.beginSignIn(attempt(account), wanted))
    time += 6_001
    expect(await guessWrong(account)).toBe(24)
  })
})

describe('honest sign-ins', () => {
  test('twenty at once all go on: the first that is right lets the others through', async () => {
    const account = newAccount()
    const began = performance.now()
    const right = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const guess = await limits.beginSignIn(attempt(account), wanted)
        await new Promise(resolve => setTimeout(resolve, 50))
        await guess.end('right')
        return true
      }),
    )
    expect(right).toEqual(Array.from({ length: 20 }, () => true))
    expect(performance.now() - began).toBeLessThan(3000)
    expect(await guessRight(account)).toBe(true)
  })

  test('from a known device are not held up by guesses from the same address', async () => {
    const account = newAccount()
    const deviceToken = limits.deviceToken(account, undefined)
    await times(10, () => guessWrong(account))
    expect(await guessWrong(account)).toBe(30)
    expect(await guessRight(account, { deviceToken })).toBe(true)
    // and the device has a count of its own
    expect(new Set(await times(10, () => guessWrong(account, { deviceToken })))).toEqual(new Set(['wrong']))
    expect(await guessWrong(account, { deviceToken })).toBe(30)
    // which goes on when the token is renewed, and is not that of another device
    const renewed = limits.deviceToken(account, deviceToken)
    expect(await guessWrong(account, { deviceToken: renewed })).toBe(30)
    expect(await guessWrong(account, { deviceToken: limits.deviceToken(account, undefined) })).toBe('wrong')
  })

  test('a device of one account is none of another, and nobody makes one up', async () => {
    const [mine, other] = [newAccount(), newAccount()]
    const token = limits.deviceToken(other, undefined)
    const flipped = `${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`
    const foreign = createLimits({ redis, policy, secret: 'another', log }).deviceToken(mine, undefined)
    await times(10, () => guessWrong(mine))
    const own = limits.deviceToken(mine, undefined)
    for (const deviceToken of [
      token,
      `${own}=`,
      `${own}A`,
      flipped,
      foreign,
      '',
      'x',
      `${token}=`,
      token.repeat(100),
      'A'.repeat(38),
    ])
      expect(await guessWrong(mine, { deviceToken })).toBe(30)
  })
})

describe('guesses at an account from everywhere', () => {
  test('are a hundred in a row, then a challenge has to be passed, at any address', async () => {
    const account = newAccount()
    const answers = await times(100, i => guessWrong(account, { ip: elsewhere(i) }))
    expect(new Set(answers)).toEqual(new Set(['wrong']))
    expect(await guessWrong(account, { ip: elsewhere(100) })).toBe('challenge')
    expect(await guessWrong(account)).toBe('challenge')
    expect(await guessWrong(account, { isChallengePassed: true })).toBe('wrong')
    expect(await guessWrong(account)).toBe('challenge')
  })

  test('a hundred at once from as many addresses are not more than that', async () => {
    const account = newAccount()
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => guessWrong(account, { ip: elsewhere(i) })))
    expect(answers.filter(answer => answer === 'wrong')).toHaveLength(100)
    expect(answers.filter(answer => answer === 'challenge')).toHaveLength(50)
  })

  test('ask no challenge of an address or a device from which the owner has signed in', async () => {
    const account = newAccount()
    const deviceToken = limits.deviceToken(account, undefined)
    await guessRight(account)
    await times(100, i => guessWrong(account, { ip: elsewhere(i) }))
    expect(await guessWrong(account, { ip: elsewhere(100) })).toBe('challenge')
    expect(await guessRight(account)).toBe(true)
    expect(await guessRight(account, { ip: elsewhere(101), deviceToken })).toBe(true)
    // which does not open the door to the others
    expect(await guessWrong(account, { ip: elsewhere(100) })).toBe('challenge')
  })

  test('nor let a known address have more than a hundred in a row', async () => {
    const account = newAccount()
    await guessRight(account)
    let wrong = 0
    for (let answer = await guessWrong(account); answer !== 'challenge'; answer = await guessWrong(account)) {
      if (answer === 'wrong') wrong++
      // patience does not help
      time += 3_600_000 + 900_000
      if (wrong > 150) break
    }
    expect(wrong).toBe(100)
  })

  test('that were right take only their own away', async () => {
    const account = newAccount()
    await times(60, i => guessWrong(account, { ip: elsewhere(i % 6) }))
    await times(9, () => guessWrong(account))
    expect(await guessRight(account)).toBe(true)
    const rest = await times(41, i => guessWrong(account, { ip: elsewhere(100 + i) }))
    expect(rest.indexOf('challenge')).toBe(40)
  })

  test('leave little behind of each of many addresses', async () => {
    const some = limitsWith({ inARow: 1_000_000 })
    const account = newAccount()
    await guessRight(account, { ip: elsewhere(5000) })
    for (let i = 0; i < 1000; i++, time += 10_000) await guessWrong(account, { ip: elsewhere(i) }, some)
    const keys = await redis.keys('guesses:*')
    const sizes = await Promise.all(keys.map(key => redis.hlen(key)))
    expect(Math.max(...sizes)).toBeLessThan(300)
    // and none of it is forgotten in the row, nor from where the owner comes
    expect(await guessWrong(account)).toBe('challenge')
    expect(await guessRight(account, { ip: elsewhere(5000) })).toBe(true)
  })
})

describe('what is kept of guesses', () => {
  test('names no account, and goes by itself', async () => {
    const account = newAccount()
    await guessWrong(account)
    await guessRight(account, { ip: elsewhere(7) })
    const keys = await redis.keys('*')
    const ours = keys.filter(key => /^(guesses|known):/.test(key))
    const values = await Promise.all(
      ours.map(async key => JSON.stringify(key.startsWith('known:') ? await redis.get(key) : await redis.hgetall(key))),
    )
    expect([...keys, ...values].join()).not.toContain(account.slice(0, 20))
    for (const key of ours) expect(await redis.pttl(key)).toBeGreaterThan(0)
  })

  test('is no more than twenty addresses of the owner, the last ones, and no device', async () => {
    const before = new Set(await redis.keys('known:*'))
    const account = newAccount()
    for (let i = 0; i < 30; i++) await guessRight(account, { ip: elsewhere(i) })
    for (let i = 0; i < 5; i++) await guessRight(account, { deviceToken: limits.deviceToken(account, undefined) })
    const [key, ...others] = (await redis.keys('known:*')).filter(each => !before.has(each))
    expect(others).toEqual([])
    expect((await redis.get(key as string))?.trim().split(' ')).toHaveLength(20)
    expect((await redis.keys('guesses:*')).filter(each => each.slice(8) === key?.slice(6))).toEqual([])
    await times(100, i => guessWrong(account, { ip: elsewhere(1000 + i) }))
    expect(await guessRight(account, { ip: elsewhere(10) })).toBe(true)
    expect(await guessWrong(account, { ip: elsewhere(9) })).toBe('challenge')
  })

  test('does not forget who waits when many addresses guess', async () => {
    const some = limitsWith({ inARow: 1_000_000 })
    const account = newAccount()
    await times(12, async () => {
      const answer = await guessWrong(account, {}, some)
      if (typeof answer === 'number') time += answer * 1000
    })
    for (let i = 0; i < 300; i++, time += 10) await guessWrong(account, { ip: elsewhere(i) }, some)
    expect(await guessWrong(account, {}, some)).toBeGreaterThan(20)
  })

  test('is kept for a month, or for an hour while too many accounts are tried', async () => {
    const store = createGuessStore({ redis, policy: policy.guesses })
    const keptFor = async (keep: boolean): Promise<number[]> => {
      const guesser = { account: newAccount(), source: 'a', isKnownDevice: false, isChallengePassed: false }
      const ttls: number[] = []
      for (let i = 0; i < 10; i++) {
        expect(await store.begin(guesser)).toEqual({ kind: 'go', isNew: i === 0 })
        await store.end(guesser, 'wrong', keep && i === 0)
        ttls.push(await redis.pttl(`guesses:{${guesser.account}}`))
      }
      return ttls
    }
    const month = 29 * 86_400_000
    for (const ttl of await keptFor(true)) expect(ttl).toBeGreaterThan(month)
    const short = await keptFor(false)
    for (const ttl of short.slice(0, 9)) expect(ttl).toBeLessThanOrEqual(3_600_000)
    // whoever is guessed at in earnest is remembered
    expect(short.at(-1)).toBeGreaterThan(month)
  })

  test('is nothing when a guess was taken back', async () => {
    const before = (await redis.keys('guesses:*')).length
    await (await limits.beginSignIn(attempt(newAccount()), wanted)).end('unchecked')
    expect(await redis.keys('guesses:*')).toHaveLength(before)
  })
})
