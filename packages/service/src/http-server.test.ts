import { connect } from 'node:net'
import { createService } from './create-service.ts'
import { httpLimits } from './http-server.ts'
import { jsonBody } from './json-body.ts'
import { open } from './route.ts'
import { sendJson } from './send.ts'
import { memoryLog, sendRaw, serve } from './testing.ts'

let handled: string[] = []
const app = createService({
  routes: [
    {
      method: 'get',
      path: '/a',
      guard: open,
      handle: [
        (req, res) => {
          handled.push(req.url)
          sendJson(res, 200, {})
        },
      ],
    },
    {
      method: 'post',
      path: '/a',
      guard: open,
      handle: [
        jsonBody,
        (req, res) => {
          handled.push(req.url)
          sendJson(res, 200, {})
        },
      ],
    },
  ],
  log: memoryLog().log,
  https: false,
  corsOrigins: [],
  trustedProxies: [],
})

const limits = { ...httpLimits, headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 }
let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  server = await serve(app, { limits })
})
afterAll(() => server.close())
beforeEach(() => {
  handled = []
})

const answers = (text: string) => text.match(/HTTP\/1\.1 \d{3}/g) ?? []
const hidden = 'GET /a?hidden HTTP/1.1\r\nHost: x\r\n\r\n'

describe('requests that two parsers read in two ways', () => {
  test.each([
    ['a length and chunks', 'Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 6', `0\r\n\r\n${hidden}`],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 44', `{}${hidden}`],
    ['two lengths in one', 'Content-Length: 2, 44', `{}${hidden}`],
    ['a length with a sign', 'Content-Length: +2', '{}'],
    ['a length below nothing', 'Content-Length: -2', '{}'],
    ['a length in hexadecimal', 'Content-Length: 0x2', '{}'],
    ['a length with a space in it', 'Content-Length: 2 4', `{}${hidden}`],
    ['a space before the name', ' Content-Length: 2', '{}'],
    ['a space behind the name', 'Content-Length : 2', '{}'],
    ['a folded header', 'X-A: b\r\n Content-Length: 2', '{}'],
    ['an unknown transfer coding', 'Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`],
    ['chunks that are not last', 'Transfer-Encoding: chunked, identity', `0\r\n\r\n${hidden}`],
    ['chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`],
    ['a tab in the coding', 'Transfer-Encoding:\tchunked\x0b', `0\r\n\r\n${hidden}`],
    ['a bad chunk size', 'Transfer-Encoding: chunked', `zz\r\n\r\n${hidden}`],
    ['a negative chunk size', 'Transfer-Encoding: chunked', `-1\r\n\r\n${hidden}`],
    ['a chunk that is longer than it says', 'Transfer-Encoding: chunked', `2\r\n{}}}\r\n0\r\n\r\n${hidden}`],
    ['a line feed alone in the chunks', 'Transfer-Encoding: chunked', `2\n{}\n0\n\n${hidden}`],
    ['a carriage return alone', 'X-A: b\rContent-Length: 2', '{}'],
    ['a NUL in a header', 'X-A: b\0c\r\nContent-Length: 2', '{}'],
    ['a header without a name', ': b\r\nContent-Length: 2', '{}'],
    ['a header without a colon', 'Nonsense\r\nContent-Length: 2', '{}'],
  ])('%s: refused, and nothing behind it is served', async (_, headers, body) => {
    const text = await sendRaw(
      server.port,
      `POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`,
    )
    expect(answers(text)).toEqual(['HTTP/1.1 400'])
    expect(handled).toEqual([])
    expect(text).toContain('"code":"malformed-request"')
    expect(text).toContain('Connection: close')
  })

  test.each([
    ['an end of headers with a letter in it', `GET /a HTTP/1.1\r\nHost: x\r\n\rX\r\n\r\n${hidden}`],
    ['another protocol', 'GET /a HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a method in small letters', 'get /a HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an invented method', 'FOO /a HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s: refused', async (_, bytes) => {
    const text = await sendRaw(server.port, Buffer.from(bytes, 'latin1'))
    expect(answers(text)).toEqual(['HTTP/1.1 400'])
    expect(handled).toEqual([])
    expect(text).toContain('X-Content-Type-Options: nosniff')
  })

  test.each([
    'http://',
    'http://[',
    'http://x:y/',
    'http://a[/',
    'nonsense',
    'evil.test:443',
    'a://b',
    'a://b?x',
    'mailto:x',
  ])('the target %s leads nowhere, with our headers', async target => {
    const text = await sendRaw(server.port, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    // Node's parser takes some of them for nothing at all
    expect(['HTTP/1.1 400', 'HTTP/1.1 404']).toContain(answers(text).join())
    expect(text).toContain('"code":')
    expect(text).toMatch(/X-Request-Id: \S/)
    expect(text).toContain('Cache-Control: no-store')
  })

  test('such a target behind another request ends nothing and nobody', async () => {
    const post = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
    for (const target of ['http://[', 'http://a:99999999/', 'a://b']) {
      const text = await sendRaw(server.port, `${post}GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`)
      expect(answers(text)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
    }
  })

  test('CONNECT is refused in words', async () => {
    const text = await sendRaw(server.port, 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n')
    expect(answers(text)).toEqual(['HTTP/1.1 400'])
    expect(text).toContain('malformed-request')
  })

  test('clients that ask for what is refused and reset the connection end nobody', async () => {
    for (const request of [
      'CONNECT evil.test:443 HTTP/1.1\r\nHost: x\r\n\r\n',
      'FOO / HTTP/1.1\r\n\r\n',
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
      for (let i = 0; i < 100; i++) {
        await new Promise<void>(resolve => {
          const socket = connect(server.port, '127.0.0.1', () => {
            socket.write(request)
            setImmediate(() => socket.resetAndDestroy())
          })
          socket.on('error', () => {})
          socket.on('close', () => resolve())
        })
      }
    }
    expect(answers(await sendRaw(server.port, hidden))).toEqual(['HTTP/1.1 200'])
  })

  test('two Hosts: refused', async () => {
    const text = await sendRaw(server.port, 'GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n')
    expect(answers(text)).toEqual(['HTTP/1.1 400'])
    expect(handled).toEqual([])
  })

  test('a whole URL as target is its path', async () => {
    const text = await sendRaw(
      server.port,
      'GET http://anywhere.test/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect(answers(text)).toEqual(['HTTP/1.1 200'])
  })

  test('no Host: refused with our headers', async () => {
    const text = await sendRaw(server.port, 'GET /a HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(answers(text)).toEqual(['HTTP/1.1 400'])
    expect(text).toContain('The Host header is missing')
    expect(text).toContain('X-Content-Type-Options: nosniff')
  })

  test('two proper requests on one connection are two', async () => {
    const text = await sendRaw(server.port, hidden.repeat(2))
    expect(answers(text)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
  })
})

describe('headers', () => {
  test.each(['Cookie', 'Authorization', 'X-Anything'])('20 KiB of %s: 431, and no echo', async name => {
    const text = await sendRaw(server.port, `GET /a HTTP/1.1\r\nHost: x\r\n${name}: ${'canary'.repeat(3400)}\r\n\r\n`)
    expect(answers(text)).toEqual(['HTTP/1.1 431'])
    expect(text).toContain('headers-too-large')
    expect(text).not.toContain('canary')
    expect(answers(await sendRaw(server.port, hidden))).toEqual(['HTTP/1.1 200'])
  })

  test.each(['__proto__: x', 'constructor: x', 'hasOwnProperty: x', 'toString: x'])('%s harms nobody', async header => {
    const text = await sendRaw(server.port, `GET /a HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`)
    expect(answers(text)).toEqual(['HTTP/1.1 200'])
  })

  test('two thousand of them harm nobody', async () => {
    const many = Array.from({ length: 2001 }, (_, i) => `a${i}:`).join('\r\n')
    expect(['HTTP/1.1 200', 'HTTP/1.1 431']).toContain(
      answers(await sendRaw(server.port, `GET /a HTTP/1.1\r\nHost: x\r\n${many}\r\n\r\n`))[0],
    )
  })

  test('that name other hosts and schemes change nothing', async () => {
    const evil = [
      'Host: evil.test',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Proto: https',
      'Forwarded: host=evil.test;proto=https',
      'X-Original-URL: /b',
    ]
    const text = await sendRaw(server.port, `GET /a HTTP/1.1\r\n${evil.join('\r\n')}\r\n\r\n`)
    expect(answers(text)).toEqual(['HTTP/1.1 200'])
    expect(text).not.toContain('evil.test')
    expect(text).not.toContain('Strict-Transport-Security')
  })
})

describe('paths', () => {
  test.each([
    ['/%', 404],
    ['//evil.test/..', 404],
    ['/%2e%2e/%2e%2e/etc/passwd', 404],
    ['/../../etc/passwd', 404],
    ['/a/../b', 404],
    ['/a%00', 404],
    [`/${'x'.repeat(8000)}`, 404],
    ['/.env', 404],
    ['/.git/config', 404],
    ['*', 404],
    ['http://evil.test/nothing', 404],
    ['/a?x=1&x=2&x[]=3&x[y]=4', 200],
    ['/a?%', 200],
  ])('%s is %i, never 500, never a redirect', async (path, status) => {
    const text = await sendRaw(server.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answers(text)).toEqual([`HTTP/1.1 ${status}`])
    expect(text).not.toMatch(/location:/i)
    expect(text).not.toContain('evil.test')
  })

  test('a control character in it: 400', async () => {
    expect(answers(await sendRaw(server.port, 'GET /a\0 HTTP/1.1\r\nHost: x\r\n\r\n'))).toEqual(['HTTP/1.1 400'])
  })
})

describe('slow clients', () => {
  test('whose headers do not come are cut off with 408', async () => {
    const text = await sendRaw(server.port, 'GET /a HTTP/1.1\r\nHost: x\r\nX-Slow: ', 3000)
    expect(answers(text)).toEqual(['HTTP/1.1 408'])
    expect(text).toContain('request-timeout')
  })

  test('whose body does not come are cut off, and no handler runs', async () => {
    const text = await sendRaw(
      server.port,
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
      3000,
    )
    expect(answers(text)).toEqual(['HTTP/1.1 408'])
    expect(handled).toEqual([])
  })

  test('do not keep others waiting', async () => {
    const slow = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1').on('error', () => {}))
    for (const socket of slow) socket.write('POST /a HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    expect(answers(await sendRaw(server.port, hidden, 2000))).toEqual(['HTTP/1.1 200'])
    for (const socket of slow) socket.destroy()
  })
})
