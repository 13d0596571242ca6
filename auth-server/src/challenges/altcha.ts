import { hkdfSync, randomInt } from 'node:crypto'
import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { z } from 'zod'
import { type ChallengeKind, clockSkewMs, type Verdict } from './kind.ts'
import type { AltchaPolicy } from './policy.ts'

interface AltchaNeeds {
  readonly policy: AltchaPolicy
  readonly secret: string
  readonly now: () => number
}

/**
 * Rounds of PBKDF2 of one try: enough that a try costs a browser more than the call of it, and little for this server, which
 * makes one try for each challenge it gives out.
 */
const cost = 1000
const algorithm = 'PBKDF2/SHA-256'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))

/** The solution as the widget writes it, in base64. No parameter goes unsigned: what is not named here is refused. */
const solutionForm = z.object({
  challenge: z.object({
    parameters: z.strictObject({
      algorithm: z.literal(algorithm),
      cost: z.literal(cost),
      data: z.strictObject({ action: z.string() }),
      expiresAt: z.int(),
      keyLength: z.literal(32),
      keyPrefix: hex(16),
      keySignature: hex(32),
      nonce: hex(16),
      salt: hex(16),
    }),
    signature: hex(32),
  }),
  solution: z.object({ counter: z.int(), derivedKey: hex(32) }),
})

/**
 * Proof of work as ALTCHA has it (version 2, that of its widget 3): derive keys with counter after counter until one begins as the
 * challenge says. The counter is drawn from 1 to `work`, so that starting elsewhere than at the beginning gains nothing. All
 * that a solution has to be checked against is in the challenge, signed: nothing is kept of it until it is redeemed.
 */
export const createAltcha = ({ policy, secret, now }: AltchaNeeds): ChallengeKind => {
  const secrets = {
    hmacSignatureSecret: derived(secret, 'auth-pair challenge signature'),
    hmacKeySignatureSecret: derived(secret, 'auth-pair challenge key signature'),
  }

  return {
    issue: async action => {
      const expiresAt = Math.floor((now() + policy.lifeMs) / 1000)
      const counter = randomInt(1, policy.work + 1)
      const data = { action }
      return {
        kind: 'altcha',
        ...(await createChallenge({ algorithm, cost, counter, data, deriveKey, expiresAt, ...secrets })),
      }
    },
    verify: async (action, text) => {
      const presented = read(text)
      if (!presented) return failed('it is not of the form of a solution')
      const { challenge, solution } = presented
      const { data, expiresAt, nonce } = challenge.parameters
      const leftMs = expiresAt * 1000 - now()
      if (leftMs <= 0) return failed('it has expired')
      const { verified } = await verifySolution({ challenge, solution, deriveKey, ...secrets })
      if (!verified) return failed('it is not right, or this server did not ask for it')
      if (data.action !== action) return failed('it is for another action')
      // a server whose clock is behind takes it for longer
      return { kind: 'passed', id: `altcha ${nonce}`, keepMs: leftMs + clockSkewMs }
    },
  }
}

/** RFC 5869: what is signed here is of no use anywhere else, and the other way round. */
const derived = (secret: string, label: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', label, 32)).toString('hex')

const failed = (reason: string): Verdict => ({ kind: 'failed', reason })

const read = (text: string) => {
  try {
    return solutionForm.safeParse(JSON.parse(Buffer.from(text, 'base64').toString())).data
  } catch {
    return undefined
  }
}
