import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { caller, inPage } from './consumers.ts'
import { findNode } from './node-versions.ts'
import { run } from './run.ts'
import { danglingNames, installed, makeRoom, manifestOf, pack, required, type Tarball } from './tarball.ts'
import { inBrowsers, resolutions, typeCheck } from './type-check.ts'

const room = makeRoom()
afterAll(room.remove)
let tarball: Tarball
let bare: string
beforeAll(async () => {
  tarball = await pack(room.folder, 'packages/client')
  bare = await installed(room.folder, process.execPath, tarball.file)
})

const user = { id: 'u', email: 'ada@example.com', confirmed: false, createdAt: '2026-01-01T00:00:00.000Z' }

describe('the tarball of @auth-pair/client', () => {
  test('holds modules, CommonJS, types and the two files for pages, and nothing else', () => {
    const others = tarball.contents.filter(name => !/^(esm|cjs)\/(core\/|browser\/)?[a-z-]+\.(js|d\.ts)$/.test(name))
    const wanted = [
      'LICENSE',
      'README.md',
      'auth-client.global.js',
      'auth-client.js',
      'cjs/package.json',
      'package.json',
    ]
    expect(others).toEqual(wanted)
    const of = (kind: string) => tarball.contents.filter(name => name.startsWith(`${kind}/`) && !name.endsWith('.json'))
    expect(of('esm').map(name => name.slice(4))).toEqual(of('cjs').map(name => name.slice(4)))
    expect(of('esm')).toEqual(expect.arrayContaining(['esm/index.js', 'esm/index.d.ts', 'esm/browser/index.js']))
    for (const name of tarball.contents) expect(name).not.toMatch(/test/)
  })

  test('has no dependencies, and points at nothing that is not there', () => {
    expect(manifestOf(bare, '@auth-pair/client')).toMatchObject({ dependencies: {}, engines: { node: '>=20' } })
    expect(danglingNames(bare, '@auth-pair/client', tarball)).toEqual([])
  })
})

describe.each([20, 26])('on Node %i', major => {
  test.each(['mjs', 'cjs'])('a program signs in, calls, and keeps its session in a file (%s)', async ending => {
    const accessToken = jwt.sign({ sub: 'u' }, randomBytes(32), { expiresIn: 300 })
    const server = createServer((req, res) => {
      const signedIn = { user, accessToken, refreshToken: 'r', tokenType: 'Bearer', expiresIn: 300 }
      const answer = req.url === '/api/signin' ? signedIn : { authorization: req.headers.authorization }
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const node = await findNode(major)
    const project = await installed(room.folder, node, tarball.file)
    const written = readFileSync(join(__dirname, 'programs/client.mjs'), 'utf8')
    writeFileSync(join(project, `program.${ending}`), ending === 'cjs' ? required(written) : written)
    const env = { URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    const printed = await run({ command: node, args: [`program.${ending}`], cwd: project, env })
    expect(JSON.parse(printed)).toEqual({
      ...{ node: String(major), user, answer: { authorization: `Bearer ${accessToken}` } },
      ...{ isKnown: true, code: 'foreign-origin', again: accessToken },
    })
    server.close()
  })
})

describe('its types', () => {
  test('are right in Node: for modules, CommonJS and bundlers', async () => {
    const project = await installed(room.folder, process.execPath, tarball.file, '@types/node@20')
    for (const resolution of resolutions) await typeCheck(project, resolution, { consumer: caller })
  })

  test('are right in a page, which has nothing of Node', async () => {
    for (const resolution of resolutions.filter(({ endings }) => endings.includes('ts')))
      await typeCheck(bare, resolution, { consumer: inPage }, inBrowsers)
  })
})
