/** Gives turns one after the other within this process, in the order of asking. */
export const takeTurns = (): ((signal?: AbortSignal) => Promise<() => Promise<void>>) => {
  let last = Promise.resolve()
  return async signal => {
    const before = last
    let end = () => {}
    last = new Promise(resolve => {
      end = resolve
    })
    await before
    if (signal?.aborted) end()
    signal?.throwIfAborted()
    return async () => end()
  }
}
