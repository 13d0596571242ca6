import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What some processes that share a session are given by `accessToken()`, when they ask at once. */
export const tokensInProcesses = async (count: number, args: readonly string[]): Promise<string[]> => {
  const children = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, [join(__dirname, 'share-a-session.ts'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    return { child, output: () => output, ready: once(child.stdout, 'data'), ended: once(child, 'close') }
  })
  await Promise.all(children.map(({ ready }) => ready))
  for (const { child } of children) child.stdin.end('go\n')
  await Promise.all(children.map(({ ended }) => ended))
  return children.flatMap(({ output }) => output().split('\n').slice(1))
}
