import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withBrowserSessions } from './consumers.ts'
import { findNode } from './node-versions.ts'
import { run } from './run.ts'
import { danglingNames, installed, makeRoom, manifestOf, pack, required, type Tarball } from './tarball.ts'
import { resolutions, typeCheck } from './type-check.ts'

const room = makeRoom()
afterAll(room.remove)
let tarball: Tarball
/** Both, as the one depends on the other. */
let files: readonly string[]
beforeAll(async () => {
  tarball = await pack(room.folder, 'packages/web-app')
  files = [(await pack(room.folder, 'packages/access-token')).file, tarball.file]
})

describe('the tarball of @auth-pair/web-app', () => {
  test('holds modules, CommonJS and types, and nothing else', () => {
    const others = tarball.contents.filter(name => !/^(esm|cjs)\/[a-z-]+\.(js|d\.ts)$/.test(name))
    expect(others).toEqual(['LICENSE', 'README.md', 'cjs/package.json', 'package.json'])
    expect(tarball.contents).toEqual(expect.arrayContaining(['esm/index.js', 'esm/index.d.ts', 'cjs/index.js']))
    for (const name of tarball.contents) expect(name).not.toMatch(/test/)
  })

  test('installs with as few dependencies as its README names, and points at nothing that is not there', async () => {
    const project = await installed(room.folder, process.execPath, ...files)
    const { dependencies } = manifestOf(project, '@auth-pair/web-app')
    expect(Object.keys(dependencies)).toEqual([
      ...['@auth-pair/access-token', 'connect-redis', 'express-session', 'oauth4webapi'],
    ])
    const readme = readFileSync(join(project, 'node_modules/@auth-pair/web-app/README.md'), 'utf8')
    for (const name of Object.keys(dependencies))
      expect(readme).toContain(`| \`${name}\` | ${manifestOf(project, name).license} |`)
    const dangling = danglingNames(project, '@auth-pair/web-app', tarball)
    expect(dangling.filter(name => !/@auth-pair\/access-token$/.test(name))).toEqual([])
  })
})

describe.each([20, 26])('on Node %i', major => {
  test.each(['mjs', 'cjs'])('an app of Express begins sign-ins (%s)', async ending => {
    const node = await findNode(major)
    const project = await installed(room.folder, node, ...files, 'express@5')
    const written = readFileSync(join(__dirname, 'programs/web-app.mjs'), 'utf8')
    writeFileSync(join(project, `program.${ending}`), ending === 'cjs' ? required(written) : written)
    const printed = await run({ command: node, args: [`program.${ending}`], cwd: project })
    expect(JSON.parse(printed)).toEqual({
      node: String(major),
      answers: [
        [401, 'http://none', ''],
        [303, 'https://login.example.com', '__Host-session; Path=/; HttpOnly; Secure; SameSite=Lax'],
        [400, 'http://none', ''],
      ],
      kept: 1,
    })
  })
})

describe('its types', () => {
  test.each([
    ['Express 5', ['@types/node@20', '@types/express@5', 'ioredis@5']],
    ['Express 4', ['@types/node@26', '@types/express@4', 'ioredis@6']],
  ])('are right beside those of %s and ioredis: for modules, CommonJS and bundlers', async (_name, packages) => {
    const project = await installed(room.folder, process.execPath, ...files, ...packages)
    for (const resolution of resolutions) await typeCheck(project, resolution, { consumer: withBrowserSessions })
  })
})
