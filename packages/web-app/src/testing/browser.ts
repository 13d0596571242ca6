/** A browser, as far as cookies, redirects and what it says of where a request comes from go. It remembers all that it ever received. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text as readAll } from 'node:stream/consumers'

interface Page {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** The addresses that it was led through, this one last. */
  readonly way: readonly string[]
}

interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether redirects are followed. */
  readonly follow?: boolean
}

export const createBrowser = () => {
  /** By origin: ports are other sites here, as hosts would be elsewhere. */
  const jars = new Map<string, Map<string, string>>()
  const received: string[] = []

  const jarOf = (address: string) => {
    const { origin } = new URL(address)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }

  const send = async (address: string, { method = 'GET', headers = {}, body }: Asking) => {
    const jar = jarOf(address)
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    // not by fetch, which has a word of its own on where its requests come from
    const sent = request(address, {
      method,
      headers: {
        Accept: 'text/html',
        'Sec-Fetch-Mode': 'navigate',
        'Sec-Fetch-Site': 'same-origin',
        ...(cookies && { Cookie: cookies }),
        ...headers,
      },
      agent: false,
    })
    sent.end(body)
    const [reply] = (await once(sent, 'response')) as [IncomingMessage]
    const text = await readAll(reply)
    const res = { status: reply.statusCode ?? 0, headers: new Headers() }
    for (let i = 0; i < reply.rawHeaders.length; i += 2)
      res.headers.append(reply.rawHeaders[i] as string, reply.rawHeaders[i + 1] as string)
    for (const cookie of res.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    received.push(JSON.stringify(reply.rawHeaders), text)
    return { res, text }
  }

  const ask = async (address: string, asking: Asking = {}): Promise<Page> => {
    const way = [address]
    let { res, text } = await send(address, asking)
    for (let i = 0; asking.follow !== false && res.status === 303; i++) {
      if (i > 10) throw new Error(`round and round: ${way.join(' ')}`)
      const next = new URL(res.headers.get('Location') ?? '', way.at(-1)).href
      way.push(next)
      ;({ res, text } = await send(next, {}))
    }
    return { status: res.status, headers: res.headers, body: text, way }
  }

  return {
    ask,
    received: () => received.join('\n'),
    cookies: (address: string) => jarOf(address),
  }
}

export type Browser = ReturnType<typeof createBrowser>
