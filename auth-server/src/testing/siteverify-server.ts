/** A provider's `siteverify` on loopback: it speaks the protocol, knows the tokens it has given out, and breaks as it is told. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

interface Passed {
  readonly hostname?: string | undefined
  readonly action?: string | undefined
  readonly challenge_ts?: string | undefined
  readonly score?: number
}

/** How it answers instead. */
export type Breakage = (res: ServerResponse) => void

export const breakages = {
  hangs: () => {},
  'begins to answer and hangs': res => void res.writeHead(200).write('{"success": '),
  'closes the connection': res => void res.destroy(),
  'answers 500': res => void res.writeHead(500).end('{"success": true}'),
  'answers 429': res => void res.writeHead(429).end('slow down'),
  'does not answer in JSON': res => void res.writeHead(200).end('<html>success</html>'),
  'answers something else in JSON': res => void res.writeHead(200).end('{"success": "true"}'),
  'answers null': res => void res.writeHead(200).end('null'),
  'does not stop answering': res => {
    const more = () => {
      while (res.write(Buffer.alloc(16_384, ' ')));
    }
    res.writeHead(200).on('drain', more)
    more()
  },
  'sends elsewhere': res => void res.writeHead(307, { Location: '/elsewhere' }).end(),
  'has an error of its own': res =>
    void res.writeHead(200).end(JSON.stringify({ success: false, 'error-codes': ['internal-error'] })),
} satisfies Record<string, Breakage>

export const startSiteverify = async (secret: string) => {
  const passed = new Map<string, Passed>()
  const used = new Set<string>()
  const asked: { readonly form: Record<string, string>; readonly type: string | undefined }[] = []
  let broken: Breakage | undefined
  let detectsReplay = true

  const verdict = (form: URLSearchParams) => {
    const token = form.get('response') ?? ''
    const found = passed.get(token)
    if (form.get('secret') !== secret) return refusal('invalid-input-secret')
    if (!found) return refusal('invalid-input-response')
    if (detectsReplay && used.has(token)) return refusal('timeout-or-duplicate')
    used.add(token)
    return { success: true, 'error-codes': [], ...found }
  }
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const form = new URLSearchParams(await text(req))
    asked.push({ form: Object.fromEntries(form), type: req.headers['content-type'] })
    if (broken && req.url === '/siteverify') return broken(res)
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(verdict(form)))
  }
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`,
    asked,
    /** The token of somebody who has passed the check, as the provider will tell of it. */
    pass: (details: Passed): string => {
      const token = `0.${randomBytes(24).toString('base64url')}`
      passed.set(token, details)
      return token
    },
    breakBy: (breakage: Breakage | undefined) => {
      broken = breakage
    },
    /** A provider that lets a token be checked more than once. */
    forgetReplays: () => {
      detectsReplay = false
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const refusal = (code: string) => ({ success: false, 'error-codes': [code] })
