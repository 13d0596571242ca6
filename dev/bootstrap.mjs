// Runs one of the project's programs with the Node that package.json pins, and installs what is missing first. Plain
// JavaScript for whatever Node is on the machine: nothing is installed yet when this starts.
//
//   node dev/bootstrap.mjs PROGRAM [ARGUMENT...]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// npm writes this one at the end of an installation
const installed = join(root, 'node_modules', '.package-lock.json')
const wanted = join(root, 'package-lock.json')
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (!existsSync(pinned) || !existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stderr.write('Installing what is missing (npm ci); this takes about a minute.\n')
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (install.status !== 0) {
    process.stderr.write('The installation failed: see above. Is the npm registry reachable?\n')
    process.exit(install.status ?? 1)
  }
}

const [program, ...args] = process.argv.slice(2)
const child = spawn(pinned, [join(root, program), ...args], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', code => process.exit(code ?? 1))
