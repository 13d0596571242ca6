import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sendWithAutocannon } from './autocannon.ts'
import type { Load } from './load.ts'
import { hasWrk, sendWithWrk } from './wrk.ts'

const dir = mkdtempSync(join(tmpdir(), 'bench-load-'))
const seen = {
  count: 0,
  methods: new Set<string>(),
  tokens: new Set<string>(),
  marks: new Set<unknown>(),
  bodies: new Set<string>(),
}
const server = createServer(async (req, res) => {
  // what is under way when a test ends comes in during the next one
  if (req.url === '/body') seen.bodies.add(await text(req))
  seen.count++
  seen.methods.add(req.method ?? '')
  seen.tokens.add(req.headers.authorization ?? '')
  seen.marks.add(req.headers['x-mark'])
  res.statusCode = req.url === '/refused' ? 401 : 200
  res.end('{}')
})
let url: string
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(dir, 'tokens'), 'Bearer a\nBearer b\nBearer c\n')
})
beforeEach(() => {
  seen.count = 0
  for (const set of [seen.methods, seen.tokens, seen.marks, seen.bodies]) set.clear()
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true })
})

const senders = { ...(hasWrk() && { wrk: sendWithWrk }), autocannon: sendWithAutocannon }

describe.each(Object.entries(senders))('%s', (_name, send) => {
  const load = (more: Partial<Load> = {}): Load => ({ url, seconds: 1, connections: 4, ...more })

  test('tells as many requests as the server has seen, each with the next value in turn', async () => {
    const turns = { header: 'Authorization', file: join(dir, 'tokens') }
    const result = await send(load({ method: 'POST', headers: { 'X-Mark': 'm' }, turns }))
    expect([...seen.tokens].sort()).toEqual(['Bearer a', 'Bearer b', 'Bearer c'])
    expect({ methods: [...seen.methods], marks: [...seen.marks] }).toEqual({ methods: ['POST'], marks: ['m'] })
    // what is under way at the end has been seen and is not counted
    expect(seen.count - result.requests).toBeGreaterThanOrEqual(0)
    expect(seen.count - result.requests).toBeLessThanOrEqual(4)
    expect(result.perSecond).toBeGreaterThan(result.requests / 2)
    expect(result.perSecond).toBeLessThan(result.requests * 1.2)
    expect(result.p99Ms).toBeGreaterThanOrEqual(0)
  })

  test.each([
    ['to all', {}],
    ['in turns', { turns: { header: 'Authorization', file: join(dir, 'tokens') } }],
  ])('sends a body along (%s)', async (_how, more) => {
    const body = '{"query":"{ me { id } }","text":"a \\"quoted\\" line"}'
    const headers = { 'Content-Type': 'application/json' }
    await send(load({ url: `${url}/body`, method: 'POST', headers, body, ...more }))
    expect([...seen.bodies]).toEqual([body])
  })

  test('has no figure for a server that refuses', async () => {
    await expect(send(load({ url: `${url}/refused` }))).rejects.toThrow('errors')
  })
})
