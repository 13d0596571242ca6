/** The browser client as two files that need nothing else: an ECMAScript module, and a script that defines `AuthPair`. */
import { basename, join } from 'node:path'
import { build, type Format, stop } from 'esbuild'

const root = join(import.meta.dirname, '..')

export interface BuiltFile {
  readonly name: string
  readonly text: string
}

const bundle = async (format: Format, name: string): Promise<BuiltFile[]> => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/browser/index.ts'],
    outfile: `dist/${name}`,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    platform: 'browser',
    target: 'es2022',
    format,
    globalName: 'AuthPair',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.map(({ path, text }) => ({ name: basename(path), text }))
}

/** `auth-client.js` and `auth-client.global.js`, and their source maps. Throws what esbuild complains about. */
export const buildBrowserClient = async (): Promise<readonly BuiltFile[]> => {
  const built = await Promise.all([bundle('esm', 'auth-client.js'), bundle('iife', 'auth-client.global.js')])
  // its process would stay
  await stop()
  return built.flat()
}
