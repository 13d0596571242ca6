import { randomBytes } from 'node:crypto'
import { signUp, startAuthServer } from '../testing/index.ts'

const newSecret = () => randomBytes(48).toString('base64')

/** What is answered to tokens of before by a server that was started with another secret. */
const answersWith = async (changed: Record<string, string>) => {
  const before = await startAuthServer()
  const { accessToken, refreshToken } = await signUp(before)
  await before.close()
  const server = await startAuthServer({ PUBLIC_URL: before.config.publicUrl, ...changed })
  const whoAmI = (token: string) => server.http.get('/api/auth/user').set('Authorization', `Bearer ${token}`)
  const access = (await whoAmI(accessToken)).status
  const refresh = await server.http.post('/api/refresh').send({ refreshToken })
  const next = refresh.status === 200 ? (await whoAmI(refresh.body.accessToken)).status : undefined
  await server.close()
  return { access, refresh: refresh.body.code ?? refresh.status, next }
}

describe('secrets that are changed at once', () => {
  test('JWT_ACCESS_SECRET: access tokens are refused, and the session goes on', async () => {
    expect(await answersWith({ JWT_ACCESS_SECRET: newSecret() })).toEqual({ access: 401, refresh: 200, next: 200 })
  })

  test('REFRESH_TOKEN_SECRET: the session is over, and access tokens live to their end', async () => {
    expect(await answersWith({ REFRESH_TOKEN_SECRET: newSecret() })).toEqual({
      access: 200,
      refresh: 'session-ended',
      next: undefined,
    })
  })
})
