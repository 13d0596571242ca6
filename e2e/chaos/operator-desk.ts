import { readConfig } from '@auth-pair/auth-server/config'
import { createOperator } from '@auth-pair/auth-server/operator'
import type { Exchange } from './exchange.ts'
import type { Stack } from './stack.ts'

/** Does what an operator's commands do, without starting a process for each: beside the servers, directly on the stores. */
export const createOperatorDesk = ({ settings }: Pick<Stack, 'settings'>) => {
  let operator: ReturnType<typeof createOperator> | undefined
  return {
    disable: async (email: string): Promise<Exchange> => {
      operator ??= createOperator(readConfig(settings))
      const nothing = { text: '', body: {}, cookies: new Map<string, string>() }
      try {
        await operator.postgresReady()
        const found = await operator.accounts.disable(email)
        return { ...nothing, outcome: found ? 'ok' : 'fail', status: found ? 200 : 404 }
      } catch (error) {
        return { ...nothing, outcome: 'unknown', status: 503, error: String(error) }
      }
    },
    close: async () => operator?.close(),
  }
}
