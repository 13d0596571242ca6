import { createVerifierTokenSigner, revocationsPath } from '@auth-pair/access-token'
import type { Ask } from './ask.ts'
import { leftOut, ok, quote, type Verdict, wrong } from './finding.ts'
import type { Target } from './targets.ts'
import { readToken } from './token.ts'

/** What the doctor was given beside URLs: the settings of a service on this machine. */
export interface Settings {
  readonly secret: string
  readonly issuer: string
}

/** The id of the secret's key, as it stands in the tokens that it signs. */
export const keyIdOf = ({ secret, issuer }: Settings): string | undefined => {
  const own = createVerifierTokenSigner({ secret, issuer, now: Date.now })('doctor')
  const kid = readToken(own)?.header.kid
  return typeof kid === 'string' ? kid : undefined
}

/** The feed of revocations as anybody sees it: it is there, and closed. */
export const checkFeedClosed = async ({ origin }: Target, ask: Ask): Promise<Verdict> => {
  const { status, json } = await ask({ url: new URL(revocationsPath, origin), enough: () => true })
  if (status === 401) return ok('The feed of revocations is closed to strangers.')
  if (status === 200)
    return wrong(
      'The feed of revocations is open to anybody: who has signed out is told to everyone. Something between lets it out.',
    )
  return wrong(
    `${revocationsPath} answers ${status} (${quote(json?.code)}): services that ask there are not told of revocations.`,
  )
}

/** Whether the secret opens the feed, and whether what is told there arrives at once. `issuer` is what the server's tokens say. */
export const checkFeed = async (
  { origin }: Target,
  settings: Settings,
  issuer: string | undefined,
  ask: Ask,
): Promise<Verdict> => {
  if (issuer !== undefined && issuer !== settings.issuer) {
    return leftOut(
      `The settings here name the issuer ${quote(settings.issuer)}, and this server's is ${quote(issuer)}: the secret was not tried. If they are meant for this pair, set JWT_ISSUER to the server's.`,
    )
  }
  const token = createVerifierTokenSigner({ ...settings, now: Date.now })('doctor')
  const { status, text } = await ask({
    url: new URL(revocationsPath, origin),
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
    enough: told => told.includes('event: caught-up'),
  })
  if (status === 401)
    return wrong(
      'The JWT_ACCESS_SECRET of the settings here does not open the feed of revocations: it is not that of the auth-server (a line break at its end counts), or the clock of this machine is wrong (see "clock").',
    )
  if (status !== 200)
    return wrong(
      `${revocationsPath} answers ${status} to the secret of the settings here. With 503 the auth-server cannot read its record: see "health".`,
    )
  if (!text.includes('event: caught-up'))
    return wrong(
      'The feed of revocations opens and says nothing within 5 s: something between collects the stream before it hands it on. Turn buffering off for this path.',
    )
  return ok('The JWT_ACCESS_SECRET of the settings here opens the feed of revocations.')
}
