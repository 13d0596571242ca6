import type { Request } from 'express'
import ipaddr from 'ipaddr.js'

/** Where something came from, as it is written down beside it. */
export interface Circumstances {
  readonly ip: string | null
  /** In words, such as "Chrome on macOS". */
  readonly device: string | null
  readonly requestId: string | null
}

/** Tells where something came from, once somebody wants to know: most requests leave nothing behind. */
export type From = () => Circumstances

/** Where a request comes from. `deviceOf` puts a User-Agent header into words. */
export const cameFrom = (deviceOf: (userAgent: string | undefined) => string) => {
  const describe = (req: Request): Circumstances => ({
    ip: toAddress(req.ip),
    device: deviceOf(req.headers['user-agent']),
    requestId: req.res?.exchange.requestId ?? null,
  })
  return (req: Request): From => {
    let known: Circumstances | undefined
    return () => (known ??= describe(req))
  }
}

/** What an operator does at the servers. */
export const byOperator: From = () => ({ ip: null, device: 'Operator', requestId: null })

/** A text of one line of printable ASCII, no longer than that; null for what is no text. */
export const plainText = (text: unknown, longest: number): string | null =>
  typeof text === 'string' ? text.replace(/[^ -~]/g, '').slice(0, longest) : null

/** An IPv4 address in IPv6 clothes is an IPv4 address. */
const toAddress = (ip: string | undefined): string | null =>
  ip !== undefined && ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : null
