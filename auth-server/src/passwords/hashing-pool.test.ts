import { readdirSync, readFileSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { createHashingPool, type HashingPolicy } from './hashing-pool.ts'

const policy = { threads: 1, maxWaiting: 3, maxWaitMs: 60_000 }
const wanted = new AbortController().signal
/** A hash of a few milliseconds, and one of a few hundred. */
const short = { password: 'correct horse', salts: [`$2b$04$${'.'.repeat(22)}`] }
const long = { password: 'correct horse', salts: [`$2b$12$${'.'.repeat(22)}`] }

/** How many threads of this process have the lowest priority (proc(5): the 19th field, behind the name in brackets). */
const lowThreads = () =>
  readdirSync('/proc/self/task').filter(thread => {
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return Number(fields[16]) === constants.priority.PRIORITY_LOW
  }).length

const pools: ReturnType<typeof createHashingPool>[] = []
const createPool = (changes: Partial<HashingPolicy> = {}, guessMs = 1) => {
  const pool = createHashingPool({ ...policy, ...changes }, guessMs)
  pools.push(pool)
  return pool
}
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

describe('the hashing pool', () => {
  test('hashes as bcrypt does, with the first of several salts, and counts what that cost', async () => {
    const pool = createPool()
    // of Openwall's published vectors
    const salts = ['$2b$05$CCCCCCCCCCCCCCCCCCCCC.', '$2b$04$abcdefghijklmnopqrstuu']
    expect(await pool.run({ password: 'U*U', salts }, wanted)).toBe(
      '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    )
    expect(pool.stats().rounds).toBe(2 ** 5 + 2 ** 4)
  })

  test('lets no more run than there are threads', async () => {
    const pool = createPool({ threads: 2, maxWaiting: 100 })
    const most: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await pool.run(short, wanted)
        most.push(pool.stats().running)
      }),
    )
    expect(Math.max(...most)).toBe(2)
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0 })
  })

  test('takes them in the order of coming', async () => {
    const pool = createPool({ maxWaiting: 100 })
    const order: number[] = []
    const numbers = Array.from({ length: 20 }, (_, i) => i)
    await Promise.all(numbers.map(i => pool.run(short, wanted).then(() => order.push(i))))
    expect(order).toEqual(numbers)
  })

  test('refuses what finds no place, at once, and says when to come back', async () => {
    const pool = createPool()
    const began = Array.from({ length: 4 }, () => pool.run(long, wanted))
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 3 })
    expect(() => pool.assertRoom()).toThrow(
      expect.objectContaining({ code: 'busy', headers: { 'Retry-After': expect.stringMatching(/^\d+$/) } }),
    )
    await expect(pool.run(long, wanted)).rejects.toMatchObject({ code: 'busy', status: 503 })
    await began[0]
    pool.assertRoom()
    await Promise.all(began)
  })

  test('refuses what would have to wait for too long, although there are places', async () => {
    const pool = createPool({ maxWaiting: 100, maxWaitMs: 1000 }, 400)
    const began = [pool.run(long, wanted), pool.run(long, wanted), pool.run(long, wanted)]
    // behind two that wait: 3 times 400 ms
    await expect(pool.run(long, wanted)).rejects.toMatchObject({ code: 'busy', headers: { 'Retry-After': '2' } })
    await Promise.all(began)
  })

  test('learns how long a hash takes', async () => {
    const pool = createPool({ maxWaiting: 100 }, 100_000)
    for (let i = 0; i < 30; i++) await pool.run(short, wanted)
    expect(pool.stats().hashMs).toBeLessThan(1000)
  })

  test('takes whoever has gone out of the queue, and gives the place to somebody else', async () => {
    const pool = createPool()
    const gone = new AbortController()
    const running = pool.run(long, wanted)
    const leaving = [1, 2, 3].map(() => pool.run(long, gone.signal))
    expect(() => pool.assertRoom()).toThrow(expect.objectContaining({ code: 'busy' }))
    gone.abort()
    for (const each of leaving) await expect(each).rejects.toMatchObject({ code: 'unavailable' })
    expect(pool.stats().waiting).toBe(0)
    await expect(pool.run(long, gone.signal)).rejects.toMatchObject({ code: 'unavailable' })
    await Promise.all([running, pool.run(short, wanted)])
    expect(pool.stats().rounds).toBe(2 ** 12 + 2 ** 4)
  })

  test('goes on after a task that fails', async () => {
    const pool = createPool()
    await expect(pool.run({ password: 'a', salts: ['no salt'] }, wanted)).rejects.toThrow(/salt/)
    expect(await pool.run(short, wanted)).toMatch(/^\$2b\$04\$/)
    expect(pool.stats()).toMatchObject({ running: 0, waiting: 0 })
  })

  const onLinux = process.platform === 'linux' ? test : test.skip
  onLinux('runs at the lowest priority, and leaves that of everything else as it was', async () => {
    const [own, low] = [getPriority(), lowThreads()]
    createPool({ threads: 2 })
    while (lowThreads() < low + 2) await wait(10)
    expect([getPriority(), lowThreads()]).toEqual([own, low + 2])
  })

  test('is not waited for when it closes', async () => {
    const pool = createPool()
    const waiting = [pool.run(long, wanted), pool.run(long, wanted)]
    const settled = Promise.allSettled(waiting)
    await pool.close()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
