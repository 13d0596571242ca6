import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import { atPair, documentedCode, toPattern } from './documented-code.ts'
import { npmStart, root, stopAll } from './pair.ts'
import { changed, readSteps, type Settings } from './rotation-lines.ts'

jest.setTimeout(180_000)
afterEach(stopAll)

const blocks = documentedCode('docs/guide-rotate-secrets.md')
/** The commands of the guide, each with what it is said to print. */
const commands = blocks.flatMap(({ attributes, code }, i) =>
  attributes.run === undefined ? [] : [{ run: attributes.run, code, prints: blocks[i + 1]?.code ?? '' }],
)

test('the guide to rotating secrets, as it is written, leads from a secret to a key', async () => {
  const port = String(await freePort())
  const pair = { authUrl: `http://localhost:${port}`, testUrl: 'http://localhost:4000' }
  const folder = mkdtempSync(join(tmpdir(), 'guide-'))
  for (const name of ['package.json', 'dev']) symlinkSync(join(root, name), join(folder, name))
  const useSettings = (settings: Settings) =>
    writeFileSync(
      join(folder, '.env'),
      Object.entries(settings)
        .map(([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"\n`)
        .join(''),
    )
  /** Runs a command of the guide, and holds what it prints to the guide. */
  const follow = ({ code, prints }: (typeof commands)[number]): string => {
    const { PATH = '', HOME = '' } = process.env
    const { stdout, stderr } = spawnSync('bash', ['-c', atPair(code, pair)], {
      cwd: folder,
      env: { PATH, HOME },
      encoding: 'utf8',
    })
    expect(stdout + stderr).toMatch(toPattern(atPair(prints, pair)))
    return stdout
  }
  const followAll = (run: string) => commands.filter(command => command.run === run).map(follow)

  const before: Settings = { JWT_ACCESS_SECRET: randomBytes(48).toString('base64') }
  useSettings({ ...before, PUBLIC_URL: pair.authUrl })
  const printed = followAll('').at(-1) as string
  const [first, second] = readSteps(printed, before)
  // the operator's .env is that of the auth-servers; the pair itself runs on one for both
  useSettings(changed(before, first?.authServers ?? {}))
  const announced = changed(changed(before, first?.services ?? {}), first?.authServers ?? {})
  const atFirst = await npmStart({ ...announced, AUTH_PORT: port })
  await atFirst.untilReady()
  followAll('1')
  expect(await atFirst.stop()).toBe(0)

  const signing = changed(changed(announced, second?.services ?? {}), second?.authServers ?? {})
  const then = await npmStart({ ...signing, AUTH_PORT: port }, atFirst.dataDir)
  await then.untilReady()
  followAll('2')
  expect(await then.stop()).toBe(0)
  expect(commands).toHaveLength(4)
})
