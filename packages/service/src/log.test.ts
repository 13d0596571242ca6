import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { memoryLog } from './testing.ts'

const log = `import { createLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
const log = createLog({ name: 'test', level: 'info' })
`
/** Runs a program that has a log, and gives what it wrote to standard output. With `until`, it is stopped once that has come. */
const run = async (program: string, until?: string) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', log + program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', chunk => {
    output += chunk
    if (until !== undefined && output.includes(until)) child.kill('SIGKILL')
  })
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  await once(child, 'close')
  const lines = output.trimEnd().split('\n')
  return { messages: lines.map(line => JSON.parse(line).msg), errors }
}

describe('the log of a process', () => {
  test('has every line in its order, whichever turn of the event loop it was written in', async () => {
    const { messages } = await run(`
      for (let i = 0; i < 3000; i++) {
        log.info(String(i))
        if (i % 7 === 0) await new Promise(setImmediate)
        if (i % 501 === 0) await new Promise(resolve => setTimeout(resolve, 1))
      }`)
    expect(messages).toEqual(Array.from({ length: 3000 }, (_, i) => String(i)))
  })

  test('has the last lines of one that ends itself, or that an exception ends', async () => {
    const lines = "await new Promise(setImmediate); log.info('a'); log.info('b');"
    expect((await run(`${lines} process.exit(0)`)).messages).toEqual(['a', 'b'])
    const { messages, errors } = await run(`${lines} throw new Error('nobody caught this')`)
    expect([messages, errors]).toEqual([['a', 'b'], expect.stringContaining('nobody caught this')])
  })

  test('is written when it is flushed, and otherwise within a second or so', async () => {
    const stay = 'setInterval(() => {}, 1000);'
    const flushed = await run(
      `${stay} log.info('a'); log.flush(() => process.stdout.write('{"msg":"flushed"}\\n'))`,
      'flushed',
    )
    expect(flushed.messages).toEqual(['a', 'flushed'])
    const began = performance.now()
    expect((await run(`${stay} log.info('b')`, '"b"')).messages).toEqual(['b'])
    expect(performance.now() - began).toBeLessThan(4000)
  })
})

test('a line says when it was written', () => {
  const { log, lines } = memoryLog()
  const clock = jest.spyOn(Date, 'now')
  const times = [0, 0, 1, 1_800_000_000_123, 1_800_000_000_123, 1_799_999_999_999]
  for (const time of times) {
    clock.mockReturnValue(time)
    log.info('line')
  }
  clock.mockRestore()
  expect(lines.map(({ time }) => time)).toEqual(times.map(time => new Date(time).toISOString()))
})

test('a line of fields that are JSON already is the one that pino would write', () => {
  const { log, text } = memoryLog()
  const untimed = () =>
    text()
      .trimEnd()
      .split('\n')
      .map(line => line.replace(/"time":"[^"]+"/, '"time":""'))
  log.info({ requestId: 'a-1', status: 200, route: null, durationMs: 0.1 }, 'request')
  log.writeInfo('"requestId":"a-1","status":200,"route":null,"durationMs":0.1', 'request')
  const [first, second, ...more] = untimed()
  expect([second, more]).toEqual([first, []])
  log.level = 'warn'
  log.writeInfo('"status":200', 'request')
  expect(untimed()).toHaveLength(2)
})
