/** A `Set-Cookie` taken apart (RFC 6265, section 5.2). Names of attributes are in small letters. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: ReadonlyMap<string, string>
}

export const readSetCookie = (header: string): SetCookie => {
  const [pair = '', ...attributes] = header.split(';')
  const [name, value] = split(pair)
  return { name, value, attributes: new Map(attributes.map(split).map(([key, is]) => [key.toLowerCase(), is])) }
}

const split = (text: string): [string, string] => {
  const at = text.indexOf('=')
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}
