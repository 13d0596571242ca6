import bcrypt from 'bcrypt'
import { bcrypt256Digest, formatBcrypt256, newSalt, parseBcrypt256, sameDigest } from './bcrypt-sha256.ts'
import { createHashingTurns } from './hashing-turns.ts'

/** Whether somebody still waits for the result; asked when the turn of a hash has come. */
export type IsWanted = () => boolean

/** Both throw `Problem('unavailable')` when nobody waits for the result any more. */
export interface Passwords {
  /** The hash to store for a password. */
  hash(password: string, isWanted: IsWanted): Promise<string>
  /**
   * Whether the password belongs to the stored hash, and whether the hash should be rewritten because it is of another
   * format or cost. `undefined` stands for an account that does not exist: it costs the same work and never matches.
   */
  check(
    password: string,
    stored: string | undefined,
    isWanted: IsWanted,
  ): Promise<{ matches: boolean; outdated: boolean }>
}

/** Plain bcrypt hashes that other systems leave behind; the cost bounded so that a planted hash cannot hold a thread for minutes. */
const legacy = /^\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/

export const createPasswords = ({ cost }: { cost: number }): Passwords => {
  const inTurn = createHashingTurns()
  // a digest that no password is known to have, under a real salt
  const nobody = { cost, salt: newSalt(), digest: newSalt().padEnd(31, '.') }

  return {
    hash: async (password, isWanted) => {
      const salt = newSalt()
      return formatBcrypt256({
        cost,
        salt,
        digest: await inTurn(() => bcrypt256Digest(normalise(password), cost, salt), isWanted),
      })
    },
    check: async (password, stored, isWanted) => {
      if (stored !== undefined && legacy.test(stored)) {
        // $2y$ is PHP's name for $2b$. The other system saw the password as it was typed
        const hash = stored.replace('$2y$', '$2b$')
        return { matches: await inTurn(() => bcrypt.compare(password, hash), isWanted), outdated: true }
      }
      // SECURITY: compare against a real hash even when there is none, or the clock tells who has an account
      const parsed = stored === undefined ? undefined : parseBcrypt256(stored)
      const { cost: itsCost, salt, digest } = parsed ?? nobody
      const itsDigest = await inTurn(() => bcrypt256Digest(normalise(password), itsCost, salt), isWanted)
      const same = sameDigest(itsDigest, digest)
      return { matches: same && parsed !== undefined, outdated: itsCost !== cost }
    },
  }
}

/** The same password typed on systems that compose letters differently is one password. */
const normalise = (password: string): string => password.normalize('NFC')
