import { readConfig } from '../config.ts'
import { complaintsOf } from '../testing/complaints-of.ts'

const good = {
  DATABASE_URL: 'postgres://db/app',
  REDIS_URL: 'redis://cache',
  JWT_ACCESS_SECRET: 'access-canary-0123456789-abcdefghij',
  REFRESH_TOKEN_SECRET: 'refresh-canary-0123456789-abcdefghi',
  PUBLIC_URL: 'https://login.example.com',
}
const turnstile = {
  ...good,
  CHALLENGE_KIND: 'turnstile',
  CHALLENGE_SECRET: 'challenge-canary',
  CHALLENGE_SITE_KEY: 'site',
}

describe('the settings of challenges', () => {
  test('are proof of work when nothing is said, and can turn challenges off', () => {
    expect(readConfig(good).challenge).toEqual({ kind: 'altcha', lifeMs: 300_000, work: 20_000 })
    expect(readConfig({ ...good, CHALLENGE_KIND: 'none' }).challenge).toEqual({ kind: 'none' })
  })

  test.each([
    ['turnstile', 'https://challenges.cloudflare.com/turnstile/v0/siteverify'],
    ['hcaptcha', 'https://api.hcaptcha.com/siteverify'],
    ['recaptcha', 'https://www.google.com/recaptcha/api/siteverify'],
  ])('know where %s is, and expect tokens of the public URL alone', (kind, verifyUrl) => {
    expect(readConfig({ ...turnstile, CHALLENGE_KIND: kind }).challenge).toEqual({
      kind,
      lifeMs: 300_000,
      secret: 'challenge-canary',
      siteKey: 'site',
      verifyUrl,
      hostnames: ['login.example.com'],
      outage: 'refuse',
    })
  })

  test('may name another address, other hosts and another life', () => {
    const env = {
      ...turnstile,
      CHALLENGE_VERIFY_URL: 'http://127.0.0.1:8080/siteverify',
      CHALLENGE_HOSTNAMES: 'App.example.com, localhost',
      CHALLENGE_OUTAGE: 'allow',
      CHALLENGE_LIFE_S: '120',
    }
    expect(readConfig(env).challenge).toMatchObject({
      verifyUrl: 'http://127.0.0.1:8080/siteverify',
      hostnames: ['app.example.com', 'localhost'],
      outage: 'allow',
      lifeMs: 120_000,
    })
  })

  test.each([
    ['CHALLENGE_SECRET', 'a canary'],
    ['CHALLENGE_SITE_KEY', '"><script>'],
    ['CHALLENGE_VERIFY_URL', 'captcha.example.com'],
    ['CHALLENGE_VERIFY_URL', 'http://captcha.example.com/siteverify'],
    ['CHALLENGE_VERIFY_URL', 'http://127.0.0.1.example.com/siteverify'],
    ['CHALLENGE_VERIFY_URL', 'https://canary@captcha.example.com/siteverify'],
    ['CHALLENGE_VERIFY_URL', 'https://:canary@captcha.example.com/siteverify'],
    ['CHALLENGE_VERIFY_URL', 'https://captcha.example.com/siteverify#top'],
    ['CHALLENGE_VERIFY_URL', 'file:///etc/passwd'],
    ['CHALLENGE_HOSTNAMES', '*.example.com'],
    ['CHALLENGE_HOSTNAMES', 'login.example.com:8443'],
    ['CHALLENGE_HOSTNAMES', 'https://login.example.com'],
    ['CHALLENGE_HOSTNAMES', 'login.example.com,'],
  ])('%s=%s is refused', (name, value) => {
    const complaints = complaintsOf({ ...turnstile, [name]: value })
    expect(complaints).toEqual([expect.stringMatching(new RegExp(`^${name} has to be`))])
    expect(complaints.join()).not.toContain('canary')
  })

  test.each([
    ['CHALLENGE_VERIFY_URL', 'https://captcha.example.com:8443/siteverify?region=eu'],
    ['CHALLENGE_VERIFY_URL', 'http://localhost:8080/siteverify'],
    ['CHALLENGE_VERIFY_URL', 'http://[::1]:8080/siteverify'],
    ['CHALLENGE_HOSTNAMES', 'localhost,127.0.0.1, app.example.com'],
  ])('%s=%s is accepted', (name, value) => {
    expect(complaintsOf({ ...turnstile, [name]: value })).toEqual([])
  })

  test.each(['turnstile', 'hcaptcha', 'recaptcha'])('%s needs its two keys', kind => {
    expect(complaintsOf({ ...good, CHALLENGE_KIND: kind })).toEqual([
      `CHALLENGE_SECRET is required when CHALLENGE_KIND is ${kind}`,
      `CHALLENGE_SITE_KEY is required when CHALLENGE_KIND is ${kind}`,
    ])
  })

  test.each(['none', 'altcha'])('a key of a provider that is not asked (%s) is a complaint', kind => {
    const complaints = complaintsOf({ ...turnstile, CHALLENGE_KIND: kind })
    expect(complaints).toEqual([
      `CHALLENGE_SECRET is for a provider, and CHALLENGE_KIND is ${kind}`,
      `CHALLENGE_SITE_KEY is for a provider, and CHALLENGE_KIND is ${kind}`,
    ])
    expect(complaints.join()).not.toContain('canary')
  })

  test.each([
    ['turnstile', '1x0000000000000000000000000000000AA'],
    ['hcaptcha', '0x0000000000000000000000000000000000000000'],
    ['recaptcha', '6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe'],
  ])('the secret of %s that passes everybody is for development: refused with https', (kind, secret) => {
    const env = { ...turnstile, CHALLENGE_KIND: kind, CHALLENGE_SECRET: secret }
    expect(complaintsOf({ ...env, PUBLIC_URL: 'http://localhost:3000' })).toEqual([])
    expect(complaintsOf(env)).toEqual([expect.stringMatching(/^CHALLENGE_SECRET is the one for tests/)])
  })
})
