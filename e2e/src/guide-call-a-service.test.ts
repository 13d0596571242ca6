import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import { atPair, documentedCode, toPattern, writeDocumentedFiles } from './documented-code.ts'
import { npmStart, root, stopAll } from './pair.ts'

jest.setTimeout(90_000)

const blocks = documentedCode('docs/guide-call-a-service.md')
const cli = join(root, 'docs', 'examples', 'cli.mjs')
const { TEST_REDIS_URL: redisUrl = '' } = process.env

let pair: Awaited<ReturnType<typeof npmStart>>
let folder: string
beforeAll(async () => {
  pair = await npmStart({ EMBEDDED_REDIS: 'memory' })
  await pair.untilReady()
  folder = writeDocumentedFiles(blocks, pair)
})
afterAll(stopAll)

const promised = (name: string) => blocks.find(({ attributes }) => attributes.prints === name)?.code ?? 'nothing'
const environment = { ...process.env, REPORTS_PASSWORD: 'correct horse battery', REDIS_URL: redisUrl }

const runFile = (name: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('the guide to calling a service', () => {
  test('has a test for every file and every answer', () => {
    const named = blocks.flatMap(({ attributes: { file, prints } }) => [file, prints].filter(Boolean))
    expect(new Set(named)).toEqual(
      new Set(['sign-up.mjs', 'report.mjs', 'redis.mjs', 'with-axios.mjs', 'server.mjs', 'GET/summary']),
    )
  })

  // one after the other: the first one signs up
  const files = ['sign-up.mjs', 'report.mjs', 'with-axios.mjs', ...(redisUrl ? ['redis.mjs'] : [])]
  test.each(files)('prints what it says with %s', name => {
    expect(runFile(name)).toEqual({ status: 0, stdout: expect.stringMatching(toPattern(promised(name))), stderr: '' })
  })

  test('says what was wrong with a second sign-up', () => {
    expect(runFile('sign-up.mjs')).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^email-taken There is already/),
    })
  })

  test('answers what it says in Express', async () => {
    const port = await freePort()
    const app = spawn(process.execPath, ['server.mjs'], { cwd: folder, env: { ...environment, PORT: String(port) } })
    const url = `http://127.0.0.1:${port}/summary`
    let res: Response | undefined
    while (!res && app.exitCode === null) res = await fetch(url).catch(() => undefined)
    expect([res?.status, `${await res?.text()}\n`]).toEqual([200, promised('GET/summary')])
    app.kill()
    await once(app, 'exit')
  })
})

describe('docs/examples/cli.mjs', () => {
  const run = (config: string, args: readonly string[], input = '') =>
    spawnSync(process.execPath, [cli, '--server', pair.authUrl, '--service', pair.testUrl, ...args], {
      env: { PATH: process.env.PATH, XDG_CONFIG_HOME: config },
      encoding: 'utf8',
      input,
    })
  const configDir = () => mkdtempSync(join(tmpdir(), 'config-'))

  test('answers as the guide says, and keeps its tokens for its owner alone', () => {
    const config = configDir()
    const steps =
      blocks
        .find(({ language, code }) => language === 'sh' && code.includes('cli.mjs'))
        ?.code.trimEnd()
        .split('\n\n') ?? []
    expect(steps).toHaveLength(5)
    for (const step of steps) {
      const lines = step.split('\n')
      const command = lines.filter(line => !line.startsWith('#')).join('\n')
      const answer = lines.filter(line => line.startsWith('# ')).map(line => `${line.slice(2)}\n`)
      const options = `cli.mjs --server ${pair.authUrl} --service ${pair.testUrl}`
      const { status, stdout, stderr } = spawnSync('sh', ['-c', atPair(command, pair).replace('cli.mjs', options)], {
        cwd: root,
        env: { PATH: process.env.PATH, XDG_CONFIG_HOME: config },
        encoding: 'utf8',
      })
      expect({ status, stdout, stderr }).toEqual({
        status: 0,
        stdout: expect.stringMatching(toPattern(answer.join(''))),
        stderr: '',
      })
    }
    const file = join(config, 'auth-pair', 'session.json')
    expect([statSync(file).mode & 0o777, statSync(join(config, 'auth-pair')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readFileSync(file, 'utf8')).toContain(pair.authUrl)
  })

  test('says in a line what is wrong, and has no place for a password in its arguments', () => {
    const config = configDir()
    const file = join(config, 'elsewhere.json')
    const said = (args: string[], input = '') => {
      const { status, stdout, stderr } = run(config, args, input)
      return [status, stdout, stderr]
    }
    expect(said(['whoami'])).toEqual([
      1,
      '',
      'Nobody is signed in here: sign in first.\nSign in: cli.mjs sign-in EMAIL\n',
    ])
    expect(said(['sign-in', 'nobody@example.com'], 'wrong horse\n')).toEqual([1, '', 'Email or password is wrong\n'])
    expect(said(['sign-up', 'nobody@example.com'], 'short')).toEqual([
      1,
      '',
      'The input is not valid\n  password: Use at least 8 characters.\n',
    ])
    expect(said(['--password', 'x', 'whoami'])).toEqual([1, '', expect.stringContaining("Unknown option '--password'")])
    expect(said(['sign-in', 'ada@example.com', 'correct horse'])).toEqual([1, '', expect.stringMatching(/^usage: /)])
    expect(said(['--store', file, 'sign-up', 'joe@example.com'], 'correct horse battery')[0]).toBe(0)
    expect(said(['--store', file, 'call', 'http://127.0.0.1:9/'])).toEqual([
      1,
      '',
      'http://127.0.0.1:9 is not among the services: no token is sent there.\n',
    ])
  })
})
