import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { createApiToken, isApiToken } from './api-token.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Written otherwise than the code under test, and with Node's own CRC. */
const checksumOf = (text: string): string =>
  [5, 4, 3, 2, 1, 0].map(place => alphabet[Math.floor(crc32(text) / 62 ** place) % 62]).join('')

describe('an API token', () => {
  // TOK-01
  test('is a prefix, 256 random bits and their checksum', () => {
    const tokens = Array.from({ length: 1000 }, createApiToken)
    for (const token of tokens) {
      expect(token).toMatch(/^ap_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/)
      const random = token.slice(3, 46)
      const bytes = Buffer.from(random, 'base64url')
      expect([bytes.length, bytes.toString('base64url')]).toEqual([32, random])
      expect(token.slice(46)).toBe(checksumOf(token.slice(0, 46)))
      expect(isApiToken(token)).toBe(true)
    }
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  test('has a checksum that everybody computes alike, filled up with zeros', () => {
    for (const token of [
      'ap_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4L6rGv',
      'ap_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc10giq9',
    ])
      expect(isApiToken(token)).toBe(true)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes => {
        const unchecked = `ap_${Buffer.from(bytes).toString('base64url')}`
        return isApiToken(`${unchecked}${checksumOf(unchecked)}`)
      }),
    )
  })

  test("is told from one with a mistake in it: a character changed, missing, doubled, or two in each other's place", () => {
    const token = createApiToken()
    for (let i = 0; i < token.length; i++) {
      const [before, here, after] = [token.slice(0, i), token[i] ?? '', token.slice(i + 1)]
      expect(isApiToken(`${before}${here === 'x' ? 'y' : 'x'}${after}`)).toBe(false)
      expect(isApiToken(`${before}${after}`)).toBe(false)
      expect(isApiToken(`${before}${here}${here}${after}`)).toBe(false)
      const swapped = `${before}${after[0] ?? ''}${here}${after.slice(1)}`
      expect(isApiToken(swapped)).toBe(swapped === token)
    }
  })

  test.each(['', 'ap_', 'x', `ap_${'A'.repeat(49)}`, 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'])('is not %j', text => {
    expect(isApiToken(text)).toBe(false)
  })

  test('is nothing longer, with a line break behind it or spaces around', () => {
    const token = createApiToken()
    for (const other of [`${token}\n`, ` ${token}`, `${token} `, `x${token}`, `${token}x`, token.toUpperCase()])
      expect(isApiToken(other)).toBe(false)
  })
})
