/** Builds what is published, once for all suites. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export default function build() {
  execFileSync(process.execPath, ['dev/src/build.ts'], { cwd: join(import.meta.dirname, '../..'), stdio: 'pipe' })
}
