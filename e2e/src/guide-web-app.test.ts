import { randomBytes } from 'node:crypto'
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { createBrowser } from '@auth-pair/web-app/testing'
import { documentedCode } from './documented-code.ts'
import { npmStart, type Running, root, start, stopAll } from './pair.ts'

jest.setTimeout(90_000)

const blocks = documentedCode('docs/guide-web-app.md')
const { TEST_REDIS_URL: redisUrl = '' } = process.env
const secret = randomBytes(48).toString('base64')
// the app keeps its sessions in a Redis of its own
const onRedis = redisUrl ? describe : describe.skip

let pair: Awaited<ReturnType<typeof npmStart>>
let app: Running
let url: string
beforeAll(async () => {
  if (!redisUrl) return
  const port = await freePort()
  url = `http://localhost:${port}`
  pair = await npmStart({
    EMBEDDED_REDIS: 'memory',
    JWT_ACCESS_SECRET: secret,
    RETURN_ADDRESSES: `${url}/signed-in`,
  })
  await pair.untilReady()
  const folder = mkdtempSync(join(tmpdir(), 'documented-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [{ code = '' } = {}] = blocks.filter(({ attributes }) => attributes.file === 'app.mjs')
  const here = code.replaceAll('localhost:8080', `localhost:${port}`).replace('listen(8080)', `listen(${port})`)
  const file = join(folder, 'app.mjs')
  writeFileSync(file, here.replaceAll('http://localhost:3000', pair.authUrl))
  const sessionSecret = randomBytes(48).toString('base64')
  app = start(process.execPath, [file], {
    JWT_ACCESS_SECRET: secret,
    SESSION_SECRET: sessionSecret,
    REDIS_URL: redisUrl,
  })
  while ((await fetch(url).catch(() => undefined)) === undefined) {
    if (app.child.exitCode !== null) throw new Error(app.output())
    await wait(20)
  }
})
afterAll(stopAll)

onRedis('the guide to web apps', () => {
  test('has an app that leads people to the sign-in, and answers others', async () => {
    expect(await (await fetch(url)).text()).toContain('My orders')
    expect((await fetch(`${url}/orders`, { redirect: 'manual' })).status).toBe(401)
    const begun = await fetch(`${url}/sign-in?return_to=/orders`, { redirect: 'manual' })
    const { origin, pathname, searchParams } = new URL(begun.headers.get('Location') ?? '')
    expect([begun.status, origin, pathname]).toEqual([303, pair.authUrl, '/api/authorize'])
    expect(searchParams.get('redirect_uri')).toBe(`${url}/signed-in`)
    const foreign = { method: 'POST', headers: { Origin: 'http://evil.example' } }
    expect((await fetch(`${url}/sign-out`, foreign)).status).toBe(403)
    expect(app.output()).toBe('')
  })
  test('signs in with one click who is signed in at the auth-server, shows no token, and signs out everywhere', async () => {
    const browser = createBrowser()
    const post = (address: string, body?: object) =>
      browser.ask(address, {
        method: 'POST',
        headers: { Origin: new URL(address).origin, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
    const person = { email: 'ada@example.com', password: 'correct horse battery' }
    const signedUp = await post(`${pair.authUrl}/api/signup`, person)
    const { user } = JSON.parse(signedUp.body)
    const first = await browser.ask(`${url}/orders`)
    expect([first.status, first.way.map(address => new URL(address).pathname)]).toEqual([
      200,
      ['/orders', '/sign-in', '/api/authorize', '/signed-in', '/orders'],
    ])
    expect(first.body).toContain(`${user.id}, visit 1`)
    expect((await browser.ask(`${url}/orders`)).body).toContain(`${user.id}, visit 2`)
    expect([...browser.cookies(url).keys()]).toEqual([`session-${new URL(url).port}`])
    expect(first.body).not.toContain('eyJ')
    const signedOut = await post(`${url}/sign-out`)
    expect(signedOut.way).toEqual([`${url}/sign-out`, `${url}/`])
    expect((await browser.ask(`${url}/orders`, { follow: false })).status).toBe(303)
    // those that were opened from one sign-in end together
    const who = await browser.ask(`${pair.authUrl}/api/auth/user`, { headers: { Accept: 'application/json' } })
    expect(who.status).toBe(401)
    expect(app.output()).toBe('')
  })
})
