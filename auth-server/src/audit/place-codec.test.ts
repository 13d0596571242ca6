import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { createPlaceCodec } from './place-codec.ts'

const codec = createPlaceCodec(randomBytes(16))
const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

describe('a place of the record', () => {
  test('is a text of 22 characters that leads back to it', () => {
    fc.assert(
      fc.property(whole, whole, (micros, seq) => {
        const text = codec.encode({ micros, seq })
        expect(text).toMatch(/^[A-Za-z0-9_-]{22}$/)
        expect(codec.decode(text)).toEqual({ micros, seq })
      }),
    )
  })

  test('does not tell numbers, and is nothing to a server of other secrets', () => {
    const [one, next] = [codec.encode({ micros: 1, seq: 1 }), codec.encode({ micros: 1, seq: 2 })]
    expect([...one].filter((char, i) => char === next[i]).length).toBeLessThan(8)
    expect(createPlaceCodec(randomBytes(16)).decode(one)).toBeUndefined()
  })

  test('is not read from anything else', () => {
    fc.assert(fc.property(fc.string(), text => codec.decode(text) === undefined))
    expect(codec.decode(`${codec.encode({ micros: 1, seq: 1 })}=`)).toBeUndefined()
  })
})
