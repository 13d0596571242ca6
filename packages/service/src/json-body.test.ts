import { gzipSync } from 'node:zlib'
import request from 'supertest'
import { createService } from './create-service.ts'
import { jsonBody, optionalJsonBody } from './json-body.ts'
import { open } from './route.ts'
import { sendJson } from './send.ts'
import { memoryLog, sendRaw, serve } from './testing.ts'

let handled = 0
const echo = [
  (req: { body: unknown }, res: never) => {
    handled++
    sendJson(res, 200, { body: req.body })
  },
] as never
const app = createService({
  routes: [
    { method: 'post', path: '/json', guard: open, handle: [jsonBody, ...echo] },
    { method: 'post', path: '/optional', guard: open, handle: [optionalJsonBody, ...echo] },
  ],
  log: memoryLog().log,
  https: false,
  corsOrigins: [],
  trustedProxies: [],
})
let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  server = await serve(app)
})
afterAll(() => server.close())
beforeEach(() => {
  handled = 0
})

const post = (body: string | Buffer, type: string | undefined = 'application/json', path = '/json') => {
  const req = request(server.url).post(path).set('Content-Type', type)
  return Buffer.isBuffer(body) ? req.serialize(() => body as never).send(body as never) : req.send(body)
}
const raw = (headers: string, body: string | Buffer) =>
  sendRaw(
    server.port,
    Buffer.concat([Buffer.from(`POST /json HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`), Buffer.from(body)]),
  )

describe('a body', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
  ])('of %s is read', async type => {
    expect((await post('{"a":"é"}', type)).body).toEqual({ body: { a: 'é' } })
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'application/json; profile=x',
    'application/jsonp',
    'application/problem+json',
    'text/json',
    'application/json, text/plain',
  ])('of %s is not', async type => {
    const res = await post('{"a":1}', type)
    expect([res.status, res.body.code, handled]).toEqual([415, 'unsupported-media-type', 0])
  })

  test('without a type is not', async () => {
    expect(await raw('Content-Length: 2', '{}')).toMatch(/^HTTP\/1.1 415 /)
    expect(handled).toBe(0)
  })

  test.each(['gzip', 'deflate', 'br', 'identity, gzip', 'x'])('compressed by %s is not', async encoding => {
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    const text = await raw(
      `Content-Type: application/json\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${bomb.length}`,
      bomb,
    )
    expect(text).toMatch(/^HTTP\/1.1 415 /)
  })

  test.each(['{', '{"a":1', "{'a':1}", '{"a":1}}', 'nonsense', '{"a":01}', '{"a":NaN}', '[1,]', '\ufeff{}', ''])(
    '%j is not JSON',
    async body => {
      const res = await post(body)
      expect([res.status, res.body.code]).toEqual([400, 'malformed-request'])
      expect(res.text).not.toContain('nonsense')
    },
  )

  test.each(['[]', '[{"a":1}]', 'null', '"text"', '5', 'true'])('%s is not an object', async body => {
    const res = await post(body)
    expect([res.status, res.body.code, res.body.errors]).toEqual([
      400,
      'invalid-input',
      [{ path: '', message: 'The body has to be one JSON object.' }],
    ])
  })

  test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])(
    'with the bytes %j is not UTF-8',
    async bytes => {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
      const text = await raw(`Content-Type: application/json\r\nContent-Length: ${body.length}`, body)
      expect(text).toMatch(/^HTTP\/1.1 400 /)
      expect(text).toContain('malformed-request')
      expect(handled).toBe(0)
    },
  )

  test('of 16 KiB is read, of one byte more is not', async () => {
    const of = (size: number) => `{"a":"${'x'.repeat(size - 8)}"}`
    expect((await post(of(16_384))).status).toBe(200)
    const res = await post(of(16_385))
    expect([res.status, res.body.code]).toEqual([413, 'body-too-large'])
  })

  test('that announces a gigabyte is refused at once, and the connection closed', async () => {
    const text = await raw('Content-Type: application/json\r\nContent-Length: 1073741824', '{"a":"')
    expect(text).toMatch(/^HTTP\/1.1 413 /)
    expect(text).toContain('Connection: close')
  })

  test('that never ends is cut off', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const text = await raw('Content-Type: application/json\r\nTransfer-Encoding: chunked', chunk.repeat(10))
    expect(text).toMatch(/^HTTP\/1.1 413 /)
    expect(handled).toBe(0)
  })

  test.each([
    ['nested deep', '{"a":'.repeat(2700)],
    ['nested deep and closed', `${'['.repeat(8000)}${']'.repeat(8000)}`],
    ['a long list', `{"a":[${'0,'.repeat(8000)}0]}`],
    ['a long key', `{"${'k'.repeat(16_000)}":1}`],
  ])('that is %s harms nobody', async (_, body) => {
    const began = performance.now()
    expect([200, 400, 413]).toContain((await post(body)).status)
    expect((await post('{}')).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('cannot change what every object has', async () => {
    await post('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}')
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  test('with a repeated key: the last one counts, everywhere', async () => {
    expect((await post('{"a":1,"a":2}')).body).toEqual({ body: { a: 2 } })
  })
})

describe('an optional body', () => {
  test('may be missing, with or without a type', async () => {
    expect((await request(server.url).post('/optional')).body).toEqual({ body: {} })
    expect((await request(server.url).post('/optional').set('Content-Type', 'text/plain')).body).toEqual({ body: {} })
  })

  test('is as strict when it is there', async () => {
    expect((await post('a=1', 'application/x-www-form-urlencoded', '/optional')).status).toBe(415)
    expect((await post('[]', 'application/json', '/optional')).status).toBe(400)
    expect((await post('{"a":1}', 'application/json', '/optional')).body).toEqual({ body: { a: 1 } })
  })
})
