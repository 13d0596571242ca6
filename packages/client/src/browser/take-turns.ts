/**
 * What a tab may take to refresh or to sign in, in milliseconds: the core gives up after 10 s. One that takes longer is frozen, and has lost its
 * turn.
 */
const patience = 12_000

/**
 * Runs work in one tab of this origin at a time. Where there are no Web Locks (an insecure context, an old browser), tabs do not wait for
 * each other: the auth-server answers all who refresh within 30 s with the same token.
 */
export const createTurns =
  (name: string) =>
  <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const { locks } = navigator
    if (!locks) return work()
    return new Promise((resolve, reject) => {
      const limit = new AbortController()
      const stop = () => limit.abort()
      const timer = setTimeout(stop, patience)
      const ready = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
      let running: Promise<unknown> | undefined
      // what becomes of the work is told past the lock, which another tab may take away
      const run = () => {
        ready()
        running ??= work().then(resolve, reject)
        return running
      }
      signal?.addEventListener('abort', stop)
      if (signal?.aborted) stop()
      locks.request(name, { signal: limit.signal }, run).catch(() => {
        ready()
        if (running) return
        if (signal?.aborted) return reject(signal.reason)
        // a page that may have no locks goes without
        locks.request(name, { steal: true }, run).catch(run)
      })
    })
  }
