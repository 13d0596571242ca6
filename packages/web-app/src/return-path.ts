/** Longer ones are no pages of ours: they would only fill the store. */
const longest = 2048

/** Printable ASCII without what parsers disagree about: blanks, controls, quotes, and the backslash that browsers take for a slash. */
const plain = /^\/(?![/\\])[!#-&(-;=?-Z[\]_a-z~%]*$/

/**
 * The path of this site that a text means, to lead a browser to, or undefined when it may lead anywhere else (RFC 9700, section 4.11). What is
 * given back is what the browser's own parser (WHATWG URL) makes of it, so that both mean the same.
 */
export const ownPath = (text: string, origin: string): string | undefined => {
  if (text.length > longest || !plain.test(text) || !URL.canParse(text, origin)) return undefined
  const { origin: parsed, pathname, search, username } = new URL(text, origin)
  // dots in it may have left two slashes at the beginning
  if (parsed !== origin || username !== '' || /^\/[/\\]/.test(pathname)) return undefined
  return pathname + search
}
