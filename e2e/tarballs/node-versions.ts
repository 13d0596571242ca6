import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from './run.ts'

/** The npm that this run was started by, to be run by any Node. */
const npmProgram = process.env.npm_execpath

const majorOf = (program: string): number | undefined => {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return stdout ? Number(/^v(\d+)\./.exec(stdout)?.[1]) : undefined
}

/** A Node of this major version: this one, one on the PATH, or one from the registry. Rejects when there is none: no version is left out silently. */
export const findNode = async (major: number): Promise<string> => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = [process.execPath, ...folders.map(folder => join(folder, 'node'))].find(file => majorOf(file) === major)
  return found ?? (await fetchNode(major))
}

export const fetchNode = async (major: number): Promise<string> => {
  const cwd = mkdtempSync(join(tmpdir(), `node-${major}-`))
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }))
  await npm(process.execPath, cwd, 'install', `node@${major}`)
  const program = join(cwd, 'node_modules/node/bin/node')
  if (majorOf(program) !== major) throw new Error(`The package node@${major} brought no Node ${major}.`)
  return program
}

/** Runs npm by this Node. What was fetched before is not fetched again. */
export const npm = (node: string, cwd: string, ...args: string[]): Promise<string> => {
  if (!npmProgram) throw new Error('Start this with npm: npm run test:packages')
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict']
  return run({ command: node, args: [npmProgram, ...args, ...quiet], cwd })
}
