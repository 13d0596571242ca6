import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FrontEnd {
  readonly origin: string
  close(): Promise<void>
}

/** Listens on a free port, for a front end whose files are known only when its address and those of others are. */
export const reserveFrontEnd = async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  return { origin, serve: (files: Record<string, string>): FrontEnd => ({ origin, close: answer(server, files) }) }
}

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

/** A path is that of a file, `/` that of `/index.html`. */
const answer = (server: Server, files: Record<string, string>) => {
  server.on('request', (req, res) => {
    const path = req.url === '/' ? '/index.html' : (req.url ?? '')
    const file = files[path]
    if (file === undefined) return res.writeHead(404).end()
    res.writeHead(200, { 'Content-Type': types[path.split('.').at(-1) ?? ''] ?? 'text/plain' }).end(file)
  })
  return async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}
