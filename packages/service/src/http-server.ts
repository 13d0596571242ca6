import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Express } from 'express'
import { expressMessages } from './express-messages.ts'
import { responseHeaders } from './headers.ts'
import type { Log } from './log.ts'
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

interface HttpServerNeeds {
  readonly https: boolean
  readonly log: Log
  readonly limits?: HttpLimits
}

/** An HTTP server with this project's limits. It does not listen yet. */
export const createHttpServer = (
  app: Express,
  { https, log, limits: { idleTimeout, ...limits } = httpLimits }: HttpServerNeeds,
): Server => {
  const refuse = refusals({ https, log })
  const onRequest: RequestListener = (req, res) => {
    req.url = originForm(req.url ?? '')
    app(req, res)
  }
  const options = {
    ...limits,
    ...expressMessages(app),
    maxHeaderSize: headerLimit,
    insecureHTTPParser: false,
    requireHostHeader: false,
  }
  const server = createServer(options, onRequest)
  server.timeout = idleTimeout
  server.on('clientError', refuse.unparsed)
  // nobody's proxy: without a listener Node would close without a word
  server.on('connect', (_req, socket) => refuse.connect(socket as Socket))
  // RFC 9110, section 10.1.1: an expectation that nobody knows of gets 417 from Node, without our headers
  server.on('checkExpectation', onRequest)
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

/** A path that no route has. */
const nowhere = '/%00'

/**
 * The target as path and query. RFC 9112, section 3.2.2: a request may also bring a whole URL. One that cannot be read leads
 * nowhere: the router would leave it to Express' own answer.
 */
const originForm = (target: string): string => {
  if (target.startsWith('/') || target === '*') return target
  if (!URL.canParse(target)) return nowhere
  const { pathname, search } = new URL(target)
  return pathname.startsWith('/') ? `${pathname}${search}` : nowhere
}

/** What Node's parser could not read, by its error code; everything else is a malformed request. */
const parserErrors: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** Answers to what never became a request of the application: there is only a socket, which is closed behind the answer. */
const refusals = ({ https, log }: { https: boolean; log: Log }) => {
  const constant = responseHeaders({ https })

  const answer = (socket: Socket, code: ProblemCode): void => {
    // Node has let go of the socket: without a listener a client that resets it would end this process
    socket.on('error', () => {})
    const problem = new Problem(code)
    const requestId = randomBytes(9).toString('hex')
    const body = JSON.stringify(problem.details(requestId))
    const headers = [
      ...constant,
      ...['X-Request-Id', requestId],
      ...['Content-Type', 'application/problem+json; charset=utf-8'],
      ...['Content-Length', String(Buffer.byteLength(body))],
      ...['Connection', 'close'],
    ]
    const lines = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`]
    for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
    log.info({ requestId, method: null, route: null, status: problem.status }, 'request')
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  }

  return {
    connect: (socket: Socket): void => answer(socket, 'malformed-request'),
    unparsed: (error: NodeJS.ErrnoException, socket: Socket): void => {
      const answered = (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent
      if (error.code === 'ECONNRESET' || !socket.writable || answered) return void socket.destroy()
      answer(socket, parserErrors[error.code ?? ''] ?? 'malformed-request')
    },
  }
}
