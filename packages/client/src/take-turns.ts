import { unlessAborted } from './core/ask-server.ts'

/** Gives turns one after the other within this process, in the order of asking. */
export const takeTurns = (): ((signal?: AbortSignal) => Promise<() => Promise<void>>) => {
  let last = Promise.resolve()
  return async signal => {
    signal?.throwIfAborted()
    const before = last
    let end = () => {}
    last = new Promise(resolve => {
      end = resolve
    })
    try {
      await unlessAborted(before, signal)
    } catch (reason) {
      // the next one's turn is after the one that goes on
      before.then(end)
      throw reason
    }
    return async () => end()
  }
}
