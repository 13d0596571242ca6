import { randomUUID } from 'node:crypto'
import { createSessionId } from '@auth-pair/access-token/pair'
import { createSessionStore } from '@auth-pair/auth-server/session-store'
import { Redis } from 'ioredis'
import type { Needs, Result } from '../scenario.ts'

export const about = 'The memory that a refresh session takes in Redis, at a million of them.'

const most = 300

const policy = { idleMs: 432_000_000, lifeMs: 2_592_000_000, graceMs: 30_000, maxPerUser: 100 }

/** `address device` as the server stores it, with an IPv4 and an IPv6 address. */
const abouts = { IPv4: 'ywBxTQ Chrome on macOS', IPv6: 'IAENuIWjEjRWeIouA3BzNA Chrome on macOS' } as const

const usedMemory = async (redis: Redis): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1])

export const run = async ({ quick, progress, startRedis, atEnd }: Needs): Promise<Result> => {
  const { url, about: store } = await startRedis()
  const redis = new Redis(url)
  atEnd(() => redis.disconnect())
  const count = quick ? 50_000 : 1_000_000
  let clock = Date.now()
  const sessions = createSessionStore({ redis, policy, now: () => clock })

  const measure = async (perUser: number, address: keyof typeof abouts) => {
    await redis.flushall()
    const before = await usedMemory(redis)
    const ids: [string, string][] = []
    for (let user = 0; user < count / perUser; user++) {
      const userId = randomUUID()
      for (let i = 0; i < perUser; i++) ids.push([userId, createSessionId(1_800_000_000)])
    }
    const forAll = async (what: string, step: (userId: string, sessionId: string) => Promise<unknown>) => {
      for (let i = 0; i < ids.length; i += 1000) {
        await Promise.all(ids.slice(i, i + 1000).map(([userId, sessionId]) => step(userId, sessionId)))
        if (i % 50_000 === 0) progress(`${perUser} a user, ${address}: ${what} ${i} of ${ids.length}`)
      }
    }
    await forAll('opening', (userId, sessionId) => sessions.open(userId, sessionId, abouts[address]))
    const opened = ((await usedMemory(redis)) - before) / count
    // three generations and a time of turning, as a session has in use
    for (let generation = 1; generation <= 3; generation++) {
      clock += 300_000
      await forAll(`turn ${generation}`, (userId, sessionId) => sessions.rotate(userId, sessionId, generation))
    }
    const turned = ((await usedMemory(redis)) - before) / count
    return { perUser, address, opened: Math.round(opened), turned: Math.round(turned) }
  }

  const rows = [await measure(1, 'IPv4'), await measure(1, 'IPv6'), await measure(5, 'IPv4')]
  const missed = rows
    .filter(({ opened, turned }) => Math.max(opened, turned) > most)
    .map(({ perUser, address }) => `${perUser} a user with ${address} takes more than ${most} bytes a session.`)
  return {
    notes: [
      `${count} sessions on a ${store}, opened and turned by the auth-server's own scripts; \`used_memory\` before and after, divided by the number of sessions. Each has an address and a device of 15 characters.`,
    ],
    tables: [
      {
        title: 'Bytes a session',
        head: ['sessions a user', 'address', 'after sign-in', 'after three turns'],
        rows: rows.map(({ perUser, address, opened, turned }) => [
          String(perUser),
          address,
          String(opened),
          String(turned),
        ]),
      },
    ],
    plot: {
      kind: 'bars',
      title: 'Memory of a refresh session in Redis',
      y: 'bytes a session',
      groups: rows.map(({ perUser, address }) => `${perUser} a user, ${address}`),
      series: [
        { name: 'after sign-in', values: rows.map(({ opened }) => opened) },
        { name: 'after three turns', values: rows.map(({ turned }) => turned) },
      ],
    },
    figures: { count, rows },
    claimed: { sessionBytes: Math.max(...rows.map(({ opened, turned }) => Math.max(opened, turned))) },
    missed,
  }
}
