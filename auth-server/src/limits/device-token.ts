import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * The token of a device on which somebody has signed in to an account: it only says so, to this server, and opens nothing
 * (OWASP: Slow Down Online Guessing Attacks with Device Cookies). Text of base64url: 12 random bytes that are the id of the
 * device, and 16 of an HMAC over them and the account.
 */
export const createDeviceTokens = (secret: string) => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'auth-pair device token', 32))
  const tag = (id: Buffer, account: string): Buffer =>
    createHmac('sha256', key).update(id).update(account).digest().subarray(0, tagBytes)

  return {
    /** A token for an account; of the same device as `former`, when that is one of this account. */
    issue: (account: string, former: string | undefined): string => {
      const id = readId(former, account) ?? randomBytes(idBytes)
      return Buffer.concat([id, tag(id, account)]).toString('base64url')
    },
    /** The id of the device, when this is a token of it for this account. */
    deviceOf: (token: string | undefined, account: string): string | undefined =>
      readId(token, account)?.toString('base64url'),
  }

  function readId(token: string | undefined, account: string): Buffer | undefined {
    if (token === undefined || token.length > maxLength) return undefined
    const bytes = Buffer.from(token, 'base64url')
    // one text for one token: decoding is more lenient than that
    if (bytes.length !== idBytes + tagBytes || bytes.toString('base64url') !== token) return undefined
    const id = bytes.subarray(0, idBytes)
    return timingSafeEqual(bytes.subarray(idBytes), tag(id, account)) ? id : undefined
  }
}

const idBytes = 12
const tagBytes = 16
const maxLength = 64
