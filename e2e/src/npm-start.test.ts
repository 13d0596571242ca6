import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expectAnswers, stepsOf } from './documented-steps.ts'
import { npmStart, root, shell, stopAll } from './pair.ts'

jest.setTimeout(90_000)
afterEach(stopAll)

const steps = stepsOf('README.md', 'The flow')
const sessionSteps = stepsOf('docs/sessions.md', 'Two sign-ins, one of them ended')

describe('npm start', () => {
  test('runs the pair; the lines of the README and of the page on sessions answer as they say; and the account is still there the next time', async () => {
    const first = await npmStart()
    await first.untilReady()
    expectAnswers(steps, first, 5)
    expectAnswers(sessionSteps, first, 8)

    // what it says of itself, with a line to try that works
    expect(first.output()).toContain(`auth-server   ${first.authUrl}`)
    expect(first.output()).toContain(`test-server   ${first.testUrl}`)
    expect(first.output()).toMatch(/embedded PostgreSQL in /)
    const line = /curl -i[\s\S]*?}'/.exec(first.output())?.[0] ?? ''
    expect(shell(line, first)).toMatch(/^HTTP\/1.1 201 Created/)
    expect(await first.stop()).toBe(0)

    const second = await npmStart({}, first.dataDir)
    await second.untilReady()
    const signIn = steps.at(-1)?.command ?? ''
    expect(shell(signIn, second)).toContain('"accessToken"')
    expect(await second.stop('SIGINT')).toBe(0)
    expect(statSync(first.dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(join(first.dataDir, 'secrets.env')).mode & 0o777).toBe(0o600)
  })

  test('is found by the operator’s commands, and says so when it is not running', async () => {
    const pair = await npmStart({ EMBEDDED_REDIS: 'memory' })
    await pair.untilReady()
    const line = /curl -i[\s\S]*?}'/.exec(pair.output())?.[0] ?? ''
    expect(shell(line, pair)).toContain('201 Created')
    const accounts = (...args: string[]) =>
      spawnSync(process.execPath, ['dev/bootstrap.mjs', 'dev/src/operate.ts', 'accounts', ...args], {
        cwd: root,
        env: { PATH: process.env.PATH, DATA_DIR: pair.dataDir },
        encoding: 'utf8',
      })
    expect(accounts('list').stdout).toMatch(/ grace@example\.com$/m)
    expect(accounts('disable', 'grace@example.com').stdout).toMatch(/^Disabled\./)
    expect(statSync(join(pair.dataDir, 'running.env')).mode & 0o777).toBe(0o600)
    expect(await pair.stop()).toBe(0)
    const gone = accounts('list')
    expect([gone.status, gone.stderr]).toEqual([1, expect.stringContaining('npm start is not running here')])
  })

  test('says in one line that a port is busy, or the data folder', async () => {
    const first = await npmStart({ EMBEDDED_REDIS: 'memory' })
    await first.untilReady()
    const port = new URL(first.authUrl).port

    const sameFolder = await npmStart({}, first.dataDir)
    await new Promise(resolve => sameFolder.child.once('close', resolve))
    expect(sameFolder.child.exitCode).toBe(1)
    expect(sameFolder.output()).toMatch(
      /^\S+ is in use by process \d+: stop it, or set DATA_DIR to another folder\.\n$/,
    )

    const samePort = await npmStart({ AUTH_PORT: port, LOG_LEVEL: 'error' })
    await new Promise(resolve => samePort.child.once('close', resolve))
    expect(samePort.child.exitCode).toBe(1)
    expect(samePort.output()).toBe(`Port ${port} is in use by another program: stop it, or choose another port.\n`)
    expect(await first.stop()).toBe(0)
  })

  test('says everything that is wrong with the settings at once', async () => {
    const wrong = await npmStart({ JWT_ACCESS_AGE_S: 'long', REFRESH_GRACE: '5' })
    await new Promise(resolve => wrong.child.once('close', resolve))
    expect(wrong.child.exitCode).toBe(1)
    expect(wrong.output()).toMatch(/JWT_ACCESS_AGE_S has to be[\s\S]*REFRESH_GRACE is not a setting/)
    expect(wrong.output()).not.toMatch(/ at .*\.ts/)
  })

  test('serves the Postman collection from top to bottom', async () => {
    const returnAddress = 'http://localhost:4000/signed-in'
    const pair = await npmStart({ EMBEDDED_REDIS: 'memory', RETURN_ADDRESSES: returnAddress })
    await pair.untilReady()
    const newman = join(root, 'node_modules', 'newman', 'bin', 'newman.js')
    const urls = ['--env-var', `authUrl=${pair.authUrl}`, '--env-var', `testUrl=${pair.testUrl}`]
    const report = execFileSync(
      process.execPath,
      [newman, 'run', join(root, 'docs', 'postman.json'), ...urls, '--color', 'off'],
      { encoding: 'utf8' },
    )
    expect(report).toMatch(/requests │ +42 │ +0/)
    expect(report).toMatch(/assertions │ +([45][0-9]) │ +0/)
    expect(await pair.stop()).toBe(0)
  })
})
