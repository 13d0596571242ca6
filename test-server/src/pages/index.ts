/**
 * The pages of this app for people with a browser: one that everybody sees, one for those who are signed in, and the steps of signing in and out, which are
 * those of `@auth-pair/web-app`. It keeps nothing and decides nothing of its own.
 */
import { join } from 'node:path'
import { createAssets, createTemplates, look, pageHeaders, type Render } from '@auth-pair/pages'
import { open, type Problem, type Route, type ShowProblem } from '@auth-pair/service'
import { answerProblem, type BrowserSessions, createBrowserSessions, type OnProblem } from '@auth-pair/web-app'
import type { RequestHandler, Response } from 'express'

interface PagesNeeds {
  readonly sessions: Omit<Parameters<typeof createBrowserSessions>[0], 'onProblem'>
  /** What is shown to those who are signed in. */
  readonly message: string
}

export interface Pages {
  readonly routes: readonly Route[]
  readonly showProblem: ShowProblem
}

export const createPages = ({ sessions, message }: PagesNeeds): Pages => {
  const { host, protocol } = new URL(sessions.publicUrl)
  const file = (...names: string[]) => join(import.meta.dirname, ...names)
  const assets = createAssets({
    'pages.css': [look, file('assets', 'pages.css')],
    'icon.svg': [file('assets', 'icon.svg')],
  })
  const render: Render<'home' | 'restricted' | 'problem'> = createTemplates({
    folder: file('templates'),
    host,
    assetPath: assets.pathOf,
  })
  const self = ["'self'"]
  // with `no-referrer`, browsers send `Origin: null` along with a form
  const headers = pageHeaders({
    https: protocol === 'https:',
    allows: { styleSrc: self, imgSrc: self, formAction: self },
    referrer: 'same-origin',
  })

  const onProblem: OnProblem = (problem, req, res) => {
    if (!(req.headers.accept ?? '').includes('text/html')) return answerProblem(problem, req, res)
    for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value)
    const { exchange } = res as Response
    sendPage(res as Response, problem.status, render('problem', { problem, requestId: exchange.requestId }))
  }
  // what the shell around the routes refuses, and who looks at it
  const showProblem: ShowProblem = (res, problem) => {
    const { path, headers: asked } = res.req
    if (/^\/(api|health)(\/|$)/.test(path) || !(asked.accept ?? '').includes('text/html')) return false
    headers(res.req, res, () => {})
    for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value)
    const { requestId } = res.exchange
    sendPage(res, problem.status, render('problem', { problem: inWords(problem), requestId }))
    return true
  }
  const web = createBrowserSessions({ ...sessions, onProblem })
  const { session, signedIn, signIn, finishSignIn, signOut } = web as unknown as Record<
    keyof BrowserSessions,
    RequestHandler
  >
  const home = render('home', {})
  const route = (method: Route['method'], path: string, guard: RequestHandler, handle: RequestHandler): Route => ({
    method,
    path,
    guard: inTurnWith(headers, guard),
    handle: [handle],
  })
  const routes: Route[] = [
    { method: 'get', path: '/', guard: open, handle: [headers, (_req, res) => sendPage(res, 200, home)] },
    route('get', '/restricted', signedIn, (req, res) =>
      sendPage(res, 200, render('restricted', { message, user: req.auth?.sub })),
    ),
    route('get', '/sign-in', session, signIn),
    route('get', '/signed-in', session, finishSignIn),
    route('post', '/sign-out', session, signOut),
    assets.route(headers),
  ]
  return { routes, showProblem }
}

/** For a person at a browser. */
const inWords = ({ code, status, message: title }: Problem) =>
  code === 'not-found'
    ? { title: 'There is no such page', help: 'Check the address, or begin at the start.', status }
    : { title, help: 'Go back, and try again.', status }

/** Before the guard, which may answer by itself. */
const inTurnWith =
  (first: RequestHandler, second: RequestHandler): RequestHandler =>
  (req, res, next) =>
    first(req, res, error => (error === undefined ? second(req, res, next) : next(error)))

const sendPage = (res: Response, status: number, html: string): void => {
  res.statusCode = status
  res.setHeader('Content-Type', 'text/html; charset=utf-8')
  res.end(html)
}
