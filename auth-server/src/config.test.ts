import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKey } from '@auth-pair/access-token/sign'
import { readSecretFiles } from '@auth-pair/service'
import { authSecretNames, authSettings, readConfig } from './config.ts'
import { complaintsOf } from './testing/complaints-of.ts'

const good = {
  DATABASE_URL: 'postgres://app:pg-canary@db/app',
  REDIS_URL: 'redis://:redis-canary@cache',
  JWT_ACCESS_SECRET: 'access-canary-0123456789-abcdefghij',
  REFRESH_TOKEN_SECRET: 'refresh-canary-0123456789-abcdefghi',
}
const newCurve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const https = { ...good, PUBLIC_URL: 'https://login.example.com' }

describe('the configuration', () => {
  test('needs four settings and presets the rest', () => {
    expect(readConfig(good)).toEqual({
      port: 3000,
      publicUrl: 'http://localhost:3000',
      https: false,
      databaseUrl: good.DATABASE_URL,
      databaseOwnerUrl: undefined,
      databasePrepare: true,
      redisUrl: good.REDIS_URL,
      accessToken: {
        key: createKey(good.JWT_ACCESS_SECRET),
        secrets: [good.JWT_ACCESS_SECRET],
        privateKeys: [],
        serviceSecrets: [good.JWT_ACCESS_SECRET],
        issuer: 'http://localhost:3000',
        audience: 'auth-pair',
        lifeS: 300,
      },
      refreshTokenSecret: good.REFRESH_TOKEN_SECRET,
      sessions: { idleMs: 432_000_000, lifeMs: 2_592_000_000, graceMs: 30_000, maxPerUser: 100 },
      cookies: {
        refreshName: 'xid_refresh',
        accessName: 'xid_access',
        deviceName: 'xid_device',
        secure: true,
        sameSite: 'lax',
      },
      bcryptCost: 12,
      hashing: { threads: undefined, maxWaiting: 200, maxWaitMs: 2000 },
      limits: {
        guesses: { free: 10, quietMs: 900_000, waitMs: 30_000, maxWaitMs: 3_600_000, inARow: 100 },
        signInsOfAddress: { count: 60, perS: 1800 },
        allSignInsOfAddress: { count: 300, perS: 1800 },
        signUpsOfAddress: { count: 20, perS: 3600 },
        freeSignUpsOfAddress: { count: 5, perS: 3600 },
        refreshesOfSession: { count: 300, perS: 60 },
        failedCallersOfAddress: { count: 60, perS: 600 },
      },
      passwordMinLength: 8,
      challenge: { kind: 'altcha', lifeMs: 300_000, work: 20_000 },
      auditRetentionDays: 365,
      clients: [],
      corsOrigins: [],
      trustedProxies: [],
      returnAddresses: [],
      graphql: { development: false, login: true },
      drainMs: 0,
      logLevel: 'info',
      warnings: [],
    })
    expect(Object.isFrozen(readConfig(good))).toBe(true)
  })

  test('with https prefixes the cookies and names the issuer', () => {
    const { cookies, accessToken } = readConfig(https)
    expect(cookies).toEqual({
      refreshName: '__Secure-xid_refresh',
      accessName: '__Host-xid_access',
      deviceName: '__Secure-xid_device',
      secure: true,
      sameSite: 'lax',
    })
    expect(accessToken.issuer).toBe('https://login.example.com')
  })

  test('a protocol is taken in whatever case, and not for another', () => {
    expect(readConfig({ ...good, REDIS_URL: 'Rediss://cache' }).redisUrl).toBe('rediss://cache')
    expect(readConfig({ ...good, DATABASE_URL: 'PostgreSQL://db/App' }).databaseUrl).toBe('postgresql://db/App')
  })

  test('an empty value is none', () => {
    expect(readConfig({ ...good, AUTH_PORT: '', CORS_ORIGINS: ' ', JWT_ACCESS_SECRET_PREVIOUS: '' })).toEqual(
      readConfig(good),
    )
  })

  test('makes every complaint at once, and shows no secret', () => {
    const complaints = complaintsOf({
      AUTH_PORT: '99999',
      DATABASE_URL: 'mysql://pg-canary',
      JWT_ACCESS_SECRET: 'canary',
      BCRYPT_COST: '3',
      COOKIE_SECURE: 'yes',
      REFRESH_GRACE: '10',
    })
    expect(complaints.map(line => line.split(' ')[0])).toEqual([
      'AUTH_PORT',
      'JWT_ACCESS_SECRET',
      'DATABASE_URL',
      'REDIS_URL',
      'REFRESH_TOKEN_SECRET',
      'COOKIE_SECURE',
      'BCRYPT_COST',
      'REFRESH_GRACE',
    ])
    expect(complaints.join()).not.toContain('canary')
  })

  test.each([
    ['AUTH_PORT', '-1'],
    ['AUTH_PORT', '3000.5'],
    ['AUTH_PORT', '0x10'],
    ['PUBLIC_URL', 'login.example.com'],
    ['PUBLIC_URL', 'https://login.example.com/path'],
    ['PUBLIC_URL', 'https://login.example.com/'],
    ['PUBLIC_URL', 'ftp://login.example.com'],
    ['DATABASE_URL', ''],
    ['DATABASE_OWNER_URL', 'mysql://db/app'],
    ['DATABASE_OWNER_URL', 'postgres://app:other-canary@db/app'],
    ['AUDIT_RETENTION_DAYS', '-1'],
    ['AUDIT_RETENTION_DAYS', '3651'],
    ['REDIS_URL', 'http://cache'],
    ['REDIS_URL', 'redis://:unencoded/password@cache'],
    ['REDIS_URL', 'redis-sentinel://sentinel-1,sentinel-2'],
    ['REDIS_URL', 'redis-cluster://node-1;node-2'],
    ['JWT_ACCESS_SECRET', 'x'.repeat(31)],
    ['JWT_ACCESS_SECRET', 'a'.repeat(64)],
    ['JWT_ACCESS_SECRET', '12'.repeat(32)],
    ['JWT_ACCESS_SECRET', good.REFRESH_TOKEN_SECRET],
    ['JWT_ACCESS_SECRET_PREVIOUS', 'short'],
    ['JWT_ACCESS_SECRET_PREVIOUS', good.JWT_ACCESS_SECRET],
    ['JWT_ACCESS_SECRET_PREVIOUS', good.REFRESH_TOKEN_SECRET],
    ['REFRESH_TOKEN_SECRET', ''],
    ['JWT_ACCESS_AGE_S', '9'],
    ['JWT_ACCESS_AGE_S', '3601'],
    ['REFRESH_GRACE_S', '61'],
    ['REFRESH_GRACE_S', '-1'],
    ['REFRESH_TOKEN_AGE_S', '60'],
    ['JWT_ISSUER_FILE', '/run/secrets/issuer'],
    ['REFRESH_TOKEN_MAX_AGE_S', '3600'],
    ['REFRESH_COOKIE_NAME', 'a b'],
    ['REFRESH_COOKIE_NAME', '__Host-x'],
    ['REFRESH_COOKIE_NAME', 'xid_access'],
    ['COOKIE_SAMESITE', 'None'],
    ['COOKIE_SAMESITE', 'none'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'https://app.example.com/'],
    ['CORS_ORIGINS', 'https://*.example.com'],
    ['CORS_ORIGINS', 'https://a.example.com,,https://b.example.com'],
    ['RETURN_ADDRESSES', 'https://app.example.com'],
    ['RETURN_ADDRESSES', 'http://app.example.com/signed-in'],
    ['RETURN_ADDRESSES', 'https://app.example.com/signed-in,'],
    ['RETURN_ADRESSES', 'https://app.example.com/signed-in'],
    ['TRUSTED_PROXIES', 'true'],
    ['TRUSTED_PROXIES', '1'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['BCRYPT_COST', '17'],
    ['PASSWORD_MIN_LENGTH', '7'],
    ['MAX_SESSIONS_PER_USER', '0'],
    ['MAX_SESSIONS_PER_USER', '101'],
    ['HASHING_MAX_WAITING', '0'],
    ['HASHING_MAX_WAIT_MS', '5000'],
    ['HASHING_QUEUE', '10'],
    ['GUESSES_FREE', '0'],
    ['GUESSES_WAIT_S', '3601'],
    ['GUESSES_IN_ROW', '10'],
    ['LIMIT_SIGN_INS', '60'],
    ['LIMIT_SIGN_INS', '0/60'],
    ['LIMIT_SIGN_INS', '60/0'],
    ['LIMIT_SIGN_INS', '60/60s'],
    ['LIMIT_SIGN_INS', '1/9999999'],
    ['LIMIT_SIGN_UPS', 'none'],
    ['DEVICE_COOKIE_NAME', 'xid_refresh'],
    ['CHALLENGE_KIND', 'recaptcha-v3'],
    ['CHALLENGE_SECRET', 'challenge-canary'],
    ['CHALLENGE_SITE_KEY', 'site-key'],
    ['CHALLENGE_VERIFY_URL', 'https://captcha.example.com/siteverify'],
    ['CHALLENGE_HOSTNAMES', 'login.example.com'],
    ['CHALLENGE_OUTAGE', 'true'],
    ['CHALLENGE_LIFE_S', '29'],
    ['CHALLENGE_LIFE_S', '1801'],
    ['CHALLENGE_WORK', '0'],
    ['CHALLENGE_WORK', '1000001'],
    ['CHALLENGE_TTL', '300'],
    ['LOG_LEVEL', 'verbose'],
    ['JWT_SECRET', 'x'],
    ['COOKIE_DOMAIN', 'example.com'],
  ])('%s=%s is refused', (name, value) => {
    const complaints = complaintsOf({ ...good, [name]: value })
    expect(complaints).toHaveLength(1)
    expect(complaints[0]).toContain(name)
    expect(complaints[0]).not.toMatch(/canary|unencoded/)
  })

  test.each([
    ['COOKIE_SECURE', 'false'],
    ['BCRYPT_COST', '9'],
    ['JWT_ACCESS_SECRET', 'development-only-access-token-secret-change-me'],
    ['JWT_ACCESS_SECRET_PREVIOUS', 'a-string-secret-at-least-256-bits-long'],
    ['REFRESH_TOKEN_SECRET', 'your-super-secret-jwt-token-with-at-least-32-characters-long'],
  ])('%s=%s is for development: refused with https', (name, value) => {
    expect(complaintsOf({ ...good, [name]: value })).toEqual([])
    expect(complaintsOf({ ...https, [name]: value })).toEqual([expect.stringContaining(name)])
  })

  test.each([
    ['CORS_ORIGINS', 'https://a.example.com, http://localhost:5173'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, 127.0.0.1, fd00::/8'],
    ['REFRESH_GRACE_S', '0'],
    ['DATABASE_OWNER_URL', 'postgres://owner@db/app'],
    ['AUDIT_RETENTION_DAYS', '0'],
    ['COOKIE_SAMESITE', 'strict'],
    ['LIMIT_REFRESHES', 'off'],
    ['LIMIT_SIGN_INS', '600/86400'],
    ['REDIS_URL', 'redis-sentinel://:p%40ss@sentinel-1,sentinel-2:26380/0?master=mymaster'],
    ['REDIS_URL', 'rediss-cluster://node-1,[fd00::2]:6380,node-3'],
  ])('%s=%s is accepted', (name, value) => {
    expect(complaintsOf({ ...good, [name]: value })).toEqual([])
  })

  test('COOKIE_SAMESITE=none is accepted with https', () => {
    expect(readConfig({ ...https, COOKIE_SAMESITE: 'none' }).cookies.sameSite).toBe('none')
  })

  test('what is allowed but weak is warned about', () => {
    const published = 'development-only-access-token-secret-change-me'
    const weak = {
      BCRYPT_COST: '9',
      COOKIE_SECURE: 'false',
      LIMIT_SIGN_UPS: 'off',
      GUESSES_IN_A_ROW: '101',
      CHALLENGE_KIND: 'none',
    }
    const { warnings } = readConfig({ ...good, ...weak, JWT_ACCESS_SECRET: published })
    expect(warnings.map(line => line.split(' ')[0])).toEqual([
      'LIMIT_SIGN_INS',
      'GUESSES_IN_A_ROW',
      'BCRYPT_COST',
      'CHALLENGE_KIND',
      'COOKIE_SECURE',
      'JWT_ACCESS_SECRET',
    ])
  })

  test('a return address on the machine of whoever signs in is warned about where it is not for development', () => {
    const addresses = { RETURN_ADDRESSES: 'https://app.example.com/signed-in, http://localhost:4000/signed-in' }
    const { returnAddresses, warnings } = readConfig({ ...https, ...addresses })
    expect(returnAddresses).toEqual(['https://app.example.com/signed-in', 'http://localhost:4000/signed-in'])
    expect(warnings).toEqual([expect.stringMatching(/^RETURN_ADDRESSES /)])
    expect(readConfig({ ...good, ...addresses }).warnings).toEqual([])
  })

  test('GraphQL can be turned off, or be for development, which is warned about where it is not', () => {
    const graphqlOf = (settings: Record<string, string>) => readConfig({ ...good, ...settings }).graphql
    expect(graphqlOf({ GRAPHQL: 'off' })).toBeUndefined()
    expect(graphqlOf({ GRAPHQL: 'development' })).toEqual({ development: true, login: true })
    expect(graphqlOf({ GRAPHQL_LOGIN: 'false' })).toEqual({ development: false, login: false })
    expect(() => graphqlOf({ GRAPHQL: 'yes' })).toThrow(/GRAPHQL has to be/)
    expect(() => graphqlOf({ GRAPHQL_LOGINS: 'false' })).toThrow(/GRAPHQL_LOGINS is not a setting/)
    expect(readConfig({ ...good, GRAPHQL: 'development' }).warnings).toEqual([])
    expect(readConfig({ ...https, GRAPHQL: 'development' }).warnings).toEqual([expect.stringMatching(/^GRAPHQL /)])
  })

  test('every setting has a sentence', () => {
    for (const [name, schema] of Object.entries(authSettings.shape)) {
      expect([name, schema.meta()?.about]).toEqual([name, expect.stringMatching(/^[A-Z`].{20,}/)])
    }
  })
})

describe('private keys', () => {
  const pem = (kind: 'public' | 'private', key: { privateKey: KeyObject; publicKey: KeyObject }): string =>
    kind === 'private'
      ? String(key.privateKey.export({ format: 'pem', type: 'pkcs8' }))
      : String(key.publicKey.export({ format: 'pem', type: 'spki' }))
  const [p256, other] = [newCurve('P-256'), newCurve('P-256')]
  const ed25519 = generateKeyPairSync('ed25519')
  const byKey = { ...good, ACCESS_TOKEN_PRIVATE_KEY: pem('private', p256) }

  test.each([
    ['P-256', p256, 'ES256'],
    ['Ed25519', ed25519, 'EdDSA'],
  ])('of %s sign in place of the secret, which then only admits services', (_, key, algorithm) => {
    const { accessToken } = readConfig({ ...good, ACCESS_TOKEN_PRIVATE_KEY: pem('private', key) })
    expect(accessToken).toMatchObject({
      key: { algorithm },
      secrets: [],
      privateKeys: [{ algorithm }],
      serviceSecrets: [good.JWT_ACCESS_SECRET],
    })
  })

  test('come in one line too, and in files', () => {
    const whole = readConfig(byKey).accessToken.key.id
    const line = byKey.ACCESS_TOKEN_PRIVATE_KEY.replaceAll('\n', '\\n')
    expect(readConfig({ ...good, ACCESS_TOKEN_PRIVATE_KEY: line }).accessToken.key.id).toBe(whole)
    const file = join(mkdtempSync(join(tmpdir(), 'key-')), 'key.pem')
    writeFileSync(file, byKey.ACCESS_TOKEN_PRIVATE_KEY)
    const env = readSecretFiles({ ...good, ACCESS_TOKEN_PRIVATE_KEY_FILE: file }, authSecretNames)
    expect(readConfig(env).accessToken.key.id).toBe(whole)
  })

  const refused = 'has to be a private key in PEM, of P-256 or Ed25519: npm run keys -- new ES256 makes one'
  test.each([
    ['what is no PEM', 'key-canary-0123456789-abcdefghijklmnop', 'This has no line -----BEGIN PRIVATE KEY-----.'],
    [
      'a PEM that was cut',
      byKey.ACCESS_TOKEN_PRIVATE_KEY.slice(0, 90),
      'This one cannot be read: is all of it there, with its line breaks?',
    ],
    ['one of P-384', pem('private', newCurve('P-384')), 'This one is of secp384r1.'],
    ['one of RSA', pem('private', generateKeyPairSync('rsa', { modulusLength: 2048 })), 'This one is of rsa.'],
    ['one of X25519', pem('private', generateKeyPairSync('x25519')), 'This one is of x25519.'],
    ['a public one', pem('public', p256), 'This is the public half, or a certificate.'],
  ])('%s is refused, and not shown', (_, value, why) => {
    for (const name of ['ACCESS_TOKEN_PRIVATE_KEY', 'ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS'])
      expect(complaintsOf({ ...good, [name]: value })).toEqual([`${name} ${refused}. ${why}`])
  })

  test('a file that is empty is refused: nothing less safe takes its place', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'key-')), 'key.pem')
    writeFileSync(file, '\n')
    expect(() => readSecretFiles({ ...good, ACCESS_TOKEN_PRIVATE_KEY_FILE: file }, authSecretNames)).toThrow(
      expect.objectContaining({ complaints: ['ACCESS_TOKEN_PRIVATE_KEY_FILE names an empty file'] }),
    )
  })

  test('the same key twice, and misspelled names, are refused', () => {
    const key = byKey.ACCESS_TOKEN_PRIVATE_KEY
    expect(complaintsOf({ ...byKey, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: key.replaceAll('\n', '\\n') })).toEqual([
      'ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS has to differ from ACCESS_TOKEN_PRIVATE_KEY',
    ])
    for (const name of ['ACCESS_TOKEN_KEY', 'ACCESS_TOKEN_PRIVATE_KEY_PREV', 'ACCESS_TOKEN_JWKS_URL_FILE'])
      expect(complaintsOf({ ...byKey, [name]: key })).toEqual([
        `${name} is not a setting: see docs/configuration.md for the names`,
      ])
  })

  test('the previous secret may be the present one only where keys are used', () => {
    const same = { JWT_ACCESS_SECRET_PREVIOUS: good.JWT_ACCESS_SECRET }
    expect(complaintsOf({ ...good, ...same })).toEqual([
      'JWT_ACCESS_SECRET_PREVIOUS has to differ from JWT_ACCESS_SECRET',
    ])
    expect(readConfig({ ...byKey, ...same }).accessToken.secrets).toEqual([good.JWT_ACCESS_SECRET])
  })

  test('each step to a key works in one .env for both servers', () => {
    const service = {
      ACCESS_TOKEN_JWKS_URL: 'http://localhost:3000/.well-known/jwks.json',
      JWT_ACCESS_SECRET_PREVIOUS: good.JWT_ACCESS_SECRET,
    }
    const key = byKey.ACCESS_TOKEN_PRIVATE_KEY
    const announced = readConfig({ ...good, ...service, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: key })
    expect(announced.accessToken.key.algorithm).toBe('HS256')
    const signing = readConfig({ ...byKey, ...service }).accessToken
    expect([signing.key.algorithm, signing.secrets]).toEqual(['ES256', [good.JWT_ACCESS_SECRET]])
    const { secrets } = readConfig({ ...byKey, ACCESS_TOKEN_JWKS_URL: service.ACCESS_TOKEN_JWKS_URL }).accessToken
    expect(secrets).toEqual([])
    expect(complaintsOf({ ...good, ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS: pem('private', other) })).toEqual([])
  })
})

describe('secrets in files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'secrets-'))
  const file = join(dir, 'secret')
  writeFileSync(file, 'from-a-file-0123456789-abcdefghijk\n')

  test('are read, without the last line break', () => {
    const env = readSecretFiles(
      { ...good, JWT_ACCESS_SECRET: undefined, JWT_ACCESS_SECRET_FILE: file },
      authSecretNames,
    )
    expect(readConfig(env).accessToken.secrets).toEqual(['from-a-file-0123456789-abcdefghijk'])
  })

  test('every secret may come as one', () => {
    expect(authSecretNames).toEqual([
      'JWT_ACCESS_SECRET',
      'JWT_ACCESS_SECRET_PREVIOUS',
      'ACCESS_TOKEN_PRIVATE_KEY',
      'ACCESS_TOKEN_PRIVATE_KEY_PREVIOUS',
      'DATABASE_URL',
      'DATABASE_OWNER_URL',
      'REDIS_URL',
      'REFRESH_TOKEN_SECRET',
      'CHALLENGE_SECRET',
      'CLIENTS',
    ])
  })

  test('that cannot be read, or are given twice, are a complaint', () => {
    const env = { ...good, JWT_ACCESS_SECRET_FILE: file, REDIS_URL_FILE: join(dir, 'missing'), REDIS_URL: undefined }
    expect(() => readSecretFiles(env, authSecretNames)).toThrow(
      expect.objectContaining({
        complaints: [
          'JWT_ACCESS_SECRET and JWT_ACCESS_SECRET_FILE are both set: choose one',
          'REDIS_URL_FILE cannot be read (ENOENT)',
        ],
      }),
    )
  })
})
