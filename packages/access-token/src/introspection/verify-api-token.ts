import crypto from 'node:crypto'
import { apiTokenLength, isApiToken } from '../api-token.ts'
import { createRemembered } from '../remembered.ts'
import type { Revocations } from '../revocations/revocation.ts'
import { refused, type Verification, type Verifier } from '../verification.ts'
import type { Answer } from './answer.ts'

export interface ApiTokenNeeds {
  /** Asks the auth-server about a token. Rejects when it does not answer. */
  readonly ask: (token: string) => Promise<Answer>
  readonly issuer: string
  readonly audience: string
  /** Where revocations are looked up; without it an answer is believed for as long as it may be. */
  readonly revocations?: Revocations | undefined
  /** How many active tokens are remembered. */
  readonly remember?: number
  /** Told why the auth-server could not be asked. */
  readonly onUnavailable?: ((cause: unknown) => void) | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** What the auth-server has answered, and for how long that is believed. */
interface Answered {
  readonly verification: Verification
  /** Milliseconds since the epoch: when it was asked, and from when on it is asked again. */
  readonly askedAt: number
  readonly until: number
  /** The version of the revocations under which the answer stands. */
  standsUnder: number | undefined
}

/** How long an answer is believed, in milliseconds, from the moment of the question (RFC 7662, section 4). */
const activeMs = 30_000
const inactiveMs = 5000
/** About 200 bytes each. */
const rememberedInactive = 10_000
/** Tokens with a right checksum cost nothing to make, and each new one costs a question. Twice as many with those that were known. */
const mostQuestions = 64

/**
 * The verification of API tokens: the auth-server is asked, and its answer is remembered for a short while. Whoever asks about the
 * same token meanwhile gets the same answer. While the auth-server is away, what it said before holds as long as it would have held,
 * and of all else it is not known whether it is good.
 */
export const createApiTokenVerifier = (needs: ApiTokenNeeds): Verifier => {
  const { ask, issuer, audience, revocations, remember = 10_000, onUnavailable = () => {}, now = Date.now } = needs
  // apart, so that junk cannot push a good one out
  const active = createRemembered<Answered>(remember)
  const inactive = createRemembered<Answered>(rememberedInactive)
  const underWay = new Map<string, Promise<Answered | undefined>>()

  /** Undefined when there is no answer. */
  const question = (name: string, token: string): Promise<Answered | undefined> => {
    const known = underWay.get(name)
    if (known) return known
    // SECURITY: whoever sends junk must not take the place of those who were found good before
    const most = active.get(name) ? 2 * mostQuestions : mostQuestions
    if (underWay.size >= most) {
      tell(new Error(`${most} questions are under way: no more are asked at once.`))
      return Promise.resolve(undefined)
    }
    const asked = put(name, token).finally(() => underWay.delete(name))
    underWay.set(name, asked)
    return asked
  }

  const put = async (name: string, token: string): Promise<Answered | undefined> => {
    // of before the question: what is announced meanwhile, the answer may not know
    const [askedAt, standsUnder] = [now(), revocations?.version]
    let answer: Answer
    try {
      answer = await ask(token)
    } catch (cause) {
      tell(cause)
      return undefined
    }
    const answered = { ...judge(answer, askedAt), askedAt, standsUnder }
    active.delete(name)
    const among = answered.verification.ok ? active : inactive
    among.set(name, answered)
    return answered
  }

  const judge = (answer: Answer, askedAt: number): Pick<Answered, 'verification' | 'until'> => {
    const refuse = (code: Parameters<typeof refused>[0]) => ({
      verification: refused(code),
      until: askedAt + inactiveMs,
    })
    if (!answer.active) return refuse('inactive')
    const { exp = Number.POSITIVE_INFINITY, ...claims } = answer.claims
    if (claims.iss !== issuer) return refuse('wrong-issuer')
    if (claims.aud !== audience && !(Array.isArray(claims.aud) && claims.aud.includes(audience)))
      return refuse('wrong-audience')
    const until = Math.min(exp * 1000, askedAt + activeMs)
    if (until <= now()) return refuse('expired')
    return { verification: { ok: true, claims: Object.freeze({ ...claims, exp: Math.floor(until / 1000) }) }, until }
  }

  /** Whether something was revoked since the question that may have changed the answer. */
  const isOvertaken = (answered: Answered): boolean => {
    const { verification, standsUnder } = answered
    if (!revocations || !verification.ok || standsUnder === revocations.version) return false
    if (revocations.isRevoked(verification.claims)) return true
    answered.standsUnder = revocations.version
    return false
  }

  const isBelieved = (answered: Answered): boolean => {
    const at = now()
    // a clock that was set back would make it hold for longer
    if (at < answered.askedAt || at >= answered.until) return false
    // without the feed the answer itself says what is revoked, when it is new
    if (answered.verification.ok && revocations?.isReliable() === false) return false
    return !isOvertaken(answered)
  }

  const verifyAnew = async (name: string, token: string): Promise<Verification> => {
    const first = await question(name, token)
    // asked once more and then believed: a session that ended need not end the token
    const last = first && isOvertaken(first) ? await question(name, token) : first
    return last?.verification ?? refused('introspection-unavailable')
  }

  /** What a listener throws is not the business of whoever sent a token. */
  const tell = (cause: unknown): void => {
    try {
      onUnavailable(cause)
    } catch {}
  }

  return {
    verify: token => {
      if (token.length !== apiTokenLength) return refused('malformed')
      const name = nameOf(token)
      const answered = active.get(name) ?? inactive.get(name)
      if (answered && isBelieved(answered)) return answered.verification
      return isApiToken(token) ? verifyAnew(name, token) : refused('malformed')
    },
  }
}

/**
 * SECURITY: what is remembered is the hash. These tokens may live for years, and a name stays in memory until another takes its place: a
 * dump of it is to open nothing. In one call it costs a third of a microsecond, and leaves nothing to the garbage collector; the first
 * versions of Node 20 do not have that call.
 */
const nameOf: (token: string) => string =
  typeof crypto.hash === 'function'
    ? token => crypto.hash('sha256', token, 'base64url')
    : token => crypto.createHash('sha256').update(token).digest('base64url')
