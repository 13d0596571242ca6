import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { createRefreshTokenCodec, type RefreshToken } from './refresh-token.ts'

const secret = randomBytes(32).toString('base64')
const codec = createRefreshTokenCodec(secret)
const token = (): RefreshToken => ({
  transport: 'cookie',
  userId: randomUUID(),
  sessionId: randomBytes(16).toString('base64url'),
  generation: 1,
})

describe('a refresh token', () => {
  test('says what it was made of, and fits into a cookie', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('cookie' as const, 'body' as const),
        fc.uuid(),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.nat({ max: 2 ** 31 }),
        (transport, userId, bytes, generation) => {
          const made = { transport, userId, sessionId: Buffer.from(bytes).toString('base64url'), generation }
          const text = codec.encode(made)
          expect(text).toMatch(/^[A-Za-z0-9_-]{96}$/)
          expect(codec.decode(text)).toEqual(made)
        },
      ),
    )
  })

  test('carries the HMAC-SHA-256 of its purpose and of what it says', () => {
    const bytes = Buffer.from(codec.encode(token()), 'base64url')
    const said = bytes.subarray(0, 40)
    const mac = createHmac('sha256', secret).update('auth-pair refresh token\0').update(said).digest()
    expect(bytes.subarray(40)).toEqual(mac)
  })

  test('has nothing of the token that was made or read before it', () => {
    const [short, long] = [
      { ...token(), sessionId: 'AQ' },
      { ...token(), sessionId: '_'.repeat(22) },
    ]
    const expected = createRefreshTokenCodec(secret).encode(short)
    const other = codec.encode(long)
    expect(codec.encode(short)).toBe(expected)
    expect(codec.decode(other)).toBeDefined()
    expect(codec.encode(short)).toBe(expected)
    expect(codec.decode(expected)?.sessionId).toBe(`AQ${'A'.repeat(20)}`)
  })

  test('with any bit changed is none', () => {
    const bytes = Buffer.from(codec.encode(token()), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(codec.decode(changed.toString('base64url'))).toBeUndefined()
    }
  })

  test('of another secret is none', () => {
    expect(createRefreshTokenCodec(randomBytes(32).toString('base64')).decode(codec.encode(token()))).toBeUndefined()
  })

  test.each([
    ['nothing', () => ''],
    ['padding', (text: string) => `${text}=`],
    ['white space', (text: string) => `${text} `],
    ['plain base64', (text: string) => Buffer.from(text, 'base64url').toString('base64').replace(/[A-Z]/, '+')],
    ['a character less', (text: string) => text.slice(1)],
    ['a character more', (text: string) => `A${text}`],
    ['a megabyte', () => 'A'.repeat(1_000_000)],
    ['NUL', (text: string) => `${text.slice(0, 95)}\0`],
  ])('with %s is none', (_, change) => {
    expect(codec.decode(change(codec.encode(token())))).toBeUndefined()
  })
})
