import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

/** A store that repeats what it is told, and remembers it. */
const startEcho = async () => {
  const heard: string[] = []
  let ended = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      heard.push(chunk.toString())
      socket.write(chunk)
    })
    socket.on('end', () => {
      ended++
      socket.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    heard: () => heard.join(''),
    ended: () => ended,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** A server under test, reduced to its socket. */
const client = (port: number) => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  const events: string[] = []
  socket.on('data', chunk => {
    text += chunk
  })
  for (const name of ['connect', 'end'] as const) socket.on(name, () => events.push(name))
  socket.on('error', error => events.push((error as NodeJS.ErrnoException).code ?? error.message))
  return {
    socket,
    text: () => text,
    events: () => events,
    say: (words: string) => socket.write(words),
  }
}

const until = async (condition: () => boolean, what: string) => {
  for (const began = performance.now(); performance.now() - began < 3000; await wait(5)) if (condition()) return
  throw new Error(`not within 3 s: ${what}`)
}

let echo: Awaited<ReturnType<typeof startEcho>>
let proxy: FaultProxy
let clients: ReturnType<typeof client>[] = []
const join = () => {
  const joined = client(proxy.port)
  clients.push(joined)
  return joined
}
/** One whose connection has carried something both ways. */
const joined = async () => {
  const one = join()
  one.say('hello ')
  await until(() => one.text() === 'hello ', 'a greeting')
  return one
}
beforeEach(async () => {
  echo = await startEcho()
  proxy = await startFaultProxy({ upstream: { host: '127.0.0.1', port: echo.port } })
})
afterEach(async () => {
  for (const { socket } of clients) socket.destroy()
  clients = []
  await proxy.close()
  echo.close()
})

describe('a fault proxy', () => {
  test('that passes carries bytes and ends both ways', async () => {
    const one = await joined()
    one.socket.end('bye')
    await until(() => one.events().includes('end'), 'the end')
    expect([one.text(), echo.heard(), echo.ended()]).toEqual(['hello bye', 'hello bye', 1])
    expect(proxy.through('redis://:secret@example.com:1234/0')).toBe(`redis://:secret@127.0.0.1:${proxy.port}/0`)
  })

  test('that refuses resets what there was, has nobody listening, and takes connections again afterwards', async () => {
    const one = await joined()
    await proxy.set('refuse')
    await until(() => one.events().includes('ECONNRESET'), 'a reset')
    const two = join()
    await until(() => two.events().length > 0, 'an answer')
    expect(two.events()).toEqual(['ECONNREFUSED'])
    await proxy.set('pass')
    await joined()
  })

  test('that is a black hole opens connections and says nothing, and afterwards delivers what was said', async () => {
    const one = await joined()
    await proxy.set('black-hole')
    const two = join()
    one.say('one')
    two.say('two')
    await until(() => two.events().includes('connect'), 'a connection')
    await wait(100)
    expect([echo.heard(), one.text(), two.text()]).toEqual(['hello ', 'hello ', ''])
    // somebody who does not wait so long is not heard to go, either
    one.socket.destroy()
    await wait(50)
    expect([echo.heard(), echo.ended()]).toEqual(['hello ', 0])
    await proxy.set('pass')
    await until(() => two.text() === 'two', 'what was said')
    await until(() => echo.ended() === 1, 'the end of the first')
    expect(echo.heard()).toMatch(/one/)
    expect([...one.events(), ...two.events()]).not.toContain('ECONNRESET')
  })

  test('that delays does so to requests and replies, in order, and not one after the other', async () => {
    const one = await joined()
    await proxy.set({ kind: 'delay', ms: 100, jitterMs: 50 })
    const began = performance.now()
    for (const word of ['a', 'b', 'c', 'd', 'e']) {
      one.say(word)
      await wait(20)
    }
    await until(() => one.text() === 'hello abcde', 'all of it, in order')
    const took = performance.now() - began
    expect(took).toBeGreaterThan(200)
    expect(took).toBeLessThan(700)
  })

  test('that is slow carries so many bytes a second', async () => {
    const one = await joined()
    await proxy.set({ kind: 'slow', bytesPerSecond: 2000 })
    const began = performance.now()
    one.say('x'.repeat(600))
    await until(() => one.text().length === 606, 'all of it')
    const took = performance.now() - began
    expect(took).toBeGreaterThan(290)
    expect(took).toBeLessThan(1500)
  })

  test('that resets after so many bytes lets exactly those through', async () => {
    const one = await joined()
    await proxy.set({ kind: 'reset-after', bytes: 10 })
    one.say('0123')
    await until(() => one.text() === 'hello 0123', 'the first four')
    one.say('456789abc')
    await until(() => one.events().includes('ECONNRESET'), 'a reset')
    expect([one.text(), echo.heard()]).toEqual(['hello 0123456789', 'hello 0123456789abc'])
  })

  test('that half-closes ends the store’s side, and the store still hears', async () => {
    const one = await joined()
    await proxy.set('half-close')
    await until(() => one.events().includes('end'), 'the end')
    for (const word of ['still ', 'here']) {
      one.say(word)
      await until(() => echo.heard().endsWith(word), 'what was said')
      await wait(20)
    }
    await proxy.set('pass')
    expect(one.text()).toBe('hello ')
    await joined()
  })

  test('that drops replies forwards requests and resets the connection in the place of the answer', async () => {
    const one = await joined()
    await proxy.set('drop-replies')
    const two = join()
    for (const each of [one, two]) {
      each.say('commit ')
      await until(() => each.events().includes('ECONNRESET'), 'a reset')
    }
    expect([one.text(), two.text(), echo.heard()]).toEqual(['hello ', '', 'hello commit commit '])
  })

  test('loses the reply to requests of a pattern as often as told, also to one that comes in pieces', async () => {
    const lost = proxy.loseReply(/insert into users/, 2)
    const [one, two, three] = [await joined(), await joined(), await joined()]
    one.say('select')
    await until(() => one.text() === 'hello select', 'an answer')
    one.say('insert ')
    await until(() => one.text().endsWith('insert '), 'an answer')
    one.say('into users')
    two.say('insert into users')
    for (const each of [one, two]) await until(() => each.events().includes('ECONNRESET'), 'a reset')
    three.say('insert into users')
    await until(() => three.text() === 'hello insert into users', 'the third answer')
    expect(echo.heard().match(/insert into users/g)).toHaveLength(3)
    expect([lost(), one.text(), two.text()]).toEqual([2, 'hello selectinsert ', 'hello '])
  })

  test('drops requests of a pattern: nobody hears them', async () => {
    const dropped = proxy.dropRequest(/commit/)
    const one = await joined()
    one.say('commit')
    await until(() => one.events().includes('ECONNRESET'), 'a reset')
    proxy.dropRequest(/commit/, 5)
    proxy.disarm()
    const two = await joined()
    two.say('commit')
    await until(() => two.text() === 'hello commit', 'the second')
    expect([dropped(), echo.heard()]).toEqual([1, 'hello hello commit'])
  })

  test('in front of a store that is down resets who comes', async () => {
    echo.close()
    const one = join()
    await until(() => one.events().includes('ECONNRESET'), 'a reset')
  })

  test('with nothing behind it is a black hole', async () => {
    const alone = await startFaultProxy()
    const one = client(alone.port)
    one.say('anybody?')
    await until(() => one.events().includes('connect'), 'a connection')
    await wait(50)
    expect(one.events()).toEqual(['connect'])
    one.socket.destroy()
    await alone.close()
  })
})

test('a process in which a fault proxy was closed while it ended a connection ends by itself', async () => {
  const program = `
    import { once } from 'node:events'
    import { connect } from 'node:net'
    import { startFaultProxy } from ${JSON.stringify(import.meta.resolve('./fault-proxy.ts'))}
    const proxy = await startFaultProxy()
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    await new Promise(resolve => setTimeout(resolve, 100))
    const halfClosed = proxy.set('half-close')
    await proxy.close()
    await halfClosed
    socket.destroy()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 4000)
  expect(await once(child, 'close')).toEqual([0, null])
  clearTimeout(tooLong)
})
