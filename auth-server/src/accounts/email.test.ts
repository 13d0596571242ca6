import { emailKey, hasOnlyPlainLetters, normaliseEmail } from './email.ts'

const keyOf = (email: string) => emailKey(normaliseEmail(email))

describe('the key of an address', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    [' ada@example.com ', 'ada@example.com'],
    ['ÄDA@example.com', 'äda@example.com'],
    ['ΟΔΟΣ@example.com', 'οδος@example.com'],
    ['J\u030c@example.com', '\u01f0@example.com'],
    ['\u03aa\u0301@example.com', '\u0390@example.com'],
    ['\u00b5@example.com', '\u03bc@example.com'],
    ['cafe\u0301@example.com', 'café@example.com'],
    ['ada@MÜNCHEN.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@münchen.example'],
  ])('%j and %j are one account', (one, other) => {
    expect(keyOf(one)).toBe(keyOf(other))
  })

  test.each([
    ['a.b@gmail.com', 'ab@gmail.com'],
    ['ada+news@example.com', 'ada@example.com'],
    ['straße@example.com', 'strasse@example.com'],
    ['mıke@example.com', 'mike@example.com'],
    ['mike@gıthub.com', 'mike@github.com'],
    ['ſam@example.com', 'sam@example.com'],
  ])('%j and %j are two', (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other))
  })

  test('a letter outside of ASCII is never lowered to one of ASCII', () => {
    for (let code = 0x80; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const char = String.fromCodePoint(code)
      // what NFC itself turns into ASCII is refused before it comes here, and normalised
      if (char.normalize('NFC') < '\u0080') continue
      const [local = ''] = (emailKey(`${char}@example.com`) ?? '').split('@')
      if (/[a-z]/i.test(local)) throw new Error(`U+${code.toString(16)} became ${local}`)
    }
  })

  test('an address whose domain is none has no key', () => {
    expect(emailKey('ada@exa mple.com')).toBeUndefined()
  })
})

describe('letters that turn into others', () => {
  test.each([
    '\u212a',
    '\u017f',
    '\u0130',
    '\uff4d',
    '\ufb01',
    '\u2460a\u24d0',
    'a\u200bb',
    '\u202eada',
    'a\u00adb',
    'a\ufe0f',
    'a\u2028',
  ])('%j is not plain', letter => {
    expect(hasOnlyPlainLetters(`${letter}@example.com`)).toBe(false)
  })

  test.each(['ada', 'ädä', 'ñandú', '用户', 'пример', 'ß', 'ı'])('%j is', text => {
    expect(hasOnlyPlainLetters(`${text}@example.com`)).toBe(true)
  })
})
