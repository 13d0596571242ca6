import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A name and a value each, as they came. */
type Headers = [string, string][]

/** What it changes; left out, nothing. */
export interface Between {
  /** Headers of the request, without `Host`. */
  readonly request?: (headers: Headers, path: string) => Headers
  readonly answer?: (headers: Headers, path: string) => Headers
  /** Answers itself, when it returns true. */
  readonly instead?: (req: IncomingMessage, res: ServerResponse) => boolean
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly port?: number
}

/** A reverse proxy, such as stands in front of every real server, that does what it should not. */
export const startBetween = async (upstream: string, { request: change, answer, instead, tls, port = 0 }: Between) => {
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    if (instead?.(req, res)) return
    const path = req.url ?? '/'
    const sent = pairs(req.rawHeaders)
    const headers = (change ? change(sent, path) : sent).flat()
    const onward = request(new URL(path, upstream), { method: req.method ?? 'GET', headers, agent: false }, back => {
      const came = pairs(back.rawHeaders).filter(([name]) => !/^(connection|keep-alive|transfer-encoding)$/i.test(name))
      res.writeHead(back.statusCode ?? 502, (answer ? answer(came, path) : came).flat())
      back.pipe(res)
    })
    onward.on('error', () => res.destroy())
    res.on('close', () => onward.destroy())
    req.pipe(onward)
  }
  const server: Server = tls ? createTlsServer(tls, handle) : createServer(handle)
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const url = `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`
  return {
    url,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const pairs = (raw: readonly string[]): Headers =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''])
