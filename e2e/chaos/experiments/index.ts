import type { Experiment } from '../experiment.ts'
import { killServer } from './kill-server.ts'
import { postgresExperiments } from './postgres.ts'
import { redisExperiments } from './redis.ts'
import { startOrder } from './start-order.ts'
import { stopServer } from './stop-server.ts'

/** All experiments there are, in the order of their numbers. */
export const experiments: readonly Experiment[] = [
  ...postgresExperiments,
  ...redisExperiments,
  killServer,
  stopServer,
  startOrder,
]
