import bcrypt from 'bcrypt'
import { bcrypt256Digest, formatBcrypt256, newSalt, parseBcrypt256, sameDigest } from './bcrypt-sha256.ts'

export interface Passwords {
  /** The hash to store for a password. */
  hash(password: string): Promise<string>
  /**
   * Whether the password belongs to the stored hash, and whether the hash should be rewritten because it is of another
   * format or cost. `undefined` stands for an account that does not exist: it costs the same work and never matches.
   */
  check(password: string, stored: string | undefined): Promise<{ matches: boolean; outdated: boolean }>
}

/** Plain bcrypt hashes that other systems leave behind; the cost bounded so that a planted hash cannot hold a thread for minutes. */
const legacy = /^\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/

export const createPasswords = ({ cost }: { cost: number }): Passwords => {
  // a digest that no password is known to have, under a real salt
  const nobody = { cost, salt: newSalt(), digest: newSalt().padEnd(31, '.') }

  return {
    hash: async password => {
      const salt = newSalt()
      return formatBcrypt256({ cost, salt, digest: await bcrypt256Digest(normalise(password), cost, salt) })
    },
    check: async (password, stored) => {
      if (stored !== undefined && legacy.test(stored)) {
        // $2y$ is PHP's name for $2b$. The other system saw the password as it was typed
        return { matches: await bcrypt.compare(password, stored.replace('$2y$', '$2b$')), outdated: true }
      }
      // SECURITY: compare against a real hash even when there is none, or the clock tells who has an account
      const parsed = stored === undefined ? undefined : parseBcrypt256(stored)
      const { cost: itsCost, salt, digest } = parsed ?? nobody
      const same = sameDigest(await bcrypt256Digest(normalise(password), itsCost, salt), digest)
      return { matches: same && parsed !== undefined, outdated: itsCost !== cost }
    },
  }
}

/** The same password typed on systems that compose letters differently is one password. */
const normalise = (password: string): string => password.normalize('NFC')
