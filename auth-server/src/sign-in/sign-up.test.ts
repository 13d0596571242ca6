import { dictionary } from '@zxcvbn-ts/language-common'
import {
  freshEmail,
  goodPassword,
  setCookies,
  signUp,
  startAuthServer,
  type TestServer,
  testRedis,
} from '../testing/index.ts'

let server: TestServer
const redis = testRedis()
beforeAll(async () => {
  server = await startAuthServer()
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const post = (body: object) => server.http.post('/api/signup').send(body)
const rows = (email: string) =>
  server.postgres.read<{ id: string; email: string; email_key: string; password_hash: string; confirmed: boolean }>(
    { name: 'test-rows', text: 'select * from users where email_key = $1' },
    [email.toLowerCase()],
  )

describe('POST /api/signup', () => {
  test('makes the account and signs in with cookies', async () => {
    const email = freshEmail()
    const res = await post({ email, password: goodPassword })
    expect(res.status).toBe(201)
    expect(res.body).toEqual({
      user: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        email,
        confirmed: false,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
      accessToken: expect.stringMatching(/^eyJ/),
      tokenType: 'Bearer',
      expiresIn: 300,
    })
    expect(setCookies(res)).toEqual([
      expect.stringMatching(
        /^xid_refresh=[A-Za-z0-9_-]{96}; Max-Age=432000; Path=\/api; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      ),
      expect.stringMatching(/^xid_access=eyJ[^;]+; Max-Age=300; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(
        /^xid_device=[A-Za-z0-9_-]{38}; Max-Age=15552000; Path=\/api\/signin; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      ),
      expect.stringMatching(/^xid_device=[A-Za-z0-9_-]{38}; Max-Age=15552000; Path=\/sign-in; /),
    ])
    for (const cookie of setCookies(res)) expect(cookie.split(';', 1)[0]?.length).toBeLessThan(4096)
    expect(res.text).not.toMatch(/password|\$2|hash|xid_/)
  })

  test('stores the hash at the configured cost and nothing else of the password', async () => {
    const { email, user } = await signUp(server)
    expect(await rows(email)).toEqual([
      expect.objectContaining({
        id: user.id,
        email,
        confirmed: false,
        password_hash: expect.stringMatching(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/),
      }),
    ])
    expect(JSON.stringify(await rows(email))).not.toContain(goodPassword)
  })

  test('gives the refresh token in the body to clients that ask for it, and then no cookie', async () => {
    const res = await post({ email: freshEmail(), password: goodPassword, tokenTransport: 'body' })
    expect(Object.keys(res.body)).toEqual(['user', 'accessToken', 'tokenType', 'expiresIn', 'refreshToken'])
    expect(setCookies(res)).toEqual([])
  })

  test('keeps the address as it was typed, without the space around it', async () => {
    const email = freshEmail().replace('ada', 'Ada.Lovelace+x')
    const res = await post({ email: `  ${email}\t`, password: goodPassword })
    expect(res.body.user.email).toBe(email)
  })

  test('of a taken address sets no cookie', async () => {
    const { email } = await signUp(server)
    const res = await post({ email, password: 'another good one' })
    expect([res.status, res.body.code, setCookies(res)]).toEqual([409, 'email-taken', []])
  })

  test('does not extend a session that the request brings along', async () => {
    const planted = await signUp(server, { tokenTransport: 'cookie' })
    const res = await post({ email: freshEmail(), password: goodPassword }).set(
      'Cookie',
      `xid_refresh=${planted.refreshToken}`,
    )
    expect(res.status).toBe(201)
    expect(res.body.user.id).not.toBe(planted.user.id)
    expect((await server.http.post('/api/refresh').set('Cookie', `xid_refresh=${planted.refreshToken}`)).status).toBe(
      200,
    )
  })
})

describe('what is refused at sign-up', () => {
  const values = [null, true, 5, ['a@example.com'], { $gt: '' }, [], {}, '', undefined]

  test.each(values.map(value => [value]))('an email that is %j', async value => {
    const res = await post({ email: value, password: goodPassword })
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors).toEqual([{ path: 'email', message: expect.any(String) }])
  })

  test.each(values.map(value => [value]))('a password that is %j', async value => {
    const email = freshEmail()
    const res = await post({ email, password: value })
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors).toEqual([{ path: 'password', message: expect.any(String) }])
    expect(await rows(email)).toEqual([])
  })

  test('everything that is wrong, in one answer', async () => {
    const res = await post({ email: 'nobody', password: 'short', tokenTransport: 'header', role: 'admin' })
    expect(res.body).toEqual({
      type: 'urn:auth-pair:problem:invalid-input',
      title: 'The input is not valid',
      status: 400,
      code: 'invalid-input',
      requestId: expect.any(String),
      errors: expect.arrayContaining([
        { path: 'email', message: 'Enter an email address such as name@example.com.' },
        { path: 'password', message: 'Use at least 8 characters.' },
        { path: 'tokenTransport', message: 'Say "cookie" or "body", or leave it out for cookies.' },
        { path: 'role', message: 'This field is not known here.' },
      ]),
    })
    expect(res.body.errors).toHaveLength(4)
  })

  test.each([
    'role',
    'isAdmin',
    'id',
    'confirmed',
    'createdAt',
    'passwordHash',
    'password_hash',
    'constructor',
    'toString',
  ])('the field %s, which is not for the caller to say', async field => {
    const email = freshEmail()
    const res = await post({ email, password: goodPassword, [field]: true })
    expect([res.status, res.body.errors]).toEqual([400, [{ path: field, message: 'This field is not known here.' }]])
    expect(await rows(email)).toEqual([])
  })

  test('a prototype', async () => {
    for (const key of ['__proto__', 'constructor']) {
      const body = `{"email":"${freshEmail()}","password":"${goodPassword}","${key}":{"isAdmin":true}}`
      const res = await server.http.post('/api/signup').set('Content-Type', 'application/json').send(body)
      expect(res.status).toBe(400)
    }
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  test.each([
    'nobody',
    '@example.com',
    'ada@',
    'ada@example',
    'ada@localhost',
    'a@b@example.com',
    'ada lovelace@example.com',
    'Ada <ada@example.com>',
    '"ada"@example.com',
    '"a b"@example.com',
    'ada(comment)@example.com',
    'ada@[127.0.0.1]',
    'ada@127.0.0.1',
    'ada@example.com\r\nBcc: x@example.com',
    'ada@example.com\nx',
    'a,b@example.com',
    'ada@example.com,bob@example.com',
    'ada@exam\u0000ple.com',
    'ada\ud800@example.com',
    '.ada@example.com',
    'ada..l@example.com',
    'ada@-example.com',
    'ada@example..com',
    '\u212aada@example.com',
    `${'a'.repeat(65)}@example.com`,
    `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(20)}.com`,
    `a${'\ufe0f'.repeat(3000)}@example.com`,
  ])('the address %j', async email => {
    const res = await post({ email, password: goodPassword })
    expect([res.status, res.body.code]).toEqual([400, 'invalid-input'])
    expect(res.body.errors[0].path).toBe('email')
    // no complaint repeats what was typed
    expect(res.text).not.toContain('Bcc')
  })

  test('passwords that differ only in what UTF-8 cannot hold', async () => {
    for (const password of ['correct horse \ud800', 'correct horse \ud801', 'correct horse \0']) {
      const res = await server.http
        .post('/api/signup')
        .set('Content-Type', 'application/json')
        .send(JSON.stringify({ email: freshEmail(), password }))
      expect([res.status, res.body.errors]).toEqual([
        400,
        [{ path: 'password', message: 'The password holds characters that cannot be stored.' }],
      ])
    }
  })

  test.each([
    ['seven characters', 'aB3$xyz', /at least 8/],
    ['129 characters', 'qwxzvk jf'.repeat(15).slice(0, 129), /at most 128/],
    [
      'a common one',
      dictionary['passwords-common'].find(({ length }) => length >= 8) as string,
      /first that attackers try/,
    ],
  ])('a password of %s, with the reason', async (_, password, reason) => {
    const res = await post({ email: freshEmail(), password })
    expect([res.status, res.body.errors]).toEqual([400, [{ path: 'password', message: expect.stringMatching(reason) }]])
  })

  test('a password that is the email', async () => {
    const email = freshEmail()
    const res = await post({ email, password: email })
    expect(res.body.errors).toEqual([{ path: 'password', message: expect.stringMatching(/too close to the email/) }])
  })

  test('a body that is no JSON object, of any kind', async () => {
    expect((await server.http.post('/api/signup').send([])).status).toBe(400)
    expect((await server.http.post('/api/signup').type('form').send('email=a')).status).toBe(415)
    expect((await server.http.post('/api/signup')).status).toBe(415)
    expect((await server.http.post('/api/signup').send({ email: 'x'.repeat(20_000) })).status).toBe(413)
  })
})

describe('what is accepted at sign-up', () => {
  test.each([
    '64 characters and more of it: '.padEnd(64, 'xyz '),
    'pâte à crêpes',
    '密码是一个好东西吗',
    ' ends with a space ',
  ])('the password %j, and it signs in exactly as it is', async password => {
    const { email } = await (async () => {
      const email = freshEmail()
      expect((await post({ email, password })).status).toBe(201)
      return { email }
    })()
    const signIn = (password: string) => server.http.post('/api/signin').send({ email, password })
    expect((await signIn(password)).status).toBe(200)
    expect((await signIn(`${password} `)).status).toBe(401)
    expect((await signIn(password.slice(0, -1))).status).toBe(401)
  })

  test.each(['用户@例子.广告', 'ñandú@example.com', "o'brien+x@example.co.uk", 'x@xn--mnchen-3ya.example'])(
    'the address %j',
    async address => {
      const email = `${Math.random().toString(36).slice(2)}${address}`
      expect((await post({ email, password: goodPassword })).status).toBe(201)
      expect((await post({ email, password: goodPassword })).status).toBe(409)
    },
  )

  test('dots and plus-tags make another address', async () => {
    const email = freshEmail()
    for (const other of [email, email.replace('@', '+tag@'), email.replace('ada', 'a.da')]) {
      expect((await post({ email: other, password: goodPassword })).status).toBe(201)
    }
  })
})
