import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Place } from './audit-store.ts'

/** Places of the record as opaque texts. */
export interface PlaceCodec {
  encode(place: Place): string
  /** Undefined for what is none. */
  decode(text: string): Place | undefined
}

const form = /^[A-Za-z0-9_-]{22}$/

/**
 * A place is one block of AES, so that numbers do not tell how much happens on the server. Nothing hangs on its secrecy or
 * authenticity: whoever makes one up sees their own events from some other place on.
 */
export const createPlaceCodec = (key: Buffer): PlaceCodec => {
  const cipher = 'aes-128-ecb'
  return {
    encode: ({ micros, seq }) => {
      const block = Buffer.alloc(16)
      block.writeBigUInt64BE(BigInt(micros))
      block.writeBigUInt64BE(BigInt(seq), 8)
      return createCipheriv(cipher, key, null).setAutoPadding(false).update(block).toString('base64url')
    },
    decode: text => {
      if (!form.test(text)) return undefined
      const block = createDecipheriv(cipher, key, null).setAutoPadding(false).update(Buffer.from(text, 'base64url'))
      const [micros, seq] = [block.readBigUInt64BE(), block.readBigUInt64BE(8)].map(Number)
      return Number.isSafeInteger(micros) && Number.isSafeInteger(seq)
        ? { micros: micros as number, seq: seq as number }
        : undefined
    },
  }
}
