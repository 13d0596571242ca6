import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthClient, fileStore } from './index.ts'

const inFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  return { folder, file: join(folder, 'ours', 'session.json') }
}

const origin = 'https://auth.example.com'
const kept = (over: object = {}) =>
  JSON.stringify({ version: 1, url: origin, accessToken: 'a.b.c', refreshToken: 'r', ...over })

/** Runs a program that has the file store at hand, until it ends or says its first word. */
const program = (source: string) => {
  const store = join(__dirname, 'file-store.ts')
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `import { fileStore } from '${store}'\n${source}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  return { child, spoke: once(child.stdout, 'data'), ended: once(child, 'exit') }
}

describe('the file store', () => {
  test('keeps a text for its owner alone, in a folder for its owner alone, and leaves nothing else behind', async () => {
    const { folder, file } = await inFolder()
    const store = fileStore(file)
    expect(await store.read()).toBeUndefined()
    await store.write('first')
    await store.write('second')
    expect(await store.read()).toBe('second')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'ours'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(folder, 'ours'))).toEqual(['session.json'])
    await store.write(undefined)
    await store.write(undefined)
    expect([await store.read(), await readdir(join(folder, 'ours'))]).toEqual([undefined, []])
  })

  test('refuses a file that others can read, and says what to do', async () => {
    const { file } = await inFolder()
    const store = fileStore(file)
    await store.write('secret')
    await chmod(file, 0o640)
    await expect(store.read()).rejects.toMatchObject({
      code: 'store-unusable',
      message: `${file} is open to others than its owner (mode 640). Remove it and sign in again, or chmod 600 it if nobody has read it.`,
    })
  })

  test.each<[string, (file: string) => Promise<unknown> | undefined]>([
    ['a folder', file => mkdir(file, { mode: 0o700 })],
    ['a pipe', async file => execFileSync('mkfifo', ['-m', '600', file])],
    [
      'a link',
      async file => {
        await writeFile(`${file}-2`, 'secret', { mode: 0o600 })
        await symlink(`${file}-2`, file)
      },
    ],
  ])('refuses %s in the place of its file', async (_what, make) => {
    const { folder } = await inFolder()
    const file = join(folder, 'session.json')
    await make(file)
    // a pipe that is waited for ends with its first writer
    const timer = setTimeout(() => execFile('sh', ['-c', 'echo late > "$0"', file]), 1000)
    await expect(fileStore(file).read()).rejects.toMatchObject({
      code: 'store-unusable',
      message: `${file} is not a file, or a link to one. Give the path of a file.`,
    })
    clearTimeout(timer)
  })

  // only root can give a file away
  const asRoot = process.getuid?.() === 0 ? test : test.skip
  asRoot('refuses a file of another user', async () => {
    const { folder } = await inFolder()
    const file = join(folder, 'session.json')
    await writeFile(file, 'secret', { mode: 0o600 })
    await chown(file, 12345, 12345)
    await expect(fileStore(file).read()).rejects.toMatchObject({
      code: 'store-unusable',
      message: `${file} belongs to another user (12345; this process is 0). Run as that user, or choose another place.`,
    })
  })

  test('says that it cannot write, and keeps what there was', async () => {
    const { folder, file } = await inFolder()
    await mkdir(join(folder, 'ours'))
    await writeFile(join(folder, 'file'), '')
    const inFile = fileStore(join(folder, 'file', 'session.json'))
    await expect(inFile.write('text')).rejects.toMatchObject({
      code: 'store-unusable',
      message: expect.stringMatching(/session\.json cannot be written \((EEXIST|ENOTDIR)\)\.$/),
    })
    // a folder in the place of the file: the last step of a write fails
    await mkdir(file)
    await expect(fileStore(file).write('text')).rejects.toMatchObject({ code: 'store-unusable' })
    expect(await readdir(join(folder, 'ours'))).toEqual(['session.json'])
  })

  test('holds a whole text when its process is killed while it writes, again and again', async () => {
    const { folder, file } = await inFolder()
    for (let i = 0; i < 8; i++) {
      const { child, spoke, ended } = program(`
        const store = fileStore(${JSON.stringify(file)})
        console.log('writing')
        for (let i = 0; ; i++) await store.write(String(i % 10).repeat(60000))`)
      await spoke
      await new Promise(resolve => setTimeout(resolve, 20 + 15 * i))
      child.kill('SIGKILL')
      await ended
      expect(await readFile(file, 'utf8').catch(() => '0'.repeat(60000))).toMatch(/^(\d)\1{59999}$/)
    }
    // what a killed write leaves is private too, and swept away in time
    const left = (await readdir(join(folder, 'ours'))).filter(name => name.includes('unfinished'))
    for (const name of left) {
      expect((await stat(join(folder, 'ours', name))).mode & 0o777).toBe(0o600)
      await utimes(join(folder, 'ours', name), 0, 0)
    }
    await fileStore(file).write('whole')
    expect(await readdir(join(folder, 'ours'))).toEqual(['session.json'])
  }, 30_000)

  test('has written what it has written, whatever lies beside it that cannot be swept away', async () => {
    const { folder } = await inFolder()
    const [stuck, left] = ['.session.json.unfinished-a', '.session.json.unfinished-b']
    await mkdir(join(folder, stuck))
    await writeFile(join(folder, left), '')
    for (const name of [stuck, left]) await utimes(join(folder, name), 0, 0)
    const store = fileStore(join(folder, 'session.json'))
    await store.write('text')
    expect([await store.read(), await readdir(folder)]).toEqual(['text', [stuck, 'session.json']])
  })

  test('gives turns one after the other, and takes one from a process that is gone', async () => {
    const { file } = await inFolder()
    const store = fileStore(file)
    const { child, spoke, ended } = program(`
      await fileStore(${JSON.stringify(file)}).lock()
      console.log('locked')
      setInterval(() => {}, 1000)`)
    await spoke
    await expect(store.lock(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'TimeoutError' })
    const waiting = store.lock()
    child.kill('SIGKILL')
    await ended
    const release = await waiting
    await expect(store.lock(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'TimeoutError' })
    await release()
    await (await store.lock())()
  })

  test('says so when a lock that was left behind cannot be removed, and does not try for ever', async () => {
    const { folder } = await inFolder()
    const file = join(folder, 'session.json')
    await writeFile(`${file}.lock`, '')
    await utimes(`${file}.lock`, 0, 0)
    await chmod(folder, 0o555)
    // nobody: root may remove everything
    const { child, spoke, ended } = program(`
      if (process.getuid() === 0) process.setuid(65534)
      await fileStore(${JSON.stringify(file)}).lock(AbortSignal.timeout(500)).catch(error => console.log(error.code, error.message))`)
    const [said] = await spoke
    expect(String(said)).toBe(`store-unusable ${file} cannot be locked (EACCES).\n`)
    await ended
    expect(child.exitCode).toBe(0)
    await chmod(folder, 0o700)
  })

  test('does not take a turn from a process that it cannot see, until the turn is too old', async () => {
    const { folder } = await inFolder()
    const store = fileStore(join(folder, 'session.json'))
    const lock = join(folder, 'session.json.lock')
    const { child, ended } = program('')
    await ended
    await (await store.lock())()
    // of another container of the same pod, where that number is another process
    await writeFile(lock, JSON.stringify({ pid: child.pid, host: hostname(), pids: 'pid:[1]', id: 'x' }))
    await expect(store.lock(AbortSignal.timeout(300))).rejects.toMatchObject({ name: 'TimeoutError' })
    await utimes(lock, 0, 0)
    await (await store.lock(AbortSignal.timeout(2000)))()
  })

  test.each([
    ['no JSON', 'alias ll="ls -l"', 'is no session, or a damaged one'],
    ['half a file', kept().slice(0, 60), 'is no session, or a damaged one'],
    ['another version', kept({ version: 2 }), 'was written by another version of this client (2; this one writes 1)'],
    [
      'another server',
      kept({ url: 'https://b.example.com' }),
      `is of another auth-server; this client is for ${origin}`,
    ],
    ['no refresh token', kept({ refreshToken: undefined }), 'is a damaged session'],
  ])('is not overwritten when it holds %s, nor taken for signed out', async (_what, text, why) => {
    const { folder } = await inFolder()
    const file = join(folder, 'session.json')
    await writeFile(file, text, { mode: 0o600 })
    const client = createAuthClient({ url: origin, store: fileStore(file) })
    for (const attempt of [client.accessToken(), client.signOut(), client.fetch('/api/auth/user')])
      await expect(attempt).rejects.toMatchObject({
        code: 'store-unusable',
        message: `What is kept in the store ${why}. Choose another place, or remove it and sign in.`,
      })
    expect(await readFile(file, 'utf8')).toBe(text)
  })
})
