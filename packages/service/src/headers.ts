/**
 * The headers of every JSON answer, errors included, as Node's flat list. They are computed once and written together
 * with the status: setting them one by one through a library costs a third of a small route's throughput.
 * The documentation pages use helmet instead; a test holds both to the same rules.
 */
export const responseHeaders = ({ https }: { https: boolean }): readonly string[] => [
  'Cache-Control',
  'no-store',
  'Content-Security-Policy',
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy',
  'same-origin',
  'Referrer-Policy',
  'no-referrer',
  'Vary',
  'Origin',
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  // RFC 6797, section 7.2: not over plain http
  ...(https ? ['Strict-Transport-Security', 'max-age=31536000'] : []),
]
