import { createApiToken } from '../api-token.ts'
import type { Revocation } from '../revocations/revocation.ts'
import { createRevocationList } from '../revocations/revocation-list.ts'
import { createSessionId } from '../session-id.ts'
import { activeAnswer, audience, issuer } from '../testing/introspecting-server.ts'
import { type Answer, readAnswer } from './answer.ts'
import { type ApiTokenNeeds, createApiTokenVerifier } from './verify-api-token.ts'

const start = 1_800_000_000_000
const [inactive, unavailable] = ['inactive', 'introspection-unavailable'].map(code => ({ ok: false, code }))
const active = (change: Record<string, unknown> = {}) => readAnswer(JSON.stringify(activeAnswer(change)))

/** A verifier whose clock and auth-server are moved by hand. */
const setUp = (needs: Partial<ApiTokenNeeds> = {}) => {
  const state = { now: start, asked: 0, causes: [] as unknown[], answer: (): Answer | Promise<Answer> => active() }
  const verifier = createApiTokenVerifier({
    ask: async () => {
      state.asked++
      return state.answer()
    },
    onUnavailable: cause => state.causes.push(cause),
    ...{ issuer, audience, now: () => state.now, ...needs },
  })
  return Object.assign(state, { verify: verifier.verify })
}

const away = () => Promise.reject(new Error('away'))

describe('the verification of an API token', () => {
  test('asks the auth-server, whose claims it gives, and answers at once when it knows', async () => {
    const given = setUp()
    given.answer = () => active({ scope: 'orders:read' })
    const token = createApiToken()
    const claims = {
      ...{ iss: issuer, aud: audience, sub: 'u1', sid: 'AAAAAQAAAAAAAAAAAAAAAA', jti: 'AAAAAQAAAAAAAAAAAAAAAA' },
      ...{ iat: 1_700_000_000, exp: start / 1000 + 30, scope: 'orders:read' },
    }
    expect(await given.verify(token)).toEqual({ ok: true, claims })
    const again = given.verify(token)
    expect(again).toEqual({ ok: true, claims })
    expect([given.asked, 'ok' in again && again.ok && Object.isFrozen(again.claims)]).toEqual([1, true])
  })

  test('asks nobody about what is none', () => {
    const given = setUp()
    for (const text of ['ap_', `ap_${'A'.repeat(49)}`, `${createApiToken()}x`, 'x'])
      expect(given.verify(text)).toEqual({ ok: false, code: 'malformed' })
    expect(given.asked).toBe(0)
  })

  // TOK-07
  test('believes the answer for thirty seconds from the question, and an inactive one for five', async () => {
    for (const [answer, lifeMs] of [[active(), 30_000] as const, [{ active: false }, 5000] as const]) {
      const given = setUp()
      // the answer itself takes a second
      given.answer = () => {
        given.now += 1000
        return answer
      }
      const token = createApiToken()
      await given.verify(token)
      given.now = start + lifeMs - 1
      given.verify(token)
      expect(given.asked).toBe(1)
      given.now = start + lifeMs
      await given.verify(token)
      expect(given.asked).toBe(2)
    }
  })

  test('believes no answer for longer than the token lives', async () => {
    const given = setUp()
    given.answer = () => active({ exp: start / 1000 + 7 })
    const token = createApiToken()
    expect(await given.verify(token)).toMatchObject({ ok: true, claims: { exp: start / 1000 + 7 } })
    given.now = start + 6999
    expect(given.verify(token)).toMatchObject({ ok: true })
    given.now = start + 7000
    // the auth-server's clock is behind
    expect(await given.verify(token)).toEqual({ ok: false, code: 'expired' })
    expect(given.asked).toBe(2)
  })

  test('asks again when the clock was set back', async () => {
    const given = setUp()
    const token = createApiToken()
    await given.verify(token)
    given.now = start - 3_600_000
    await given.verify(token)
    expect(given.asked).toBe(2)
  })

  test.each([
    ['wrong-issuer', { iss: 'https://other.example.com' }],
    ['wrong-audience', { aud: 'other' }],
    ['wrong-audience', { aud: ['other'] }],
  ])('refuses %s', async (code, change) => {
    const given = setUp()
    given.answer = () => active(change)
    expect(await given.verify(createApiToken())).toEqual({ ok: false, code })
  })

  test('takes an audience among others', async () => {
    const given = setUp()
    given.answer = () => active({ aud: ['other', audience] })
    expect(await given.verify(createApiToken())).toMatchObject({ ok: true, claims: { aud: ['other', audience] } })
  })

  // TOK-08
  test('gives the scopes of the last answer, no older ones', async () => {
    const given = setUp()
    const token = createApiToken()
    given.answer = () => active({ scope: 'orders:read orders:write' })
    await given.verify(token)
    given.answer = () => active({ scope: 'orders:read' })
    given.now += 30_000
    expect(await given.verify(token)).toMatchObject({ claims: { scope: 'orders:read' } })
  })

  test('asks once for all who wait, one question a token', async () => {
    const given = setUp()
    const [one, two] = [createApiToken(), createApiToken()]
    const verifications = await Promise.all(Array.from({ length: 100 }, (_, i) => given.verify(i % 2 ? one : two)))
    expect([given.asked, verifications.every(({ ok }) => ok)]).toEqual([2, true])
  })

  test('asks at most 64 questions at once, and beyond them only about as many that it knows', async () => {
    const given = setUp()
    const known = Array.from({ length: 65 }, createApiToken)
    for (const token of known) await given.verify(token)
    given.now += 30_000
    given.asked = 0
    const open = Promise.withResolvers<Answer>()
    given.answer = () => open.promise
    const junk = Array.from({ length: 64 }, () => given.verify(createApiToken()))
    expect(await given.verify(createApiToken())).toEqual(unavailable)
    expect([given.asked, given.causes]).toEqual([64, [expect.any(Error)]])
    const [first, ...others] = known.map(token => given.verify(token)).reverse()
    expect([await first, given.asked]).toEqual([unavailable, 128])
    open.resolve({ active: false })
    expect(await Promise.all([...junk, ...others])).toEqual(Array(128).fill(inactive))
    given.answer = () => active()
    expect(await given.verify(createApiToken())).toMatchObject({ ok: true })
  })

  test('remembers so many good ones, and junk pushes none of them out', async () => {
    const given = setUp({ remember: 3 })
    const tokens = Array.from({ length: 3 }, createApiToken)
    for (const token of tokens) await given.verify(token)
    given.answer = () => ({ active: false })
    for (let i = 0; i < 50; i++) await given.verify(createApiToken())
    const asked = given.asked
    for (const token of tokens) expect(given.verify(token)).toMatchObject({ ok: true })
    expect(given.asked).toBe(asked)
    given.answer = () => active()
    await given.verify(createApiToken())
    await given.verify(tokens[0] ?? '')
    expect(given.asked).toBe(asked + 2)
  })

  test('that was asked about again takes no place of another', async () => {
    const given = setUp({ remember: 2 })
    const [one, two] = [createApiToken(), createApiToken()]
    await given.verify(one)
    given.now += 20_000
    await given.verify(two)
    given.now += 10_000
    await given.verify(one)
    expect(given.verify(two)).toMatchObject({ ok: true })
    expect(given.asked).toBe(3)
  })
})

describe('while the auth-server is away', () => {
  test('what it said holds for its thirty seconds and no longer, and nothing is known of all else', async () => {
    const given = setUp()
    const [known, other] = [createApiToken(), createApiToken()]
    await given.verify(known)
    given.answer = away
    given.now = start + 29_999
    expect(given.verify(known)).toMatchObject({ ok: true })
    expect(await given.verify(other)).toEqual(unavailable)
    given.now = start + 30_000
    expect(await given.verify(known)).toEqual(unavailable)
    expect(given.causes).toEqual([expect.objectContaining({ message: 'away' }), expect.any(Error)])
    // that nobody answered is not remembered
    given.answer = () => active()
    expect([await given.verify(known), await given.verify(other)]).toMatchObject([{ ok: true }, { ok: true }])
  })

  test('it costs nobody anything when the one who is told throws', async () => {
    const given = setUp({
      onUnavailable: () => {
        throw new Error('a log that is full')
      },
    })
    given.answer = away
    expect(await given.verify(createApiToken())).toEqual(unavailable)
  })
})

describe('with the feed of revocations', () => {
  const userId = 'u1'
  const sessionId = createSessionId(100)
  const answer = () => active({ sid: sessionId, jti: sessionId })
  const setUpWithFeed = () => {
    const list = createRevocationList({ now: () => start, limit: 1000 })
    const feed = { isReliable: true }
    const revocations = {
      get version() {
        return list.version
      },
      isRevoked: list.isRevoked,
      isReliable: () => feed.isReliable,
    }
    const given = setUp({ revocations })
    given.answer = answer
    const add = (change: Partial<Revocation>) => list.add({ userId, at: start, until: start + 3_600_000, ...change })
    return Object.assign(given, { add, feed })
  }

  test('a token that ended is refused at once', async () => {
    const given = setUpWithFeed()
    const token = createApiToken()
    await given.verify(token)
    given.answer = () => ({ active: false })
    given.add({ sessionId })
    expect(await given.verify(token)).toEqual(inactive)
    // also when the entry is forgotten
    expect(given.verify(token)).toEqual(inactive)
    expect(given.asked).toBe(2)
  })

  test('what ends for others costs no question', async () => {
    const given = setUpWithFeed()
    const token = createApiToken()
    await given.verify(token)
    for (let i = 0; i < 10; i++) given.add({ userId: 'u2', sessionId: createSessionId(100) })
    expect(given.verify(token)).toMatchObject({ ok: true })
    expect(given.asked).toBe(1)
  })

  test('a token that outlives the sessions of its user is asked about once, and again after the next change', async () => {
    const given = setUpWithFeed()
    const token = createApiToken()
    await given.verify(token)
    given.add({ before: 200 })
    expect(await given.verify(token)).toMatchObject({ ok: true })
    expect(given.verify(token)).toMatchObject({ ok: true })
    expect(given.asked).toBe(2)
    given.add({ userId: 'u2', before: 1 })
    expect(await given.verify(token)).toMatchObject({ ok: true })
    expect(given.asked).toBe(3)
  })

  test('a token that ended while the auth-server was asked is asked about again, also for whoever waited with it', async () => {
    const given = setUpWithFeed()
    const open = Promise.withResolvers<Answer>()
    given.answer = () => open.promise
    const token = createApiToken()
    const waiting = [given.verify(token), given.verify(token)]
    given.add({ sessionId })
    waiting.push(given.verify(token))
    given.answer = () => ({ active: false })
    open.resolve(answer())
    expect(await Promise.all(waiting)).toEqual([inactive, inactive, inactive])
    expect(given.asked).toBe(2)
  })

  test('that ended, and of which nobody can be asked, opens nothing', async () => {
    const given = setUpWithFeed()
    const token = createApiToken()
    await given.verify(token)
    given.answer = away
    given.add({ sessionId })
    expect(await given.verify(token)).toEqual(unavailable)
    expect(await given.verify(token)).toEqual(unavailable)
  })

  test('while the feed is lost and has to be there, every answer is new', async () => {
    const given = setUpWithFeed()
    const token = createApiToken()
    await given.verify(token)
    given.feed.isReliable = false
    expect([await given.verify(token), await given.verify(token)]).toMatchObject([{ ok: true }, { ok: true }])
    expect(given.asked).toBe(3)
    given.answer = away
    expect(await given.verify(token)).toEqual(unavailable)
    given.feed.isReliable = true
    expect(given.verify(token)).toMatchObject({ ok: true })
  })
})
