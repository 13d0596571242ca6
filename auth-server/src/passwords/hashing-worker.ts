import { constants, setPriority } from 'node:os'
import bcrypt from 'bcrypt'

/** One task of a hashing thread. */
export interface HashingTask {
  readonly password: string
  /** Salts as bcrypt writes them, with their cost: one hash is made with each, and that of the first is the answer. */
  readonly salts: readonly string[]
}

// what everybody else waits for goes first. Elsewhere than on Linux the priority would be that of the whole process
if (process.platform === 'linux') {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // a sandbox may forbid it: then hashes are as important as all else
  }
}

/** The hash, and how long it took in milliseconds: without the start of the thread, with all that this thread had to stand back for. */
export interface Hashed {
  readonly hash: string
  readonly tookMs: number
}

export const hash = ({ password, salts }: HashingTask): Hashed => {
  const began = performance.now()
  const [first = ''] = salts.map(salt => bcrypt.hashSync(password, salt))
  return { hash: first, tookMs: performance.now() - began }
}
