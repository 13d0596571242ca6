import { setTimeout as wait } from 'node:timers/promises'
import bcrypt from 'bcrypt'
import fc from 'fast-check'
import { auditRows } from '../testing/audit-rows.ts'
import { goodPassword, signUp, startAuthServer, type TestServer } from '../testing/index.ts'

jest.setTimeout(120_000)

let servers: [TestServer, TestServer]
beforeAll(async () => {
  servers = [await startAuthServer(), await startAuthServer()]
})
afterAll(() => Promise.all(servers.map(server => server.close())))

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}
interface Answer {
  readonly status: number
  readonly body: Tokens & { readonly code?: string }
}

const nth = (i: number): TestServer => servers[i % 2] as TestServer
const refresh = (server: TestServer, { refreshToken }: Tokens): Promise<Answer> =>
  server.http.post('/api/refresh').send({ refreshToken }).then(answer)
const signIn = (server: TestServer, email: string, password: string): Promise<Answer> =>
  server.http.post('/api/signin').send({ email, password, tokenTransport: 'body' }).then(answer)
const change = (
  server: TestServer,
  { accessToken }: Tokens,
  currentPassword: string,
  newPassword: string,
): Promise<Answer> =>
  server.http
    .post('/api/password')
    .set('Authorization', `Bearer ${accessToken}`)
    .send({ currentPassword, newPassword })
    .then(answer)
const whoAmI = async (server: TestServer, { accessToken }: Tokens): Promise<number> =>
  (await server.http.get('/api/auth/user').set('Authorization', `Bearer ${accessToken}`)).status
const answer = ({ status, body }: Answer): Answer => ({ status, body })

const password = (i: number) => `battery of horse number ${i}`

/** These tokens open nothing, at either server. */
const expectDead = async (tokens: readonly Tokens[]) => {
  for (const server of servers) {
    const refreshed = await Promise.all(tokens.map(each => refresh(server, each)))
    expect(refreshed.map(({ status }) => status)).toEqual(tokens.map(() => 401))
  }
  // a message may be lost; the record is read every second
  const alive = async () =>
    (await Promise.all(servers.flatMap(at => tokens.map(each => whoAmI(at, each))))).includes(200)
  for (let i = 0; i < 150 && (await alive()); i++) await wait(20)
  expect(await alive()).toBe(false)
}

const expectAlive = async (tokens: Tokens) => {
  for (const server of servers)
    expect([await whoAmI(server, tokens), (await refresh(server, tokens)).status]).toEqual([200, 200])
}

describe('changing the password at one of two servers', () => {
  test('while others refresh and sign in: once it is answered, nothing from before lives', async () => {
    for (let round = 0; round < 40; round++) {
      const user = await signUp(nth(round))
      const bystander = await signUp(nth(round))
      const other = (await signIn(nth(round), user.email, goodPassword)).body
      const racing = [
        ...[0, 1, 2].map(i => refresh(nth(i), other)),
        ...[0, 1].map(i => refresh(nth(i), user)),
        ...[0, 1, 2, 3].map(i => signIn(nth(i), user.email, goodPassword)),
      ]
      await wait(round % 8)
      const changed = await change(nth(round + 1), user, goodPassword, password(1))
      expect(changed.status).toBe(200)
      // what began before, and is answered after it, is over too
      const late = [0, 1].map(i => signIn(nth(i), user.email, goodPassword))
      const answers = await Promise.all([...racing, ...late])
      const given = answers.filter(({ status }) => status === 200).map(({ body }) => body)
      await expectDead([user, other, ...given])
      await expectAlive(changed.body)
      await expectAlive(bystander)
      for (const server of servers) {
        expect((await signIn(server, user.email, goodPassword)).status).toBe(401)
        await expectAlive((await signIn(server, user.email, password(1))).body)
      }
    }
  })

  test('while a sign-in rewrites an old hash: the new password stays', async () => {
    for (let round = 0; round < 20; round++) {
      const user = await signUp(nth(round))
      await servers[0].postgres.write({ name: 'old-hash', text: 'update users set password_hash = $2 where id = $1' }, [
        user.user.id,
        await bcrypt.hash(goodPassword, 4),
      ])
      const signIns = [0, 1, 2, 3].map(i => signIn(nth(i), user.email, goodPassword))
      await wait(round % 6)
      const changed = await change(nth(round), user, goodPassword, password(1))
      await Promise.all(signIns)
      expect(changed.status).toBe(200)
      expect((await signIn(servers[0], user.email, goodPassword)).status).toBe(401)
      expect((await signIn(servers[1], user.email, password(1))).status).toBe(200)
    }
  })

  test('and at the other one, many times at once: one is done', async () => {
    for (let round = 0; round < 20; round++) {
      const user = await signUp(nth(round))
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, i) => change(nth(i), user, goodPassword, password(i))),
      )
      const done = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []))
      expect(done).toHaveLength(1)
      for (const { status, body } of answers.filter(({ status }) => status !== 200))
        expect(['current-password-wrong', 'access-token-invalid']).toContain(status === 503 ? 503 : body.code)
      const works = await Promise.all([0, 1, 2, 3, 4, 5].map(i => signIn(nth(i), user.email, password(i))))
      expect(works.map(({ status }) => status)).toEqual(works.map((_, i) => (i === done[0] ? 200 : 401)))
      const rows = await auditRows(servers[0].postgres, 'user_id', user.user.id)
      expect(rows.filter(({ event }) => event === 'password-changed')).toHaveLength(1)
    }
  })
})

/** What is known of an account from outside: its password, and who is signed in. */
interface Model {
  password: number
  live: Tokens[]
  dead: Tokens[]
}
interface Real {
  readonly email: string
}

const step = (name: string, run: (model: Model, real: Real) => Promise<void>): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run,
  toString: () => name,
})

const commands = [
  fc.tuple(fc.nat(1), fc.boolean()).map(([at, isRight]) =>
    step(`sign in at ${at}, ${isRight}`, async (model, { email }) => {
      const res = await signIn(nth(at), email, password(model.password + (isRight ? 0 : 1)))
      expect(res.status).toBe(isRight ? 200 : 401)
      if (isRight) model.live.push(res.body)
    }),
  ),
  fc.tuple(fc.nat(1), fc.nat(20)).map(([at, which]) =>
    step(`refresh ${which} at ${at}`, async model => {
      const tokens = model.live[which % Math.max(1, model.live.length)]
      if (!tokens) return
      const res = await refresh(nth(at), tokens)
      expect(res.status).toBe(200)
      model.live[model.live.indexOf(tokens)] = res.body
    }),
  ),
  fc.tuple(fc.nat(1), fc.nat(20), fc.boolean()).map(([at, which, isRight]) =>
    step(`change by ${which} at ${at}, ${isRight}`, async model => {
      const tokens = model.live[which % Math.max(1, model.live.length)]
      if (!tokens) return
      const current = password(model.password + (isRight ? 0 : 1))
      const res = await change(nth(at), tokens, current, password(model.password + 2))
      expect(res.status).toBe(isRight ? 200 : 403)
      if (!isRight) return
      model.dead.push(...model.live)
      model.live = [res.body]
      model.password += 2
    }),
  ),
  fc.tuple(fc.nat(1), fc.nat(20)).map(([at, which]) =>
    step(`change by the dead ${which} at ${at}`, async model => {
      const tokens = model.dead[which % Math.max(1, model.dead.length)]
      if (!tokens) return
      await expectDead([tokens])
      const res = await change(nth(at), tokens, password(model.password), password(model.password + 2))
      expect(res.body.code).toBe('access-token-invalid')
    }),
  ),
]

describe('any order of sign-ins, refreshes and changes', () => {
  test('leaves the newest password, and the sessions since it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 12 }), async cmds => {
        const up = await signUp(servers[0])
        const first = await change(servers[0], up, goodPassword, password(0))
        const model: Model = { password: 0, live: [first.body], dead: [up] }
        await fc.asyncModelRun(() => ({ model, real: { email: up.email } }), cmds)
        await expectDead(model.dead)
        for (const tokens of model.live) await expectAlive(tokens)
      }),
      { numRuns: 25 },
    )
  })
})
