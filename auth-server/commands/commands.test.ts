import { setTimeout as wait } from 'node:timers/promises'
import { asOperator } from '../src/testing/as-operator.ts'
import { freshEmail, goodPassword, signUp, startAuthServer, type TestServer } from '../src/testing/index.ts'
import { runCommand } from './run-command.ts'

jest.setTimeout(60_000)

let server: TestServer
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(() => server.close())

const signIn = (email: string) => server.http.post('/api/signin').send({ email, password: goodPassword })
const refresh = (refreshToken: string) => server.http.post('/api/refresh').send({ refreshToken })
const whoAmI = (token: string) => server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)
/** An embedded Redis in memory is not that of the command's process: then the record alone tells, within a second. */
const untilRefused = async (send: () => ReturnType<typeof refresh>) => {
  for (let i = 0; i < 200; i++, await wait(20)) {
    const res = await send()
    if (res.status === 401) return res
  }
  throw new Error('not refused')
}

describe('the accounts command', () => {
  test('disables an account: its sessions end, nobody signs in, and the answer tells nothing', async () => {
    const email = freshEmail()
    const { accessToken, refreshToken, user } = await signUp(server, { email })
    const wrong = await server.http.post('/api/signin').send({ email: freshEmail(), password: goodPassword })
    expect(await asOperator(['accounts', 'disable', email.toUpperCase()])).toEqual({
      code: 0,
      out: 'Disabled. Its sessions have ended, and its access tokens are refused within a second.\n',
      err: '',
    })
    expect((await untilRefused(() => refresh(refreshToken))).body.code).toBe('session-ended')
    expect((await whoAmI(accessToken)).status).toBe(401)
    const refused = await signIn(email)
    expect([refused.status, { ...refused.body, requestId: '' }]).toEqual([401, { ...wrong.body, requestId: '' }])
    const listed = await asOperator(['accounts', 'list', '--json'])
    expect(listed.out).toContain(
      `{"id":"${user.id}","email":"${email}","createdAt":"${user.createdAt}","disabledAt":"2`,
    )

    expect((await asOperator(['accounts', 'disable', email])).code).toBe(0)
    expect(await asOperator(['accounts', 'enable', email])).toEqual({
      code: 0,
      out: 'Enabled. It can sign in again.\n',
      err: '',
    })
    const again = await server.http.post('/api/signin').send({ email, password: goodPassword, tokenTransport: 'body' })
    expect(again.status).toBe(200)
    expect((await refresh(again.body.refreshToken)).status).toBe(200)
    // what ended does not come back
    expect([(await refresh(refreshToken)).status, (await whoAmI(accessToken)).status]).toEqual([401, 401])
    expect((await asOperator(['accounts', 'list'])).out).toMatch(new RegExp(`^${user.id} .* ${email}$`, 'm'))
  })

  test('says that there is no such account', async () => {
    for (const verb of ['disable', 'enable']) {
      expect(await asOperator(['accounts', verb, freshEmail()])).toEqual({
        code: 1,
        out: '',
        err: 'There is no account with this email.\n',
      })
    }
  })

  test.each([
    [[]],
    [['accounts']],
    [['accounts', 'delete', 'a@example.com']],
    [['accounts', 'disable']],
    [['accounts', 'disable', 'a@example.com', 'b@example.com']],
    [['accounts', 'disable', 'a@example.com', '--json']],
    [['accounts', 'list', '--yaml']],
    [['accounts', 'list', 'a@example.com']],
    [['sessions', 'reapply', '--since', 'yesterday']],
    [['sessions', 'reapply', '--json']],
    [['sessions', 'list']],
  ])('%j shows how it is used, and touches nothing', async args => {
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    const readConfig = () => {
      throw new Error('the stores are not needed')
    }
    expect(await runCommand(args, readConfig)).toBe(2)
    expect(stderr.mock.calls.join('')).toMatch(/^Usage:\n/)
    stderr.mockRestore()
  })

  test('says that PostgreSQL does not answer', async () => {
    const { code, out, err } = await asOperator(['accounts', 'list'], { DATABASE_URL: 'postgres://127.0.0.1:9/none' })
    expect([code, out, err]).toEqual([
      1,
      '',
      'Nothing was done, or not all of it: PostgreSQL is not available (connect ECONNREFUSED 127.0.0.1:9). Run it again.\n',
    ])
  })
})
