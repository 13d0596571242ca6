import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** The commands that a Redis was sent, as it says itself. */
export interface Watch {
  readonly commands: readonly { readonly at: number; readonly args: readonly string[] }[]
  close(): void
}

/**
 * Has a Redis tell every command from here on.
 *
 * On a socket of its own: `monitor()` of ioredis takes what comes in one piece with the answer to MONITOR for an answer
 * that nobody waits for, and throws - on a busy Redis sooner or later.
 */
export const watchCommands = async (host: string, port: number): Promise<Watch> => {
  const commands: { at: number; args: readonly string[] }[] = []
  const socket = connect(port, host)
  socket.on('error', () => {})
  const lines = createInterface({ input: socket })
  const accepted = once(lines, 'line', { signal: AbortSignal.timeout(5000) })
  lines.on('line', line => {
    // +1795378227.787716 [0 127.0.0.1:38538] "set" "ready" "1"
    const args = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, arg = '']) => arg)
    if (args.length > 0) commands.push({ at: performance.now(), args })
  })
  socket.write('MONITOR\r\n')
  const [answer] = await accepted
  if (answer !== '+OK') throw new Error(`Redis answered MONITOR with ${answer}`)
  return { commands, close: () => socket.destroy() }
}
