import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

interface PasswordNeeds {
  readonly input: NodeJS.ReadStream
  readonly prompt: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/**
 * A password that is typed without being shown, or the first line of what is piped in; undefined when there is none. Rejects when
 * the signal aborts, or somebody types Ctrl-C.
 */
export const readPassword = async ({ input, prompt, signal }: PasswordNeeds): Promise<string | undefined> => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: input.isTTY === true })
  const stop = new AbortController()
  lines.on('SIGINT', () => stop.abort())
  const ended = new Promise<undefined>(resolve => lines.once('close', () => resolve(undefined)))
  try {
    if (input.isTTY) prompt.write('Password: ')
    const typed = await Promise.race([lines.question('', { signal: AbortSignal.any([signal, stop.signal]) }), ended])
    return typed || undefined
  } finally {
    if (input.isTTY) prompt.write('\n')
    lines.close()
  }
}
