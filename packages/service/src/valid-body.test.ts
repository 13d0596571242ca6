import type { RequestHandler } from 'express'
import { body } from 'express-validator'
import request from 'supertest'
import { createService } from './create-service.ts'
import { jsonBody, optionalJsonBody } from './json-body.ts'
import { open } from './route.ts'
import { sendJson } from './send.ts'
import { memoryLog, serve } from './testing.ts'
import { validBody } from './valid-body.ts'

let checked = 0
const counted = () => body().custom(() => ++checked > 0)
const name = () => body('name').optional().isString().withMessage('The name has to be a string.')
const required = () => body('name').isString().withMessage('Say your name.')
const handle: RequestHandler = (_req, res) => sendJson(res, 200, {})
const app = createService({
  routes: [
    {
      method: 'post',
      path: '/optional',
      guard: open,
      handle: [optionalJsonBody, validBody({ name: name(), counted: counted() }), handle],
    },
    { method: 'post', path: '/required', guard: open, handle: [jsonBody, validBody({ name: required() }), handle] },
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
  checked = 0
})

const post = (path: string) => request(server.url).post(path)

describe('a route whose body may be left out', () => {
  test('looks at no field of a request without one', async () => {
    expect((await post('/optional')).status).toBe(200)
    expect((await post('/optional').set('Content-Length', '0').set('Content-Type', 'text/plain')).status).toBe(200)
    expect(checked).toBe(0)
  })

  test.each([{}, { name: 'Ada' }])('looks at a body that is there: %j', async sent => {
    expect((await post('/optional').send(sent)).status).toBe(200)
    expect(checked).toBe(1)
  })

  test.each([
    [{ name: 5 }, [{ path: 'name', message: 'The name has to be a string.' }]],
    [{ nam: 'Ada' }, [{ path: 'nam', message: 'This field is not known here.' }]],
    [{ constructor: 1 }, [{ path: 'constructor', message: 'This field is not known here.' }]],
  ])('refuses %j', async (sent, errors) => {
    const res = await post('/optional').send(sent)
    expect([res.status, res.body.code, res.body.errors]).toEqual([400, 'invalid-input', errors])
  })
})

test('a route that wants a body refuses a request without one, and one without its fields', async () => {
  expect((await post('/required')).status).toBe(415)
  const res = await post('/required').send({})
  expect([res.status, res.body.errors]).toEqual([400, [{ path: 'name', message: 'Say your name.' }]])
})
