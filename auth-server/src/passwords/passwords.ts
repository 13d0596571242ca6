import type { Log } from '@auth-pair/service'
import {
  bcrypt256Key,
  bcryptSalt,
  digestOf,
  formatBcrypt256,
  newSalt,
  parseBcrypt256,
  sameDigest,
} from './bcrypt-sha256.ts'
import { createHashingPool, type HashingPolicy, type HashingStats } from './hashing-pool.ts'

/**
 * Passwords are hashed and checked in turns. `wanted` aborts when nobody waits for the result any more: then both throw
 * `Problem('unavailable')`, and `Problem('busy')` when it would take too long.
 */
export interface Passwords {
  /** Throws `Problem('busy')` when a password would have to wait for too long. */
  assertRoom(): void
  /** The hash to store for a password. */
  hash(password: string, wanted: AbortSignal): Promise<string>
  /**
   * Whether the password belongs to the stored hash, whether the hash should be rewritten because it is of another format or
   * cost, and whether it can be read at all. `undefined` stands for an account that does not exist: it costs the same work
   * and never matches.
   */
  check(password: string, stored: string | undefined, wanted: AbortSignal): Promise<PasswordCheck>
  /** Measures how long a hash takes on this machine, and says so. */
  start(log: Log): Promise<void>
  stats(): HashingStats
  close(): Promise<void>
}

export interface PasswordCheck {
  readonly matches: boolean
  readonly outdated: boolean
  readonly readable: boolean
}

export interface PasswordsNeeds {
  /** log2 of the rounds. */
  readonly cost: number
  readonly hashing: HashingPolicy
}

/** Plain bcrypt hashes that other systems leave behind; the cost bounded so that a planted hash cannot hold a thread for minutes. */
const legacy = /^\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/

/** How long a round takes before it was measured, in milliseconds. Most machines need less. */
const roundMs = 0.06

export const createPasswords = ({ cost, hashing }: PasswordsNeeds): Passwords => {
  const pool = createHashingPool(hashing, 2 ** cost * roundMs)
  // a digest that no password is known to have, under a real salt
  const nobody = { cost, salt: newSalt(), digest: newSalt().padEnd(31, '.') }

  /** Salts whose hashes make the work of a cheaper one up to that of the configured cost. */
  const padding = (itsCost: number): string[] => {
    const costs = Array.from({ length: Math.max(0, cost - itsCost) }, (_, i) => itsCost + i)
    return costs.map(each => bcryptSalt({ cost: each, salt: nobody.salt }))
  }
  /** SECURITY: takes as long for every cost up to the configured one, or the clock tells which accounts are old. */
  const bcrypt = (password: string, salt: string, itsCost: number, wanted: AbortSignal) =>
    pool.run({ password, salts: [salt, ...padding(itsCost)] }, wanted)

  const bcrypt256Digest = async (password: string, itsCost: number, salt: string, wanted: AbortSignal) => {
    const key = bcrypt256Key(normalise(password), salt)
    return digestOf(await bcrypt(key, bcryptSalt({ cost: itsCost, salt }), itsCost, wanted))
  }

  const checkLegacy = async (password: string, stored: string, wanted: AbortSignal): Promise<boolean> => {
    // $2y$ is PHP's name for $2b$. The other system saw the password as it was typed
    const salt = stored.slice(0, 29).replace('$2y$', '$2b$')
    const hash = await bcrypt(password, salt, Number(stored.slice(4, 6)), wanted)
    return sameDigest(digestOf(hash), digestOf(stored))
  }

  const hash: Passwords['hash'] = async (password, wanted) => {
    const salt = newSalt()
    return formatBcrypt256({ cost, salt, digest: await bcrypt256Digest(password, cost, salt, wanted) })
  }

  return {
    assertRoom: pool.assertRoom,
    hash,
    check: async (password, stored, wanted) => {
      if (stored !== undefined && legacy.test(stored))
        return { matches: await checkLegacy(password, stored, wanted), outdated: true, readable: true }
      // SECURITY: compare against a real hash even when there is none, or the clock tells who has an account
      const parsed = stored === undefined ? undefined : parseBcrypt256(stored)
      const { cost: itsCost, salt, digest } = parsed ?? nobody
      const same = sameDigest(await bcrypt256Digest(password, itsCost, salt, wanted), digest)
      const readable = stored === undefined || parsed !== undefined
      return { matches: same && parsed !== undefined, outdated: itsCost !== cost, readable }
    },
    start: async log => {
      await hash('', new AbortController().signal)
      log.info({ cost, hashMs: Math.round(pool.stats().hashMs), threads: pool.threads }, 'a password takes so long')
    },
    stats: pool.stats,
    close: pool.close,
  }
}

/** The same password typed on systems that compose letters differently is one password. */
const normalise = (password: string): string => password.normalize('NFC')
