import { body } from 'express-validator'
import request from 'supertest'
import { createService } from './create-service.ts'
import { formBody } from './form-body.ts'
import { open } from './route.ts'
import { sendJson } from './send.ts'
import { memoryLog, serve } from './testing.ts'
import { validForm } from './valid-body.ts'

const token = () => body('token').isLength({ min: 1, max: 5 }).withMessage('Send the token.')
const app = createService({
  routes: [
    { method: 'post', path: '/form', guard: open, handle: [formBody, (req, res) => sendJson(res, 200, req.body)] },
    {
      method: 'post',
      path: '/checked',
      guard: open,
      handle: [formBody, validForm({ token: token() }), (req, res) => sendJson(res, 200, req.body)],
    },
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

const post = (text: string, path = '/form', type = 'application/x-www-form-urlencoded') =>
  request(server.url).post(path).set('Content-Type', type).send(text)

describe('a form', () => {
  test.each([
    ['', {}],
    ['a=1&b=2', { a: '1', b: '2' }],
    ['&a=1&&', { a: '1' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['a+b=c+d%2B%26%3D', { 'a b': 'c d+&=' }],
    ['a=%C3%A9\u00e9', { a: '\u00e9\u00e9' }],
    ['a[b]=1&c[]=2', { 'a[b]': '1', 'c[]': '2' }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('%j is read', async (text, fields) => {
    const res = await post(text)
    expect([res.status, res.body]).toEqual([200, fields])
  })

  test('cannot reach what objects inherit', async () => {
    const res = await post('__proto__=1&a=2')
    expect([res.status, res.text]).toEqual([200, '{"__proto__":"1","a":"2"}'])
  })

  test.each(['a=1&a=2', 'a=1&a=1', 'a&%61', 'a=%', 'a=%zz', 'a=%C3', 'a=%C3%28', '%FF=1', 'a=%ED%A0%80'])(
    '%j is refused',
    async text => {
      const res = await post(text)
      expect([res.status, res.body.code, res.body.error]).toEqual([400, 'malformed-request', 'invalid_request'])
    },
  )

  test('is at most 16 KiB long', async () => {
    expect((await post(`a=${'x'.repeat(16 * 1024 - 2)}`)).status).toBe(200)
    expect((await post(`a=${'x'.repeat(16 * 1024 - 1)}`)).body.code).toBe('body-too-large')
  })

  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded2',
  ])('is not of type %s', async type => {
    const res = await post('a=1', '/form', type)
    expect([res.status, res.body.code]).toEqual([415, 'unsupported-media-type'])
    expect(res.body.detail).toBe('Send Content-Type: application/x-www-form-urlencoded.')
  })

  test('may say that it is UTF-8, and nothing else', async () => {
    expect((await post('a=1', '/form', 'Application/X-WWW-Form-Urlencoded; charset=UTF-8')).status).toBe(200)
    expect((await post('a=1', '/form', 'application/x-www-form-urlencoded; charset=latin1')).status).toBe(415)
  })
})

describe('the fields of a form', () => {
  test('are checked, and told of in the words of OAuth', async () => {
    for (const text of ['', 'token=', 'token=123456']) {
      const res = await post(text, '/checked')
      expect([res.status, res.body.code, res.body.error]).toEqual([400, 'invalid-input', 'invalid_request'])
      expect(res.body.errors).toEqual([{ path: 'token', message: 'Send the token.' }])
    }
  })

  test('may have others beside them', async () => {
    const res = await post('token=1&token_type_hint=x', '/checked')
    expect([res.status, res.body]).toEqual([200, { token: '1', token_type_hint: 'x' }])
  })
})
