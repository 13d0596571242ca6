import { revocationsPath } from '@auth-pair/access-token'
import type { Log, Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { createFeed } from './feed.ts'

interface FeedRouteNeeds {
  readonly feed: ReturnType<typeof createFeed>
  readonly guard: RequestHandler
  readonly log: Log
}

export const feedRoute = ({ feed, guard, log }: FeedRouteNeeds): Route => ({
  method: 'get',
  path: revocationsPath,
  guard,
  handle: [
    async (req, res) => {
      const lastEventId = req.get('Last-Event-ID') ?? ''
      await feed.open(res, /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN)
      log.info({ service: res.locals.service }, 'a service follows revocations')
    },
  ],
})
