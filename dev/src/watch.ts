/** `npm run dev`: as `npm start`, and again whenever a file changes. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const watched = ['packages', 'auth-server', 'test-server', 'dev'].map(folder => `--watch-path=${join(root, folder)}`)
const child = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', ...watched, join(import.meta.dirname, 'start.ts')],
  { stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', code => process.exit(code ?? 1))
