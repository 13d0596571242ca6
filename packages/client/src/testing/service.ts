import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly token: string | undefined
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

export interface Service {
  readonly url: string
  /** Every request that has come. */
  readonly seen: Seen[]
  /** Answers so many requests with 401. */
  refuse(times: number): void
  /** Answers every request with this token with 401. */
  refuseToken(token: string): void
  /** Answers the next request with a redirect. */
  redirect(status: number, location: string): void
  close(): Promise<void>
}

/** Somebody's service, which believes every token unless it is told not to. */
export const startService = async (): Promise<Service> => {
  const seen: Seen[] = []
  let refusing = 0
  let refusedToken: string | undefined
  let redirection: { status: number; location: string } | undefined
  const server = createServer(async (req, res) => {
    const { method, url, headers } = req
    const body = Buffer.concat(await req.toArray()).toString()
    seen.push({ method, url, token: headers.authorization?.replace('Bearer ', ''), body, headers })
    const to = redirection
    redirection = undefined
    if (to) return res.writeHead(to.status, { Location: to.location }).end()
    const isRefused = refusing > 0 || (refusedToken !== undefined && seen.at(-1)?.token === refusedToken)
    if (!isRefused) return res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"fine":true}')
    refusing--
    res.writeHead(401, { 'Content-Type': 'application/problem+json' }).end('{"code":"access-token-invalid"}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    refuse: times => {
      refusing = times
    },
    refuseToken: token => {
      refusedToken = token
    },
    redirect: (status, location) => {
      redirection = { status, location }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
