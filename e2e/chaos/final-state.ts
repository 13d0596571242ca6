import type { FinalState } from './history.ts'
import type { Stack } from './stack.ts'

/** What the stores hold in the end. */
export const readFinalState = async ({ postgres, redis }: Stack): Promise<FinalState> => {
  const users = await postgres.query<{ id: string; email: string }>('select id, email from users')
  const generations = await redis.ask(async client => {
    const known = new Map<string, number>()
    let cursor = '0'
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', 'sessions:*', 'COUNT', 1000)
      for (const key of keys) {
        for (const [field, value] of Object.entries(await client.hgetall(key))) {
          // the other fields tell devices
          const generation = /^(\d+) \d+ \d+ \d+ \d+$/.exec(value)?.[1]
          if (generation !== undefined) known.set(field, Number(generation))
        }
      }
      cursor = next
    } while (cursor !== '0')
    return known
  })
  return { users, generations }
}
