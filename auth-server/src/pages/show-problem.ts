import type { Problem, ShowProblem } from '@auth-pair/service'
import type { Request, Response } from 'express'
import { inHumanWords } from './problem-words.ts'
import type { Sender } from './send.ts'
import type { Render } from './templates.ts'

const ours = /^\/(sign-in|sign-up|account|api\/continue)(\/|$)/

/** Whether a person looks at the answer: at our pages always, and where front ends send browsers, but programs look around too. */
const isRead = ({ path, headers }: Request): boolean =>
  ours.test(path) || (path === '/api/authorize' && (headers.accept ?? '').includes('text/html'))

/** From here on a problem of this request is shown on a page that knows what it was about. */
export const showAgain = (res: Response, page: (problem: Problem) => string): void => {
  res.locals.showAgain = page
}

/** Problems of pages, as pages: the form that was sent with what is wrong, or a page that only says what happened. */
export const createShowProblem = (render: Render, send: Sender): ShowProblem => {
  const alone = (res: Response, problem: Problem): string =>
    render('problem', { words: inHumanWords(problem), requestId: res.exchange.requestId })

  return (res, problem) => {
    if (!isRead(res.req)) return false
    const again = res.locals.showAgain as ((problem: Problem) => string) | undefined
    // at an error of ours the form could be what went wrong
    const html = again && problem.status !== 500 ? again(problem) : alone(res, problem)
    send.page(res, problem.status, html, problem.headers)
    return true
  }
}
