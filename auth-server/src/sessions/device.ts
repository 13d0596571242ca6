import bowser from 'bowser'
import ipaddr from 'ipaddr.js'

/** Longer headers are not read: no browser sends them. Characters. */
const maxHeader = 512
const maxWords = 40

/**
 * The device behind a User-Agent header in words, such as "Chrome on macOS". A program that is no browser is called by the
 * name it gives itself. The words are a hint for the owner of the session: anybody can send any header.
 */
export const deviceOf = (userAgent: string | undefined): string => {
  if (!userAgent || userAgent.length > maxHeader) return 'Unknown device'
  const { browser, os } = bowser.parse(userAgent)
  const program = browser.name || /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(userAgent)?.[0]
  const words = [program, os.name].filter(Boolean).join(' on ')
  // what is stored may be shown anywhere
  return (
    words
      .replace(/[^A-Za-z0-9 ._()+-]/g, '')
      .trim()
      .slice(0, maxWords) || 'Unknown device'
  )
}

/** An address in as few characters as there can be: base64url of its 4 or 16 bytes, or `-` for none. */
export const packAddress = (ip: string | null): string =>
  ip !== null && ipaddr.isValid(ip) ? Buffer.from(ipaddr.process(ip).toByteArray()).toString('base64url') : '-'

export const unpackAddress = (packed: string): string | null => {
  const bytes = Buffer.from(packed, 'base64url')
  return bytes.length === 4 || bytes.length === 16 ? ipaddr.fromByteArray([...bytes]).toString() : null
}
