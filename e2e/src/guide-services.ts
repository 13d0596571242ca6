/** The services of the guides to protecting one and to API tokens, started as they are written. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@auth-pair/dev/free-port'
import { type DocumentedCode, documentedCode } from './documented-code.ts'
import { type Running, root, start } from './pair.ts'

export const page = 'docs/guide-protect-a-service.md'
export const blocks = documentedCode(page)

const packages = [
  ...['@auth-pair/access-token', 'express', 'fastify', 'hono', '@hono/node-server'],
  ...['@types/node', '@types/express'],
]

export interface Service {
  /** The file that is run. */
  readonly file: string
  /** The other form of a file, where the page shows one. */
  readonly variant?: string
  /** What stands in for the addresses of the page. */
  readonly authUrl: string
  readonly otherIssuer?: string
  /** The auth-server's secret. */
  readonly secret: string
  /** The code of the page; of the guide to protecting a service unless said otherwise. */
  readonly code?: readonly DocumentedCode[]
  /** What else is in its environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** The package that stands under the name of Express. */
  readonly express?: 'express' | 'express-4'
}

/** A folder with the files of the page as they are written, but for the addresses, where exactly the packages it names are installed. */
export const writeProject = (service: Service): string => {
  const { variant, authUrl, otherIssuer = '', express = 'express', code: given = blocks } = service
  const folder = mkdtempSync(join(tmpdir(), 'guide-'))
  for (const name of packages) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name === 'express' ? express : name), link)
  }
  for (const { attributes, code } of given) {
    if (!attributes.file || (attributes.variant !== undefined && attributes.variant !== variant)) continue
    const here = code.replaceAll('http://localhost:3000', authUrl).replaceAll('https://login.example.com', otherIssuer)
    writeFileSync(join(folder, attributes.file), here)
  }
  return folder
}

/** Starts a service and gives what asks it, once it listens. */
export const startService = async (service: Service) => {
  const [folder, port] = [writeProject(service), await freePort()]
  const running = start(process.execPath, [join(folder, service.file)], {
    PORT: String(port),
    JWT_ACCESS_SECRET: service.secret,
    ...service.environment,
  })
  const answers = async () => (await fetch(`http://127.0.0.1:${port}`).catch(() => undefined)) !== undefined
  await until(running, answers)
  const ask = async (authorization: readonly string[], method = 'GET') => {
    const headers = ['Host', 'x', 'Connection', 'close', ...authorization.flatMap(value => ['Authorization', value])]
    const sent = request({ port, host: '127.0.0.1', path: '/orders', method, headers }).end()
    const [res] = await once(sent, 'response')
    const { 'content-type': type, 'www-authenticate': challenge, 'cache-control': cache } = res.headers
    return { status: res.statusCode, type, challenge, cache, body: JSON.parse(await text(res)) }
  }
  return { running, ask, statusOf: async (token: string) => (await ask([`Bearer ${token}`])).status }
}

/** Waits until something is so, for as long as the service runs and at most ten seconds. */
export const until = async ({ child, output }: Running, done: () => boolean | Promise<boolean>): Promise<void> => {
  for (const began = performance.now(); !(await done()); await wait(10)) {
    if (child.exitCode !== null || performance.now() - began > 10_000) throw new Error(`the service says:\n${output()}`)
  }
}
