import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from './testing/index.ts'
import { type RedisServer, until } from './testing/redis-servers.ts'
import { missingPrograms, type RedisTopology, startCluster, topologyPassword } from './testing/redis-topologies.ts'

jest.setTimeout(60_000)

const missing = missingPrograms()
const describeTopologies = missing.length === 0 ? describe : describe.skip
const suffix = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not on the PATH)`

describeTopologies(`a Redis Cluster${suffix}`, () => {
  let topology: RedisTopology
  let server: TestServer
  beforeAll(async () => {
    topology = await startCluster()
    server = await startAuthServer({ REDIS_URL: topology.url })
    await untilReady(server)
  })
  afterAll(async () => {
    await server?.close()
    await topology?.close()
  })

  const readiness = async (of: TestServer) => (await of.http.get('/health/ready')).status
  const untilReady = (of: TestServer) => until(async () => (await readiness(of)) === 200, 'ready')
  const notAvailable = ({ lines }: TestServer) =>
    lines.filter(({ msg }) => String(msg).startsWith('Redis is not available')).map(({ err }) => JSON.stringify(err))
  const refresh = (refreshToken: string | undefined) => server.http.post('/api/refresh').send({ refreshToken })

  /** Begins to move the slot of a key, and the key with it: its old primary answers ASK from then on. */
  const beginToMove = async (key: string) => {
    const primaries = await topology.primaries()
    const slot = await (primaries[0] as RedisServer).admin.cluster('KEYSLOT', key)
    const holds = await Promise.all(primaries.map(({ admin }) => admin.exists(key).catch(() => 0)))
    const from = primaries[holds.indexOf(1)] as RedisServer
    const to = primaries.find(primary => primary !== from) as RedisServer
    const [fromId, toId] = [await from.admin.cluster('MYID'), await to.admin.cluster('MYID')]
    await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
    await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
    await from.admin.call('MIGRATE', '127.0.0.1', to.port, key, 0, 1000, 'AUTH', topologyPassword)
    return {
      to,
      end: async () => {
        for (const { admin } of [to, ...primaries]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId)
      },
    }
  }

  test('is followed while a slot moves from one primary to another, and afterwards', async () => {
    const { user, refreshToken } = await signUp(server)
    const move = await beginToMove(`sessions:{${user.id}}`)
    expect((await refresh(refreshToken)).status).toBe(200)
    await move.end()
    expect((await refresh(refreshToken)).status).toBe(200)
    expect((await server.http.post('/api/signout').send({ refreshToken })).status).toBe(204)
    expect((await refresh(refreshToken)).status).toBe(401)
  })

  test('of which a server hangs that a slot moves to: 503, and no rejection that nobody handles', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    const { user, refreshToken } = await signUp(server)
    const { to } = await beginToMove(`sessions:{${user.id}}`)
    expect((await refresh(refreshToken)).status).toBe(200)
    to.signal('SIGSTOP')
    expect((await refresh(refreshToken)).status).toBe(503)
    to.signal('SIGCONT')
    await until(async () => (await refresh(refreshToken)).status === 200, 'served again')
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('any of whose servers may evict sessions is warned about', async () => {
    const last = topology.servers.at(-1) as RedisServer
    await last.admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const another = await startAuthServer({ REDIS_URL: topology.url })
    await untilReady(another)
    await until(() => another.lines.some(({ policy }) => policy === 'allkeys-lru'), 'a warning')
    await another.close()
    await last.admin.config('SET', 'maxmemory-policy', 'noeviction')
  })

  test('that is given as one server is told so, and 503 for what lies elsewhere', async () => {
    const { port } = topology.servers[0] as RedisServer
    const password = encodeURIComponent(topologyPassword)
    const another = await startAuthServer({ REDIS_URL: `redis://:${password}@127.0.0.1:${port}` })
    await until(
      () => another.lines.some(({ msg }) => String(msg).endsWith('it has to start with redis-cluster://')),
      'a warning',
    )
    const statuses = new Set<number>()
    await until(async () => {
      const res = await another.http.post('/api/signup').send({ email: freshEmail(), password: goodPassword })
      statuses.add(res.status)
      return statuses.size > 1
    }, 'both answers')
    expect([...statuses].sort()).toEqual([201, 503])
    await another.close()
  })

  test('a part of which is lost is not ready, unless it is told to serve what is left', async () => {
    const [lost] = (await topology.primaries()) as [RedisServer]
    const id = await lost.admin.cluster('MYID')
    const nodes = String(await lost.admin.cluster('NODES')).split('\n')
    const replicaPorts = nodes.filter(line => line.includes(` ${id} `)).map(line => Number(/:(\d+)@/.exec(line)?.[1]))
    const gone = topology.servers.filter(({ port }) => port === lost.port || replicaPorts.includes(port))
    expect(gone).toHaveLength(2)
    for (const each of [...gone].reverse()) await each.kill()
    await until(async () => (await readiness(server)) === 503, 'not ready')
    expect(notAvailable(server)).toEqual([expect.stringContaining('ECONN')])
    const another = await startAuthServer({ REDIS_URL: topology.url })
    await until(() => notAvailable(another).length > 0, 'the log says so')
    expect(await readiness(another)).toBe(503)
    await another.close()
    const left = topology.servers.filter(each => !gone.includes(each))
    for (const { admin } of left) await admin.config('SET', 'cluster-require-full-coverage', 'no')
    await untilReady(server)
  })
})
