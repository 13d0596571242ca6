import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { revocationsPath } from '@auth-pair/access-token'
import type { Revocation } from '@auth-pair/access-token/pair'
import { createService, open } from '@auth-pair/service'
import { memoryLog, serve } from '@auth-pair/service/testing'
import { createFeed } from './feed.ts'
import { feedRoute } from './feed-route.ts'

const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const count = 60_000
const entry = (seq: number): Revocation => ({
  seq,
  userId: '6ebe325c-1111-4222-8333-444455556666',
  sessionId: `s${seq}`.padEnd(22, '-'),
  at: Date.now() - 60_000,
  until: Date.now() + 600_000,
})

const startFeed = async () => {
  let known = count
  let informed = true
  const feed = createFeed({
    isLoaded: () => true,
    isInformed: () => informed,
    isFresh: () => informed,
    known: () => known,
    tokenLifeMs: 3_600_000,
    now: Date.now,
  })
  feed.tell(Array.from({ length: count }, (_, i) => entry(i + 1)))
  const { log } = memoryLog()
  const routes = [feedRoute({ feed, guard: open, log })]
  const server = await serve(createService({ routes, log, https: false, corsOrigins: [], trustedProxies: [] }))
  closers.push(server.close, feed.close)
  return {
    ...server,
    feed,
    learn: (seq: number) => {
      known = Math.max(known, seq)
      feed.tell([entry(seq)])
    },
    lose: () => {
      informed = false
    },
  }
}

/** A reader that stops reading after so many bytes. */
const readerOf = async (port: number, lastEventId?: number, stopAfter = Number.POSITIVE_INFINITY) => {
  const socket: Socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('data', chunk => {
    text += chunk
    if (text.length > stopAfter) socket.pause()
  })
  const header = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`
  socket.write(`GET ${revocationsPath} HTTP/1.1\r\nHost: x\r\n${header}\r\n`)
  await once(socket, 'data')
  closers.push(() => socket.destroy())
  // an event that was cut off in the middle is none (HTML Standard, section 9.2.6)
  const events = () => text.slice(0, text.lastIndexOf('\n\n') + 1)
  return {
    socket,
    seqs: () => [...events().matchAll(/"seq":(\d+),/g)].map(([, seq]) => Number(seq)),
    ids: () => [...events().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    text: () => text,
  }
}

const until = async (done: () => boolean) => {
  for (let i = 0; !done(); i++, await wait(10)) if (i > 1000) throw new Error('not within 10 s')
}

describe('a service that reads slowly', () => {
  test('misses nothing when its connection breaks before it has caught up, whatever changed meanwhile', async () => {
    const { port, feed, learn } = await startFeed()
    const slow = await readerOf(port, undefined, 500_000)
    for (let seq = count + 1; seq <= count + 20; seq++) learn(seq)
    feed.checkpoint()
    await wait(100)
    slow.socket.destroy()
    expect(slow.seqs().length).toBeLessThan(count)
    // an id promises that everything before it has been told
    const last = slow.ids().at(-1) ?? 0
    expect(last).toBeLessThanOrEqual(Math.max(...slow.seqs()))
    const again = await readerOf(port, last)
    await until(() => again.text().includes('event: caught-up'))
    const told = new Set([...slow.seqs(), ...again.seqs()])
    expect(told.size).toBe(count + 20)
  }, 30_000)

  test('is told what changed while it caught up after all that mattered before', async () => {
    const { port, learn } = await startFeed()
    const slow = await readerOf(port, undefined, 500_000)
    learn(count + 1)
    slow.socket.removeAllListeners('data')
    let text = ''
    slow.socket.on('data', chunk => {
      text += chunk
    })
    slow.socket.resume()
    await until(() => text.includes(`"seq":${count + 1},`))
    expect(text.indexOf('event: caught-up')).toBeLessThan(text.indexOf(`"seq":${count + 1},`))
  }, 30_000)

  test('and has stopped reading does no harm to a server that stops', async () => {
    const { port, feed, learn } = await startFeed()
    await readerOf(port, undefined, 1)
    const gone = await readerOf(port, undefined, 1)
    gone.socket.resetAndDestroy()
    feed.close()
    learn(count + 1)
    feed.checkpoint()
    await wait(100)
    const res = await fetch(`http://127.0.0.1:${port}${revocationsPath}`)
    expect(res.status).toBe(503)
  }, 30_000)
})

describe('a server that hears of nothing any more', () => {
  test('ends its streams and opens none: another one may know', async () => {
    const { port, feed, lose } = await startFeed()
    const reader = await readerOf(port)
    await until(() => reader.text().includes('event: caught-up'))
    lose()
    feed.checkpoint()
    await until(() => reader.text().endsWith('\r\n0\r\n\r\n'))
    expect((await fetch(`http://127.0.0.1:${port}${revocationsPath}`)).status).toBe(503)
  }, 30_000)
})
