/**
 * What sign-ins are compared with: as many threads as cores that do nothing but bcrypt, at the priority that the auth-server
 * gives to its own. Arguments: cost, milliseconds. Writes hashes a second.
 */
import { availableParallelism, constants, setPriority } from 'node:os'
import { argv, stdout } from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import bcrypt from 'bcrypt'
import { perSecond } from './run-closed-loop.ts'

const hashAllTheTime = ({ cost, until }: { cost: number; until: number }): number[] => {
  setPriority(constants.priority.PRIORITY_LOW)
  const salt = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(22)}`
  const endedAt: number[] = []
  while (Date.now() < until) {
    bcrypt.hashSync('a key of as many letters as the auth-server has', salt)
    endedAt.push(performance.timeOrigin + performance.now())
  }
  return endedAt
}

const inThread = (workerData: object): Promise<number[]> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(import.meta.filename, { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
  })

if (isMainThread) {
  const [cost = 0, ms = 0] = argv.slice(2).map(Number)
  const until = Date.now() + ms
  const threads = Array.from({ length: availableParallelism() }, () => inThread({ cost, until }))
  const endedAt = (await Promise.all(threads)).map(times => perSecond(times))
  stdout.write(String(endedAt.reduce((sum, rate) => sum + rate, 0)))
} else {
  parentPort?.postMessage(hashAllTheTime(workerData))
}
