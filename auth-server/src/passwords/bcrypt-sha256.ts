import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * passlib's `bcrypt-sha256`, version 2. bcrypt reads 72 bytes and stops at NUL; the password is therefore first keyed with
 * the salt and hashed (HMAC-SHA-256, base64: 44 characters), so that all of it counts, and a hash stolen elsewhere cannot
 * be tried here as a password ("password shucking").
 */
export interface Bcrypt256 {
  /** log2 of the rounds. */
  readonly cost: number
  /** 22 characters of bcrypt's base64. */
  readonly salt: string
  /** 31 characters of bcrypt's base64. */
  readonly digest: string
}

const format = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/

/** Undefined for anything that is not exactly of this format, or of a cost that would not end (over 16). */
export const parseBcrypt256 = (stored: string): Bcrypt256 | undefined => {
  const [, cost = '', salt = '', digest = ''] = format.exec(stored) ?? []
  return Number(cost) >= 4 && Number(cost) <= 16 ? { cost: Number(cost), salt, digest } : undefined
}

export const formatBcrypt256 = ({ cost, salt, digest }: Bcrypt256): string =>
  `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`

/** What bcrypt is given in place of a password, which has to be in NFC already. */
export const bcrypt256Key = (password: string, salt: string): string =>
  createHmac('sha256', salt).update(password, 'utf8').digest('base64')

/** A salt and its cost in the form that bcrypt takes. */
export const bcryptSalt = ({ cost, salt }: { cost: number; salt: string }): string =>
  `$2b$${String(cost).padStart(2, '0')}$${salt}`

/** The digest at the end of what bcrypt makes: 31 characters. */
export const digestOf = (hash: string): string => hash.slice(-31)

/** 128 random bits as bcrypt writes them. */
export const newSalt = (): string => {
  const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const bytes = randomBytes(22)
  // 22 characters hold 132 bits: of the last one only the upper two count
  return Array.from(bytes, (byte, i) => alphabet[i === 21 ? byte & 0x30 : byte & 0x3f]).join('')
}

export const sameDigest = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b))
