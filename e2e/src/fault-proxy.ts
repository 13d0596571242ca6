/**
 * A TCP proxy between a server under test and one of its stores, which breaks in the ways that networks and stores do. Like a
 * network, it never loses bytes in the middle of a connection: they come late, or the connection ends.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { freePort } from '@auth-pair/dev/free-port'
import { carry, type FaultyConnection } from './faulty-connection.ts'

/** What becomes of connections and of what they carry. A request is what goes to the store, a reply what comes back. */
export type Fault =
  | { readonly kind: 'pass' }
  /** Nobody listens, and the connections there were are reset. */
  | { readonly kind: 'refuse' }
  /** Connections open and stay open, and nothing passes, either way, until the mode changes. */
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs?: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Each connection is reset once so many bytes of replies have passed. */
  | { readonly kind: 'reset-after'; readonly bytes: number }
  /** The store's side of each connection ends; what the server still says is heard. */
  | { readonly kind: 'half-close' }
  /** Requests are forwarded; the connection is reset in the place of the reply. */
  | { readonly kind: 'drop-replies' }

/** The faults that need no numbers go by their name. */
export type FaultName = 'pass' | 'refuse' | 'black-hole' | 'half-close' | 'drop-replies'

/** Requests that are dealt with one by one. */
export interface Trap {
  readonly pattern: RegExp
  readonly what: 'drop-request' | 'lose-reply'
  left: number
  sprung: number
}

export interface FaultProxy {
  readonly port: number
  /** The same URL, through the proxy. */
  through(url: string): string
  /** Resets the connections there are, and leads the next ones to another server. */
  redirect(url: string): void
  /** Resolves when the fault is in effect. */
  set(fault: Fault | FaultName): Promise<void>
  /** Resets the connection of the next requests that match, and forwards nothing of them. Returns how many there were so far. */
  dropRequest(pattern: RegExp, times?: number): () => number
  /** Forwards the next requests that match, and resets their connection in the place of the reply. Returns how many there were so far. */
  loseReply(pattern: RegExp, times?: number): () => number
  /** Lets all requests pass again. */
  disarm(): void
  close(): Promise<void>
}

interface FaultProxyNeeds {
  /** Left out, there is nothing behind the proxy: for `refuse` and `black-hole`. */
  readonly upstream?: { readonly host: string; readonly port: number }
  /** From 0 to below 1, for the jitter. */
  readonly random?: () => number
}

export const startFaultProxy = async ({
  upstream: first,
  random = Math.random,
}: FaultProxyNeeds = {}): Promise<FaultProxy> => {
  const port = await freePort()
  let upstream = first
  const connections = new Set<FaultyConnection>()
  const traps: Trap[] = []
  let fault: Fault = upstream ? { kind: 'pass' } : { kind: 'black-hole' }
  let changed = Promise.withResolvers<void>()

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client: Socket) => {
    const connection = carry({ client, upstream, fault: () => fault, changed: () => changed.promise, traps, random })
    connections.add(connection)
    client.once('close', () => {
      // it may still have something to deliver
      connection.delivered.then(() => connections.delete(connection))
    })
  })
  const listen = () => once(server.listen(port, '127.0.0.1'), 'listening')
  await listen()

  const trap = (what: Trap['what'], pattern: RegExp, times: number) => {
    const set: Trap = { what, pattern, left: times, sprung: 0 }
    traps.push(set)
    return () => set.sprung
  }

  const stopListening = async () => {
    const closed = server.listening ? new Promise(resolve => server.close(resolve)) : undefined
    for (const connection of connections) connection.reset()
    await closed
  }

  return {
    port,
    through: url => {
      const proxied = new URL(url)
      proxied.hostname = '127.0.0.1'
      proxied.port = String(port)
      return proxied.href
    },
    redirect: url => {
      upstream = addressOf(url)
      for (const connection of connections) connection.reset()
    },
    set: async next => {
      fault = typeof next === 'string' ? { kind: next } : next
      const { resolve } = changed
      changed = Promise.withResolvers()
      resolve()
      for (const connection of connections) connection.onFault()
      if (fault.kind === 'refuse') await stopListening()
      else if (!server.listening) await listen()
    },
    dropRequest: (pattern, times = 1) => trap('drop-request', pattern, times),
    loseReply: (pattern, times = 1) => trap('lose-reply', pattern, times),
    disarm: () => void traps.splice(0),
    close: stopListening,
  }
}

/** A proxy in front of the store of a URL. */
export const faultProxyOf = (url: string, random?: () => number): Promise<FaultProxy> =>
  startFaultProxy({ upstream: addressOf(url), ...(random && { random }) })

const addressOf = (url: string) => {
  const { hostname, port, protocol } = new URL(url)
  return { host: hostname, port: Number(port || (protocol.startsWith('redis') ? 6379 : 5432)) }
}
