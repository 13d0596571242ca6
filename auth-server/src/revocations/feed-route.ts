import { revocationsPath } from '@auth-pair/access-token'
import type { Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { createFeed } from './feed.ts'

interface FeedRouteNeeds {
  readonly feed: ReturnType<typeof createFeed>
  readonly guard: RequestHandler
}

export const feedRoute = ({ feed, guard }: FeedRouteNeeds): Route => ({
  method: 'get',
  path: revocationsPath,
  guard,
  handle: [
    async (req, res) => {
      const lastEventId = req.get('Last-Event-ID') ?? ''
      await feed.open(res, /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN)
    },
  ],
})
