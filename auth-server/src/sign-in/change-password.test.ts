import { setTimeout as wait } from 'node:timers/promises'
import { createRevocationFeed, createVerifier } from '@auth-pair/access-token'
import { createSigner } from '@auth-pair/access-token/sign'
import bcrypt from 'bcrypt'
import jwt from 'jsonwebtoken'
import { auditRows, untilAuditRows } from '../testing/audit-rows.ts'
import { solve, written } from '../testing/challenged-server.ts'
import { askAboutPasswords, bearer, newPassword } from '../testing/change-password.ts'
import {
  cookieOf,
  goodPassword,
  secrets,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'

let server: TestServer
const others: TestServer[] = []
beforeAll(async () => {
  server = await startAuthServer()
})
afterEach(async () => {
  jest.restoreAllMocks()
  for (const other of others.splice(0)) await other.close()
})
afterAll(() => server.close())

const start = async (settings: Record<string, string>) => {
  const other = await startAuthServer(settings)
  others.push(other)
  return other
}

const { change, signIn, refresh, whoAmI, sql, hashOf, expectUntouched } = askAboutPasswords(() => server)
const sessionOf = (token: string) => (jwt.decode(token) as { sid: string }).sid

describe('POST /api/password', () => {
  test('changes the password, ends every session of the user, and opens a new one for who asks', async () => {
    const [user, neighbour] = [await signUp(server), await signUp(server)]
    const other = (await signIn(user.email, goodPassword)).body
    const feed = createRevocationFeed({
      authServerUrl: server.url,
      secret: secrets.JWT_ACCESS_SECRET,
      issuer: 'http://localhost:3000',
      service: 'billing',
    })
    feed.start()
    while (feed.state().kind !== 'connected') await wait(5)
    const elsewhere = createVerifier({
      secret: secrets.JWT_ACCESS_SECRET,
      issuer: 'http://localhost:3000',
      audience: 'auth-pair',
      revocations: feed.revocations,
    })
    const isGood = async (token: string) => (await elsewhere.verify(token)).ok
    for (const token of [user.accessToken, other.accessToken]) expect(await isGood(token)).toBe(true)

    const res = await change(bearer(user.accessToken))
    expect([res.status, setCookies(res)]).toEqual([200, []])
    expect(res.body).toEqual({
      user: user.user,
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 300,
      refreshToken: expect.stringMatching(/^[A-Za-z0-9_-]{96}$/),
    })
    for (const { accessToken, refreshToken } of [user, other]) {
      expect((await whoAmI(accessToken)).body.code).toBe('access-token-invalid')
      expect((await refresh(refreshToken)).body.code).toBe('session-ended')
      expect((await change(bearer(accessToken))).body.code).toBe('access-token-invalid')
    }
    for (let i = 0; (await isGood(other.accessToken)) && i < 100; i++) await wait(10)
    expect(await Promise.all([user.accessToken, other.accessToken].map(isGood))).toEqual([false, false])

    expect(await isGood(res.body.accessToken)).toBe(true)
    expect((await whoAmI(res.body.accessToken)).status).toBe(200)
    expect((await refresh(res.body.refreshToken)).status).toBe(200)
    expect((await whoAmI(neighbour.accessToken)).status).toBe(200)
    expect((await refresh(neighbour.refreshToken)).status).toBe(200)
    const { sessions } = (await server.http.get('/api/sessions').set(bearer(res.body.accessToken))).body
    expect(sessions.map(({ id }: { id: string }) => id)).toEqual([sessionOf(res.body.accessToken)])
    await feed.stop()

    expect((await signIn(user.email, goodPassword)).body.code).toBe('invalid-credentials')
    const back = await signIn(user.email, newPassword)
    expect([back.status, (await whoAmI(back.body.accessToken)).status]).toEqual([200, 200])
    // and once more, from there
    expect(
      (await change(bearer(back.body.accessToken), { currentPassword: newPassword, newPassword: goodPassword })).status,
    ).toBe(200)
    expect((await refresh(back.body.refreshToken)).status).toBe(401)
  })

  test('gives the new tokens as the access token came, unless it is told otherwise', async () => {
    const both = (token: string, refreshToken: string) => ({
      Cookie: `xid_access=${token}; xid_refresh=${refreshToken}`,
    })
    const one = await signUp(server, { tokenTransport: 'cookie' })
    const byCookie = await change(both(one.accessToken, one.refreshToken))
    expect([byCookie.status, byCookie.body.refreshToken]).toEqual([200, undefined])
    expect(setCookies(byCookie).map(cookie => cookie.split('=', 1)[0])).toEqual([
      'xid_refresh',
      'xid_access',
      'xid_device',
      'xid_device',
    ])
    const next = both(byCookie.body.accessToken, cookieOf(byCookie, 'xid_refresh') ?? '')
    expect((await server.http.post('/api/refresh').set(next)).status).toBe(200)

    const turned = { currentPassword: newPassword, newPassword: goodPassword }
    const byBody = await change(next, { ...turned, tokenTransport: 'body' })
    expect([byBody.status, (await refresh(byBody.body.refreshToken)).status]).toEqual([200, 200])
    // the browser keeps no cookie of a session that is over
    expect(setCookies(byBody)).toEqual([
      expect.stringMatching(/^xid_refresh=; .*1970/),
      expect.stringMatching(/^xid_access=; .*1970/),
    ])
    const asked = await change(bearer(byBody.body.accessToken), { tokenTransport: 'cookie' })
    expect([asked.status, asked.body.refreshToken, cookieOf(asked, 'xid_refresh')]).toEqual([
      200,
      undefined,
      expect.any(String),
    ])
  })

  test('takes the browser for one that is known from then on', async () => {
    const { accessToken, email } = await signUp(server, { tokenTransport: 'cookie' })
    const res = await change({ Cookie: `xid_access=${accessToken}` })
    const begun = jest.spyOn(server.redis, 'beginGuess' as never) as unknown as jest.SpyInstance
    await server.http
      .post('/api/signin')
      .set('Cookie', `xid_device=${cookieOf(res, 'xid_device')}`)
      .send({ email, password: newPassword })
    expect(begun.mock.calls[0]?.[2]).toMatch(/^d/)
  })

  test('is one statement with its event, and says nothing of passwords anywhere', async () => {
    const { user, accessToken, email } = await signUp(server)
    const wrong = 'wrong horse battery staple'
    expect(
      (await change({ ...bearer(accessToken), 'X-Request-Id': `w-${user.id}` }, { currentPassword: wrong })).status,
    ).toBe(403)
    const writes = jest.spyOn(server.postgres, 'write')
    const res = await change({ ...bearer(accessToken), 'X-Request-Id': `c-${user.id}`, 'User-Agent': 'curl/8' })
    expect(writes.mock.calls.map(([{ name }]) => name).filter(name => name !== 'audit-collected')).toEqual([
      'change-password',
      'audit-sign-in',
    ])
    const own = { user_id: user.id, ip: '127.0.0.1', request_id: `c-${user.id}`, outcome: 'success', reason: null }
    expect(await untilAuditRows(server.postgres, 'request_id', `c-${user.id}`, 2)).toEqual([
      expect.objectContaining({ ...own, event: 'password-changed', session_id: null, device: 'curl' }),
      expect.objectContaining({ ...own, event: 'signed-in', session_id: sessionOf(res.body.accessToken) }),
    ])
    const [failed] = await untilAuditRows(server.postgres, 'request_id', `w-${user.id}`)
    expect(failed).toMatchObject({ event: 'sign-in-failed', reason: 'wrong-password', user_id: user.id, subject: null })
    const rows = await auditRows(server.postgres, 'user_id', user.id)
    const told = server.logText() + JSON.stringify(rows) + res.text
    for (const secret of [wrong, goodPassword, newPassword, '$bcrypt', String(await hashOf(user.id)), email])
      expect((secret === email ? server.logText() + JSON.stringify(rows) : told).includes(secret)).toBe(false)
  })

  test.each([
    ['no body', undefined, ['currentPassword', 'newPassword']],
    ['no current password', { newPassword }, ['currentPassword']],
    ['no new password', { currentPassword: goodPassword }, ['newPassword']],
    ['lists', { currentPassword: [goodPassword], newPassword: [newPassword] }, ['currentPassword', 'newPassword']],
    ['a short one', { currentPassword: goodPassword, newPassword: 'short' }, ['newPassword']],
    ['a long one', { currentPassword: goodPassword, newPassword: 'lo ng'.repeat(30) }, ['newPassword']],
    ['a common one', { currentPassword: goodPassword, newPassword: 'password123' }, ['newPassword']],
    ['half a character', { currentPassword: goodPassword, newPassword: `${newPassword}\ud800` }, ['newPassword']],
    ['the same one', { currentPassword: goodPassword, newPassword: goodPassword }, ['newPassword']],
    ['another transport', { currentPassword: goodPassword, newPassword, tokenTransport: 'pigeon' }, ['tokenTransport']],
    ['a field too many', { currentPassword: goodPassword, newPassword, email: 'a@example.com' }, ['email']],
  ])('refuses %s, and changes nothing', async (_, body, paths) => {
    const user = await signUp(server)
    const res = await server.http
      .post('/api/password')
      .set(bearer(user.accessToken))
      .send(body ?? {})
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors.map(({ path }: { path: string }) => path)).toEqual(paths)
    await expectUntouched(user)
  })

  test('takes the same password for the same, however its letters are composed, and does not let it be the email', async () => {
    const { email, accessToken } = await signUp(server)
    const old = 'caf\u00e9 au lait, s\u2019il'
    const { accessToken: next } = (await change(bearer(accessToken), { newPassword: old })).body
    for (const refused of [old.normalize('NFD'), email.toUpperCase()]) {
      const res = await change(bearer(next), { currentPassword: old, newPassword: refused })
      expect([res.status, res.body.errors]).toEqual([400, [{ path: 'newPassword', message: expect.any(String) }]])
    }
    expect((await signIn(email, old.normalize('NFD'))).status).toBe(200)
  })

  test('needs a sign-in, and not one of another kind', async () => {
    const user = await signUp(server)
    expect((await change({})).body.code).toBe('access-token-required')
    expect((await change(bearer('junk'))).body.code).toBe('access-token-invalid')
    expect((await change(bearer(user.refreshToken))).body.code).toBe('access-token-invalid')
    expect((await change({ Cookie: `xid_refresh=${user.refreshToken}` })).body.code).toBe('access-token-required')
    const [one, two] = [`xid_access=${user.accessToken}`, 'xid_access=planted']
    expect((await change({ Cookie: `${one}; ${two}` })).body.code).toBe('ambiguous-credentials')
    for (const method of ['get', 'put', 'delete', 'patch'] as const) {
      const res = await server.http[method]('/api/password').set(bearer(user.accessToken))
      expect([res.status, res.headers.allow]).toEqual([405, 'POST, OPTIONS'])
    }
    await expectUntouched(user)
  })

  test('is refused to pages of other sites', async () => {
    const user = await signUp(server)
    for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'null' }]) {
      const res = await change({ Cookie: `xid_access=${user.accessToken}`, ...headers } as Record<string, string>)
      expect([res.status, res.body.code, setCookies(res)]).toEqual([403, 'cross-site-request', []])
    }
    await expectUntouched(user)
  })

  test('is nothing for a session that has ended, an account that is disabled, or a user that there is not', async () => {
    const [out, disabled] = [await signUp(server), await signUp(server)]
    await server.http.post('/api/signout').send({ refreshToken: out.refreshToken })
    expect((await change(bearer(out.accessToken))).body.code).toBe('access-token-invalid')
    await sql('disable', 'update users set disabled_at = now() where id = $1', [disabled.user.id])
    expect((await change(bearer(disabled.accessToken))).body.code).toBe('access-token-invalid')
    // whose end this server has not heard of
    await sql('epoch', 'update users set disabled_at = null, epoch = epoch + 1 where id = $1', [disabled.user.id])
    expect((await change(bearer(disabled.accessToken))).body.code).toBe('access-token-invalid')
    const { key, issuer, audience } = server.config.accessToken
    const sign = createSigner({ key, issuer, audience })
    for (const userId of ['6ebe325c-0000-4000-8000-000000000000', 'none']) {
      const token = sign({ userId, sessionId: sessionOf(out.accessToken), now: Date.now(), lifeS: 60 })
      expect([userId, (await change(bearer(token))).body.code]).toEqual([userId, 'access-token-invalid'])
    }
  })

  test('takes a plain bcrypt hash of another system, and leaves ours', async () => {
    const { user, email, accessToken } = await signUp(server)
    await sql('legacy', 'update users set password_hash = $2 where id = $1', [
      user.id,
      await bcrypt.hash('legacy one', 4),
    ])
    expect((await change(bearer(accessToken))).body.code).toBe('current-password-wrong')
    expect((await change(bearer(accessToken), { currentPassword: 'legacy one' })).status).toBe(200)
    expect(await hashOf(user.id)).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/)
    expect([(await signIn(email, 'legacy one')).status, (await signIn(email, newPassword)).status]).toEqual([401, 200])
  })
})

describe('a wrong current password', () => {
  test('is 403, ends nothing and clears no cookie', async () => {
    const user = await signUp(server)
    const res = await change({ Cookie: `xid_access=${user.accessToken}` }, { currentPassword: 'not this one' })
    expect([res.status, res.body, setCookies(res)]).toEqual([
      403,
      {
        type: 'urn:auth-pair:problem:current-password-wrong',
        title: 'The current password is wrong',
        status: 403,
        code: 'current-password-wrong',
        requestId: expect.any(String),
      },
      [],
    ])
    await expectUntouched(user)
  })

  test('counts with the sign-ins, and the right one begins anew', async () => {
    const narrow = await start({ GUESSES_FREE: '4' })
    const { email, accessToken } = await signUp(narrow)
    const guess = () => change(bearer(accessToken), { currentPassword: 'wrong' }, narrow)
    expect([(await guess()).status, (await signIn(email, 'wrong', narrow)).status, (await guess()).status]).toEqual([
      403, 401, 403,
    ])
    const changed = await change(bearer(accessToken), {}, narrow)
    expect(changed.status).toBe(200)
    const wrong = () =>
      change(bearer(changed.body.accessToken), { currentPassword: 'wrong', newPassword: goodPassword }, narrow)
    for (let i = 0; i < 4; i++) expect((await wrong()).status).toBe(403)
    const { rounds } = narrow.passwords.stats()
    const refused = await change(
      bearer(changed.body.accessToken),
      { currentPassword: newPassword, newPassword: goodPassword },
      narrow,
    )
    expect([refused.status, refused.body.code, Number(refused.headers['retry-after'])]).toEqual([
      429,
      'too-many-requests',
      expect.any(Number),
    ])
    expect((await signIn(email, newPassword, narrow)).status).toBe(429)
    expect(narrow.passwords.stats().rounds).toBe(rounds)
  })

  test('is one of those after which a challenge is asked for, which is that of a sign-in', async () => {
    const challenged = await start({ CHALLENGE_WORK: '20', GUESSES_IN_A_ROW: '2', TRUSTED_PROXIES: '127.0.0.1' })
    const user = await signUp(challenged)
    const from = (address: string) => ({ ...bearer(user.accessToken), 'X-Forwarded-For': address })
    for (const address of ['2001:1::1', '2001:2::1'])
      expect((await change(from(address), { currentPassword: 'wrong' }, challenged)).status).toBe(403)
    expect((await change(from('2001:3::1'), {}, challenged)).body.code).toBe('challenge-required')
    expect((await change(from('2001:3::1'), { challenge: 'made up' }, challenged)).body.code).toBe('challenge-failed')
    const solution = async (action: string) =>
      written(await solve((await challenged.http.get(`/api/challenge?action=${action}`)).body))
    const foreign = await solution('sign-up')
    expect((await change(from('2001:3::1'), { challenge: foreign }, challenged)).body.code).toBe('challenge-failed')
    expect((await change(from('2001:3::1'), { challenge: await solution('sign-in') }, challenged)).status).toBe(200)
  })
})
