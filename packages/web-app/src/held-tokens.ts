/** The tokens of somebody who is signed in. They are beside the session that the app sees, so that no page can show them by mistake. */
export interface HeldTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the person signed in here, in milliseconds since the epoch. */
  readonly since: number
}

export const writeTokens = ({ accessToken, refreshToken, since }: HeldTokens): string =>
  JSON.stringify({ accessToken, refreshToken, since })

export const readTokens = (line: string): HeldTokens | undefined => (line === '' ? undefined : JSON.parse(line))

/** Both lines of a session's value. */
export const splitLines = (value: string): readonly [tokens: string, session: string] => {
  const at = value.indexOf('\n')
  return [value.slice(0, at), value.slice(at + 1)]
}
