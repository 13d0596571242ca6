import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { altchaPolicy, startChallenged } from '../testing/challenged-server.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'challenge.md'), 'utf8')
const script = /```js\n(.*?)```/s.exec(page)?.[1] ?? ''

test('the script of docs/challenge.md solves a challenge', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'challenge-'))
  const file = join(dir, 'solve.mjs')
  writeFileSync(file, script)
  const server = await startChallenged({ policy: altchaPolicy })
  for (const action of ['sign-up', 'sign-in'] as const) {
    const { stdout } = await promisify(execFile)(process.execPath, [file, server.url, action])
    expect(await server.send(action, stdout.trim())).toBe(204)
  }
  await server.close()
  rmSync(dir, { recursive: true })
})
