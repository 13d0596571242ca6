import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A process that says `one`, writes two lines or 1.5 MB when it is told to, and ends itself when it is told to. */
const program = `
import { createLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
const log = createLog({ name: 'test', level: 'info' })
const flush = () => new Promise(resolve => log.flush(() => resolve()))
const does = {
  async write() {
    for (const message of ['two', 'three']) {
      log.info(message)
      await flush()
    }
    process.send('written')
  },
  async fill() {
    for (let i = 0; i < 3000; i++) log.info('x'.repeat(500))
    await new Promise(resolve => setTimeout(resolve, 3000))
    process.send('filled')
  },
  end() {
    log.info('last')
    process.exit(0)
  },
}
process.on('message', what => does[what]())
log.info('one')
await flush()
process.send('ready')
`
const start = async (stdout: 'pipe' | number) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', stdout, 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  await once(child, 'message')
  return { child, errors: () => errors }
}

/** Ends it, and gives its exit code: `null` where that took more than 5 s. */
const end = async (child: ChildProcess) => {
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 5000)
  child.send('end')
  const [code] = await once(child, 'close')
  clearTimeout(tooLong)
  return code
}

describe('a process whose log nobody reads any more', () => {
  test('goes on, says so once, and ends when it wants to', async () => {
    const { child, errors } = await start('pipe')
    child.stdout?.destroy()
    await once(child.stdout as NonNullable<typeof child.stdout>, 'close')
    child.send('write')
    await once(child, 'message')
    expect(await end(child)).toBe(0)
    expect(errors()).toBe('Nobody reads the log of test any more; it goes on without one.\n')
  })

  test('ends when it wants to, though it has not noticed yet', async () => {
    const { child, errors } = await start('pipe')
    child.stdout?.destroy()
    await once(child.stdout as NonNullable<typeof child.stdout>, 'close')
    expect(await end(child)).toBe(0)
    // it may have been the second in which the log is written
    expect(['', 'Nobody reads the log of test any more; it goes on without one.\n']).toContain(errors())
  })

  test('ends when it wants to while the reader has stopped to read', async () => {
    const { child } = await start('pipe')
    child.stdout?.pause()
    child.send('fill')
    await once(child, 'message')
    const ended = once(child, 'exit')
    child.send('end')
    expect(await Promise.race([ended, wait(5000, 'still there', { ref: false })])).toEqual([null, 'SIGKILL'])
  })
})

const full = '/dev/full'
const onLinux = existsSync(full) ? test : test.skip
onLinux('a process whose log is on a full disk goes on, says so once, and ends when it wants to', async () => {
  const file = openSync(full, 'w')
  const { child, errors } = await start(file)
  closeSync(file)
  child.send('write')
  await once(child, 'message')
  // longer than a reader may take
  await wait(3000)
  expect(await end(child)).toBe(0)
  expect(errors()).toMatch(/^The log of test cannot be written \(ENOSPC: .*\)\. It goes on.*\n$/)
})
