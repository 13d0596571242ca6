import { createModel, type Model } from './model.ts'
import { createOperations, type Operations } from './operations.ts'
import { createOperatorDesk } from './operator-desk.ts'
import { createPerform } from './perform.ts'
import type { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import type { Stack } from './stack.ts'

export interface Clients {
  readonly model: Model
  readonly operations: Operations
  close(): Promise<void>
}

interface ClientsNeeds {
  readonly stack: Stack
  readonly record: Recorder['record']
  readonly random: Random
  /** Part of their addresses. */
  readonly name: string
}

/** The people and the operator of one run, who write down all that they do. */
export const createClients = ({ stack, record, random, name }: ClientsNeeds): Clients => {
  const model = createModel(name)
  const perform = createPerform({ record, secrets: stack.secrets })
  const desk = createOperatorDesk(stack)
  const operations = createOperations({ perform, model, random, verifier: stack.t1, disable: desk.disable })
  return { model, operations, close: desk.close }
}
