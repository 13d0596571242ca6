/**
 * The providers whose `siteverify` is spoken. They agree on the request, and nearly so on the answer. `passesAll` is the secret
 * that each of them publishes for tests: with it every token is good.
 */
export const providers = {
  turnstile: {
    verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    passesAll: '1x0000000000000000000000000000000AA',
  },
  hcaptcha: {
    verifyUrl: 'https://api.hcaptcha.com/siteverify',
    passesAll: '0x0000000000000000000000000000000000000000',
  },
  recaptcha: {
    verifyUrl: 'https://www.google.com/recaptcha/api/siteverify',
    passesAll: '6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe',
  },
} as const

export type ProviderName = keyof typeof providers

export const isProvider = (kind: string): kind is ProviderName => Object.hasOwn(providers, kind)
