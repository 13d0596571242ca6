import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = (req: IncomingMessage, res: ServerResponse) => void

export interface Front {
  readonly url: string
  /** How many requests there were for a path. */
  count(path: string): number
  /** Answers the next request for a path in the place of the server. */
  answer(path: string, answer: Answer): void
  /** Holds requests for a path, once they have come, until they are let go. Resolves when the first one waits. */
  hold(path: string): { readonly arrived: Promise<void>; letGo(): void }
  close(): Promise<void>
}

/** Stands in front of a server, and counts. */
export const startFront = async (upstream: string): Promise<Front> => {
  const counts = new Map<string, number>()
  const answers: { path: string; answer: Answer }[] = []
  const holds: { path: string; arrive: () => void; until: Promise<void> }[] = []

  const pass = (req: IncomingMessage, res: ServerResponse) => {
    const onward = request(new URL(req.url ?? '/', upstream), { method: req.method, headers: req.headers }, reply => {
      res.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(res)
    })
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  }

  const server = createServer(async (req, res) => {
    const path = req.url ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    for (const hold of holds.filter(held => held.path === path)) {
      hold.arrive()
      await hold.until
    }
    const at = answers.findIndex(planned => planned.path === path)
    const planned = at >= 0 ? answers.splice(at, 1)[0] : undefined
    planned ? planned.answer(req, res) : pass(req, res)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: path => counts.get(path) ?? 0,
    answer: (path, answer) => void answers.push({ path, answer }),
    hold: path => {
      const [arrival, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const hold = { path, arrive: arrival.resolve, until: release.promise }
      holds.push(hold)
      return {
        arrived: arrival.promise,
        letGo: () => {
          holds.splice(holds.indexOf(hold), 1)
          release.resolve()
        },
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** An answer with a problem, as the pair's servers and their proxies give it. */
export const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  (_req, res) => {
    res.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
    res.end(JSON.stringify({ status, code, title: code, requestId: 'test-1' }))
  }
