/** What is switched on one after the other. `shell` and `feed` are the test-server itself. */
export const parts = ['bare', 'verification', 'headers', 'requestId', 'log', 'httpServer', 'shell', 'feed'] as const
export type Part = (typeof parts)[number]

export const labels: Readonly<Record<Part, string>> = {
  bare: 'bare Express',
  verification: '+ verification of the token',
  headers: '+ security headers, written with the body',
  requestId: '+ request id',
  log: '+ log',
  httpServer: '+ HTTP server with limits',
  shell: '+ the rest of the test-server',
  feed: '+ revocation feed: as it ships',
}
