import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { publishedManifest, type SourceManifest } from './manifest.ts'
import type { PublishedPackage } from './published.ts'

/**
 * Makes the folder `dist` of a package: what is published of it, as JavaScript with types for `import` and for `require`, with a
 * package.json of its own. Gives the folder. Throws when something does not compile, or is not declared.
 */
export const buildPackage = async (root: string, published: PublishedPackage): Promise<string> => {
  const { folder, entries } = published
  const [source, output] = [join(root, folder), join(root, folder, 'dist')]
  const manifest: SourceManifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const files = entries.map(entry => join(source, manifest.exports[entry] ?? entry))
  rmSync(output, { recursive: true, force: true })
  for (const kind of ['esm', 'cjs'] as const)
    compile({ root, kind, entries: files, sourceFolder: join(source, 'src'), outputFolder: join(output, kind) })
  writeJson(join(output, 'cjs/package.json'), { type: 'commonjs' })
  const bundles = await writeBundles(output, published)
  const imported = importedPackages(join(output, 'esm'))
  writeJson(join(output, 'package.json'), publishedManifest(manifest, { entries, bundles, imported }))
  copyFileSync(join(source, 'README.md'), join(output, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(output, 'LICENSE'))
  return output
}

/** Writes what comes beside the modules, and gives its names. Source maps stay here, as the sources do. */
const writeBundles = async (output: string, { bundles = async () => [] }: PublishedPackage): Promise<string[]> => {
  const files = (await bundles()).filter(({ name }) => !name.endsWith('.map'))
  for (const { name, text } of files)
    writeFileSync(join(output, name), text.replace(/^\/\/# sourceMappingURL=.*\n/m, ''))
  return files.map(({ name }) => name)
}

const writeJson = (file: string, value: unknown): void => {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** The names of the packages that modules of a folder, and their declarations, import. */
const importedPackages = (folder: string): Set<string> => {
  const names = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.[jt]s$/.test(file)) continue
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/\b(?:from |import |import\()['"]([^.'"\s][^'"\s]*)['"]/g)) {
      const [, name] = /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier) ?? []
      if (name && !isBuiltin(specifier)) names.add(name)
    }
  }
  return names
}
