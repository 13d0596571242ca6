import { randomUUID } from 'node:crypto'
import { asOperator } from '../src/testing/as-operator.ts'
import { untilAuditRows } from '../src/testing/audit-rows.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../src/testing/index.ts'
import { runCommand } from './run-command.ts'

jest.setTimeout(60_000)

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const run = (...args: string[]) => asOperator(['audit', ...args])
const linesOf = (out: string) => out.split('\n').filter(Boolean)
const parsed = (out: string) => linesOf(out).map(line => JSON.parse(line))

const addEvents = async (userId: string, count: number) => {
  const text = `insert into audit_events (user_id, event, outcome, reason, happened_at)
    select $1::uuid, 'signed-in', 'success', 'number ' || i, now() + i * interval '1 millisecond' from generate_series(1, $2::integer) as i`
  await server.postgres.write({ name: 'test-add-events', text }, [userId, count])
}

describe('npm run audit', () => {
  test('lists what happened to an account, also before it was made, the newest first', async () => {
    const email = freshEmail()
    const failed = randomUUID()
    const attempt = { email, password: goodPassword }
    await server.http.post('/api/signin').set('X-Request-Id', failed).send(attempt)
    await untilAuditRows(server.postgres, 'request_id', failed)
    const { user } = await signUp(server, { email })
    expect((await asOperator(['accounts', 'disable', email])).code).toBe(0)
    const { code, out, err } = await run('list', '--account', email.toUpperCase(), '--json')
    expect([code, err]).toEqual([0, ''])
    const events = parsed(out)
    expect(events.map(({ event }) => event)).toEqual(['account-disabled', 'signed-up', 'sign-in-failed'])
    expect(events[0]).toMatchObject({ userId: user.id, ip: null, device: 'Operator', outcome: 'success' })
    expect(events[2]).toEqual({
      number: expect.any(Number),
      at: expect.stringMatching(/^20.*Z$/),
      event: 'sign-in-failed',
      outcome: 'failure',
      reason: 'unknown-account',
      userId: null,
      subject: expect.any(String),
      sessionId: null,
      ip: '127.0.0.1',
      device: 'Unknown device',
      requestId: failed,
      count: 1,
    })
    const plain = linesOf((await run('list', '--account', email, '--event', 'sign-in-failed')).out)
    expect(plain).toEqual([
      expect.stringMatching(/^\d+ {2}20\S+Z {2}sign-in-failed \(unknown-account\) {2}unknown \S{43} {2}127/),
    ])
    expect((await run('list', '--account', freshEmail())).out).toBe('')
  })

  test('lists a page, and says how to go on', async () => {
    const { email, user } = await signUp(server)
    await addEvents(user.id, 249)
    const reasons: string[] = []
    let before: string | undefined
    for (let pages = 0; pages < 3; pages++) {
      const page = await run('list', '--account', email, '--json', ...(before ? ['--before', before] : []))
      reasons.push(...parsed(page.out).map(({ reason }) => reason))
      before = /^There are more: go on with --before (\d+)\n$/.exec(page.err)?.[1]
      expect(before === undefined).toBe(pages === 2)
    }
    expect(reasons).toEqual([...Array.from({ length: 249 }, (_, i) => `number ${249 - i}`), null])
  })

  test('exports everything once, the oldest first, one object a line', async () => {
    const { user } = await signUp(server)
    const since = new Date()
    await addEvents(user.id, 2500)
    const { code, out, err } = await run('export', '--since', since.toISOString())
    expect([code, err]).toEqual([0, ''])
    const own = parsed(out).filter(({ userId }) => userId === user.id)
    expect(own.map(({ reason }) => reason)).toEqual(Array.from({ length: 2500 }, (_, i) => `number ${i + 1}`))
    const all = parsed((await run('export')).out)
    expect(new Set(all.map(({ number }) => number)).size).toBe(all.length)
    expect(all.filter(({ userId }) => userId === user.id)).toHaveLength(2501)
    expect(out).not.toMatch(/@example\.com/)
  })

  test.each([
    [['list', '--event', 'signed']],
    [['list', '--event', 'constructor']],
    [['list', '--since', 'yesterday']],
    [['list', '--before', '-1']],
    [['list', '--before', '1; drop']],
    [['list', 'ada@example.com']],
    [['export', '--json']],
    [['export', '--account', 'ada@example.com']],
    [['delete']],
  ])('%j shows how it is used, and touches nothing', async args => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    const readConfig = () => {
      throw new Error('the stores are not needed')
    }
    expect(await runCommand(['audit', ...args], readConfig)).toBe(2)
    expect(stderr.mock.calls.join('')).toMatch(/^Usage:\n/)
    stderr.mockRestore()
  })
})
