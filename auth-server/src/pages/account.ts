import { Problem, type Route } from '@auth-pair/service'
import type { Request, RequestHandler, Response } from 'express'
import { accountForms, type Outcome } from './account-forms.ts'
import { createAccountPage } from './account-page.ts'
import type { PagesNeeds } from './needs.ts'
import type { Sender } from './send.ts'
import { showAgain } from './show-problem.ts'
import type { Render } from './templates.ts'
import { whoAsks } from './who-asks.ts'

/** The account page, and a form for everything that can be done there: each is a POST that ends in 303, and works without JavaScript. */
export const accountRoutes = (needs: PagesNeeds, render: Render, send: Sender): readonly Route[] => {
  const load = createAccountPage(needs, render)

  /** The guard: without a token that is good, the session is refreshed first, and the request comes again. */
  const signedInHere: RequestHandler = async (req, res, next) => {
    const who = await needs.authenticate(req)
    if (!who.ok && who.status === 401)
      return send.redirect(res, req.method === 'POST' ? 307 : 303, `/api/continue?to=${req.path}`)
    if (!who.ok) throw new Problem(who.code, { cause: who.reason })
    req.auth = who.claims
    next()
  }

  const leave = (res: Response, to: `/${string}`) => {
    needs.clearCookies(res)
    send.redirect(res, 303, to)
  }

  const answer = (res: Response, outcome: Outcome) => {
    if (outcome.kind === 'signed-out') leave(res, `/sign-in?done=${outcome.done}`)
    else if (outcome.kind === 'page') send.page(res, 201, outcome.html)
    else send.redirect(res, 303, `/account?done=${outcome.done}`, outcome.cookies)
  }

  const show = async (req: Request, res: Response) => {
    const page = await load(whoAsks(req))
    // the account is gone, and its token goes on for some minutes
    if (!page) return leave(res, '/sign-in')
    send.page(res, 200, page({ done: new URL(req.url, 'http://x').searchParams.get('done') ?? undefined }))
  }

  const forms = accountForms(needs, render).map(
    ({ name, read, check, act }): Route => ({
      method: 'post',
      path: `/account/${name}`,
      guard: signedInHere,
      handle: [
        ...read,
        async (req, res) => {
          try {
            for (const handler of check) await handler(req, res, () => {})
            answer(res, await act(req, res))
          } catch (error) {
            await prepareToShowAgain(error, req, res, name)
            throw error
          }
        },
      ],
    }),
  )

  /** The page as it is now, with what was typed and what is wrong about it. When our stores are away there is none. */
  const prepareToShowAgain = async (error: unknown, req: Request, res: Response, form: string) => {
    if (!(error instanceof Problem) || error.code === 'unavailable') return
    const page = await load(whoAsks(req))
    if (page) showAgain(res, problem => page({ problem, form, typed: req.body }))
  }

  return [{ method: 'get', path: '/account', guard: signedInHere, handle: [show] }, ...forms]
}
