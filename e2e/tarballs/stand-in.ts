import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import jwt from 'jsonwebtoken'

interface StandInNeeds {
  readonly secret: string
  readonly issuer: string
  readonly userId: string
  readonly sessionId: string
}

/** Stands for the auth-server: streams revocations to whoever shows the secret, and ends the session at `/revoke`. */
export const startStandIn = async ({ secret, issuer, userId, sessionId }: StandInNeeds) => {
  const streams = new Set<ServerResponse>()
  const server = createServer((req, res) => {
    if (req.url === '/revoke') {
      const [at, until] = [Date.now(), Date.now() + 300_000]
      for (const stream of streams)
        stream.write(`id: 2\ndata: ${JSON.stringify({ seq: 2, user: userId, session: sessionId, at, until })}\n\n`)
      return void res.writeHead(204).end()
    }
    const token = req.headers.authorization?.replace(/^Bearer /, '') ?? ''
    try {
      jwt.verify(token, secret, { algorithms: ['HS256'], audience: issuer })
    } catch {
      return void res.writeHead(401).end()
    }
    streams.add(res)
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('id: 1\nevent: caught-up\ndata: {}\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
