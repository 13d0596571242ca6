import type { AuditStore } from './audit-store.ts'

/** How often what is too old is forgotten, in milliseconds. */
const everyMs = 3_600_000

/** Forgets what is older than so many days, now and then; with 0, nothing ever. Gives the way to end it. */
export const startForgetting = (store: Pick<AuditStore, 'prune'>, days: number): (() => void) => {
  if (days === 0) return () => {}
  let ended = false
  const prune = async () => {
    // PostgreSQL may be away: the next time will do
    while (!ended && (await store.prune(days).catch(() => 0)) > 0);
  }
  const timers = [setInterval(prune, everyMs), setTimeout(prune, 1000)]
  for (const timer of timers) timer.unref()
  return () => {
    ended = true
    for (const timer of timers) clearTimeout(timer)
  }
}
