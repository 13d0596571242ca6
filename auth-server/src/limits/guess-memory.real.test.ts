import { memoryLog } from '@auth-pair/service/testing'
import { createRedis } from '../redis.ts'
import { createRedisServers, until } from '../testing/redis-servers.ts'
import { createGuesses } from './guesses.ts'

const policy = { free: 10, quietMs: 900_000, waitMs: 30_000, maxWaitMs: 3_600_000, inARow: 100 }
const wanted = new AbortController().signal
const from = (account: string, source: string) => ({
  account,
  source,
  isKnownDevice: false,
  isChallengePassed: false,
})

/** A cluster of which only a part is there: the lower half of the slots. */
const servers = createRedisServers()
const { log, lines } = memoryLog()
let redis: ReturnType<typeof createRedis>
let guesses: ReturnType<typeof createGuesses>
/** Accounts whose slot is away. */
let away: string[] = []
beforeAll(async () => {
  const bus = `cluster-port ${await servers.newPort()}`
  const clustered = [
    'cluster-enabled yes',
    'cluster-require-full-coverage no',
    'cluster-node-timeout 1000',
    'cluster-announce-ip 127.0.0.1',
    bus,
    'save ""',
  ]
  const { port, admin } = await servers.start({ program: 'redis-server', password: 'x', lines: clustered })
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 8191)
  const isAway = async (account: string) => Number(await admin.cluster('KEYSLOT', `{${account}}`)) > 8191
  const accounts = Array.from({ length: 40 }, (_, i) => `account-${i}`)
  away = (await Promise.all(accounts.map(async each => ((await isAway(each)) ? each : [])))).flat()
  redis = createRedis({ url: `redis-cluster://:x@127.0.0.1:${port}`, log })
  await until(() => redis.status === 'ready', 'the cluster answers')
  guesses = createGuesses({ redis, policy, log })
}, 30_000)
afterAll(async () => {
  redis.disconnect()
  await servers.close()
})

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

describe('guesses that a part of a cluster does not count at the moment', () => {
  test('are half as many, each server for itself, and the log says so', async () => {
    expect(await made(10, from(away[0] as string, 'one'), 'wrong')).toBe(5)
    expect(await made(10, from(away[1] as string, 'one'), 'wrong')).toBe(5)
    expect(lines.filter(({ msg }) => String(msg).startsWith('guesses are counted by each server'))).toHaveLength(1)
  })

  test('are twenty an hour from everywhere', async () => {
    let sum = 0
    for (let i = 0; i < 10; i++) sum += await made(5, from(away[2] as string, `source ${i}`), 'wrong')
    expect(sum).toBe(20)
  })

  test('do not count when they were right, or nobody has looked', async () => {
    expect(await made(50, from(away[3] as string, 'one'), 'right')).toBe(50)
    expect(await made(50, from(away[3] as string, 'one'), 'unchecked')).toBe(50)
  })

  test('are counted as ever in the parts that are there', async () => {
    const there = Array.from({ length: 40 }, (_, i) => `account-${i}`).find(each => !away.includes(each)) as string
    expect(await made(12, from(there, 'one'), 'wrong')).toBe(10)
  })

  test('are none when all of it is away: nobody could sign in', async () => {
    const nowhere = createRedis({ url: 'redis-cluster://127.0.0.1:9', log: memoryLog().log })
    const refused = createGuesses({ redis: nowhere, policy, log }).begin(from('a', 'one'), wanted)
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' })
    nowhere.disconnect()
  })
})
