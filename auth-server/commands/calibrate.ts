/**
 * Measures how long a password takes on this machine, and proposes a cost:
 *
 *   calibrate.ts [--target MILLISECONDS]
 */
import { parseArgs } from 'node:util'
import { calibrate } from '../src/operator.ts'

const usage = `Usage: npm run calibrate [-- --target MILLISECONDS]
  proposes the highest BCRYPT_COST with which a password takes no longer than that (250, when left out)
`

/** The target in milliseconds; undefined when the arguments are not to be understood. */
const readTarget = (args: readonly string[]): number | undefined => {
  try {
    const { target } = parseArgs({ args: [...args], options: { target: { type: 'string', default: '250' } } }).values
    return /^[1-9]\d{0,4}$/.test(target) ? Number(target) : undefined
  } catch {
    return undefined
  }
}

const targetMs = readTarget(process.argv.slice(2))
if (targetMs === undefined) {
  process.stderr.write(usage)
  process.exitCode = 2
} else {
  process.stdout.write('BCRYPT_COST  a password takes  sign-ins a second\n')
  let proposed: number | undefined
  for await (const { cost, hashMs, aSecond } of calibrate(targetMs)) {
    const columns = [String(cost).padStart(11), `${hashMs.toFixed(0)} ms`.padStart(16), aSecond.toFixed(1).padStart(18)]
    process.stdout.write(`${columns.join('')}\n`)
    if (hashMs <= targetMs) proposed = cost
  }
  const advice =
    proposed === undefined || proposed < 10
      ? `Even a low cost takes longer than ${targetMs} ms here: use BCRYPT_COST=10, the lowest that is safe, or a faster machine.`
      : `BCRYPT_COST=${proposed} takes at most ${targetMs} ms, with every core at work. The next sign-in of each user rewrites their hash.`
  process.stdout.write(`\n${advice}\n`)
}
