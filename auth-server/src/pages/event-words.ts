import type { ShownEvent } from './needs.ts'

const words: Readonly<Record<string, string>> = {
  'signed-up': 'You created this account',
  'signed-in': 'Signed in',
  'signed-in-by-redirect': 'Signed in to another site with this account',
  'ended-with-family': 'A site was signed out together with a device',
  'code-reused': 'A site was signed out because its sign-in may have been copied',
  'sign-in-failed': 'Somebody tried to sign in, and could not',
  'signed-out': 'Signed out',
  'session-revoked': 'A device was signed out',
  'signed-out-everywhere': 'Signed out on all devices',
  'session-evicted': 'The oldest device was signed out, to make room for a new one',
  'token-reuse-detected': 'A device was signed out because its sign-in may have been copied',
  'account-disabled': 'The account was switched off by the operator',
  'account-enabled': 'The account was switched on by the operator',
  'password-rehashed': 'Your password is stored in a newer way; it is the same',
  'password-changed': 'The password was changed',
  'api-token-made': 'An API token was created',
  'api-token-revoked': 'An API token was revoked',
  'limit-reached': 'Attempts were refused because there were too many',
  'challenge-failed': 'A check for robots was not passed',
}

/** Events that somebody should look at twice. */
const alarming = new Set(['sign-in-failed', 'token-reuse-detected', 'code-reused', 'limit-reached', 'challenge-failed'])

/** What happened, in words. An event that has none yet is called by its name. */
export const eventInWords = ({ event }: ShownEvent): { text: string; alarming: boolean } => {
  const name = event.replaceAll('-', ' ')
  return { text: words[event] ?? name.charAt(0).toUpperCase() + name.slice(1), alarming: alarming.has(event) }
}
