import type { Guard } from './guard.ts'
import { createScopeCheck, requireScope } from './require-scope.ts'
import { type GuardedServer, startGuarded } from './testing/guarded-server.ts'

/** Stands for requireAccessToken: whoever sends `Scope` has a token that carries it, and without it one that carries none. */
const signedIn: Guard = (req, _res, next) => {
  const { scope } = req.headers
  Object.assign(req, { auth: { sub: 'u', ...(scope !== undefined && { scope }) } })
  next()
}

const lacking = (scope: string) => ({
  status: 403,
  headers: {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'www-authenticate': `Bearer realm="auth-pair", error="insufficient_scope", scope="${scope}"`,
  },
  body: '{"type":"urn:auth-pair:problem:insufficient-scope","title":"The access token does not allow this","status":403,"code":"insufficient-scope"}',
})

describe('requireScope', () => {
  let one: GuardedServer
  let two: GuardedServer
  beforeAll(async () => {
    one = await startGuarded(signedIn, requireScope('orders:read'))
    two = await startGuarded(signedIn, requireScope(['orders:read', 'orders:write']))
  })
  afterAll(() => Promise.all([one.close(), two.close()]))

  test.each(['orders:read', 'orders:read users:read', 'users:read orders:read', 'orders:read orders:read'])(
    'lets "%s" pass where orders:read is needed',
    async scope => expect((await one.ask('Scope', scope)).status).toBe(200),
  )

  test.each(['', 'orders', 'orders:reader', 'Orders:read', 'orders:read,users:read', 'users:read'])(
    'refuses "%s" where orders:read is needed, and says what is',
    async scope => expect(await one.ask('Scope', scope)).toEqual(lacking('orders:read')),
  )

  test('refuses a token without scopes', async () => {
    expect(await one.ask()).toEqual(lacking('orders:read'))
  })

  test('wants every one of several scopes, in any order', async () => {
    expect((await two.ask('Scope', 'orders:write orders:read')).status).toBe(200)
    for (const scope of ['orders:read', 'orders:write'])
      expect(await two.ask('Scope', scope)).toEqual(lacking('orders:read orders:write'))
  })

  test('in front of requireAccessToken is a mistake of the service, and nobody passes', async () => {
    const server = await startGuarded(requireScope('orders:read'))
    expect(await server.ask()).toMatchObject({
      status: 500,
      body: 'requireScope has to stand behind requireAccessToken.',
    })
    await server.close()
  })

  test('has its answer given by onRefusal, when there is one', async () => {
    const onRefusal = jest.fn((_refusal, _req, res) => res.writeHead(404).end())
    const server = await startGuarded(signedIn, requireScope('orders:read', { onRefusal }))
    expect(await server.ask('Scope', 'x')).toEqual({ status: 404, headers: {}, body: '' })
    expect(onRefusal.mock.calls[0]?.[0]).toMatchObject({ code: 'insufficient-scope', reason: undefined })
    await server.close()
  })

  test.each([[''], ['orders:read users:read'], ['say "x"'], ['a\\b'], ['naïve'], [[]], [['orders:read', '']]])(
    'does not take %j for the name of a scope, at the start and not at a request',
    scopes => expect(() => requireScope(scopes)).toThrow('A scope is one or more printable characters'),
  )
})

test('createScopeCheck tells other frameworks the same', () => {
  const check = createScopeCheck('orders:read')
  expect(check({ scope: 'orders:read' })).toBeUndefined()
  expect(check({})).toMatchObject({ ok: false, status: 403, code: 'insufficient-scope' })
})
