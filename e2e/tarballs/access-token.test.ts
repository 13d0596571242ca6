import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApiToken } from '@auth-pair/access-token/pair'
import jwt from 'jsonwebtoken'
import { anyFramework, withExpress } from './consumers.ts'
import { findNode } from './node-versions.ts'
import { run } from './run.ts'
import { startStandIn } from './stand-in.ts'
import { danglingNames, installed, makeRoom, manifestOf, pack, required, type Tarball } from './tarball.ts'
import { resolutions, typeCheck } from './type-check.ts'

const modules = [
  ...['api-token', 'authenticate', 'bearer', 'claims', 'create-verifier', 'decode-strictly', 'guard', 'index'],
  ...['introspection/answer', 'introspection/ask-auth-server', 'introspection/verify-api-token'],
  ...['keys/check-signature', 'keys/key', 'keys/read-key-set', 'keys/remote-keys'],
  ...['read-bounded', 'refusals', 'remembered', 'require-access-token', 'require-scope'],
  ...[
    'revocations/event-stream',
    'revocations/revocation',
    'revocations/revocation-feed',
    'revocations/revocation-list',
  ],
  ...['session-id', 'token-header', 'token-kind', 'verification', 'verifier-token', 'verify'],
]

const room = makeRoom()
afterAll(room.remove)
let tarball: Tarball
beforeAll(async () => {
  tarball = await pack(room.folder, 'packages/access-token')
})

describe('the tarball of @auth-pair/access-token', () => {
  test('holds what is published, compiled for import and for require, and nothing else', () => {
    const compiled = modules.flatMap(name => [`${name}.js`, `${name}.d.ts`])
    expect(tarball.contents).toEqual(
      [
        ...['LICENSE', 'README.md', 'package.json', 'cjs/package.json'],
        ...compiled.flatMap(name => [`esm/${name}`, `cjs/${name}`]),
      ].sort(),
    )
  })

  test('installs with as few dependencies as its README names, and points at nothing that is not there', async () => {
    const project = await installed(room.folder, process.execPath, tarball.file)
    const { dependencies, ...manifest } = manifestOf(project, '@auth-pair/access-token')
    expect(Object.keys(dependencies)).toEqual(['eventsource-parser', 'jsonwebtoken'])
    expect(manifest).not.toHaveProperty('private')
    const readme = readFileSync(join(project, 'node_modules/@auth-pair/access-token/README.md'), 'utf8')
    for (const name of Object.keys(dependencies))
      expect(readme).toContain(`| \`${name}\` | ${manifestOf(project, name).license} |`)
    expect(danglingNames(project, '@auth-pair/access-token', tarball)).toEqual([])
  })
})

describe.each([20, 26])('on Node %i', major => {
  const [secret, issuer, audience] = [randomBytes(48).toString('base64'), 'https://login.example.com', 'auth-pair']
  const [userId, sessionId] = [randomUUID(), randomBytes(16).toString('base64url')]
  const keyid = createHash('sha256').update('auth-pair key id\0').update(secret).digest('base64url').slice(0, 16)
  const sign = (key: string) =>
    jwt.sign({ sid: sessionId }, key, {
      ...{ issuer, audience, keyid, subject: userId, jwtid: randomUUID(), expiresIn: 300 },
      header: { alg: 'HS256', typ: 'at+jwt' },
    })

  let node: string
  let project: string
  beforeAll(async () => {
    node = await findNode(major)
    project = await installed(room.folder, node, tarball.file, 'express@5')
  })

  test.each(['mjs', 'cjs'])(
    'a service verifies, guards Express, asks about API tokens and is told of revocations (%s)',
    async ending => {
      const [apiToken, unanswered] = [createApiToken(), createApiToken()]
      const standIn = await startStandIn({ secret, issuer, userId, sessionId, apiToken })
      const written = readFileSync(join(__dirname, 'programs/access-token.mjs'), 'utf8')
      writeFileSync(join(project, `program.${ending}`), ending === 'cjs' ? required(written) : written)
      const env = { SECRET: secret, ISSUER: issuer, AUDIENCE: audience, FEED: standIn.url }
      const forged = sign(randomBytes(48).toString('base64'))
      const tokens = { TOKEN: sign(secret), FORGED: forged, API_TOKEN: apiToken, UNANSWERED: unanswered }
      const printed = await run({
        command: node,
        args: ['--expose-gc', `program.${ending}`],
        cwd: project,
        env: { ...env, ...tokens },
      })
      expect(JSON.parse(printed)).toEqual({
        node: String(major),
        answers: [
          [401, 'access-token-required'],
          [200, userId],
          [401, 'access-token-invalid'],
          [200, userId],
          [200, userId],
          [503, 'unavailable'],
          [401, 'access-token-invalid'],
        ],
        code: 'revoked',
        changes: ['connected'],
      })
      await standIn.close()
    },
  )
})

describe('its types', () => {
  const bare = { consumer: anyFramework }
  const beside = { consumer: anyFramework, 'with-express': withExpress }

  test.each([
    ['without those of Express', ['@types/node@20'], bare],
    ['beside those of Express 5, whose requests then have auth', ['@types/node@20', '@types/express@5'], beside],
    ['beside those of Express 4, whose requests then have auth', ['@types/node@26', '@types/express@4'], beside],
  ])('are right %s: for modules, CommonJS and bundlers', async (_name, packages, sources) => {
    const project = await installed(room.folder, process.execPath, tarball.file, ...packages)
    for (const resolution of resolutions) await typeCheck(project, resolution, sources)
  })
})
