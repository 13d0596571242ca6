import type { ModuleKind } from './compile.ts'

/** What is read of a package.json. */
export interface SourceManifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines?: { readonly node: string }
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

interface Published {
  readonly entries: readonly string[]
  /** The names of files that are there as they are. */
  readonly bundles: readonly string[]
  /** The names of the packages that it imports. */
  readonly imported: Iterable<string>
}

/** The package.json of what is published: how it was compiled, and the dependencies that it imports. Throws when one is not declared. */
export const publishedManifest = (
  source: SourceManifest,
  { entries, bundles, imported }: Published,
): Record<string, unknown> => {
  const { name, version, description, license, engines } = source
  if (!engines) throw new Error(`${name} does not say which versions of Node it runs on.`)
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    sideEffects: false,
    // for tools from before `exports`
    main: builtFile(source, 'cjs', '.'),
    types: builtFile(source, 'cjs', '.').replace(/\.js$/, '.d.ts'),
    exports: {
      ...Object.fromEntries(entries.map(entry => [entry, conditions(source, entry)])),
      ...Object.fromEntries([...bundles, 'package.json'].map(file => [`./${file}`, `./${file}`])),
    },
    files: ['esm', 'cjs', ...bundles],
    publishConfig: { access: 'public' },
    dependencies: Object.fromEntries(
      [...imported].sort().map(packageName => [packageName, rangeOf(source, packageName)]),
    ),
  }
}

/** `types` goes first: the first condition that fits is taken. */
const conditions = (source: SourceManifest, entry: string) => {
  const built = (kind: ModuleKind) => {
    const file = builtFile(source, kind, entry)
    return { types: file.replace(/\.js$/, '.d.ts'), default: file }
  }
  return { import: built('esm'), require: built('cjs') }
}

const builtFile = ({ name, exports }: SourceManifest, kind: ModuleKind, entry: string): string => {
  const file = exports[entry]
  if (!file) throw new Error(`${name} has no entry ${entry}.`)
  return file.replace('./src/', `./${kind}/`).replace(/\.ts$/, '.js')
}

const rangeOf = ({ name, dependencies }: SourceManifest, packageName: string): string => {
  const range = dependencies?.[packageName]
  if (!range) throw new Error(`${name} imports ${packageName}, which is none of its dependencies.`)
  return range
}
