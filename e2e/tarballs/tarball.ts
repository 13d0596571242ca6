import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npm } from './node-versions.ts'

export const root = join(__dirname, '..', '..')

/** A place for the projects of a suite. */
export const makeRoom = () => {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface Tarball {
  readonly file: string
  /** What is in it, sorted. */
  readonly contents: readonly string[]
}

/** Packs what was built of a package. */
export const pack = async (room: string, folder: string): Promise<Tarball> => {
  const printed = await npm(process.execPath, join(root, folder, 'dist'), 'pack', '--json', '--pack-destination', room)
  const [packed] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }]
  return { file: join(room, packed.filename), contents: packed.files.map(({ path }) => path).sort() }
}

/** An empty project that these packages were installed into, by this Node. Gives its folder. */
export const installed = async (room: string, node: string, ...packages: string[]): Promise<string> => {
  const cwd = mkdtempSync(join(room, 'project-'))
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }')
  await npm(node, cwd, 'install', ...packages)
  return cwd
}

/** The manifest of a package in a project. */
export const manifestOf = (project: string, name: string) =>
  JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8'))

/** What the files of an installed package say of others that are not there: sources, source maps, packages of the repository. */
export const danglingNames = (project: string, name: string, { contents }: Tarball): string[] =>
  contents
    .filter(file => /\.[jt]s$/.test(file))
    .flatMap(file => {
      const text = readFileSync(join(project, 'node_modules', name, file), 'utf8')
      const found = text.match(/['"]\.[^'"\n]*(?<!\.d)\.ts['"]|sourceMappingURL|from ['"]@auth-pair\/[^'"]*/g) ?? []
      return found.map(each => `${file}: ${each}`)
    })

/** A program for modules, as CommonJS. */
export const required = (program: string): string =>
  program.replace(/^import (.+) from ('.+')$/gm, 'const $1 = require($2)')
