import { createService } from './create-service.ts'
import { Problem, type ProblemCode, problems } from './problems.ts'
import { open, type Route } from './route.ts'
import { memoryLog, serve } from './testing.ts'

const routes = (Object.keys(problems) as ProblemCode[]).map(
  (code): Route => ({
    method: 'get',
    path: `/${code}`,
    guard: open,
    handle: [
      () => {
        throw new Problem(code)
      },
    ],
  }),
)

const outside = { https: false, corsOrigins: [], trustedProxies: [] }

test.each(['busy', 'too-many-requests'] as const)(
  'who is refused with %s is told after those who asked later for anything else',
  async code => {
    const server = await serve(createService({ routes, log: memoryLog().log, ...outside }))
    const told: string[] = []
    const ask = async (code: ProblemCode) => {
      const res = await fetch(`${server.url}/${code}`)
      told.push(code)
      return res.status
    }
    // both connections are there before it counts who is first
    await Promise.all([ask('unavailable'), ask('not-found')])
    told.length = 0
    const statuses = await Promise.all([ask(code), ask('unavailable')])
    expect(statuses).toEqual([problems[code].status, 503])
    expect(told).toEqual(['unavailable', code])
    await server.close()
  },
)
