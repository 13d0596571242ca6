import { open, Problem, type Route } from '@auth-pair/service'
import type { RequestHandler } from 'express'
import type { PagesNeeds } from './needs.ts'
import type { Sender } from './send.ts'

/**
 * Goes on with a page whose access token has expired. The refresh token only travels to `/api`: a page that needs it sends the
 * browser here, where its session is refreshed, and it is sent back with both cookies. A form comes and goes by 307, with all that
 * was typed.
 */
export const continueRoutes = (needs: PagesNeeds, send: Sender, pages: readonly Route[]): readonly Route[] => {
  const goOn =
    (method: 'get' | 'post', status: 303 | 307): RequestHandler =>
    async (req, res) => {
      const { searchParams } = new URL(req.url, 'http://x')
      const wanted = searchParams.getAll('to').join()
      // SECURITY: an address out of our own table, or none
      const page = pages.find(route => route.method === method && route.path === wanted)
      if (!page)
        throw new Problem('invalid-input', { errors: [{ path: 'to', message: 'This is no page of this server.' }] })
      const session = await needs.refreshByCookie(req, res)
      if (session) send.redirect(res, status, page.path as `/${string}`, session.headers)
      else send.redirect(res, 303, '/sign-in')
    }

  const path = '/api/continue'
  return [
    { method: 'get', path, guard: open, handle: [goOn('get', 303)] },
    { method: 'post', path, guard: open, handle: [goOn('post', 307)] },
  ]
}
