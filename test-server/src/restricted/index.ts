/** The protected route: what stands for the work of a real service. It sees the claims of a verified token and nothing else. */
import { type Route, sendJson } from '@auth-pair/service'
import type { RequestHandler } from 'express'

export const restrictedMessage = 'This is only for signed-in users.'

export const restrictedRoutes = (guard: RequestHandler): readonly Route[] => [
  {
    method: 'get',
    path: '/api/restricted',
    guard,
    handle: [(req, res) => sendJson(res, 200, { message: restrictedMessage, user: { id: req.auth?.sub } })],
  },
]
