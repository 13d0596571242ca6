import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { run, type Stack, startStack, until } from './stack.ts'

let stack: Stack
const failures: unknown[] = []

beforeAll(async () => {
  stack = await startStack()
  await until(isReady, 'the stack is ready')
}, 600_000)
afterAll(() => stack?.down(), 120_000)

const isReady = async () => (await fetch(`${stack.authUrl}/health/ready`)).status === 200
const post = (path: string, body: object, cookie?: string) =>
  fetch(`${stack.authUrl}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(cookie && { Cookie: cookie }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
const cookiesOf = (res: Response) =>
  res.headers
    .getSetCookie()
    .map(cookie => cookie.split(';', 1)[0])
    .join('; ')
const signUp = async () => {
  const email = `ada-${randomUUID()}@example.com`
  const password = 'correct horse battery'
  const res = await post('/api/signup', { email, password })
  expect(res.status).toBe(201)
  return {
    email,
    password,
    cookie: cookiesOf(res),
    body: (await res.json()) as { accessToken: string; user: { id: string } },
  }
}

interface GraphqlAnswer {
  readonly data?: object
  readonly errors?: readonly { extensions: { code: string } }[]
}

const restricted = (accessToken: string) =>
  fetch(`${stack.testUrl}/api/restricted`, { headers: { Authorization: `Bearer ${accessToken}` } })

/** Sends one request after the other while something happens; every status but those of `allowed` fails the test. */
const whileAsking = async (happens: () => Promise<unknown>, send: () => Promise<Response>, allowed: number[]) => {
  let going = true
  const seen: Record<number, number> = {}
  const load = (async () => {
    while (going) {
      // a container that is being replaced refuses connections: there is no answer to judge
      const res = await send().catch(() => undefined)
      if (res) seen[res.status] = (seen[res.status] ?? 0) + 1
      if (res && !allowed.includes(res.status)) failures.push(`${res.status}: ${await res.text()}`)
      await wait(20)
    }
  })()
  await happens()
  going = false
  await load
  expect(failures.splice(0)).toEqual([])
  return seen
}

describe('the stack', () => {
  test('signs up, opens the restricted route, refreshes and signs out', async () => {
    const { cookie, body } = await signUp()
    const answer = await restricted(body.accessToken)
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { message: expect.any(String), user: { id: body.user.id } },
    ])
    const refreshed = await post('/api/refresh', {}, cookie)
    expect(refreshed.status).toBe(200)
    expect((await post('/api/signout', {}, cookiesOf(refreshed))).status).toBe(204)
    expect((await post('/api/refresh', {}, cookiesOf(refreshed))).status).toBe(401)
  })

  test('lists two sessions, ends the other one, and its access token is refused by the service at once', async () => {
    const { email, password, body: other } = await signUp()
    const here = (await (await post('/api/signin', { email, password })).json()) as { accessToken: string }
    const authorization = { Authorization: `Bearer ${here.accessToken}` }
    const list = async () => {
      const res = await fetch(`${stack.authUrl}/api/sessions`, { headers: authorization })
      return ((await res.json()) as { sessions: { id: string; current: boolean }[] }).sessions
    }
    const id = (await list()).find(({ current }) => !current)?.id
    expect((await restricted(other.accessToken)).status).toBe(200)
    const ended = await fetch(`${stack.authUrl}/api/sessions/${id}`, { method: 'DELETE', headers: authorization })
    expect(ended.status).toBe(204)
    await until(async () => (await restricted(other.accessToken)).status === 401, 'refused', 1000)
    expect([(await restricted(here.accessToken)).status, (await list()).length]).toEqual([200, 1])
  })

  test('has the operator’s commands inside', async () => {
    const { email, body } = await signUp()
    const { status, stdout } = stack.exec(
      'auth-server',
      'node',
      'auth-server/commands/main.ts',
      'accounts',
      'disable',
      email,
    )
    expect([status, stdout.trim()]).toEqual([0, expect.stringMatching(/^Disabled\./)])
    await until(async () => (await restricted(body.accessToken)).status === 401, 'refused', 2000)
  })

  test('lets the server add to the record of what happened, and no more', async () => {
    const { body } = await signUp()
    const psql = (text: string) =>
      stack.exec(
        'postgres',
        ...['env', 'PGPASSWORD=development-only', 'psql', '-h', '127.0.0.1', '-U', 'auth_server', '-Atc', text, 'auth'],
      )
    expect(psql(`select event from audit_events where user_id = '${body.user.id}'`).stdout).toBe('signed-up\n')
    for (const text of ['delete from audit_events', 'update audit_events set ip = null', 'truncate audit_events'])
      expect(psql(text).stderr).toContain('permission denied')
    expect(psql('select count(*) from pg_tables where tableowner = current_user').stdout).toBe('0\n')
  })

  test.each(['auth-server', 'test-server'])(
    'runs %s as nobody in particular, on files that it cannot change',
    service => {
      const { exec, inspect } = stack
      expect(exec(service, 'id', '-u').stdout.trim()).toBe('1000')
      expect(exec(service, 'touch', '/app/x').status).not.toBe(0)
      expect(inspect(service, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Init}} {{.HostConfig.CapDrop}}')).toBe(
        'true true [ALL]',
      )
      expect(inspect(service, '{{json .Config.Cmd}}')).toMatch(/^\["node",/)
      for (const absent of ['jest', 'typescript', '@biomejs', 'fast-check', '@electric-sql', 'newman', 'node']) {
        expect([absent, exec(service, 'test', '-e', `/app/node_modules/${absent}`).status]).toEqual([absent, 1])
      }
      expect(exec(service, 'find', '/app', '-not', '-path', '*/node_modules/*', '-name', '*.test.ts').stdout).toBe('')
    },
  )

  test('keeps the databases out of the test-server’s image', () => {
    for (const absent of ['pg', 'bcrypt']) {
      expect(stack.exec('test-server', 'test', '-e', `/app/node_modules/${absent}`).status).toBe(1)
    }
  })

  test.each([
    ['postgres', 5432],
    ['redis', 6379],
  ])('lets the auth-server to %s, and not the app: neither by name nor by address', (store, port) => {
    const address = stack.inspect(store, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    for (const host of [store, address]) {
      expect([host, stack.reaches('auth-server', host, port)]).toEqual([host, true])
      expect([host, stack.reaches('test-server', host, port)]).toEqual([host, false])
    }
  })

  test('has the app, its sessions and the auth-server on frontnet, the stores on authnet, and publishes none of the stores', () => {
    const networks = (service: string) =>
      Object.keys(JSON.parse(stack.inspect(service, '{{json .NetworkSettings.Networks}}')))
        .map(name => name.replace(`${stack.project}_`, ''))
        .sort()
    expect(
      Object.fromEntries(
        ['auth-server', 'test-server', 'session-redis', 'postgres', 'redis'].map(name => [name, networks(name)]),
      ),
    ).toEqual({
      'auth-server': ['authnet', 'frontnet'],
      'test-server': ['frontnet'],
      'session-redis': ['frontnet'],
      postgres: ['authnet'],
      redis: ['authnet'],
    })
    for (const service of ['postgres', 'redis', 'session-redis'])
      expect([service, stack.inspect(service, '{{json .HostConfig.PortBindings}}')]).toEqual([service, '{}'])
  })

  test('keeps the app’s sessions behind a password that only the app is given, as nobody in particular', () => {
    const { exec, inspect } = stack
    expect(stack.reaches('test-server', 'session-redis', 6379)).toBe(true)
    const asked = (...command: string[]) => exec('session-redis', ...command).stdout.trim()
    expect(asked('env', '-u', 'REDISCLI_AUTH', 'redis-cli', 'ping')).toMatch(/^NOAUTH/)
    expect(asked('redis-cli', 'ping')).toBe('PONG')
    expect(asked('redis-cli', 'config', 'get', 'maxmemory*')).toContain('volatile-lru')
    expect(asked('redis-cli', 'config', 'get', 'appendonly')).toBe('appendonly\nyes')
    expect(asked('id', '-u')).not.toBe('0')
    // what everybody on the host can read
    expect(asked('sh', '-c', 'cat /proc/[0-9]*/cmdline')).not.toContain('requirepass')
    expect(inspect('session-redis', '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}')).toBe('true [ALL]')
  })

  test('gives each server its own settings only', () => {
    const env = (service: string) => stack.inspect(service, '{{json .Config.Env}}')
    expect(env('test-server')).not.toMatch(/REFRESH_TOKEN_SECRET|DATABASE_URL|"REDIS_URL|POSTGRES/)
    expect(env('auth-server')).not.toMatch(/POSTGRES_PASSWORD|SESSION_/)
  })

  test('tells Docker that it is healthy', async () => {
    for (const service of ['auth-server', 'test-server', 'postgres', 'redis', 'session-redis']) {
      await until(async () => stack.inspect(service, '{{.State.Health.Status}}') === 'healthy', `${service} is healthy`)
    }
  })
})

describe('when something breaks', () => {
  test('an auth-server that is killed comes back by itself, and sessions go on', async () => {
    const { cookie } = await signUp()
    const pid = Number(stack.inspect('auth-server', '{{.State.Pid}}'))
    const seen = await whileAsking(
      async () => {
        run('kill', '-9', String(pid))
        await until(async () => Number(stack.inspect('auth-server', '{{.State.Pid}}')) !== pid, 'another process')
        await until(isReady, 'ready again')
      },
      () => post('/api/refresh', {}, cookie),
      [200, 503],
    )
    expect(seen[200]).toBeGreaterThan(0)
    expect((await post('/api/refresh', {}, cookie)).status).toBe(200)
  })

  test.each(['postgres', 'redis', 'auth-server', 'test-server'])(
    '%s is restarted under load: 503 at worst, then all goes on, and nobody restarts another container',
    async service => {
      const { email, password, cookie, body } = await signUp()
      const others = ['auth-server', 'test-server', 'postgres', 'redis'].filter(name => name !== service)
      const startedAt = () => others.map(name => stack.inspect(name, '{{.State.StartedAt}}'))
      const before = startedAt()
      const requests = [
        () => post('/api/refresh', {}, cookie),
        () => restricted(body.accessToken),
        () => post('/api/signin', { email, password }),
        () => restricted(body.accessToken),
      ]
      let turn = 0
      const seen = await whileAsking(
        async () => {
          run('docker', 'restart', stack.containerOf(service))
          await until(isReady, 'ready again')
          await until(async () => (await restricted(body.accessToken)).status === 200, 'the service answers again')
        },
        () => (requests[turn++ % 4] as () => Promise<Response>)(),
        [200, 503],
      )
      expect(Object.keys(seen)).toContain('200')
      for (const send of requests) expect((await send()).status).toBe(200)
      expect(startedAt()).toEqual(before)
      // and the service is still, or again, told of revocations
      const out = await signUp()
      expect((await post('/api/signout', {}, out.cookie)).status).toBe(204)
      await until(async () => (await restricted(out.body.accessToken)).status === 401, 'refused', 5000)
    },
  )

  test('started before its stores, the auth-server waits and then works', async () => {
    run('docker', 'stop', ...['auth-server', 'postgres', 'redis'].map(stack.containerOf))
    run('docker', 'start', stack.containerOf('auth-server'))
    await until(async () => (await fetch(`${stack.authUrl}/health/live`)).status === 200, 'alive without stores')
    const early = await post('/api/signin', { email: 'ada@example.com', password: 'correct horse battery' })
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '2'])
    run('docker', 'start', ...['postgres', 'redis'].map(stack.containerOf))
    await until(isReady, 'ready by itself')
    expect((await signUp()).cookie).toContain('xid_refresh=')
  })

  test('SIGTERM arrives: both servers end by themselves, in time, with 0', () => {
    for (const service of ['auth-server', 'test-server']) {
      const began = performance.now()
      run('docker', 'stop', '-t', '20', stack.containerOf(service))
      expect(performance.now() - began).toBeLessThan(15_000)
      expect([service, stack.inspect(service, '{{.State.ExitCode}}')]).toEqual([service, '0'])
      expect(stack.logs(service)).toContain('"msg":"stopped"')
    }
  })

  test('the logs hold no secret', () => {
    const text = stack.logs('auth-server') + stack.logs('test-server')
    expect(text).not.toMatch(/correct horse|development-only|@example\.com|xid_refresh|eyJ/)
    expect(text).toContain('"route":"/api/refresh"')
  })
})

// the last: a container that is made anew has none of the log of before
describe('with other settings', () => {
  test('has GraphiQL, introspection and login of GraphQL, and none of them when the .env says so', async () => {
    const startAnew = async () => {
      stack.compose('up', '-d', '--no-deps', 'auth-server')
      await until(isReady, 'ready')
    }
    const graphql = async (query: string) => {
      const { data, errors } = (await (await post('/graphql', { query })).json()) as GraphqlAnswer
      return errors ? errors[0]?.extensions.code : data
    }
    const offered = async () => [
      (await fetch(`${stack.authUrl}/graphql`)).status,
      await graphql('{ __schema { queryType { name } } }'),
      await graphql(`mutation { login(email: "${randomUUID()}@example.com", password: "wrong horse") { status } }`),
    ]
    await startAnew()
    expect(await offered()).toEqual([200, { __schema: { queryType: { name: 'Query' } } }, { login: { status: 401 } }])

    const settings = readFileSync(stack.envFile, 'utf8')
    writeFileSync(stack.envFile, settings.replace('GRAPHQL=development', 'GRAPHQL=on\nGRAPHQL_LOGIN=false'))
    await startAnew()
    expect(await offered()).toEqual([405, 'invalid-input', 'invalid-input'])
  })
})
