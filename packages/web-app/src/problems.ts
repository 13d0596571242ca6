import type { IncomingMessage, ServerResponse } from 'node:http'
import { isNavigation } from './http.ts'

/** What can be wrong, in words for the person at the browser. The codes are stable. */
export const problems = {
  'malformed-request': { status: 400, title: 'The request could not be read', help: 'Go back, and try again.' },
  'sign-in-unknown': {
    status: 400,
    title: 'This sign-in is not known here',
    help: 'It was finished already, took longer than ten minutes, or was begun in another tab or browser. Sign in again.',
  },
  'sign-in-refused': { status: 403, title: 'The sign-in was refused', help: 'Nobody was signed in. Sign in again.' },
  'cross-site-request': {
    status: 403,
    title: 'Requests from this web site are not accepted',
    help: 'Nothing was done. Use the pages of this site.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not answer to this method',
    help: 'Use one of the methods in the `Allow` header.',
  },
  'sign-in-failed': {
    status: 502,
    title: 'The sign-in could not be finished',
    help: 'What the auth-server answered is of no use here, and nobody was signed in. If it happens again, tell those who run this site.',
  },
  'sign-out-untold': {
    status: 503,
    title: 'You are signed out here, and perhaps not elsewhere',
    help: 'The auth-server could not be reached. Sign out again at the other sites, or there, later.',
  },
  unavailable: { status: 503, title: 'The service is not available right now', help: 'Try again in a moment.' },
} as const

export type ProblemCode = keyof typeof problems

/** What is answered in place of a page. Nothing in it comes from the request. */
export interface Problem {
  readonly code: ProblemCode
  readonly status: number
  readonly title: string
  /** What to do, in a sentence or two. */
  readonly help: string
  readonly headers: Readonly<Record<string, string>>
}

/** Answers with a problem in place of this package: with a page of your own, say. */
export type OnProblem = (problem: Problem, req: IncomingMessage, res: ServerResponse) => void

const own: Partial<Record<ProblemCode, Readonly<Record<string, string>>>> = { unavailable: { 'Retry-After': '2' } }

export const problemOf = (code: ProblemCode, headers: Readonly<Record<string, string>> = {}): Problem => ({
  code,
  ...problems[code],
  headers: { ...own[code], ...headers },
})

/** Answers a browser that asks for a page with a small one, and everybody else with JSON (RFC 9457). */
export const answerProblem: OnProblem = (problem, req, res) => {
  const { code, status, title, help, headers } = problem
  const asPage = isNavigation(req) || (req.headers.accept ?? '').includes('text/html')
  const body = asPage
    ? page(title, help)
    : JSON.stringify({ type: `urn:auth-pair:problem:${code}`, title, status, code, detail: help })
  res.writeHead(status, {
    'Content-Type': asPage ? 'text/html; charset=utf-8' : 'application/problem+json',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...headers,
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}

const page = (title: string, help: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title></head>
<body><main><h1>${title}</h1><p>${help}</p><p><a href="/">To the start</a></p></main></body>
</html>
`
