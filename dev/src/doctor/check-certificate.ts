import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { Stopped, Unanswered } from './ask.ts'
import { note, ok, type Verdict, wrong } from './finding.ts'
import { inWords } from './in-words.ts'
import type { Target } from './targets.ts'

const dayMs = 86_400_000

/** A certificate that ends sooner than this is spoken of, in days. */
const soonDays = 14

/**
 * The certificate of an https server: whether it is believed, and until when. Nothing but the handshake is sent, so it may be
 * looked at before it is believed.
 */
export const checkCertificate = async (
  { origin }: Target,
  { signal, now, ca, deadlineMs }: { signal: AbortSignal; now: () => number; deadlineMs: number; ca?: string },
): Promise<Verdict> => {
  const url = new URL(origin)
  const { error, validTo } = await handshake(url, { signal, deadlineMs, ca })
  if (error) return wrong(inWords(error, url))
  const days = Math.floor((validTo - now()) / dayMs)
  const until = `The certificate is good until ${new Date(validTo).toISOString().slice(0, 10)}`
  return days < soonDays ? note(`${until}, for ${days} more days: renew it now.`) : ok(`${until}.`)
}

interface HandshakeNeeds {
  readonly signal: AbortSignal
  readonly deadlineMs: number
  readonly ca: string | undefined
}

const handshake = (
  url: URL,
  { signal, deadlineMs, ca }: HandshakeNeeds,
): Promise<{ error: Error | undefined; validTo: number }> =>
  new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const servername = isIP(host) ? undefined : host
    const socket = connect({
      host,
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      ...(ca !== undefined && { ca }),
      ...(servername !== undefined && { servername }),
    })
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
    const onAbort = () => socket.destroy(new Error('aborted'))
    deadline.addEventListener('abort', onAbort)
    socket.once('secureConnect', () => {
      const error = socket.authorized ? undefined : socket.authorizationError
      resolve({ error: error && asError(error), validTo: Date.parse(socket.getPeerCertificate().valid_to) })
      socket.destroy()
    })
    socket.once('error', error => {
      if (signal.aborted) reject(new Stopped())
      else if (deadline.aborted) reject(new Unanswered(`${url.host} has not answered within ${deadlineMs / 1000} s.`))
      else reject(new Unanswered(inWords(error, url)))
    })
    socket.once('close', () => deadline.removeEventListener('abort', onAbort))
  })

/** Node gives the code alone, or an error with it. */
const asError = (error: Error | string): Error =>
  typeof error === 'string' ? Object.assign(new Error(error), { code: error }) : error
