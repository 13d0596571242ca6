import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import jwt from 'jsonwebtoken'

interface StandInNeeds {
  readonly secret: string
  readonly issuer: string
  readonly userId: string
  readonly sessionId: string
  /** An API token of the user. About any other there is no answer. */
  readonly apiToken: string
}

/**
 * Stands for the auth-server: streams revocations to whoever shows the secret, tells of an API token, and ends the session at
 * `/revoke`.
 */
export const startStandIn = async ({ secret, issuer, userId, sessionId, apiToken }: StandInNeeds) => {
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
    if (req.url === '/api/introspect') {
      const ids = { iss: issuer, aud: 'auth-pair', sub: userId, sid: 'of-a-token', jti: 'of-a-token', iat: 1 }
      void text(req).then(form => form === `token=${apiToken}` && res.end(JSON.stringify({ active: true, ...ids })))
      return
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
