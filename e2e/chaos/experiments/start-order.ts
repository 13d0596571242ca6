import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Experiment, Lab } from '../experiment.ts'
import type { Server } from '../server.ts'

/** Alive, not ready, and not talkative, for as long as it lacks something. */
const waits = async ({ hold, expect }: Lab, server: Server, why: string, seconds: number): Promise<void> => {
  await hold(2)
  const from = new Date().toISOString()
  await hold(seconds)
  const [live, ready] = [await server.health('live'), await server.health('ready')]
  expect(`${server.name} is alive and not ready, ${why}`, live === 200 && ready === 503, `${live}, ${ready}`)
  expect(`${server.name} does not end, ${why}`, server.running)
  // the back-off has its first steps in the beginning
  const lines = server.log().filter(({ time }) => String(time) > from).length
  expect(
    `${server.name} writes about a line in ten seconds, ${why}`,
    lines <= 6 + seconds / 5,
    `${lines} in ${seconds} s`,
  )
}

const becomesReady = async ({ expect, note }: Lab, server: Server, when: string): Promise<void> => {
  const took = await server.untilReady(20_000).catch(() => Number.POSITIVE_INFINITY)
  note(`${server.name} was ready ${(took / 1000).toFixed(1)} s after ${when}`)
  expect(`${server.name} becomes ready by itself within 12 s after ${when}`, took < 12_000, `${took} ms`)
}

/** Starts auth-servers when what they need is not there, or not as they were told. */
export const startOrder: Experiment = {
  id: 'E26',
  title: 'auth-servers start before their stores, with a name that leads nowhere, and with wrong passwords',
  quiet: true,
  stack: { unstarted: true },
  run: async lab => {
    const { stack, model, operations, step, short, random } = lab
    const { a1, a2, postgres, redis } = stack
    const seconds = short ? 4 : 25
    stack.t1.start()
    await stack.t1.untilReady()

    step('neither store is there')
    a1.start()
    await waits(lab, a1, 'without stores', seconds)
    step('PostgreSQL comes, Redis does not')
    const rules = join(postgres.dataDir, 'pg_hba.conf')
    writeFileSync(rules, `host all guarded 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, 'utf8')}`)
    await postgres.start()
    await waits(lab, a1, 'without Redis', seconds)
    await redis.start()
    await becomesReady(lab, a1, 'Redis came')
    await operations.signUp(a1, model.newUser(), performance.now())

    step('a name that leads nowhere')
    a2.start({ DATABASE_URL: 'postgres://postgres@postgres.invalid/postgres', REDIS_URL: 'redis://redis.invalid' })
    await waits(lab, a2, 'with names that lead nowhere', seconds)
    const code = await a2.end('SIGTERM')
    lab.expect('it can be stopped nevertheless', code === 0, String(code))

    step('wrong passwords')
    const right = `p${random.below(1e9)}`
    await postgres.query(`create role guarded login superuser password 'other'`)
    await redis.ask(client => client.config('SET', 'requirepass', 'other'))
    const withPassword = (url: string, user: string) =>
      Object.assign(new URL(url), { username: user, password: right }).href
    a2.start({ DATABASE_URL: withPassword(postgres.url, 'guarded'), REDIS_URL: withPassword(redis.url, '') })
    await waits(lab, a2, 'with wrong passwords', seconds)
    await postgres.query(`alter role guarded password '${right}'`)
    await redis.ask(client => client.config('SET', 'requirepass', right), 'other')
    await becomesReady(lab, a2, 'the passwords were right')
    await redis.ask(client => client.config('SET', 'requirepass', ''), right)
    await operations.signUp(a2, model.newUser(), performance.now())
  },
}
