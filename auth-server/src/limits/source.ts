import ipaddr from 'ipaddr.js'

/**
 * What of an address belongs to one client: the whole of an IPv4 address, also when it is written as an IPv6 one (RFC 4291,
 * section 2.5.5.2), and the first 64 bits of an IPv6 one, because whoever has one address has all that begin like it
 * (RFC 6177, section 2). In base64url; `-` for none.
 */
export const networkOf = (ip: string | undefined): string => {
  const address = ip?.replace(withPort, '$1$2')
  if (address === undefined || !ipaddr.isValid(address)) return '-'
  const bytes = ipaddr.process(address).toByteArray()
  return Buffer.from(bytes.length === 4 ? bytes : bytes.slice(0, 8)).toString('base64url')
}

/** Some proxies write the port of the client behind its address. */
const withPort = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):\d+$/i
