import type { IncomingMessage } from 'node:http'

/** The id and secret of a client as they were presented. */
export interface PresentedClient {
  readonly id: string
  /** As it stands behind the base64, and as a form would encode it: RFC 6749 wants the second, and many clients send the first. */
  readonly secrets: readonly string[]
}

// RFC 7617, section 2; RFC 9110, section 11.1: the case of the scheme does not matter
const basic = /^basic ([A-Za-z0-9+/]+={0,2})$/i

/** Reads the client's id and secret of the `Authorization` header (RFC 6749, section 2.3.1). Undefined for anything else. */
export const basicCredentials = ({ headers }: IncomingMessage): PresentedClient | undefined => {
  const encoded = basic.exec(headers.authorization ?? '')?.[1]
  const text = encoded && Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text ? text.indexOf(':') : -1
  if (!text || colon < 1) return undefined
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)]
  const decoded = fromForm(secret)
  return { id: fromForm(id) ?? id, secrets: decoded === undefined || decoded === secret ? [secret] : [secret, decoded] }
}

const fromForm = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
