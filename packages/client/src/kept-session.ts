import { AuthError } from './core/auth-error.ts'
import type { Session } from './core/types.ts'

/** The form of what is kept. A later one gets another number. */
const version = 1

/** A session of an auth-server as the text to keep. */
export const writeSession = (origin: string, { accessToken, refreshToken, aheadMs }: Session): string =>
  `${JSON.stringify({ version, url: origin, accessToken, refreshToken, aheadMs })}\n`

/**
 * The session in a text. Throws AuthError `store-unusable` for anything but a session of this auth-server: to take it for "signed out" would be to
 * overwrite somebody's file, and to present it would be to give one server's token to another.
 */
export const readSession = (origin: string, text: string): Session => {
  const kept = parsed(text)
  const { accessToken, refreshToken, aheadMs = 0 } = kept
  if (kept.version !== version)
    throw unusable(
      typeof kept.version === 'number'
        ? `was written by another version of this client (${kept.version}; this one writes ${version})`
        : 'is no session, or a damaged one',
    )
  if (kept.url !== origin) throw unusable(`is of another auth-server; this client is for ${origin}`)
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || typeof aheadMs !== 'number')
    throw unusable('is a damaged session')
  return { accessToken, refreshToken, aheadMs }
}

const unusable = (why: string) =>
  new AuthError('store-unusable', `What is kept in the store ${why}. Choose another place, or remove it and sign in.`)

// the parser's own error quotes the text
const parsed = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
