import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { responseHeaders } from './headers.ts'
import { Problem, type ProblemCode } from './problems.ts'

export interface HttpLimits {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
  readonly keepAliveTimeout: number
  readonly idleTimeout: number
}

/** Milliseconds. A slow client holds a socket for no longer than these, and no handler runs for it before its headers are here. */
export const httpLimits: HttpLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than the idle time of common load balancers (60 s), so that it is never this side that closes first. */
  keepAliveTimeout: 65_000,
  /** A socket on which nothing moves, such as that of a client that does not read its answer. */
  idleTimeout: 70_000,
}

/** The largest header section that is read, in bytes. */
export const headerLimit = 16 * 1024

/** What Node's parser could not read, by its error code; everything else is a malformed request. */
const parserErrors: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** An HTTP server with this project's limits. It does not listen yet. */
export const createHttpServer = (
  listener: RequestListener,
  { https, limits: given = httpLimits }: { https: boolean; limits?: HttpLimits },
): Server => {
  const { idleTimeout, ...limits } = given
  const server = createServer(
    { ...limits, maxHeaderSize: headerLimit, insecureHTTPParser: false, requireHostHeader: false },
    listener,
  )
  server.timeout = idleTimeout
  const headers = responseHeaders({ https })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, headers))
  // RFC 9110, section 10.1.1: an expectation that nobody knows of gets 417 from Node, without our headers
  server.on('checkExpectation', listener)
  return server
}

/** Listens on the port of every interface; 0 takes a free one. Rejects when the port is taken. Resolves to the port. */
export const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

/** Answers a request that never became one: there is no Express here, only a socket. */
const refuse = (error: NodeJS.ErrnoException, socket: Socket, constant: readonly string[]): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const problem = new Problem(parserErrors[error.code ?? ''] ?? 'malformed-request')
  const body = JSON.stringify(problem.details())
  const headers = [
    ...constant,
    ...['Content-Type', 'application/problem+json; charset=utf-8'],
    ...['Content-Length', String(Buffer.byteLength(body))],
    ...['Connection', 'close'],
  ]
  const lines = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`]
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
