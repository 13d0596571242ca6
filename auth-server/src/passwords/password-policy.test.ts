import { dictionary } from '@zxcvbn-ts/language-common'
import { passwordComplaint } from './password-policy.ts'

const policy = { minLength: 8, email: 'ada.lovelace@example.com' }

describe('a new password', () => {
  test.each([
    'correct horse battery',
    'pâté à la crème',
    '😀😁😂🤣😃😄😅😆',
    ' leading and trailing ',
    'Tr0ub4dor&3x',
    'ada.lovelace.is.my.heroine',
    'a1'.repeat(64).replace('a1', 'zq'),
  ])('may be %j', password => {
    expect(passwordComplaint(password, policy)).toBeUndefined()
  })

  test.each([
    [7, false],
    [8, true],
    [128, true],
    [129, false],
  ])('of %i characters: accepted is %s', (length, accepted) => {
    const letters = 'qkxwvzjyhbnmp'
    const password = Array.from({ length }, (_, i) => letters[(i * i + i) % letters.length]).join('')
    expect(passwordComplaint(password, policy) === undefined).toBe(accepted)
  })

  test('is measured in characters, not in bytes or code units', () => {
    expect(passwordComplaint('😀😁😂🤣😃😄😅', policy)).toMatch(/at least 8/)
    expect(passwordComplaint(`a${'\ufe0f'.repeat(10_000)}`, policy)).toMatch(/at most 128/)
  })

  test('follows the configured minimum', () => {
    expect(passwordComplaint('correct horse', { ...policy, minLength: 15 })).toMatch(/at least 15/)
  })

  test('is none of the common ones, in whatever case', () => {
    const common = dictionary['passwords-common'].filter(password => [...password].length >= 8)
    expect(common.length).toBeGreaterThan(3000)
    for (const password of common) {
      expect(passwordComplaint(password, policy)).toBeDefined()
      expect(passwordComplaint(password.toUpperCase(), policy)).toBeDefined()
    }
  })

  test.each([
    'ada.lovelace@example.com',
    'ADA.Lovelace@Example.com',
    'ada.lovelace',
    'ada.lovelace1815!',
    '123ada.lovelace',
    'aaaaaaaaaaaa',
    'abababababab',
  ])('is not %j: too close to the email, or a repetition', password => {
    expect(passwordComplaint(password, policy)).toBeDefined()
  })
})
