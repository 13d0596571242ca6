import type { Allowances, Operation, Span } from './history.ts'
import type { Model } from './model.ts'
import type { Operations } from './operations.ts'
import type { Prober } from './prober.ts'
import type { Random } from './random.ts'
import type { Stack, StackOptions } from './stack.ts'
import type { Stalls } from './stalls.ts'

export interface Experiment {
  /** Its number in the list of experiments. */
  readonly id: string
  readonly title: string
  /** Whether it is part of the short selection. */
  readonly inShort?: boolean
  readonly stack?: StackOptions
  /** Whether it wants the load and the health probes; otherwise it has the stack to itself. */
  readonly quiet?: boolean
  run(lab: Lab): Promise<void>
}

/** What an experiment works with. */
export interface Lab {
  readonly stack: Stack
  readonly model: Model
  readonly operations: Operations
  readonly prober: Prober
  readonly stalls: Stalls
  readonly random: Random
  /** Whether the shortened form is wanted. */
  readonly short: boolean
  /** What this run may do although no other may. */
  readonly allow: Allowances & { readonly feedLost: Span[]; readonly sessionsLost: Span[] }
  /** Writes a step down, with the time, and shows it. */
  step(what: string): void
  /** Adds a line to the report. */
  note(line: string): void
  /** Lets the load run on. */
  hold(seconds: number): Promise<void>
  /** States something that has to be true. */
  expect(what: string, holds: boolean, seen?: string): void
  /** Called when the load has ended, to judge what has been seen. */
  later(judge: (operations: readonly Operation[]) => Promise<void> | void): void
}
