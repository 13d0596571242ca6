import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { createVerifier } from './create-verifier.ts'
import { createKey, createSigningKey } from './keys/key.ts'
import { createSigner } from './sign.ts'

const secret = randomBytes(48).toString('base64')
const issuer = 'https://login.example.com'
const audience = 'auth-pair'
const start = 1_800_000_000_000
const seconds = start / 1000

let clock = start
const now = () => clock
beforeEach(() => {
  clock = start
})

const verifier = createVerifier({ secret, issuer, audience, now })
const sign = createSigner({ key: createKey(secret), issuer, audience })
const token = () => sign({ userId: randomUUID(), sessionId: 'A'.repeat(22), now: clock, lifeS: 300 })
const goodClaims = () => ({
  iss: issuer,
  aud: audience as unknown,
  sub: randomUUID() as unknown,
  sid: 'A'.repeat(22) as unknown,
  iat: seconds as unknown,
  exp: (seconds + 300) as unknown,
  jti: randomUUID() as unknown,
})
const goodHeader = { alg: 'HS256', typ: 'at+jwt', kid: createKey(secret).id } as Record<string, unknown>

const base64url = (text: string | Buffer) => Buffer.from(text).toString('base64url')
/** A token whose parts are exactly these, with a signature that is right for them. */
const signParts = (header: string, claims: string, key: string | Buffer = secret, hash = 'sha256') => {
  const signed = `${base64url(header)}.${base64url(claims)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`
}
const signWith = (header: object, claims: unknown = goodClaims(), key: string | Buffer = secret, hash = 'sha256') =>
  signParts(JSON.stringify(header), JSON.stringify(claims), key, hash)

const codeOf = (text: string) => {
  const verification = verifier.verify(text)
  return verification.ok ? 'ok' : verification.code
}

describe('a good token', () => {
  test('gives its claims, and holds nothing personal', () => {
    const verification = verifier.verify(token())
    expect(verification).toEqual({
      ok: true,
      claims: {
        iss: issuer,
        aud: audience,
        sub: expect.any(String),
        sid: 'A'.repeat(22),
        iat: seconds,
        exp: seconds + 300,
        jti: expect.any(String),
      },
    })
  })

  test('is the one that this test file makes by hand', () => {
    expect(codeOf(signWith(goodHeader))).toBe('ok')
    expect(codeOf(signWith({ ...goodHeader, typ: 'application/at+jwt' }))).toBe('ok')
    expect(codeOf(signWith(goodHeader, { ...goodClaims(), aud: ['other', audience] }))).toBe('ok')
  })

  test('names its key, is typed, and uses the one algorithm', () => {
    expect(jwt.decode(token(), { complete: true })?.header).toEqual({
      alg: 'HS256',
      typ: 'at+jwt',
      kid: createKey(secret).id,
    })
  })

  test('has an id of its own', () => {
    const ids = Array.from({ length: 100 }, () => (jwt.decode(token()) as jwt.JwtPayload).jti)
    expect(new Set(ids).size).toBe(100)
  })
})

describe('algorithms and keys', () => {
  test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s is refused with any signature', alg => {
    const [header, claims] = [
      base64url(JSON.stringify({ ...goodHeader, alg })),
      base64url(JSON.stringify(goodClaims())),
    ]
    for (const signature of ['', 'AA', 'A'.repeat(43), token().split('.')[2]]) {
      expect(codeOf(`${header}.${claims}.${signature}`)).toBe('malformed')
    }
  })

  test.each([
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ])('%s with the same secret is refused', (alg, hash) => {
    expect(codeOf(signWith({ ...goodHeader, alg }, goodClaims(), secret, hash))).toBe('malformed')
  })

  test.each([['HS256'], { a: 1 }, '__proto__', 'constructor', null, 256, 'RS256', 'ES256'].map(alg => [alg]))(
    'alg %j is refused',
    alg => {
      expect(codeOf(signWith({ ...goodHeader, alg }))).toBe('malformed')
    },
  )

  test('another secret is refused, also under our key id', () => {
    const other = randomBytes(48).toString('base64')
    expect(codeOf(signWith({ ...goodHeader, kid: createKey(other).id }, goodClaims(), other))).toBe('unknown-key')
    expect(codeOf(signWith(goodHeader, goodClaims(), other))).toBe('bad-signature')
  })

  test.each([['../../dev/null'], ["' UNION SELECT 'x"], [';sleep 10'], ['k'.repeat(1000)], ['__proto__']])(
    'kid %j is not ours',
    kid => {
      expect(codeOf(signWith({ ...goodHeader, kid }))).toBe('unknown-key')
    },
  )

  test.each([undefined, null, 5, ['a'], [goodHeader.kid], { toString: 1, valueOf: 1 }, {}].map(kid => [kid]))(
    'kid %j is none',
    kid => {
      expect(codeOf(signWith({ ...goodHeader, kid }))).toBe('malformed')
    },
  )

  test('whatever the members of a header are, nothing is thrown and nothing let in', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('HS256', 'ES256', 'at+jwt', { toString: 1, valueOf: 1 }))
    fc.assert(
      fc.property(member, member, member, (alg, typ, kid) => {
        const token = signParts(JSON.stringify({ alg, typ, kid }), JSON.stringify(goodClaims()), randomBytes(32))
        expect(codeOf(token)).not.toBe('ok')
      }),
    )
  })

  test('headers that bring a key along are not looked at', () => {
    const evil = randomBytes(48)
    const jwk = { kty: 'oct', k: evil.toString('base64url') }
    const header = { ...goodHeader, jwk, jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/', x5c: ['AA'] }
    expect(codeOf(signWith(header, goodClaims(), evil))).toBe('bad-signature')
  })

  test.each([[{ crit: ['exp'] }], [{ crit: ['b64'], b64: false }], [{ crit: [] }], [{ crit: 'x' }]])(
    'an extension that has to be understood is not: %j',
    extension => {
      expect(codeOf(signWith({ ...goodHeader, ...extension }))).toBe('malformed')
    },
  )

  test.each([undefined, 'JWT', 'rt+jwt', 'at+jwt2', 'jwt/at+jwt', 5])('typ %j is another kind of token', typ => {
    expect(codeOf(signWith({ ...goodHeader, typ }))).toBe('malformed')
  })

  test('a previous secret is accepted beside the present one, each under its own id', () => {
    const next = randomBytes(48).toString('base64')
    const both = createVerifier({ secrets: [next, secret], issuer, audience, now })
    const signNext = createSigner({ key: createKey(next), issuer, audience })
    expect(both.verify(token()).ok).toBe(true)
    const fresh = signNext({ userId: randomUUID(), sessionId: 'x', now: clock, lifeS: 300 })
    expect(both.verify(fresh).ok).toBe(true)
    expect(verifier.verify(fresh)).toEqual({ ok: false, code: 'unknown-key' })
    // not tried with the other key
    expect(both.verify(signWith({ ...goodHeader, kid: createKey(next).id }))).toEqual({
      ok: false,
      code: 'bad-signature',
    })
  })

  test('a secret below 32 bytes makes no verifier', () => {
    expect(() => createVerifier({ secret: 'x'.repeat(31), issuer, audience })).toThrow(/32 bytes/)
    expect(() => createVerifier({ secrets: [secret, 'short'], issuer, audience })).toThrow(/32 bytes/)
  })
})

describe('claims', () => {
  test.each(['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'jti'])('a signed token without %s is refused', claim => {
    const { [claim as 'iss']: _, ...claims } = goodClaims()
    expect(codeOf(signWith(goodHeader, claims))).toBe('bad-claims')
  })

  test.each([
    ['sub', 5],
    ['sub', ['a']],
    ['sub', ''],
    ['sid', null],
    ['jti', {}],
    ['iss', [issuer]],
    ['aud', []],
    ['aud', [audience, 5]],
    ['aud', { [audience]: true }],
    ['iat', '1'],
    ['exp', String(seconds + 300)],
    ['exp', null],
    ['exp', seconds + 0.5],
    ['exp', -1],
    ['exp', 2 ** 53],
    ['exp', seconds],
    ['exp', seconds + 3601],
    ['iat', 0],
  ])('%s %j is refused', (claim, value) => {
    expect(codeOf(signWith(goodHeader, { ...goodClaims(), [claim]: value }))).toBe('bad-claims')
  })

  test.each([null, [], 'x', 5, true])('claims that are %j are refused', claims => {
    expect(codeOf(signWith(goodHeader, claims))).toBe('malformed')
  })

  test('another issuer or audience is refused, however alike', () => {
    for (const iss of ['https://login.example.com/', 'http://login.example.com', 'https://LOGIN.example.com', 'x']) {
      expect(codeOf(signWith(goodHeader, { ...goodClaims(), iss }))).toBe('wrong-issuer')
    }
    for (const aud of ['auth-pair2', 'my-auth-pair', 'AUTH-PAIR', ['auth-pair2'], ['a', 'b']]) {
      expect(codeOf(signWith(goodHeader, { ...goodClaims(), aud }))).toBe('wrong-audience')
    }
  })
})

describe('time', () => {
  test('a token ends at its expiry, give or take the leeway of 5 s, also when it is remembered', () => {
    const text = token()
    expect(codeOf(text)).toBe('ok')
    clock = start + 304_999
    expect(codeOf(text)).toBe('ok')
    clock = start + 305_000
    expect(codeOf(text)).toBe('expired')
    clock = start
    expect(codeOf(text)).toBe('ok')
  })

  test('without leeway it ends at the second', () => {
    const strict = createVerifier({ secret, issuer, audience, now, leewayS: 0 })
    const text = token()
    clock = start + 299_999
    expect(strict.verify(text).ok).toBe(true)
    clock = start + 300_000
    expect(strict.verify(text)).toEqual({ ok: false, code: 'expired' })
  })

  test('a token from the future is not valid yet, also when it is remembered', () => {
    clock = start + 6000
    const text = token()
    expect(codeOf(text)).toBe('ok')
    clock = start
    expect(codeOf(text)).toBe('not-yet-valid')
    clock = start + 1000
    expect(codeOf(text)).toBe('ok')
  })

  test('a leeway of more than 5 s makes no verifier', () => {
    expect(() => createVerifier({ secret, issuer, audience, leewayS: 6 })).toThrow(/leewayS/)
  })
})

describe('other writings of a token', () => {
  const text = token()
  const [header = '', claims = '', signature = ''] = text.split('.')

  test('any bit of the signature flipped is refused', () => {
    const bytes = Buffer.from(signature, 'base64url')
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(codeOf(`${header}.${claims}.${flipped.toString('base64url')}`)).toBe('bad-signature')
    }
  })

  test('the unused bits of the last character are not free', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(signature.at(-1) as string)
    for (let other = 0; other < 64; other++) {
      if (other === last) continue
      expect(codeOf(`${header}.${claims}.${signature.slice(0, -1)}${alphabet[other]}`)).not.toBe('ok')
    }
  })

  test.each([
    ['padding', `${text}=`],
    ['padding inside', `${header}=.${claims}.${signature}`],
    ['a question mark', `${header}?.${claims}.${signature}`],
    ['white space', `${header} .${claims}.${signature}`],
    ['a line break', `${header}\n.${claims}.${signature}`],
    ['two parts', `${header}.${claims}`],
    ['no signature', `${header}.${claims}.`],
    ['four parts', `${text}.${signature}`],
    ['five parts, as an encrypted one', `${header}.AA.AA.AA.AA`],
    ['JSON serialisation', JSON.stringify({ protected: header, payload: claims, signature })],
    ['braces', '{}'],
    ['nothing', ''],
    ['a hundred thousand dots', '.'.repeat(100_000)],
    ['15 KB', `${header}.${'A'.repeat(15_000)}.${signature}`],
    ['a signature cut short', text.slice(0, -1)],
    ['a signature made longer', `${text}A`],
  ])('%s is refused', (_, changed) => {
    expect(codeOf(changed)).toBe('malformed')
  })

  test('plain base64 is refused', () => {
    let sample = text
    while (!/[-_]/.test(sample.split('.')[2] as string)) sample = token()
    expect(codeOf(sample.replaceAll('-', '+').replaceAll('_', '/'))).not.toBe('ok')
  })

  test.each([
    ['repeated claims', (json: string) => json.replace('{', '{"sub":"somebody",')],
    ['white space', (json: string) => json.replace('{', '{ ')],
    ['a number written otherwise', (json: string) => json.replace(/"exp":(\d+)/, '"exp":$1.0')],
    ['an infinite number', (json: string) => json.replace(/"exp":\d+/, '"exp":1e400')],
    ['an escaped letter', (json: string) => json.replace('"sub"', '"\\u0073ub"')],
    ['something after it', (json: string) => `${json} `],
    ['a byte order mark', (json: string) => `\ufeff${json}`],
  ])('properly signed JSON with %s is refused', (_, change) => {
    expect(codeOf(signParts(JSON.stringify(goodHeader), change(JSON.stringify(goodClaims()))))).toBe('malformed')
  })

  test('claims named like members of every object are nobody’s', () => {
    const text = JSON.stringify(goodClaims()).replace('{', '{"__proto__":{"sub":"x"},')
    const verification = verifier.verify(signParts(JSON.stringify(goodHeader), text))
    if (!verification.ok) throw new Error(verification.code)
    expect(Object.getPrototypeOf(verification.claims)).toBe(Object.prototype)
    expect(verification.claims.sub).not.toBe('x')
  })
})

describe('remembered tokens', () => {
  // whose signatures are checked by a function that can be watched
  const es256 = createSigningKey(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  )
  const signEs256 = createSigner({ key: es256, issuer, audience })
  const newToken = () => signEs256({ userId: randomUUID(), sessionId: 'x', now: clock, lifeS: 300 })
  const verifierOf = (remember: number) => createVerifier({ publicKeys: [es256.key], issuer, audience, now, remember })

  test('are verified once, and a bounded number of them is kept', () => {
    const verify = jest.spyOn(jwt, 'verify')
    const small = verifierOf(2)
    const [a, b, c] = [newToken(), newToken(), newToken()]
    for (const text of [a, b, a, b]) expect(small.verify(text).ok).toBe(true)
    expect(verify).toHaveBeenCalledTimes(2)
    // c makes the first one go
    for (const text of [c, b, a]) expect(small.verify(text).ok).toBe(true)
    expect(verify).toHaveBeenCalledTimes(4)
    verify.mockRestore()
  })

  test('are not pushed out by junk', () => {
    const small = verifierOf(1)
    const text = newToken()
    small.verify(text)
    const verify = jest.spyOn(jwt, 'verify')
    for (let i = 0; i < 100; i++) small.verify(`${text.slice(0, -6)}${String(i).padStart(5, 'x')}A`)
    expect(verify).toHaveBeenCalled()
    verify.mockClear()
    expect(small.verify(text).ok).toBe(true)
    expect(verify).not.toHaveBeenCalled()
    verify.mockRestore()
  })

  test('are frozen: nobody changes the claims of the next request', () => {
    const verification = verifier.verify(signWith(goodHeader, { ...goodClaims(), aud: [audience, 'other'] }))
    if (!verification.ok) throw new Error(verification.code)
    expect([Object.isFrozen(verification.claims), Object.isFrozen(verification.claims.aud)]).toEqual([true, true])
  })
})

test('keys hide their secret', () => {
  const { id, key } = createKey(secret)
  expect(key.equals(createSecretKey(secret, 'utf8'))).toBe(true)
  expect(id).toMatch(/^[A-Za-z0-9_-]{16}$/)
  expect(createKey(`${secret}x`).id).not.toBe(id)
})
