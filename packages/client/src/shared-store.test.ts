import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { freshEmail, goodPassword, startAuthServer, type TestServer, testRedis } from '@auth-pair/auth-server/testing'
import { createAuthClient, fileStore, memoryStore, redisStore, type Store } from './index.ts'
import { type Front, startFront } from './testing/front.ts'
import { tokensInProcesses } from './testing/in-processes.ts'

let server: TestServer
let front: Front
let late = 0
const redis = testRedis()
beforeAll(async () => {
  server = await startAuthServer({}, { now: () => Date.now() - late })
})
beforeEach(async () => {
  front = await startFront(server.url)
})
afterEach(() => front.close())
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

/** Signs in to a store, with an access token that has expired since. */
const signedInBefore = async (store: Store) => {
  late = 400_000
  const clock = { wall: () => Date.now() - late, steady: () => performance.now() - late }
  const client = createAuthClient({ url: front.url, store, clock })
  await client.signUp({ email: freshEmail(), password: goodPassword })
  late = 0
  return client
}
const freshKey = () => `client-test:${Math.random()}`
const freshFile = async () => join(await mkdtemp(join(tmpdir(), 'shared-')), 'session.json')

describe('a session in a shared store', () => {
  test('is renewed once by three processes that ask a hundred times, with a file', async () => {
    const file = await freshFile()
    await signedInBefore(fileStore(file))
    const tokens = await tokensInProcesses(3, [front.url, 'file', file])
    expect([tokens.length, new Set(tokens).size, front.count('/api/refresh')]).toEqual([3, 1, 1])
  }, 30_000)

  // a Redis in memory is nobody else's
  const withServer = process.env.TEST_REDIS_URL ? test : test.skip
  withServer(
    'is renewed once by three processes that ask a hundred times, with Redis',
    async () => {
      const key = freshKey()
      await signedInBefore(redisStore({ redis, key }))
      const tokens = await tokensInProcesses(3, [front.url, 'redis', key, process.env.TEST_REDIS_URL ?? ''])
      expect([tokens.length, new Set(tokens).size, front.count('/api/refresh')]).toEqual([3, 1, 1])
      await redis.del(key)
    },
    30_000,
  )

  test.each<[string, () => Promise<() => Store>]>([
    ['Redis', async () => redisOf(freshKey())],
    ['a file', async () => fileOf(await freshFile())],
  ])('is renewed once, replaced and ended for all clients of it, with %s', async (_kind, makePlace) => {
    const store = await makePlace()
    await signedInBefore(store())
    const clients = Array.from({ length: 4 }, () => createAuthClient({ url: front.url, store: store() }))
    const tokens = await Promise.all(clients.map(client => client.accessToken()))
    expect([new Set(tokens).size, front.count('/api/refresh')]).toEqual([1, 1])
    await clients[0]?.signOut()
    expect(await store().read()).toBeUndefined()
    const late = createAuthClient({ url: front.url, store: store() })
    await expect(late.accessToken()).rejects.toMatchObject({ code: 'signed-out' })
  })
})

describe('a session that somebody else has put into a store during a refresh', () => {
  test('is not overwritten, and the caller hears that it is of another user', async () => {
    const [store, other] = [memoryStore(), memoryStore()]
    const client = await signedInBefore(store)
    await createAuthClient({ url: front.url, store: other }).signUp({ email: freshEmail(), password: goodPassword })
    const held = front.hold('/api/refresh')
    const waiting = client.accessToken().catch(error => error)
    await held.arrived
    await store.write(await other.read())
    held.letGo()
    expect(await waiting).toMatchObject({ code: 'user-changed' })
    expect(await store.read()).toBe(await other.read())
    expect(await client.accessToken()).toBe(JSON.parse((await other.read()) ?? '').accessToken)
  })

  test.each<[string, () => Promise<() => Store>]>([
    ['memory', async () => memoryOf()],
    ['Redis', async () => redisOf(freshKey())],
    ['a file', async () => fileOf(await freshFile())],
  ])(
    'is not overwritten at the last moment either, by one whose turn was taken away, with %s',
    async (_kind, makePlace) => {
      const [place, other] = [(await makePlace())(), memoryStore()]
      await createAuthClient({ url: front.url, store: other }).signUp({ email: freshEmail(), password: goodPassword })
      const theirs = await other.read()
      let slow = false
      const write: Store['write'] = async (...what) => {
        // after the last look at what is kept
        if (slow) await place.write(theirs)
        return place.write(...what)
      }
      await signedInBefore(place)
      const client = createAuthClient({ url: front.url, store: { ...place, write } })
      slow = true
      await expect(client.accessToken()).rejects.toMatchObject({ code: 'user-changed' })
      expect(await client.accessToken()).toBe(JSON.parse(theirs ?? '').accessToken)
      expect([await place.read(), front.count('/api/refresh')]).toEqual([theirs, 1])
      await place.write(undefined)
    },
  )

  test.each<[string, () => Promise<() => Store>]>([
    ['memory', async () => memoryOf()],
    ['Redis', async () => redisOf(freshKey())],
    ['a file', async () => fileOf(await freshFile())],
  ])('is compared by the write itself, with %s', async (_kind, makePlace) => {
    const store = (await makePlace())()
    expect(await store.write('new', 'old')).toBe(false)
    await store.write('old')
    expect([await store.write(undefined, 'other'), await store.read()]).toEqual([false, 'old'])
    expect([await store.write('new', 'other'), await store.read()]).toEqual([false, 'old'])
    expect([await store.write('new', 'old'), await store.read()]).toEqual([true, 'new'])
    expect([await store.write(undefined, 'new'), await store.read()]).toEqual([true, undefined])
  })
})

const memoryOf = () => {
  const store = memoryStore()
  return () => store
}

const redisOf = (key: string) => () => redisStore({ redis, key })
const fileOf = (file: string) => () => fileStore(file)

describe('the Redis store', () => {
  test('releases only the lock that it holds', async () => {
    const key = freshKey()
    const store = redisStore({ redis, key })
    const release = await store.lock()
    await expect(store.lock(AbortSignal.timeout(150))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await redis.pttl(`${key}:lock`)).toBeGreaterThan(10_000)
    await redis.set(`${key}:lock`, 'of somebody else')
    await release()
    expect(await redis.get(`${key}:lock`)).toBe('of somebody else')
    await redis.del(`${key}:lock`)
  })

  test('shows nothing of what it was to write when Redis refuses', async () => {
    const key = freshKey()
    const refuse = () =>
      Promise.reject(
        Object.assign(new Error("ERR unknown command 'SET', with args beginning with: 'k' 'secret-token'"), {
          command: { args: ['secret-token'] },
        }),
      )
    const store = redisStore({ redis: { get: refuse, set: refuse, del: refuse, eval: refuse }, key })
    const error = await store.write('secret-token').catch(reason => reason)
    expect(error).toMatchObject({
      code: 'store-unusable',
      message: `The session at ${key} cannot be reached in Redis: ERR unknown command 'SET'`,
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-token')
  })
})
