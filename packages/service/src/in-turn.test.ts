import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import request from 'supertest'
import { inTurn } from './in-turn.ts'
import { serve } from './testing.ts'

type Made = (seen: string[]) => RequestHandler

/** What became of a request that went through these handlers as one. */
const through = async (...handlers: Made[]) => {
  const seen: string[] = []
  const app = express()
  app.use(inTurn(handlers.map(make => make(seen))))
  app.get('/', (_req, res) => {
    seen.push('route')
    res.end()
  })
  app.use(((error, _req, res, _next) => {
    seen.push(`error: ${error.message}`)
    res.end()
  }) satisfies ErrorRequestHandler)
  const server = await serve(app)
  await request(server.url).get('/')
  await server.close()
  return seen
}

const says =
  (word: string): Made =>
  seen =>
  (_req, _res, next) => {
    seen.push(word)
    next()
  }

describe('handlers in turn', () => {
  test('come one after the other, and then the route', async () => {
    expect(await through(says('a'), says('b'), says('c'))).toEqual(['a', 'b', 'c', 'route'])
    expect(await through()).toEqual(['route'])
  })

  test('end where one answers', async () => {
    const answers: Made = () => (_req, res) => void res.end()
    expect(await through(says('a'), answers, says('b'))).toEqual(['a'])
  })

  test('end where one throws, or hands on an error', async () => {
    const throws: Made = () => () => {
      throw new Error('thrown')
    }
    const hands: Made = () => (_req, _res, next) => next(new Error('handed'))
    expect(await through(says('a'), throws, says('b'))).toEqual(['a', 'error: thrown'])
    expect(await through(says('a'), hands, says('b'))).toEqual(['a', 'error: handed'])
  })

  test('may go on later', async () => {
    const later: Made = () => (_req, _res, next) => void setImmediate(() => next())
    expect(await through(says('a'), later, says('b'))).toEqual(['a', 'b', 'route'])
  })
})
