import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** `pass` forwards, `refuse` closes every connection at once, `hang` accepts and never answers. */
export type ProxyMode = 'pass' | 'refuse' | 'hang'

/** A TCP proxy between a server under test and one of its stores, which breaks in the ways that networks do. */
export const startTcpProxy = async (first: { host: string; port: number } | undefined) => {
  let upstream = first
  let mode: ProxyMode = 'pass'
  let toLose: RegExp | undefined
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    return socket
  }
  const server = createServer(incoming => {
    track(incoming)
    if (mode === 'refuse') return incoming.destroy()
    if (mode === 'hang' || !upstream) return incoming.resume()
    const outgoing = track(connect(upstream.port, upstream.host))
    // what is in flight when the mode changes hangs as well
    let losing = false
    incoming.on('data', data => {
      if (toLose?.test(data.toString('latin1'))) {
        losing = true
        toLose = undefined
      }
      if (mode === 'pass') outgoing.write(data)
    })
    outgoing.on('data', data => {
      if (losing) incoming.destroy()
      else if (mode === 'pass') incoming.write(data)
    })
    incoming.on('close', () => outgoing.destroy())
    outgoing.on('close', () => incoming.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    port,
    /** The same URL, through the proxy. */
    through: (url: string): string => {
      const proxied = new URL(url)
      proxied.hostname = '127.0.0.1'
      proxied.port = String(port)
      return proxied.href
    },
    set: (next: ProxyMode) => {
      mode = next
      if (next === 'refuse') for (const socket of sockets) socket.destroy()
    },
    /** Leads every connection from here on to another server, and ends the present ones. */
    redirect: (url: string) => {
      const { hostname, port } = new URL(url)
      upstream = { host: hostname, port: Number(port) }
      for (const socket of sockets) socket.destroy()
    },
    /** Lets the next request that matches through, and resets the connection when its reply comes. */
    loseNextReply: (request: RegExp) => {
      toLose = request
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>

/** A proxy in front of the store of a URL. */
export const proxyOf = (url: string): Promise<TcpProxy> => {
  const { hostname, port, protocol } = new URL(url)
  return startTcpProxy({ host: hostname, port: Number(port || (protocol.startsWith('redis') ? 6379 : 5432)) })
}
