/** `npm run check`: what can be said of the tree without its tests. Checks, and never mends. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents } from './documents.ts'
import { environmentExampleComplaints } from './environment-example.ts'
import { importComplaints } from './imports.ts'
import { linkComplaints } from './links.ts'
import { pdfComplaints } from './pdf-in-step.ts'

const root = join(import.meta.dirname, '..', '..')
process.chdir(root)
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

const run = (command: string, ...args: string[]): string[] =>
  spawnSync(command, args, { stdio: 'inherit' }).status === 0 ? [] : [`${command.split('/').at(-1)} complains (above)`]

const tracked = () =>
  spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)

const isPage = (file: string) => file.endsWith('.md') && existsSync(file)

const lockFileComplaints = (): string[] =>
  /"resolved": "https?:/.test(readFileSync('package-lock.json', 'utf8'))
    ? ['package-lock.json names a registry: npm install --package-lock-only']
    : []

const checks: readonly [string, () => string[] | Promise<string[]>][] = [
  ['types', () => run(bin('tsc'), '-p', '.')],
  ['lint and format', () => run(bin('biome'), 'ci', '--colors=off', '--error-on-warnings', '.')],
  ['imports go one way', () => importComplaints(root, tracked())],
  [
    'schema and documents are those of the code',
    async () => (await documents({ write: false })).map(file => `${file} is out of step: npm run generate`),
  ],
  ['env-example names the settings', environmentExampleComplaints],
  ['docs/auth-flow.pdf is that of docs/auth-flow.md', pdfComplaints],
  ['links of the documentation lead somewhere', () => linkComplaints(root, tracked().filter(isPage))],
  ['the lock file names no host', lockFileComplaints],
]

let failed = 0
for (const [name, check] of checks) {
  const complaints = await check()
  console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'}  ${name}`)
  for (const complaint of complaints) console.log(`        ${complaint}`)
  if (complaints.length > 0) failed++
}
console.log(`\nChecks: ${failed} failed, ${checks.length - failed} passed, ${checks.length} total`)
process.exit(failed === 0 ? 0 : 1)
