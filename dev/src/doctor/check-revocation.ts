import { setTimeout as wait } from 'node:timers/promises'
import type { Ask } from './ask.ts'
import { note, ok, type Verdict, wrong } from './finding.ts'
import { bearer, type Session } from './sign-in.ts'
import type { Target } from './targets.ts'

/** How long a service is watched, and what still counts as at once: the auth-server reads its record every second. Milliseconds. */
const boundMs = 5000
const atOnceMs = 2000

/** How long after a sign-out a service still accepts the access token. */
export const checkRevocation = async (service: Target, session: Session, ask: Ask): Promise<Verdict> => {
  const began = performance.now()
  const elapsed = () => performance.now() - began
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 400)) {
    const { status } = await ask({ url: service.guarded, headers: bearer(session) })
    const took = elapsed()
    if (status === 401)
      return took <= atOnceMs
        ? ok(`It refuses the token ${took.toFixed(0)} ms after the sign-out: ${connected(service)}.`)
        : note(
            `It refuses the token only ${(took / 1000).toFixed(1)} s after the sign-out: the feed of revocations is slow, or was connected anew.`,
          )
    if (took >= boundMs) return wrong(stillAccepted(service))
    await wait(Math.min(pauseMs, boundMs - took))
  }
}

const connected = ({ kind }: Target): string =>
  kind === 'auth' ? 'revocations are in effect' : 'the feed of revocations is connected there'

const stillAccepted = ({ kind }: Target): string =>
  kind === 'auth'
    ? 'It still accepts the access token 5 s after the sign-out: did the sign-out reach another server, or does a cache answer?'
    : 'It still accepts the access token 5 s after the sign-out: this service does not hear of revocations (AUTH_SERVER_URL is not set there, or the feed is lost). Signed-out people stay in until the token expires.'
