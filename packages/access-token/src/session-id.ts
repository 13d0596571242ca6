import { randomBytes } from 'node:crypto'

/**
 * Session ids: 16 bytes in base64url. The first four are the user's *epoch* at the time when the credentials were checked, so
 * that "every session of this user from before" can be said to a service without a list and without comparing clocks; the
 * rest is random. An id is no secret: it is in every access token.
 */
export const createSessionId = (epoch: number): string => {
  const bytes = randomBytes(16)
  bytes.writeUInt32BE(epoch)
  return bytes.toString('base64url')
}

/** The epoch in a session id, whole seconds since 1970. An id of another form counts as older than everything. */
export const epochOf = (sessionId: string): number => {
  const bytes = Buffer.from(sessionId.slice(0, 6), 'base64url')
  return bytes.length === 4 ? bytes.readUInt32BE() : 0
}
