import { freshEmail, goodPassword, startAuthServer, type TestServer } from '@auth-pair/auth-server/testing'
import { AuthError, type Change, createAuthClient, memoryStore } from './index.ts'
import { type Front, startFront } from './testing/front.ts'
import { lifeMs, movedClock } from './testing/moved-clock.ts'

let server: TestServer
let front: Front
beforeAll(async () => {
  server = await startAuthServer()
})
beforeEach(async () => {
  front = await startFront(server.url)
})
afterEach(() => front.close())
afterAll(() => server.close())

const newPassword = 'another horse, another battery'
const signedUp = async () => {
  const { clock, ...time } = movedClock()
  const [store, email] = [memoryStore(), freshEmail()]
  const client = createAuthClient({ url: front.url, store, clock })
  const user = await client.signUp({ email, password: goodPassword })
  const changes: Change[] = []
  client.onChange(change => changes.push(change))
  return { client, store, email, user, changes, ...time }
}

describe('client.changePassword', () => {
  test('goes on with the new session, and so does every client of the store', async () => {
    const { client, store, email, user, changes, pass } = await signedUp()
    const neighbour = createAuthClient({ url: front.url, store })
    const other = createAuthClient({ url: front.url })
    await other.signIn({ email, password: goodPassword })
    const old = await neighbour.accessToken()
    expect(await client.changePassword({ currentPassword: goodPassword, newPassword })).toEqual(user)
    expect(await client.accessToken()).not.toBe(old)
    expect((await client.fetch('/api/auth/user')).status).toBe(200)
    expect(changes).toEqual([{ kind: 'signed-in', user }])
    expect(front.count('/api/refresh')).toBe(0)
    pass(lifeMs)
    expect(await (await client.fetch('/api/auth/user')).json()).toEqual({ user })
    expect((await createAuthClient({ url: front.url, store }).fetch('/api/auth/user')).status).toBe(200)
    await expect(other.fetch('/api/auth/user').then(res => res.status)).resolves.toBe(401)
    await expect(client.signIn({ email, password: goodPassword })).rejects.toMatchObject({
      code: 'invalid-credentials',
    })
    await client.signIn({ email, password: newPassword })
  })

  test('asks with a token that lives, whatever the age of the one that is kept', async () => {
    const { client, pass } = await signedUp()
    pass(lifeMs)
    await client.changePassword({ currentPassword: goodPassword, newPassword })
    expect([front.count('/api/refresh'), front.count('/api/password')]).toEqual([1, 1])
  })

  test('tells what was wrong, once, and keeps the session', async () => {
    const { client, changes } = await signedUp()
    const old = await client.accessToken()
    const wrong = client.changePassword({ currentPassword: 'not this one', newPassword })
    await expect(wrong).rejects.toMatchObject({ code: 'current-password-wrong', status: 403 })
    await expect(client.changePassword({ currentPassword: goodPassword, newPassword: 'x' })).rejects.toMatchObject({
      code: 'invalid-input',
      errors: [{ path: 'newPassword', message: expect.any(String) }],
    })
    expect([front.count('/api/password'), await client.accessToken(), changes]).toEqual([2, old, []])
    await client.signOut()
    const out = client.changePassword({ currentPassword: goodPassword, newPassword })
    await expect(out).rejects.toMatchObject({ code: 'signed-out' })
    await expect(out).rejects.toBeInstanceOf(AuthError)
  })

  test('does not ask again when the answer is lost: it may be done', async () => {
    const { client, email } = await signedUp()
    front.answer('/api/password', async (req, res) => {
      const body = Buffer.concat(await req.toArray())
      const { authorization = '' } = req.headers
      await fetch(`${server.url}/api/password`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', authorization },
        body,
      })
      res.destroy()
    })
    const lost = client.changePassword({ currentPassword: goodPassword, newPassword })
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' })
    expect(front.count('/api/password')).toBe(1)
    await client.signIn({ email, password: newPassword })
    expect((await client.fetch('/api/auth/user')).status).toBe(200)
  })
})
