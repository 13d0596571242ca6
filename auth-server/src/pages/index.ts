/**
 * The pages that people see: signing in and up, and the account. They are written on the server, work without JavaScript, and do
 * nothing of their own: every form calls the function that a JSON route calls, and answers with cookies and 303, or with itself and
 * what is wrong. What goes wrong on a page is told on a page, also where the shell around the routes refuses.
 */
import { open, type Route, type ShowProblem } from '@auth-pair/service'
import { accountRoutes } from './account.ts'
import { pageAssets } from './assets.ts'
import { continueRoutes } from './continue.ts'
import { credentialRoutes } from './credentials.ts'
import type { PagesNeeds } from './needs.ts'
import { createSender } from './send.ts'
import { createShowProblem } from './show-problem.ts'
import { pageTemplates } from './templates.ts'

export interface Pages {
  readonly routes: readonly Route[]
  readonly showProblem: ShowProblem
}

export const createPages = (needs: PagesNeeds): Pages => {
  const assets = pageAssets()
  const render = pageTemplates(new URL(needs.publicUrl).host, assets.pathOf)
  const send = createSender(needs)
  const account = accountRoutes(needs, render, send)
  return {
    routes: [
      ...credentialRoutes(needs, render, send),
      ...account,
      ...continueRoutes(needs, send, account),
      assets.route(send.headers),
      // who opens the address that `npm start` prints is no program
      { method: 'get', path: '/', guard: open, handle: [(_req, res) => send.redirect(res, 303, '/account')] },
    ],
    showProblem: createShowProblem(render, send),
  }
}
