import type { IncomingMessage } from 'node:http'

/** How often a request has a header, by its name in small letters. Node keeps the first of some and drops the others silently. */
export const countHeader = ({ rawHeaders }: IncomingMessage, name: string): number => {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] as string
    if (header.length === name.length && header.toLowerCase() === name) count++
  }
  return count
}
