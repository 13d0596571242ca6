import { canary } from './model.ts'

/** What no answer may show: the inside of the servers, and secrets. */
const inside =
  /\bat \S+ \(|\.ts:\d|node_modules|\bselect\b.*\bfrom\b|insert into|update users|\bE(CONN|PIPE|HOST)[A-Z]*|postgres|\bredis\b|evalsha|noscript|\$2[aby]\$|password_hash/i

/** Looks for leaks in the text of an answer, without the tokens that belong there. */
export const createLeakSearch =
  (secrets: readonly string[]) =>
  (text: string): string | undefined => {
    const withoutTokens = text.replaceAll(/"(accessToken|refreshToken)":"[^"]*"/g, '')
    const secret = [canary, ...secrets].find(each => text.includes(each))
    return secret === undefined ? inside.exec(withoutTokens)?.[0] : 'a secret'
  }
