import { IncomingMessage, ServerResponse } from 'node:http'
import express, { type Request } from 'express'
import request from 'supertest'
import { serve } from './testing.ts'

const app = express()
app.use((req, res, next) => {
  res.locals.known = true
  req.body = 'set'
  next()
})
app.get('/', (req: Request, res) => {
  res
    .status(201)
    .set('X-Host', req.get('host'))
    .json({
      app: req.app === app && res.app === app,
      pair: req.res === res && res.req === req,
      ip: req.ip !== undefined,
      locals: res.locals,
      body: req.body,
    })
})
const asExpressMakesThem = { app: true, pair: true, ip: true, locals: { known: true }, body: 'set' }

describe('the requests and answers of a server', () => {
  test('are what Express makes of them', async () => {
    const server = await serve(app)
    const res = await request(server.url).get('/').set('Host', 'a.example')
    expect([res.status, res.headers['x-host'], res.body]).toEqual([201, 'a.example', asExpressMakesThem])
    await server.close()
  })

  test('are made with their prototype, which nobody has to change', async () => {
    const server = await serve(app)
    const changed: object[] = []
    const { setPrototypeOf } = Object
    const spy = jest.spyOn(Object, 'setPrototypeOf').mockImplementation((object, prototype) => {
      const isMessage = object instanceof IncomingMessage || object instanceof ServerResponse
      if (isMessage && Object.getPrototypeOf(object) !== prototype) changed.push(object)
      return setPrototypeOf(object, prototype)
    })
    expect((await request(server.url).get('/')).status).toBe(201)
    expect(changed).toHaveLength(0)
    spy.mockRestore()
    await server.close()
  })

  test('of two servers of one application are both right', async () => {
    const servers = [await serve(app), await serve(app)]
    for (const { url } of servers) expect((await request(url).get('/')).body).toEqual(asExpressMakesThem)
    for (const server of servers) await server.close()
  })
})
