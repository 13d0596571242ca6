import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The peers, with dependencies of their own that nothing else installs. */
export const peersDir = join(import.meta.dirname, '..', '..', 'peers')

/** Installs what the peers need where it is missing or older than their lock file. */
export const installPeers = (progress: (text: string) => void): void => {
  // npm writes this one at the end of an installation
  const installed = join(peersDir, 'node_modules', '.package-lock.json')
  const wanted = join(peersDir, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return
  progress('installing the peers')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: peersDir,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('The peers could not be installed: see above. Is the npm registry reachable?')
}

/** The version of a package that the peers have installed. */
export const versionOf = (name: string): string => {
  const manifest: unknown = JSON.parse(readFileSync(join(peersDir, 'node_modules', name, 'package.json'), 'utf8'))
  return (manifest as { version: string }).version
}
