import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Nobody listens on a port between its promise and its use: without this, two servers of a process could get the same one. */
const promised = new Set<number>()

/**
 * A port of loopback on which nobody listens, below those that systems hand out by themselves: no server that takes any port, and no
 * connection, comes first, nor while its own server is down for a moment. It is promised once.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (promised.has(port) || !(await isFree(port))) continue
    promised.add(port)
    return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
