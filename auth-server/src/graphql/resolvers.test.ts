import type { GraphqlNeeds } from './needs.ts'
import { type Context, createResolvers } from './resolvers.ts'

const asked: string[] = []
const needs = {
  policy: { development: false, login: true },
  whoAsks: async () => ({ sub: 'ada', sid: 'x' }),
  whoAmI: async (userId: string) => {
    asked.push(userId)
    return { id: userId }
  },
  listSessions: async () => {
    asked.push('sessions')
    return []
  },
} as unknown as GraphqlNeeds
const { Query } = createResolvers(needs)

test('what is asked for by several names is read once a request', async () => {
  const [one, other] = [{} as Context, {} as Context]
  const users = [Query.me(undefined, {}, one), Query.me(undefined, {}, one), Query.me(undefined, {}, other)]
  expect(await Promise.all(users)).toEqual([{ id: 'ada' }, { id: 'ada' }, { id: 'ada' }])
  await Promise.all([Query.sessions(undefined, {}, one), Query.sessions(undefined, {}, one)])
  expect(asked).toEqual(['ada', 'ada', 'sessions'])
})
