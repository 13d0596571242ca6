import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { freePort } from '../free-port.ts'
import { createAsk } from './ask.ts'
import { checkPlainHttp } from './check-plain-http.ts'
import { show } from './finding.ts'
import { type Between, diagnose, only, startBetween } from './testing/index.ts'

const closing: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Something that takes connections and does this with them. */
const startRaw = async (meet: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}))
    meet(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const answering = async (instead: Between['instead']) => {
  const { url, close } = await startBetween('http://127.0.0.1:9', { ...(instead && { instead }) })
  closing.push(close)
  return url
}

/** What is found at once, of a server of which nothing else is asked. */
const at = async (url: string, requestMs = 5000) => {
  const result = await diagnose([url], { requestMs })
  expect([result.code, only(result, 'ok')]).toEqual([1, []])
  expect(only(result, 'left out')).toContain('rest: Nothing else was asked of it.')
  return only(result)
}

test('a port on which nobody listens', async () => {
  const port = await freePort()
  expect(await at(`http://127.0.0.1:${port}`)).toEqual([
    `reachable: Nobody listens at 127.0.0.1:${port}. Is the server started, is the port right, and is there a firewall?`,
  ])
})

test('a server that hangs is waited for once', async () => {
  const host = await startRaw(() => {})
  expect(await at(`http://${host}`, 400)).toEqual([`reachable: ${host} has not answered /health/live within 0.4 s.`])
  expect(await at(`https://${host}`, 400)).toEqual([`certificate: ${host} has not answered within 0.4 s.`])
})

test('a server that begins an answer and hangs is waited for no longer', async () => {
  const host = await startRaw(socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{'))
  expect(await at(`http://${host}`, 400)).toEqual([`reachable: ${host} has not answered /health/live within 0.4 s.`])
})

test('what does not speak HTTP, or no TLS, or closes', async () => {
  const redis = await startRaw(socket => socket.end('-ERR unknown command\r\n'))
  expect(await at(`http://${redis}`)).toEqual([
    'reachable: What answers there does not speak HTTP. Is it to be reached by https://?',
  ])
  expect(await at(`https://${redis}`)).toEqual([
    `certificate: There is no TLS at ${redis}. Is it to be reached by http://?`,
  ])
  const closes = await startRaw(socket => socket.destroy())
  expect(await at(`http://${closes}`)).toEqual([
    `reachable: ${closes} takes the connection and closes it without an answer.`,
  ])
})

test('another web site, one that says 200 to everything, and one that leads elsewhere', async () => {
  const site = await answering((_req, res) => !!res.writeHead(404).end('<h1>Not found</h1>'))
  expect(await at(site)).toEqual([
    'reachable: Something answers, but it is not an auth-server: /health/live gives 404. Is it the right URL?',
  ])
  const page = await answering((_req, res) => !!res.writeHead(200).end('<h1>Welcome</h1>'))
  expect(await at(page)).toEqual([
    'reachable: Something answers, but it is not an auth-server: /health/live gives something else than JSON that says so. Is it the right URL?',
  ])
  const moved = await answering((_req, res) => !!res.writeHead(301, { Location: 'https://new.example.com/' }).end())
  expect(await at(moved)).toEqual([
    'reachable: /health/live leads to "https://new.example.com/". That is not followed: give that URL.',
  ])
})

test('an answer without an end is not read for ever', async () => {
  const endless = await answering((_req, res) => !!res.writeHead(200).write('x'.repeat(2 ** 21)))
  expect(await at(endless)).toEqual([`reachable: ${new URL(endless).host} answers /health/live without an end.`])
})

test('the doctor gives up after a time, whatever is left, and says so', async () => {
  const slow = await answering((req, res) => {
    if (req.url === '/health/live') res.writeHead(200).end('{"status":"ok"}')
    return true
  })
  const result = await diagnose([slow], { totalMs: 300 })
  expect([result.code, only(result)]).toEqual([1, ['rest: The servers are too slow: not through after 0.3 s.']])
})

describe('plain http beside https', () => {
  const ask = createAsk({ signal: new AbortController().signal })
  test.each([
    ['leads to https', 301, 'https://127.0.0.1/', { level: 'ok', text: 'Plain http leads to https.' }],
    [
      'leads elsewhere',
      302,
      'http://127.0.0.1/x',
      { level: 'wrong', text: 'Plain http leads to "http://127.0.0.1/x", not to https at the same name.' },
    ],
    ['is refused', 403, '', { level: 'ok', text: 'Plain http is refused (403).' }],
    ['is served', 200, '', { level: 'wrong', text: expect.stringMatching(/^Plain http is served, too/) }],
  ])('that %s', async (_name, status, location, verdict) => {
    const url = await answering((_req, res) => !!res.writeHead(status, location ? { Location: location } : {}).end())
    const { level, text } = await checkPlainHttp(new URL(url), ask)
    expect({ level, text: show(text, []) }).toEqual(verdict)
  })

  test('that nobody answers', async () => {
    expect(await checkPlainHttp(new URL(`http://127.0.0.1:${await freePort()}`), ask)).toEqual({
      level: 'note',
      text: expect.stringMatching(/^Plain http is not answered\./),
    })
  })
})
