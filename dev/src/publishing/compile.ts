import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type ModuleKind = 'esm' | 'cjs'

/** How each kind of module is resolved. */
const kinds: Readonly<Record<ModuleKind, readonly string[]>> = {
  esm: ['--module', 'nodenext'],
  cjs: ['--module', 'commonjs', '--moduleResolution', 'bundler'],
}

// the oldest Node that is supported is 20: what its JavaScript does not know is an error here
const options =
  '--target es2023 --lib es2023 --types node --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --skipLibCheck ' +
  '--rewriteRelativeImportExtensions --declaration --noEmitOnError'

interface Compilation {
  readonly root: string
  readonly kind: ModuleKind
  /** Entries, in TypeScript. What they import is compiled with them, and nothing else. */
  readonly entries: readonly string[]
  readonly sourceFolder: string
  readonly outputFolder: string
}

/** Compiles to JavaScript with declarations. Throws with the compiler's complaints. */
export const compile = ({ root, kind, entries, sourceFolder, outputFolder }: Compilation): void => {
  const folders = ['--rootDir', sourceFolder, '--outDir', outputFolder]
  const args = ['--ignoreConfig', ...options.split(' '), ...kinds[kind], ...folders, ...entries]
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/tsc'), args, {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tsc complains about ${sourceFolder} (${kind}):\n${stdout}${stderr}`)
  nameWhatIsThere(outputFolder)
}

/** tsc rewrites the endings of imports in JavaScript, but not in declarations, where they would name sources. */
const nameWhatIsThere = (folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2'))
  }
}
