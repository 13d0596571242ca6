import type { Response } from 'express'

/**
 * Whether somebody still waits for this answer: its client has not gone, and its deadline has not answered. Work that costs
 * or changes something asks before it begins.
 */
export const isWanted = (res: Response): boolean => !res.headersSent && !res.closed

/** Aborts as soon as nobody waits for this answer any more. */
export const whileWanted = (res: Response): AbortSignal => {
  const controller = new AbortController()
  if (isWanted(res)) res.once('close', () => controller.abort())
  else controller.abort()
  return controller.signal
}
