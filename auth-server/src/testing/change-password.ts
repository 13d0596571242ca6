import { auditRows } from './audit-rows.ts'
import { goodPassword, type signUp, type TestServer } from './index.ts'

export const newPassword = 'another horse, another battery'
export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** What tests of changed passwords ask a server; the one of the suite, unless another is given. */
export const askAboutPasswords = (own: () => TestServer) => {
  const change = (headers: Record<string, string>, body: object = {}, at = own()) =>
    at.http
      .post('/api/password')
      .set(headers)
      .send({ currentPassword: goodPassword, newPassword, ...body })
  const signIn = (email: string, password: string, at = own()) =>
    at.http.post('/api/signin').send({ email, password, tokenTransport: 'body' })
  const refresh = (refreshToken: string, at = own()) => at.http.post('/api/refresh').send({ refreshToken })
  const whoAmI = (token: string, at = own()) => at.http.get('/api/auth/user').set(bearer(token))
  const sql = (name: string, text: string, values: unknown[]) =>
    own().postgres.write<Record<string, unknown>>({ name: `test-${name}`, text }, values)
  const hashOf = async (id: string) =>
    (await sql('hash', 'select password_hash as hash from users where id = $1', [id]))[0]?.hash
  const eventsOf = async (id: string) => (await auditRows(own().postgres, 'user_id', id)).map(({ event }) => event)

  /** Nothing has changed: the old password opens, the old session lives, and nothing is in the record. */
  const expectUntouched = async ({ email, user, accessToken, refreshToken }: Awaited<ReturnType<typeof signUp>>) => {
    expect((await whoAmI(accessToken)).status).toBe(200)
    expect((await refresh(refreshToken)).status).toBe(200)
    expect((await signIn(email, newPassword)).status).toBe(401)
    expect((await signIn(email, goodPassword)).status).toBe(200)
    expect(await eventsOf(user.id)).not.toContain('password-changed')
  }
  return { change, signIn, refresh, whoAmI, sql, hashOf, eventsOf, expectUntouched }
}
