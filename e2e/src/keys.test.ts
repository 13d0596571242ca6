import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@auth-pair/dev/free-port'
import { ready, root, start, stopAll } from './pair.ts'
import { keys } from './rotation-lines.ts'

jest.setTimeout(60_000)
afterEach(stopAll)

/** The lines that are to be put into a `.env`. */
const linesOf = (printed: string): string =>
  [...printed.matchAll(/^ {4}([A-Z_]+=.*)$/gm)].map(([, line]) => `${line}\n`).join('')

test.each(['ES256', 'EdDSA'])('both servers start with what is printed for %s, in a .env', async kind => {
  const [authPort, testPort] = [await freePort(), await freePort()]
  const authUrl = `http://localhost:${authPort}`
  const made = keys(['new', kind], { PUBLIC_URL: authUrl })
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  writeFileSync(
    join(folder, '.env'),
    `${linesOf(keys(['new'], {}).out)}${linesOf(made.out)}PUBLIC_URL=${authUrl}
AUTH_PORT=${authPort}
TEST_PORT=${testPort}
REFRESH_TOKEN_SECRET=${randomBytes(48).toString('base64')}
DATABASE_URL=postgres://127.0.0.1:9/none
REDIS_URL=redis://127.0.0.1:9
`,
  )
  const run = (server: string) =>
    start('bash', ['-c', `cd '${folder}' && exec '${process.execPath}' '${join(root, server)}/src/main.ts'`], {})
  await ready(`${authUrl}/health/live`, run('auth-server'))
  await ready(`http://localhost:${testPort}/health/ready`, run('test-server'))
  const published = await (await fetch(`${authUrl}/.well-known/jwks.json`)).json()
  expect(published).toMatchObject({ keys: [{ alg: kind, kid: /kid (\S+)\./.exec(made.out)?.[1] }] })
})
