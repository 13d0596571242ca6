/**
 * `npm run chaos`: breaks the stores and the servers of a running pair, and checks that what was promised still holds.
 *
 *   npm run chaos                        all experiments, in full
 *   npm run chaos -- --short             the selection of CI, shortened
 *   npm run chaos -- E11 E17 --seed 42   some of them, as they were drawn from that seed
 */
import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { experiments } from './experiments/index.ts'
import { findPostgres, makeTemplate, postgresVersion } from './postgres-server.ts'
import { seeded } from './random.ts'
import { redisVersion } from './redis-server.ts'
import { runExperiment } from './run-experiment.ts'

// by way of `exit`, at which everything that was started is ended
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    rate: { type: 'string', default: '40' },
    keep: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter(id => !experiments.some(experiment => experiment.id === id))
if (unknown.length > 0) {
  console.error(
    `There is no experiment ${unknown.join(', ')}. There are ${experiments.map(({ id }) => id).join(', ')}.`,
  )
  process.exit(1)
}
const chosen = experiments.filter(({ id, inShort }) =>
  positionals.length > 0 ? positionals.includes(id) : inShort || !values.short,
)
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
console.log(`seed ${seed}; Node ${process.version}; ${postgresVersion()}; Redis ${redisVersion() ?? 'none'}`)

const missing = [...(findPostgres() ? [] : ['postgres']), ...(redisVersion() ? [] : ['redis-server'])]
const template = mkdtempSync(join(tmpdir(), 'chaos-template-'))
chmodSync(template, 0o755)
process.once('exit', () => rmSync(template, { recursive: true }))
if (missing.length === 0) makeTemplate(template)
const options = { template, random: seeded(seed), short: values.short, rate: Number(values.rate), keep: values.keep }
const count = { passed: 0, failed: 0, skipped: 0 }
for (const experiment of chosen) {
  if (missing.length > 0) {
    console.log(`\n${experiment.id}  skipped: there is no ${missing.join(' and no ')} (${experiment.title})`)
    count.skipped++
  } else if (await runExperiment(experiment, options)) count.passed++
  else count.failed++
}
const { passed, failed, skipped } = count
console.log(`\nChaos: ${passed} passed, ${failed} failed, ${skipped} skipped, ${chosen.length} total`)
process.exit(failed === 0 ? 0 : 1)
