/** What the doctor's tests are made of: pairs that are set wrong on purpose, something between that changes answers, and what the doctor says of them. */
export { certificate } from './certificate.ts'
export { diagnose, only } from './diagnose.ts'
export { type Between, startBetween } from './start-between.ts'
export { startAuth, startPair, startService } from './start-pair.ts'
