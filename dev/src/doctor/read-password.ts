import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

interface PasswordNeeds {
  readonly input: NodeJS.ReadStream
  readonly prompt: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/** A password that is typed without being shown, or the first line of what is piped in. Rejects when the signal aborts. */
export const readPassword = async ({ input, prompt, signal }: PasswordNeeds): Promise<string> => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: input.isTTY === true })
  const stop = new AbortController()
  lines.on('SIGINT', () => stop.abort())
  // an input that ends without a line
  lines.on('close', () => stop.abort())
  try {
    if (input.isTTY) prompt.write('Password: ')
    return await lines.question('', { signal: AbortSignal.any([signal, stop.signal]) })
  } finally {
    if (input.isTTY) prompt.write('\n')
    lines.close()
  }
}
