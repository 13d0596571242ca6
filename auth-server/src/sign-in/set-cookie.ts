interface CookieAttributes {
  readonly name: string
  readonly path: string
  readonly secure: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
}

const words = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/**
 * Makes the function that writes a `Set-Cookie`, as Express' `res.cookie` would. That one reads its options anew each time and
 * sets headers one by one, which costs more than the session's turn; here all behind the value is the text of the last time, as
 * long as that is right. The value has to be of characters that need no escaping (RFC 6265, section 4.1.1), as our tokens are.
 */
export const createSetCookie = ({ name, path, secure, sameSite }: CookieAttributes, now: () => number = Date.now) => {
  const end = `HttpOnly${secure ? '; Secure' : ''}; SameSite=${words[sameSite]}`
  let writtenAt = Number.NaN
  let writtenFor = Number.NaN
  let attributes = ''

  /** `maxAgeS` is in whole seconds. */
  return (value: string, maxAgeS: number): string => {
    const second = Math.floor(now() / 1000)
    if (second !== writtenAt || maxAgeS !== writtenFor) {
      writtenAt = second
      writtenFor = maxAgeS
      const expires = new Date((second + maxAgeS) * 1000).toUTCString()
      attributes = `Max-Age=${maxAgeS}; Path=${path}; Expires=${expires}; ${end}`
    }
    return `${name}=${value}; ${attributes}`
  }
}
