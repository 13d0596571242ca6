import { dictionary } from '@zxcvbn-ts/language-common'

/** Characters (code points). Longer ones would be accepted by the hash, but nobody types them. */
export const maxPasswordLength = 128

const common = new Set(dictionary['passwords-common'].map(password => password.toLowerCase()))

/**
 * Why a password may not be chosen, in words for the person who chose it; undefined when it may. There are no composition
 * rules and no expiry (NIST SP 800-63B-4, section 3.1.1.2): length, and nothing that is guessed first.
 */
export const passwordComplaint = (
  password: string,
  { minLength, email }: { minLength: number; email: string },
): string | undefined => {
  const length = [...password].length
  if (length < minLength) return `Use at least ${minLength} characters.`
  if (length > maxPasswordLength) return `Use at most ${maxPasswordLength} characters.`
  const lower = password.normalize('NFC').toLowerCase()
  if (common.has(lower)) return 'This password is one of the first that attackers try. Choose another.'
  if (isRepetition(lower)) return 'This password repeats the same characters. Choose another.'
  if (isLikeEmail(lower, email.toLowerCase())) return 'This password is too close to the email. Choose another.'
  return undefined
}

/** One or two characters over and over. */
const isRepetition = (password: string): boolean => new Set(password).size <= 2

/** The address, or its local part with nothing but digits and punctuation around it. */
const isLikeEmail = (password: string, email: string): boolean => {
  const localPart = email.slice(0, email.lastIndexOf('@'))
  if (password === email) return true
  const core = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return localPart.length >= 3 && core(localPart) !== '' && core(password) === core(localPart)
}
