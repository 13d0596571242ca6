import bcrypt from 'bcrypt'
import fc from 'fast-check'
import { createPasswords } from './passwords.ts'

const wanted = new AbortController().signal
const hashing = { threads: 2, maxWaiting: 100, maxWaitMs: 2000 }
const passwords = createPasswords({ cost: 4, hashing })
const costlier = createPasswords({ cost: 6, hashing })
afterAll(async () => {
  await passwords.close()
  await costlier.close()
})
const matches = async (password: string, stored: string | undefined) =>
  (await passwords.check(password, stored, wanted)).matches

describe('a hashed password', () => {
  test('is in the bcrypt-sha256 format at the configured cost, with a salt of its own', async () => {
    const [a, b] = await Promise.all([passwords.hash('correct horse', wanted), passwords.hash('correct horse', wanted)])
    expect(a).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/)
    expect(a).not.toBe(b)
    expect(await passwords.check('correct horse', a, wanted)).toEqual({
      matches: true,
      outdated: false,
      readable: true,
    })
  })

  test.each([
    ['the 73rd byte differs', `${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
    ['a letter across byte 72 differs', `${'a'.repeat(71)}é`, `${'a'.repeat(71)}è`],
    ['something follows NUL', 'abc\0def', 'abc\0deg'],
    ['NUL follows', 'abc', 'abc\0'],
    ['the case differs', 'pass phrase', 'Pass phrase'],
    ['there is white space around it', ' pass phrase 123 ', 'pass phrase 123'],
    ['it is the base64 of nothing', '', ' '],
  ])('is not that of another password: %s', async (_, one, other) => {
    const stored = await passwords.hash(one, wanted)
    expect(await matches(one, stored)).toBe(true)
    expect(await matches(other, stored)).toBe(false)
  })

  test('matches however the letters are composed, but keeps compatibility forms apart', async () => {
    const stored = await passwords.hash('café ﬁve', wanted)
    expect(await matches('cafe\u0301 ﬁve', stored)).toBe(true)
    expect(await matches('café five', stored)).toBe(false)
  })

  test('matches itself and no other, whatever it is', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 })
    await fc.assert(
      fc.asyncProperty(text, text, async (one, other) => {
        const stored = await passwords.hash(one, wanted)
        expect(await matches(one, stored)).toBe(true)
        expect(await matches(other, stored)).toBe(one.normalize('NFC') === other.normalize('NFC'))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a hash of another system', () => {
  test.each(['$2a$', '$2b$', '$2y$'])('of plain bcrypt (%s) verifies and is outdated', async prefix => {
    const stored = (await bcrypt.hash('correct horse', 4)).replace('$2b$', prefix)
    expect(await passwords.check('correct horse', stored, wanted)).toEqual({
      matches: true,
      outdated: true,
      readable: true,
    })
    expect(await matches('wrong horse', stored)).toBe(false)
  })

  test('of another cost verifies and is outdated', async () => {
    const stored = await costlier.hash('correct horse', wanted)
    expect(await passwords.check('correct horse', stored, wanted)).toEqual({
      matches: true,
      outdated: true,
      readable: true,
    })
  })

  test.each([
    ['of a cost that would take days', `$2b$31$${'a'.repeat(53)}`],
    ['cut off', '$2b$04$abc'],
    ['empty', ''],
    ['of another scheme', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
    ['a password in the clear', 'correct horse'],
  ])('that is %s matches nothing, and throws nothing', async (_, stored) => {
    expect(await passwords.check('correct horse', stored, wanted)).toMatchObject({ matches: false, readable: false })
    expect(await matches(stored, stored)).toBe(false)
  })
})

describe('a password that does not match', () => {
  /** The rounds of bcrypt that a check costs. */
  const roundsOf = async (stored: string | undefined, password = 'wrong horse') => {
    const before = costlier.stats().rounds
    expect((await costlier.check(password, stored, wanted)).matches).toBe(false)
    return costlier.stats().rounds - before
  }

  test('costs the same for an account of today, of another cost, of another system, and for none', async () => {
    const stored = [
      await costlier.hash('correct horse', wanted),
      await passwords.hash('correct horse', wanted),
      await bcrypt.hash('correct horse', 4),
      await bcrypt.hash('correct horse', 5),
      await bcrypt.hash('correct horse', 6),
      undefined,
      'not a hash',
    ]
    for (const each of stored) expect(await roundsOf(each)).toBe(2 ** 6)
  })

  test('of an account that does not exist never does', async () => {
    for (const password of ['correct horse', '', '.'.repeat(31)]) await roundsOf(undefined, password)
  })
})
