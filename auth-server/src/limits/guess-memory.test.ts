import { memoryLog } from '@auth-pair/service/testing'
import { createRedis } from '../redis.ts'
import { createGuesses } from './guesses.ts'

const policy = { free: 10, quietMs: 900_000, waitMs: 30_000, maxWaitMs: 3_600_000, inARow: 100 }
const wanted = new AbortController().signal
const from = (account: string, source: string) => ({
  account,
  source,
  isKnownDevice: false,
  isChallengePassed: false,
})
// a part of a cluster that is away, while sessions open in another
const { log, lines } = memoryLog()
const redis = createRedis({ url: 'redis-cluster://127.0.0.1:9', log })
afterAll(() => redis.disconnect())

describe('guesses that a cluster does not count at the moment', () => {
  const guesses = createGuesses({ redis, policy, log })
  const made = async (count: number, guesser: ReturnType<typeof from>, outcome: 'right' | 'wrong' | 'unchecked') => {
    let sum = 0
    for (let i = 0; i < count; i++) {
      const guess = await guesses.begin(guesser, wanted).catch(error => error)
      if (guess.code === undefined) sum++
      else expect(guess.code).toBe('too-many-requests')
      await guess.end?.(outcome)
    }
    return sum
  }

  test('are half as many, each server for itself, and the log says so', async () => {
    expect(await made(10, from('a', 'one'), 'wrong')).toBe(5)
    expect(await made(10, from('b', 'one'), 'wrong')).toBe(5)
    expect(lines.filter(({ msg }) => String(msg).startsWith('guesses are counted by each server'))).toHaveLength(1)
  })

  test('are twenty an hour from everywhere', async () => {
    let sum = 0
    for (let i = 0; i < 10; i++) sum += await made(5, from('c', `source ${i}`), 'wrong')
    expect(sum).toBe(20)
  })

  test('do not count when they were right, or nobody has looked', async () => {
    expect(await made(50, from('d', 'one'), 'right')).toBe(50)
    expect(await made(50, from('d', 'one'), 'unchecked')).toBe(50)
  })
})
