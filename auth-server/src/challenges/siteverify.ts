import { atMostEvery, type Log, Problem } from '@auth-pair/service'
import { askProvider } from './ask-provider.ts'
import { complaintAbout } from './judge-verdict.ts'
import { type ChallengeKind, clockSkewMs } from './kind.ts'
import type { SiteverifyPolicy } from './policy.ts'

interface SiteverifyNeeds {
  readonly policy: SiteverifyPolicy
  readonly log: Log
  readonly now: () => number
}

/** Tokens are made of these, with every provider. */
const tokenForm = /^[\w.:/+=~-]+$/

/** What a provider says when the operator, and not the client, has made a mistake. */
const ownMistakes = ['missing-input-secret', 'invalid-input-secret']

/**
 * The check of Turnstile, hCaptcha or reCAPTCHA, which all answer at a `siteverify` address. What they promise is not relied on:
 * host, action, age and single use are looked at here too.
 */
export const createSiteverify = ({ policy, log, now }: SiteverifyNeeds): ChallengeKind => {
  const { kind, siteKey, secret, verifyUrl, lifeMs, outage } = policy
  // in an outage every request has the same to say
  const due = atMostEvery(10_000)

  const refuse = (cause: unknown): never => {
    if (due()) log.error({ err: cause, provider: kind }, 'the challenge provider does not take what it is asked')
    throw new Problem('unavailable', { cause })
  }
  const away = (cause: unknown) => {
    if (due()) log.warn({ err: cause, provider: kind, outage }, 'the challenge provider is away')
    if (outage === 'refuse') throw new Problem('unavailable', { cause })
    return { kind: 'let-through' } as const
  }

  return {
    issue: async () => ({ kind, siteKey }),
    verify: async (action, token, { ip }) => {
      if (!tokenForm.test(token)) return { kind: 'failed', reason: 'it is not of the form of a token' }
      const answer = await askProvider(verifyUrl, {
        secret,
        response: token,
        ...(ip && { remoteip: plainAddress(ip) }),
      })
      if (answer.kind === 'refused') return refuse(answer.cause)
      if (answer.kind === 'away') return away(answer.cause)
      const codes = answer.verdict.success ? [] : (answer.verdict['error-codes'] ?? [])
      const mistake = codes.find(code => ownMistakes.includes(code))
      if (mistake !== undefined) return refuse(new Error(mistake))
      if (codes.includes('internal-error')) return away(new Error('internal-error'))
      const reason = complaintAbout(answer.verdict, policy, action, now())
      if (reason !== undefined) return { kind: 'failed', reason }
      return { kind: 'passed', id: `${kind} ${token}`, keepMs: lifeMs + clockSkewMs }
    },
  }
}

/** IPv4 as it is on a socket that takes both. */
const plainAddress = (ip: string): string => ip.replace(/^::ffff:(?=[\d.]+$)/i, '')
