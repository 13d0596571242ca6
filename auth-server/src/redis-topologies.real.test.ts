import { duplicateRedis, redisReady } from './redis.ts'
import { startCrowd } from './testing/crowd.ts'
import { cookieOf, goodPassword, signUp, startAuthServer, type TestServer } from './testing/index.ts'
import { type RedisServer, until } from './testing/redis-servers.ts'
import { missingPrograms, type RedisTopology, startCluster, startSentinels } from './testing/redis-topologies.ts'

jest.setTimeout(150_000)

const missing = missingPrograms()
const describeTopologies = missing.length === 0 ? describe : describe.skip
const suffix = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not on the PATH)`

const refresh = (server: TestServer, token: string | undefined) =>
  server.http.post('/api/refresh').set('Cookie', `xid_refresh=${token}`)
const signOut = (server: TestServer, token: string | undefined) =>
  server.http.post('/api/signout').set('Cookie', `xid_refresh=${token}`)
const readiness = async (server: TestServer) => (await server.http.get('/health/ready')).status

describeTopologies.each([
  ['Redis watched by sentinels', startSentinels],
  ['a Redis Cluster', startCluster],
])(`%s${suffix}`, (_, start) => {
  let topology: RedisTopology
  let server: TestServer
  beforeAll(async () => {
    topology = await start()
    // every use turns the token, so that every refresh writes
    server = await startAuthServer({ REDIS_URL: topology.url, REFRESH_GRACE_S: '0' })
    await until(async () => (await readiness(server)) === 200, 'ready')
  })
  afterAll(async () => {
    await server?.close()
    await topology?.close()
  })

  test('serves sign-up, sign-in, refresh and sign-out', async () => {
    const { email } = await signUp(server)
    const signIn = await server.http.post('/api/signin').send({ email, password: goodPassword })
    expect(signIn.status).toBe(200)
    const refreshed = await refresh(server, cookieOf(signIn, 'xid_refresh'))
    expect(refreshed.status).toBe(200)
    const token = cookieOf(refreshed, 'xid_refresh')
    expect((await signOut(server, token)).status).toBe(204)
    expect((await refresh(server, token)).status).toBe(401)
  })

  test('serves two hundred users, wherever their sessions lie', async () => {
    const users = await Promise.all(Array.from({ length: 200 }, () => signUp(server)))
    const answers = await Promise.all(
      users.map(({ refreshToken }) => server.http.post('/api/refresh').send({ refreshToken })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(200))
    for (const { admin } of await topology.primaries()) expect(await admin.dbsize()).toBeGreaterThan(40)
  })

  test('gets no command twice: one whose connection breaks is an error at once', async () => {
    const primaries = await topology.primaries()
    for (const { admin } of primaries) await admin.client('PAUSE', 400, 'WRITE')
    const outcome = server.redis.incr('sent-again').then(
      () => 'done',
      () => 'refused',
    )
    for (const { admin } of primaries) await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await outcome).toBe('refused')
    await until(() => redisReady(server.redis), 'ready again')
    expect(await server.redis.get('sent-again')).toBeNull()
  })

  describe('whose primary is killed', () => {
    let crowd: Awaited<ReturnType<typeof startCrowd>>
    let signedOut: readonly string[]
    let killedAt: number
    const heard: string[] = []
    const untilHeard = (message: string) =>
      until(async () => {
        await server.redis.publish('news', message).catch(() => {})
        return heard.includes(message)
      }, `${message} is heard`)

    beforeAll(async () => {
      const subscriber = duplicateRedis(server.redis)
      subscriber.on('error', () => {})
      subscriber.on('message', (_channel, message) => heard.push(message))
      subscriber.on('ready', () => subscriber.subscribe('news').catch(() => {}))
      await untilHeard('before')

      crowd = await startCrowd(server, 90)
      const leaving = await Promise.all(Array.from({ length: 10 }, () => signUp(server, { tokenTransport: 'cookie' })))
      signedOut = leaving.map(({ refreshToken }) => refreshToken)
      for (const token of signedOut) expect((await signOut(server, token)).status).toBe(204)
      const warm = performance.now()
      await until(() => performance.now() - warm > 1500, 'all of this is more than a second old')

      const [victim] = (await topology.primaries()) as [RedisServer]
      killedAt = performance.now()
      await victim.kill()
      await crowd.untilServedAgain(killedAt)
      await untilHeard('after')
      await victim.restart()
      await until(async () => !(await topology.primaries()).includes(victim), 'the killed server is a replica')
      await crowd.stop()
      subscriber.disconnect()
    })

    test('keeps every session that was acknowledged more than a second before', () => {
      const old = crowd.people.filter(({ since }) => since < killedAt - 1000)
      expect(old.length).toBeGreaterThanOrEqual(90)
      expect(old.filter(({ lost }) => lost)).toEqual([])
    })

    test('answers 503 until it serves again by itself, and nothing else that is an error', () => {
      const statuses = new Set(crowd.answers.map(({ status }) => status))
      // whose session was not yet acknowledged for a second may have lost it
      if (crowd.people.some(({ lost }) => lost)) statuses.delete(401)
      expect([...statuses].sort()).toEqual([200, 201, 503])
    })

    test('makes nobody wait, and clears no cookie', () => {
      expect(crowd.answers.filter(({ took }) => took > 2000)).toEqual([])
      expect(crowd.answers.filter(({ status, setsCookies }) => status === 503 && setsCookies)).toEqual([])
    })

    test('revives no session that was ended', async () => {
      for (const token of signedOut) expect((await refresh(server, token)).status).toBe(401)
    })

    test('lets a duplicate that subscribes on every `ready` hear again', () => {
      expect(heard).toEqual(expect.arrayContaining(['before', 'after']))
    })
  })

  test('whose primary hangs answers 503 in time, and serves again by itself', async () => {
    const crowd = await startCrowd(server, 30)
    const [victim] = (await topology.primaries()) as [RedisServer]
    const hungAt = performance.now()
    victim.signal('SIGSTOP')
    await crowd.untilServedAgain(hungAt)
    await crowd.stop()
    victim.signal('SIGCONT')
    // the deadlines of two commands: that of a limit, and that of a session
    expect(crowd.answers.filter(({ took }) => took > 2000)).toEqual([])
    // the deadline of a command, and not only that of the connection
    expect(crowd.answers.find(({ status }) => status === 503)?.took).toBeLessThan(900)
    expect(crowd.people.filter(({ since, lost }) => lost && since < hungAt - 1000)).toEqual([])
    expect(crowd.answers.filter(({ status }) => ![200, 201, 401, 503].includes(status))).toEqual([])
  })

  // at the end: sentinels that were stopped for two seconds do nothing for thirty
  test('that answers nothing at the start of a server is waited for', async () => {
    for (const each of topology.all) each.signal('SIGSTOP')
    const another = await startAuthServer({ REDIS_URL: topology.url })
    const began = performance.now()
    await until(async () => {
      expect(await readiness(another)).toBe(503)
      return performance.now() - began > 1800
    }, 'every server was asked once')
    for (const each of topology.all) each.signal('SIGCONT')
    await until(async () => (await readiness(another)) === 200, 'ready')
    expect(another.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: expect.stringMatching(/^Redis is not/) }),
    )
    await another.close()
  })
})
