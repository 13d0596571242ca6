import { freshEmail, goodPassword, tokenLifeS } from './start-stack.ts'
import { claimsOf, useTabs } from './use-tabs.ts'

const { stack, newProfile } = useTabs()
const lifeMs = tokenLifeS * 1000

const signedOut = { kind: 'signed-out', reason: 'signed-out' }
const sessionEnded = { kind: 'signed-out', reason: 'session-ended' }
const signedIn = (id: string) => ({ kind: 'signed-in', user: expect.objectContaining({ id }) })

/** As another device does it: signs in by itself, and ends all other sessions. */
const endOtherSessions = async (email: string) => {
  const res = await fetch(`${stack().authUrl}/api/signin`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: goodPassword, tokenTransport: 'body' }),
  })
  const { accessToken } = (await res.json()) as { accessToken: string }
  const ended = await fetch(`${stack().authUrl}/api/sessions?except=current`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${accessToken}` },
  })
  expect(ended.status).toBe(204)
}

const restricted = async (accessToken: string) => {
  const res = await fetch(`${stack().serviceUrl}/api/restricted`, {
    headers: { Authorization: `Bearer ${accessToken}` },
  })
  return res.status
}

/** The revocation feed takes moments. */
const untilRefused = async (accessToken: string) => {
  while ((await restricted(accessToken)) !== 401);
}

describe('tabs of one origin', () => {
  test('signed in to in one, are signed in all, with the same token', async () => {
    const { open } = await newProfile()
    const [one, other] = [await open(stack().one), await open(stack().one)]
    expect(await other.call()).toEqual({ error: 'signed-out' })
    const userId = await one.signUp()
    expect(await other.toldTimes(1)).toEqual([signedIn(userId)])
    const before = stack().refreshes()
    expect(await other.call()).toEqual({ status: 200, userId })
    expect(await other.accessToken()).toBe(await one.accessToken())
    expect(stack().refreshes() - before).toBe(0)
  })

  test.each([
    ['an hour fast', 3_600_000],
    ['an hour slow', -3_600_000],
  ])('share a token for as long as it lives, though the clock is %s', async (_, clockMs) => {
    const { open, fastForward } = await newProfile({ clockMs })
    const [one, other] = [await open(stack().one), await open(stack().one)]
    const userId = await one.signUp()
    await other.toldTimes(1)
    const before = stack().refreshes()
    expect(await other.call()).toEqual({ status: 200, userId })
    expect(stack().refreshes() - before).toBe(0)
    const former = await other.accessToken()
    await fastForward(lifeMs)
    expect(await other.call()).toEqual({ status: 200, userId })
    expect(await one.accessToken()).not.toBe(former)
    expect(stack().refreshes() - before).toBe(1)
  })

  test('signed out of in one, are signed out all, at once', async () => {
    const { open } = await newProfile()
    const one = await open(stack().one)
    const userId = await one.signUp()
    const other = await open(stack().one)
    expect(await other.call()).toEqual({ status: 200, userId })
    const token = await other.accessToken()
    expect(await one.signOut()).toBe('done')
    expect(await other.toldTimes(1)).toEqual([signedOut])
    expect(await one.told()).toEqual([signedIn(userId), signedOut])
    const before = stack().refreshes()
    expect(await other.call()).toEqual({ error: 'signed-out' })
    expect(await one.call()).toEqual({ error: 'signed-out' })
    expect(stack().refreshes() - before).toBe(0)
    await untilRefused(token)
    await other.reload()
    expect(await other.call()).toEqual({ error: 'signed-out' })
  })

  test('go on as the user who signs in in one of them, and say so', async () => {
    const { open } = await newProfile()
    const one = await open(stack().one)
    await one.signUp()
    const other = await open(stack().one)
    expect(await other.call()).toMatchObject({ status: 200 })
    const grace = await one.signUp()
    expect(await other.toldTimes(1)).toEqual([signedIn(grace)])
    expect(await other.call()).toEqual({ status: 200, userId: grace })
    expect(await other.accessToken()).toBe(await one.accessToken())
  })

  test('learn together that another device has ended their session', async () => {
    const { open, fastForward } = await newProfile()
    const one = await open(stack().one)
    const email = freshEmail()
    const userId = await one.signUp(email)
    const other = await open(stack().one)
    expect(await other.call()).toEqual({ status: 200, userId })
    const token = await one.accessToken()
    await endOtherSessions(email)
    await untilRefused(token)
    await fastForward(lifeMs * 0.6)
    expect(await one.call()).toEqual({ error: 'session-ended' })
    expect(await one.told()).toEqual([signedIn(userId), sessionEnded])
    expect(await other.toldTimes(1)).toEqual([sessionEnded])
    expect(await other.call()).toEqual({ error: 'signed-out' })
  })

  test('signed out of while the auth-server is away are signed out, and the server can be told later', async () => {
    const { open, fastForward } = await newProfile()
    const one = await open(stack().one)
    await one.signUp()
    const other = await open(stack().one)
    expect(await other.call()).toMatchObject({ status: 200 })
    await stack().proxy.set('refuse')
    const failed = one.page.waitForEvent('requestfailed', request => request.url().endsWith('/api/signout'))
    const done = one.signOut()
    await failed
    expect(await other.toldTimes(1)).toEqual([signedOut])
    await fastForward(15_000)
    expect(await done).toBe('unavailable')
    expect(await one.call()).toEqual({ error: 'signed-out' })
    await stack().proxy.set('pass')
    expect(await other.signOut()).toBe('done')
    await one.reload()
    expect(await one.call()).toEqual({ error: 'signed-out' })
  })
})

describe('front ends on two ports', () => {
  test('share one sign-in: who has signed in on one is signed in on the other when it loads', async () => {
    const { open } = await newProfile()
    const one = await open(stack().one)
    const userId = await one.signUp()
    const two = await open(stack().two)
    expect(await two.call()).toEqual({ status: 200, userId })
    expect(claimsOf(await two.accessToken()).sid).toBe(claimsOf(await one.accessToken()).sid)
  })

  test('share one sign-out: services refuse at once, and the other learns it with that', async () => {
    const { open, fastForward } = await newProfile()
    const one = await open(stack().one)
    const userId = await one.signUp()
    const two = await open(stack().two)
    expect(await two.call()).toEqual({ status: 200, userId })
    const token = await two.accessToken()
    expect(await one.signOut()).toBe('done')
    await untilRefused(token)
    expect(await two.told()).toEqual([])
    await fastForward(lifeMs * 0.6)
    expect(await two.call()).toEqual({ error: 'session-ended' })
    expect(await two.told()).toEqual([sessionEnded])
  })

  test('never make a call of one user in the name of another who has signed in on the other', async () => {
    const { open, fastForward } = await newProfile()
    const one = await open(stack().one)
    const ada = await one.signUp()
    const two = await open(stack().two)
    const grace = await two.signUp()
    expect(await one.call()).toEqual({ status: 200, userId: ada })
    await fastForward(lifeMs)
    expect(await one.calls(10)).toEqual([expect.stringContaining('Somebody else has signed in')])
    expect(await one.told()).toEqual([signedIn(ada), { kind: 'signed-in' }])
    expect(await one.call()).toEqual({ status: 200, userId: grace })
  })
})
