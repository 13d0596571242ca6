import type { Response } from 'express'
import type { Problem, ProblemCode } from './problems.ts'
import { sendProblem } from './send.ts'

/** Refusals of those who ask for more than there is. */
const held: ReadonlySet<ProblemCode> = new Set(['busy', 'too-many-requests'])

/**
 * Milliseconds: nothing to a person, and much to a client that asks again as soon as it is answered. Not the same for all:
 * those who were refused together would ask again together, and everybody else would wait behind them.
 */
const pauseMs = () => 35 + Math.random() * 45

/** How long the answer to this problem is held back, in milliseconds. */
export const heldForMs = ({ code }: Problem): number => (held.has(code) ? pauseMs() : 0)

/**
 * Answers with a problem; with a refusal for asking too much only after a moment. Told at once, sixty connections that do not
 * wait between their requests would take most of the event loop for being refused.
 */
export const answerWith = (res: Response, problem: Problem): void => {
  const waitMs = heldForMs(problem)
  if (waitMs > 0) setTimeout(sendProblem, waitMs, res, problem)
  else sendProblem(res, problem)
}
