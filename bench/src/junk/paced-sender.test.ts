import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPacedSender } from './start-paced-sender.ts'

const dir = mkdtempSync(join(tmpdir(), 'bench-paced-'))
const file = join(dir, 'tokens')
writeFileSync(file, 'Bearer a\nBearer b\n')
afterAll(() => rmSync(dir, { recursive: true }))

const withServer = async (listener: RequestListener, then: (port: number) => Promise<void>): Promise<void> => {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  await then((server.address() as AddressInfo).port).finally(() => {
    server.closeAllConnections()
    server.close()
  })
}

test('what is sent is counted when it is answered, and refusals among it', async () => {
  const seen: string[] = []
  let seenEnough: () => void
  const enough = new Promise<void>(resolve => {
    seenEnough = resolve
  })
  await withServer(
    (req, res) => {
      seen.push(`${req.url} ${req.headers.authorization}`)
      if (seen.length === 100) seenEnough()
      res.statusCode = req.headers.authorization === 'Bearer a' ? 401 : 200
      res.end('HTTP')
    },
    async port => {
      const sender = startPacedSender({ port, path: '/x', connections: 2, perSecond: 500, file })
      await enough
      const { sent, answered, refused, unsent } = await sender.counts()
      await sender.stop()
      expect([...new Set(seen)].sort()).toEqual(['/x Bearer a', '/x Bearer b'])
      expect(unsent).toBe(0)
      expect(answered).toBeLessThanOrEqual(sent)
      expect(answered).toBeGreaterThan(50)
      expect(Math.abs(refused - answered / 2)).toBeLessThanOrEqual(3)
    },
  )
})

test('a server that does not answer gets no more than a connection can have under way', async () => {
  let seen = 0
  let seenAll: () => void
  const all = new Promise<void>(resolve => {
    seenAll = resolve
  })
  await withServer(
    () => {
      // the requests behind the first of a connection wait for its answer
      if (++seen === 2) seenAll()
    },
    async port => {
      const sender = startPacedSender({ port, path: '/x', connections: 2, perSecond: 5000, file })
      await all
      let counts = await sender.counts()
      while (counts.unsent < 500) counts = await sender.counts()
      await sender.stop()
      expect(counts).toMatchObject({ sent: 200, answered: 0 })
    },
  )
})
