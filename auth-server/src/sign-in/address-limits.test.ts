import { setTimeout as wait } from 'node:timers/promises'
import { type Driver, drivers, newUserBy, turningDrivers } from '../testing/drivers.ts'
import {
  freshAddress,
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
} from '../testing/index.ts'
import { createLimitedServers, from, limits, repeated, statuses } from '../testing/limited-servers.ts'

let server: TestServer
const { start, closeAll } = createLimitedServers()
beforeAll(async () => {
  server = await startAuthServer(limits)
})
afterEach(closeAll)
afterAll(() => server.close())

const signInBy = (driver: Driver) => (email: string, password: string, address: string | undefined, at: TestServer) =>
  driver.signIn(at, { email, password }, from(address))

describe.each(drivers)('sign-ins from one address, by $name', driver => {
  const signIn = signInBy(driver)

  test('that are wrong are limited over all accounts, and come back with time', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '20/100000' })
    const address = freshAddress()
    const spray = (at = limited) => signIn(freshEmail(), 'Winter2026!', address, at)
    expect(await statuses(24, () => spray())).toEqual([...repeated(401, 20), ...repeated(429, 4)])
    const refused = await spray()
    expect([refused.code, refused.headers['ratelimit-policy']]).toEqual([
      'too-many-requests',
      '"sign-in";q=20;w=100000',
    ])
    expect(refused.headers.ratelimit).toBe(`"sign-in";r=0;t=${refused.headers['retry-after']}`)
    // another account at another address is served
    expect((await signIn(freshEmail(), 'wrong', undefined, limited)).status).toBe(401)
    // and so is one after a while, where one comes back each two seconds
    const patient = await start({ LIMIT_SIGN_INS: '2/4' })
    for (const status of [429, 401]) while ((await spray(patient)).status !== status) await wait(50)
  })

  test('that are right do not count, and clear nothing of the wrong ones', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '5/100000' })
    const { email } = await signUp(limited)
    const address = freshAddress()
    expect(await statuses(12, () => signIn(email, goodPassword, address, limited))).toEqual(repeated(200, 12))
    expect(await statuses(4, () => signIn(freshEmail(), 'wrong', address, limited))).toEqual(repeated(401, 4))
    expect(await statuses(3, () => signIn(email, goodPassword, address, limited))).toEqual(repeated(200, 3))
    expect(await statuses(2, () => signIn(freshEmail(), 'wrong', address, limited))).toEqual([401, 429])
  })

  test('that are right are limited too, so that nobody keeps the threads busy alone; refused ones do not count', async () => {
    const limited = await start({ LIMIT_ALL_SIGN_INS: '6/100000', LIMIT_SIGN_INS: '2/100000', GUESSES_FREE: '1' })
    const [{ email }, other] = [await signUp(limited), await signUp(limited)]
    const address = freshAddress()
    expect((await signIn(email, 'wrong', address, limited)).status).toBe(401)
    // a program with an old password does not use up what its neighbours need
    expect(await statuses(10, () => signIn(email, 'wrong', address, limited))).toEqual(repeated(429, 10))
    expect(await statuses(5, () => signIn(other.email, goodPassword, address, limited))).toEqual(repeated(200, 5))
    const refused = await signIn(other.email, goodPassword, address, limited)
    expect([refused.status, refused.headers['ratelimit-policy']]).toEqual([429, '"all-sign-ins";q=6;w=100000'])
    expect((await signIn(other.email, goodPassword, undefined, limited)).status).toBe(200)
  })

  test('count by the network of an IPv6 address, and by the whole of an IPv4 one', async () => {
    const limited = await start({ LIMIT_SIGN_INS: '3/100000' })
    const send = (address: string) => signIn(freshEmail(), 'wrong', address, limited)
    const prefix = freshAddress().replace('::1', '')
    expect(await statuses(4, i => send(`${prefix}::${i}`))).toEqual([401, 401, 401, 429])
    // each driver comes from a network of its own
    const number = 16 * (drivers.indexOf(driver) + 1)
    const [ipv4, neighbour] = [`203.0.113.${number}`, `203.0.113.${number + 1}`]
    const mapped = [ipv4, `::ffff:${ipv4}`, `::ffff:cb00:71${number.toString(16)}`, ipv4]
    expect(await statuses(4, i => send(mapped[i] as string))).toEqual([401, 401, 401, 429])
    expect((await send(neighbour)).status).toBe(401)
  })

  test('count by the connection when no proxy is trusted, whatever the headers say', async () => {
    // all come from one address: a limit of another rate counts anew
    const rate = `10/${100_000 + drivers.indexOf(driver)}`
    const limited = await start({ LIMIT_SIGN_INS: rate, TRUSTED_PROXIES: '' })
    const claims = (i: number) => ({
      'X-Forwarded-For': `203.0.113.${i}, 198.51.100.${i}`,
      Forwarded: `for=203.0.113.${i}`,
      'X-Real-IP': `203.0.113.${i}`,
      'X-Client-IP': `203.0.113.${i}`,
      'CF-Connecting-IP': `203.0.113.${i}`,
    })
    const answers = await statuses(30, i =>
      driver.signIn(limited, { email: freshEmail(), password: 'wrong' }, claims(i)),
    )
    expect(answers).toEqual([...repeated(401, 10), ...repeated(429, 20)])
  })
})

test('a sign-in of an address that goes on after it was refused is not even read, but for one of a known device', async () => {
  const limited = await start({ LIMIT_SIGN_INS: '2/100000' })
  const { email } = await signUp(limited)
  const address = freshAddress()
  const send = (body: string, headers: Record<string, string> = {}, at = address) =>
    limited.http
      .post('/api/signin')
      .set({ 'Content-Type': 'application/json', ...headers, ...from(at) })
      .send(body)
  const right = JSON.stringify({ email, password: goodPassword })
  const [device = ''] = setCookies(await send(right)).filter(cookie => cookie.startsWith('xid_device='))
  const known = { Cookie: device.split(';', 1)[0] ?? '' }
  const wrong = JSON.stringify({ email: freshEmail(), password: 'wrong' })
  expect(await statuses(3, () => send(wrong))).toEqual([401, 401, 429])
  const refused = await send('{')
  expect([refused.status, refused.body.code, Number(refused.headers['retry-after'])]).toEqual([
    429,
    'too-many-requests',
    expect.any(Number),
  ])
  expect(refused.headers['ratelimit-policy']).toBe('"sign-in";q=2;w=100000')
  expect((await send('{', known)).status).toBe(400)
  expect((await send(right, known)).status).toBe(200)
  expect((await send('{', {}, freshAddress())).status).toBe(400)
})

describe.each(drivers)('sign-ups from one address, by $name', driver => {
  test('are limited, taken emails included', async () => {
    const limited = await start({ LIMIT_SIGN_UPS: '5/100000' })
    const address = freshAddress()
    const { email } = await signUp(server)
    const up = (i: number, source = address) =>
      driver.signUp(limited, { email: i % 2 ? email : freshEmail(), password: goodPassword }, from(source))
    expect(await statuses(7, i => up(i))).toEqual([201, 409, 201, 409, 201, 429, 429])
    const refused = await up(0)
    expect([refused.code, refused.headers['ratelimit-policy']]).toEqual(['too-many-requests', '"sign-up";q=5;w=100000'])
    expect(refused.headers.ratelimit).toBe(`"sign-up";r=0;t=${refused.headers['retry-after']}`)
    expect((await up(0, freshAddress())).status).toBe(201)
  })

  test('twenty at once are as many as there are left', async () => {
    const limited = await start({ LIMIT_SIGN_UPS: '5/100000' })
    const headers = from()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        driver.signUp(limited, { email: freshEmail(), password: goodPassword }, headers),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([...repeated(201, 5), ...repeated(429, 15)])
  })
})

describe.each(turningDrivers)('refreshes of one session, by $name', driver => {
  test('are limited at each server, and the session lives on', async () => {
    const limited = await start({ LIMIT_REFRESHES: '5/5' })
    const one = await newUserBy(driver, limited)
    const other = await newUserBy(driver, limited)
    const refresh = (refreshToken: string) => driver.refresh(limited, refreshToken)
    expect(await statuses(7, () => refresh(one.refreshToken))).toEqual([...repeated(200, 5), 429, 429])
    const refused = await refresh(one.refreshToken)
    expect([refused.headers['ratelimit-policy'], setCookies(refused.res)]).toEqual(['"refresh";q=5;w=5', []])
    expect((await refresh(other.refreshToken)).status).toBe(200)
    await wait(Number(refused.headers['retry-after']) * 1000)
    expect((await refresh(one.refreshToken)).status).toBe(200)
  })
})
