import express from 'express'
import request from 'supertest'
import { setCookies } from '../testing/index.ts'
import { createSetCookie } from './set-cookie.ts'

const start = 1_800_000_000_000

/** What Express sets for the same cookie at the same time. */
const byExpress = async (name: string, value: string, maxAgeS: number, options: object, now: number) => {
  const app = express()
  app.get('/', (_req, res) => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now)
    res.cookie(name, value, { httpOnly: true, maxAge: maxAgeS * 1000, ...options })
    clock.mockRestore()
    res.end()
  })
  return setCookies(await request(app).get('/'))
}

describe('a cookie', () => {
  test.each([
    { path: '/', secure: true, sameSite: 'lax' as const },
    { path: '/api', secure: false, sameSite: 'strict' as const },
    { path: '/api', secure: true, sameSite: 'none' as const },
  ])('with %j is the one that Express sets', async options => {
    let now = start
    const set = createSetCookie({ name: 'xid_refresh', ...options }, () => now)
    const uses: [string, number, number][] = [
      ['a.b-c_D', 300, 0],
      ['another', 300, 0],
      ['another', 300, 999],
      ['another', 300, 1],
      ['another', 299, 0],
      ['another', 300, 86_400_000],
      ['another', 2_592_000, 0],
      ['another', 2_592_000, -86_400_000],
    ]
    for (const [value, maxAgeS, later] of uses) {
      now += later
      expect([set(value, maxAgeS)]).toEqual(await byExpress('xid_refresh', value, maxAgeS, options, now))
    }
  })
})
