import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', '..', 'auth-server', 'src', 'sessions')

/** The name that Redis gives to a script of the sessions. */
export const scriptHash = (file: string): string =>
  createHash('sha1')
    .update(readFileSync(join(folder, file)))
    .digest('hex')
