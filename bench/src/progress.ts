/** Shows what is going on: one line that is written over at a terminal, and a line in ten seconds elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream, now = performance.now.bind(performance)) => {
  let lastAt = Number.NEGATIVE_INFINITY
  return {
    show: (text: string): void => {
      if (stream.isTTY) {
        stream.write(`\r\x1b[K${text.slice(0, Math.max(20, stream.columns - 1))}`)
      } else if (now() - lastAt >= 10_000) {
        lastAt = now()
        stream.write(`${text}\n`)
      }
    },
    clear: (): void => {
      if (stream.isTTY) stream.write('\r\x1b[K')
    },
  }
}
