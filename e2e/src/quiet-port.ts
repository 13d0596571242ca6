import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port of loopback on which nobody listens, below those that systems hand out by themselves: no connection of anybody takes
 * it while its server is down for a moment.
 */
export const quietPort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
