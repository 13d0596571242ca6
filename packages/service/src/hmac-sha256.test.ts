import { createHmac, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { createHmacSha256 } from './hmac-sha256.ts'

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')

describe('HMAC-SHA-256', () => {
  // RFC 4231, section 4, without the truncated one
  test.each([
    ['0b'.repeat(20), hex('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      hex('Jefe'),
      hex('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [
      'aa'.repeat(131),
      hex('Test Using Larger Than Block-Size Key - Hash Key First'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      'aa'.repeat(131),
      hex(
        'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('with the key %s of %s', (key, message, expected) => {
    const hmac = createHmacSha256(createSecretKey(key, 'hex'), 200)
    expect(hex(hmac(Buffer.from(message, 'hex'), 'latin1'))).toBe(expected)
  })

  test('is that of node:crypto, for every key, and for one message after the other', () => {
    const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 200, size: 'max' })
    fc.assert(
      fc.property(bytes(1), fc.array(bytes(0), { maxLength: 10 }), (secret, messages) => {
        const key = createSecretKey(secret)
        const hmac = createHmacSha256(key, 200)
        for (const message of messages) {
          const expected = createHmac('sha256', key).update(message).digest()
          const text = Buffer.from(message).toString('latin1')
          for (const given of [message, text]) {
            expect(hmac(given, 'latin1')).toBe(expected.toString('latin1'))
            expect(hmac(given, 'base64url')).toBe(expected.toString('base64url'))
          }
        }
      }),
    )
  })

  test('of a message that is longer than was said is refused, and not that of its beginning', () => {
    const hmac = createHmacSha256(createSecretKey('k'.repeat(32), 'utf8'), 5)
    expect(hmac('12345', 'base64url')).toHaveLength(43)
    expect(() => hmac('123456', 'base64url')).toThrow('longer than 5 bytes')
    expect(() => hmac(Buffer.alloc(6), 'base64url')).toThrow('longer than 5 bytes')
  })
})
