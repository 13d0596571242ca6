/** A server of `node:http` behind guards, and a client that sends exactly the headers it is told to. */
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { AuthenticatedRequest, Guard } from '../guard.ts'

export interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface GuardedServer {
  /** Sends a request with these headers, names and values in turn. */
  ask(...headers: string[]): Promise<Answer>
  close(): Promise<void>
}

/**
 * Whom every guard lets pass is answered 200 with the claims; what is handed to `next` as an error is answered 500 with its message.
 * Either is in plain text, so that it cannot be taken for a guard's own answer.
 */
export const startGuarded = async (...guards: Guard[]): Promise<GuardedServer> => {
  const server = createServer((req: AuthenticatedRequest, res) => {
    const pass = ([guard, ...rest]: readonly Guard[]): void => {
      if (!guard) return void res.end(JSON.stringify(req.auth))
      guard(req, res, error => {
        if (error === undefined) pass(rest)
        else res.writeHead(500).end(error instanceof Error ? error.message : String(error))
      })
    }
    pass(guards)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { ask: (...headers) => ask(server, headers), close: () => close(server) }
}

const ask = async (server: Server, headers: readonly string[]): Promise<Answer> => {
  const { port } = server.address() as AddressInfo
  // given as a list, a name that comes twice is sent twice
  const sent = request({ port, host: '127.0.0.1', headers: ['Host', 'x', 'Connection', 'close', ...headers] }).end()
  const [res] = await once(sent, 'response')
  const { date, connection, 'transfer-encoding': encoding, ...rest } = res.headers
  return { status: res.statusCode, headers: rest, body: await text(res) }
}

const close = async (server: Server): Promise<void> => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}
