import { createParser } from 'eventsource-parser'

/** What a connection to the feed came to: its end, or why there was none. */
export type Connection =
  | { readonly kind: 'lost'; readonly cause: unknown }
  /** The auth-server does not take the verifier token. */
  | { readonly kind: 'refused'; readonly status: number }

interface StreamNeeds {
  readonly url: string
  readonly token: string
  readonly lastEventId: string | undefined
  /** A connection on which nothing comes for so long is taken for dead, in milliseconds. */
  readonly silenceMs: number
  readonly signal: AbortSignal
  readonly onEvent: (event: { event: string; id: string | undefined; data: string }) => void
}

/** An event is a line of JSON; a longer one is none of ours. Characters. */
const maxEvent = 4096

/** Reads server-sent events from one connection until it ends. Never rejects. */
export const readEventStream = async (needs: StreamNeeds): Promise<Connection> => {
  const { url, token, lastEventId, silenceMs, signal, onEvent } = needs
  const connection = new AbortController()
  const end = () => connection.abort(signal.reason)
  signal.addEventListener('abort', end)
  const timer = setTimeout(() => connection.abort(new Error(`nothing came for ${silenceMs} ms`)), silenceMs)
  try {
    const res = await fetch(url, {
      headers: {
        Accept: 'text/event-stream',
        Authorization: `Bearer ${token}`,
        ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      },
      // SECURITY: not followed; a redirection is no 200. With 'error', Node 20 forgets the signal at a garbage collection
      redirect: 'manual',
      signal: connection.signal,
    })
    if (res.status !== 200 || !res.body) {
      await res.body?.cancel()
      if (res.status >= 500) return { kind: 'lost', cause: new Error(`the auth-server answered ${res.status}`) }
      return { kind: 'refused', status: res.status }
    }
    const parser = createParser({
      maxBufferSize: maxEvent,
      onEvent: ({ event = 'message', id, data }) => onEvent({ event, id, data }),
      onError: error => error.type === 'max-buffer-size-exceeded' && connection.abort(error),
    })
    const decoder = new TextDecoder()
    const reader = res.body.getReader()
    // not left to fetch alone: a dead connection that cannot be ended would stand for a living one for ever
    connection.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      timer.refresh()
      parser.feed(decoder.decode(part.value, { stream: true }))
    }
    connection.signal.throwIfAborted()
    return { kind: 'lost', cause: new Error('the auth-server ended the connection') }
  } catch (error) {
    return { kind: 'lost', cause: connection.signal.aborted ? connection.signal.reason : error }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    connection.abort()
  }
}
