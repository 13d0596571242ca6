import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createVerifier, type LocalVerifier } from '@auth-pair/access-token'
import { missedClaims } from '../claims.ts'
import { interleave } from '../interleave.ts'
import { createJunk, junkKinds } from '../junk/create-junk.ts'
import { installPeers, peersDir, versionOf } from '../peers/install.ts'
import { untilQuiet } from '../quiet.ts'
import { makeTokens, type Signing } from '../restricted/write-tokens.ts'
import type { Needs, Result } from '../scenario.ts'

export const about = 'What the verification of one access token takes, in process, beside libraries that verify it.'

type Verify = (token: string) => unknown

/** More than a verifier remembers, so that in turn each is new to it. */
const count = 12_000

export const run = async ({ quick, progress }: Needs): Promise<Result> => {
  const [rounds, forMs] = quick ? [5, 30] : [31, 150]
  installPeers(progress)
  const signing = { secret: randomBytes(48).toString('base64'), issuer: 'http://localhost:3000', audience: 'auth-pair' }
  const tokens = makeTokens(signing, count)
  const some = tokens.slice(0, 500)
  const junk = createJunk(signing)

  const variants: Record<string, () => Promise<number>> = {}
  /** Microseconds a token, of as many as there are in that time. A verifier that promises is waited for each time. */
  const add = (name: string, verify: Verify, texts: readonly string[], isGood: (result: unknown) => boolean) => {
    // made anew each time, as a request brings it: the hash of a text that is looked up twice is known to V8
    const given = texts.map(text => Buffer.from(text))
    let next = 0
    variants[name] = async () => {
      const began = performance.now()
      let verified = 0
      let tookMs = 0
      for (; tookMs < forMs; tookMs = performance.now() - began) {
        for (let i = 0; i < 100; i++) {
          next = (next + 1) % given.length
          const result = verify(given[next]?.toString('latin1') ?? '')
          if (!isGood(result instanceof Promise ? await result : result)) throw new Error(`${name} is wrong`)
        }
        verified += 100
      }
      return (tookMs / verified) * 1000
    }
  }
  const ok = (result: unknown) => (result as ReturnType<LocalVerifier['verify']>).ok
  const ours = () => createVerifier(signing).verify
  add(rows.remembered, ours(), some, ok)
  add(rows.new, ours(), tokens, ok)
  const forJunk = createVerifier(signing)
  for (const kind of junkKinds) {
    add(`junk: ${kind}`, forJunk.verify, junk[kind], result => !ok(result))
  }
  const { anew, remembering } = await loadPeers(signing)
  for (const [name, verify] of Object.entries(anew)) add(name, verify, tokens, Boolean)
  for (const [name, verify] of Object.entries(remembering)) add(name, verify, some, Boolean)
  add(rows.hmac, hmacAlone(signing), tokens, Boolean)

  const compared = await interleave({
    rounds,
    warmUp: quick ? 2 : 5,
    baseline: rows.remembered,
    progress,
    ready: () => untilQuiet({ forMs: 50, atMostMs: quick ? 0 : 500 }),
    variants,
  })
  const names = Object.keys(variants)
  const medianOf = (name: string) => compared[name]?.median ?? Number.NaN
  const claimed = { verifyRemembered: medianOf(rows.remembered), verifyNew: medianOf(rows.new) }
  return {
    notes: [
      `\`verify\` alone, in one process and one thread: microseconds a token, medians of ${rounds} rounds of ${forMs} ms in turns. Each is a text made anew from its bytes, as a request brings it; that is counted. Remembered: ${some.length} tokens in turn. New, and libraries that remember nothing: ${count} tokens in turn, more than the verifier remembers. Junk: ${junk[junkKinds[0]].length} different tokens of each kind in turn. The libraries are given one algorithm, issuer and audience; a promise is waited for.`,
      `Versions: ${['jsonwebtoken', 'jose', 'fast-jwt'].map(name => `${name} ${versionOf(name)}`).join(', ')}. \`createHmac\` alone is what the signature takes by itself, with the key as a string.`,
    ],
    tables: [
      {
        title: 'Microseconds a token',
        head: ['', 'median', 'lowest and highest round', 'a second'],
        rows: names.map(name => [
          name,
          medianOf(name).toFixed(2),
          `${compared[name]?.low.toFixed(2)} to ${compared[name]?.high.toFixed(2)}`,
          (1e6 / medianOf(name)).toFixed(0),
        ]),
      },
    ],
    plot: {
      kind: 'ranking',
      title: 'Verification of an access token, HS256',
      x: 'µs a token',
      rows: names.map(name => ({
        name,
        value: Math.round(medianOf(name) * 10) / 10,
        isOurs: name === rows.remembered || name === rows.new || name.startsWith('junk'),
      })),
    },
    figures: { compared },
    claimed,
    missed: missedClaims(claimed),
  }
}

const rows = { remembered: 'remembered', new: 'new, HS256', hmac: 'createHmac alone' } as const

interface Verifiers {
  readonly anew: Readonly<Record<string, Verify>>
  readonly remembering: Readonly<Record<string, Verify>>
}

const loadPeers = async (signing: Signing): Promise<Verifiers> => {
  // what the peers need may not be there when this file is loaded
  const loaded: unknown = await import(pathToFileURL(join(peersDir, 'verifiers.mjs')).href)
  return (loaded as { createVerifiers(signing: Signing): Verifiers }).createVerifiers(signing)
}

const hmacAlone =
  ({ secret }: Signing): Verify =>
  token => {
    const end = token.lastIndexOf('.')
    return createHmac('sha256', secret).update(token.slice(0, end)).digest('base64url') === token.slice(end + 1)
  }
