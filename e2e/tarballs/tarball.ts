import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npm } from './node-versions.ts'
import { run } from './run.ts'

export const root = join(__dirname, '..', '..')

export interface Tarball {
  readonly file: string
  /** What is in it, sorted. */
  readonly contents: readonly string[]
}

/** Builds what is published and packs one package of it. */
export const pack = async (folder: string): Promise<Tarball> => {
  await run({ command: process.execPath, args: ['dev/src/build.ts'], cwd: root })
  const target = mkdtempSync(join(tmpdir(), 'tarball-'))
  const printed = await npm(
    process.execPath,
    join(root, folder, 'dist'),
    'pack',
    '--json',
    '--pack-destination',
    target,
  )
  const [packed] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }]
  return { file: join(target, packed.filename), contents: packed.files.map(({ path }) => path).sort() }
}

/** An empty project that these packages were installed into, by this Node. Gives its folder. */
export const installed = async (node: string, ...packages: string[]): Promise<string> => {
  const cwd = mkdtempSync(join(tmpdir(), 'project-'))
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }')
  await npm(node, cwd, 'install', ...packages)
  return cwd
}
