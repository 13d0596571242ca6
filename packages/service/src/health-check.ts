/** The health check of a container: exits 0 when the address in the first argument answers 200 within 3 s. */
const address = process.argv[2] ?? ''
const answer = await fetch(address, { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
process.exit(answer?.status === 200 ? 0 : 1)

export {}
