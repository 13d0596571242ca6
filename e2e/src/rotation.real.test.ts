import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import { stopAll } from './pair.ts'
import { headerOf, signOut, signUp, startPeople, statusOf } from './people.ts'
import { changed, keys, readSteps } from './rotation-lines.ts'
import { type Kind, startTwoOfEach, type TwoOfEach } from './two-of-each.ts'

jest.setTimeout(180_000)
afterEach(stopAll)

const whoAmI = '/api/auth/user'
const restricted = '/api/restricted'
const statuses = ({ urls }: TwoOfEach, kind: Kind, token: string) =>
  Promise.all(urls(kind).map(url => statusOf(`${url}${kind === 'auth' ? whoAmI : restricted}`, token)))

/** A session that ends is soon refused by each service: so each is connected to the feed. A feed that was refused would wait for 5 s. */
const assertToldOfSignOuts = async (pair: TwoOfEach) => {
  const { accessToken, refreshToken } = await signUp(pair.authUrl)
  expect(await statuses(pair, 'service', accessToken)).toEqual([200, 200])
  expect(await signOut(pair.authUrl, refreshToken)).toBe(204)
  const isOver = async () => (await statuses(pair, 'service', accessToken)).every(status => status === 401)
  for (const began = performance.now(); !(await isOver()); await wait(20))
    if (performance.now() - began > 4000) throw new Error('a service is not told of sign-outs')
}

/** Services ask for a key that they do not know once in 5 s at most: what they fetched before it was published has to be older. */
const untilAskedAgain = () => wait(5500)

interface Walk {
  /** The argument of the command. */
  readonly to: string
  readonly beforeSecond?: () => Promise<void>
  /** Before the last step: tokens of the old one are good until then. */
  readonly beforeLast?: (kid: string) => Promise<void>
}

/** Takes the steps that `npm run keys -- rotate` prints. Gives the kid of the new one, and a token of before. */
const rotate = async (pair: TwoOfEach, { to, beforeSecond, beforeLast }: Walk) => {
  const printed = keys(['rotate', to], pair.settings.auth)
  expect([printed.code, printed.err]).toEqual([0, ''])
  const kid = /(?:to the (?:secret|key)|by) (\S+)(?: \(\w+\))?$/m.exec(printed.out)?.[1] as string
  const { accessToken: old } = await signUp(pair.authUrl)
  const steps = readSteps(printed.out, pair.settings.auth)
  expect(steps).toHaveLength(3)
  for (const [i, { authServers, services }] of steps.entries()) {
    if (i === 1) await beforeSecond?.()
    if (i === 2) await beforeLast?.(kid)
    pair.settings.auth = changed(pair.settings.auth, authServers)
    pair.settings.service = changed(pair.settings.service, services)
    const kinds = (['auth', 'service'] as const).filter(
      kind => Object.keys(kind === 'auth' ? authServers : services).length > 0,
    )
    await pair.restartOneByOne(kinds, async () => {
      await assertToldOfSignOuts(pair)
      if (i < 2)
        expect([await statuses(pair, 'auth', old), await statuses(pair, 'service', old)]).toEqual([
          [200, 200],
          [200, 200],
        ])
    })
  }
  const { accessToken } = await signUp(pair.authUrl)
  // each auth-server, as `list` sees it
  expect(pair.urls('auth').map(url => keys(['list', url], pair.settings.auth).code)).toEqual([0, 0])
  return { kid, old, header: headerOf(accessToken) }
}

const named = spawnSync('haproxy', ['-v']).status === 0 ? test : test.skip

describe('two auth-servers and two services, restarted one by one at each step that is printed', () => {
  named('take a new secret, and then a key, and people lose no request and no session', async () => {
    const pair = await startTwoOfEach()
    const people = startPeople(5, pair)
    for (const to of ['HS256', 'ES256']) {
      const { kid, old, header } = await rotate(pair, { to, beforeLast: people.untilAllUse })
      expect(people.failures).toEqual([])
      expect(header).toEqual({ alg: to, typ: 'at+jwt', kid })
      // what only the old one has signed opens nothing any more
      expect([await statuses(pair, 'auth', old), await statuses(pair, 'service', old)]).toEqual([
        [401, 401],
        [401, 401],
      ])
    }
    expect(await people.stop()).toBeGreaterThan(1000)
    expect(people.failures).toEqual([])
  })

  named('take the next key, and a new secret for the feed', async () => {
    const key = parseEnv(/^ +(ACCESS_TOKEN_PRIVATE_KEY=.*)$/m.exec(keys(['new', 'ES256'], {}).out)?.[1] as string)
    const unhurried = { DRAIN_S: '0' }
    const pair = await startTwoOfEach({ auth: { ...key, ...unhurried } as never, service: unhurried })
    pair.settings.service = { ...pair.settings.service, ACCESS_TOKEN_JWKS_URL: `${pair.authUrl}/.well-known/jwks.json` }
    await pair.restartOneByOne(['service'], async () => {})
    const next = await rotate(pair, { to: 'EdDSA', beforeSecond: untilAskedAgain })
    expect(next.header).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: next.kid })
    expect(await statuses(pair, 'auth', next.old)).toEqual([401, 401])
    const before = pair.settings.auth.JWT_ACCESS_SECRET
    const feed = await rotate(pair, { to: 'HS256' })
    expect(feed.header).toEqual(next.header)
    expect(pair.settings.auth.JWT_ACCESS_SECRET).toBe(pair.settings.service.JWT_ACCESS_SECRET)
    expect(pair.settings.auth.JWT_ACCESS_SECRET).not.toBe(before)
  })
})
