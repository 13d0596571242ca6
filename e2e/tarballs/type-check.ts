import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'
import { root } from './tarball.ts'

interface Resolution {
  /** A source with this ending is a module or CommonJS. */
  readonly endings: readonly string[]
  readonly options: Readonly<Record<string, string>>
}

/** The ways in which a consumer's compiler finds a package. */
export const resolutions: readonly Resolution[] = [
  { endings: ['mts', 'cts'], options: { module: 'nodenext' } },
  { endings: ['mts', 'cts'], options: { module: 'node20' } },
  { endings: ['ts'], options: { module: 'preserve', moduleResolution: 'bundler' } },
]

const inNode = { lib: ['es2023'], types: ['node'] }
export const inBrowsers = { lib: ['es2023', 'dom', 'dom.iterable'], types: [] }

/** Type-checks sources in a project, with every declaration that they bring in. Rejects with the complaints. */
export const typeCheck = async (
  project: string,
  { endings, options }: Resolution,
  sources: Readonly<Record<string, string>>,
  surroundings: { readonly lib: readonly string[]; readonly types: readonly string[] } = inNode,
): Promise<void> => {
  const compilerOptions = {
    ...options,
    target: 'es2023',
    ...surroundings,
    strict: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const files = endings.flatMap(ending =>
    Object.entries(sources).map(([name, text]) => {
      writeFileSync(join(project, `${name}.${ending}`), text)
      return `${name}.${ending}`
    }),
  )
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  await run({ command: join(root, 'node_modules/.bin/tsc'), args: ['-p', '.'], cwd: project })
}
