import { Problem } from './problems.ts'
import { open, type Route } from './route.ts'
import { sendJson } from './send.ts'

/**
 * `/health/live`: the process answers. `/health/ready`: it can do its work, so a load balancer may send requests. Both say
 * nothing about the inside. `ready` resolves to false, or rejects, when the server cannot do its work.
 */
export const healthRoutes = (ready: () => Promise<boolean>): readonly Route[] => [
  { method: 'get', path: '/health/live', guard: open, handle: [(_req, res) => sendJson(res, 200, { status: 'ok' })] },
  {
    method: 'get',
    path: '/health/ready',
    guard: open,
    handle: [
      async (_req, res) => {
        if (!(await ready())) throw new Problem('unavailable')
        sendJson(res, 200, { status: 'ok' })
      },
    ],
  },
]
