import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { testEnvironment } from './index.ts'

/** Runs a command as an operator would, as a process of its own. */
export const asOperator = (args: readonly string[], settings: Record<string, string> = {}) =>
  new Promise<{ code: number; out: string; err: string }>(resolve => {
    const program = join(__dirname, '..', '..', 'commands', 'main.ts')
    const env = { PATH: process.env.PATH ?? '', ...testEnvironment(), ...settings }
    const options = { env, cwd: '/', maxBuffer: 1 << 28 }
    execFile(process.execPath, [program, ...args], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
