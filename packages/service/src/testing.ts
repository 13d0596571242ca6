/** What tests of a server need: a server on a free port with its log at hand, raw bytes to it, and a memory for its lines. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Express } from 'express'
import { createHttpServer, type HttpLimits, listen } from './http-server.ts'
import { createLog, type Log } from './log.ts'

/** A log whose lines a test can read. */
export const memoryLog = (): { log: Log; lines: Record<string, unknown>[]; text: () => string } => {
  const written: string[] = []
  const lines: Record<string, unknown>[] = []
  const destination = {
    write: (line: string) => {
      written.push(line)
      lines.push(JSON.parse(line))
    },
  }
  return { log: createLog({ name: 'test', level: 'debug', destination }), lines, text: () => written.join('') }
}

interface ServeOptions {
  readonly https?: boolean
  readonly limits?: HttpLimits
  readonly log?: Log
  /** A free one, when left out. */
  readonly port?: number
}

/** Serves an application on loopback. */
export const serve = async (app: Express, options: ServeOptions = {}) => {
  const { https = false, limits, log = memoryLog().log, port: wanted = 0 } = options
  const server = createHttpServer(app, { https, log, ...(limits && { limits }) })
  const port = await listen(server, wanted)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Sends exactly these bytes and resolves to all that comes back until the server closes or nothing has come for a while. */
export const sendRaw = async (port: number, bytes: string | Buffer, quietMs = 300): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(quietMs, () => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(Buffer.from(chunk)))
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}
