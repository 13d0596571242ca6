import type { OperationKind } from './events.ts'
import type { Exchange } from './exchange.ts'
import { createLeakSearch } from './leaks.ts'
import type { ModelSession, ModelUser } from './model.ts'
import type { Recorder } from './recorder.ts'
import { createTokenReader, type ReadTokens } from './tokens.ts'

export interface Attempt {
  readonly kind: OperationKind
  /** A1, A2, T1 or the operator. */
  readonly server: string
  readonly user: ModelUser
  readonly session?: ModelSession | undefined
  readonly send: () => Promise<Exchange>
  /** What the server is shown. */
  readonly presents?: 'refresh token' | 'access token'
  readonly intended?: number
  /** Which of the user's passwords it presents. */
  readonly password?: number
  readonly apiToken?: string
}

export interface Performed extends Exchange {
  readonly tokens: ReadTokens
  /** The refresh token that was given out, by cookie or in the body. */
  readonly refreshToken: string | undefined
  readonly accessToken: string | undefined
}

export type Perform = (attempt: Attempt) => Promise<Performed>

interface PerformNeeds {
  readonly record: Recorder['record']
  readonly secrets: Readonly<Record<string, string>>
}

/** Makes the function that does one operation and writes down how it began and ended. */
export const createPerform = ({ record, secrets }: PerformNeeds): Perform => {
  const reader = createTokenReader(secrets.REFRESH_TOKEN_SECRET ?? '')
  const leakIn = createLeakSearch(Object.values(secrets))
  let last = 0
  return async ({ kind, server, user, session, send, presents, intended = performance.now(), ...shown }) => {
    const op = ++last
    const generation = presents === 'refresh token' ? reader.generationOf(session?.refreshToken ?? '') : undefined
    record({
      ...{ type: 'invoke', op, kind, server, user: user.email, intended, ...shown },
      ...(session && { session: session.id }),
      ...(generation !== undefined && { presented: generation }),
      ...(presents === 'access token' && session && { expires: session.expires }),
    })
    const answer = await send()
    const accessToken = text(answer.body.accessToken)
    const refreshToken = text(answer.body.refreshToken) ?? (answer.cookies.get('xid_refresh') || undefined)
    const tokens = reader.read({ accessToken, refreshToken })
    const sub = tokens.sub ?? (answer.body.user as { id?: string } | undefined)?.id
    const code = text(answer.body.code)
    const apiToken = kind === 'make-token' ? text(answer.body.id) : undefined
    const leak = leakIn(answer.text)
    record({
      ...{ type: answer.outcome, op, status: answer.status },
      ...(answer.error !== undefined && { error: answer.error }),
      ...(code !== undefined && { code }),
      ...(sub !== undefined && { sub }),
      ...(tokens.session !== undefined && { session: tokens.session }),
      ...(tokens.generation !== undefined && { child: tokens.generation }),
      ...(apiToken !== undefined && { apiToken }),
      ...(answer.cookies.size > 0 && { setsCookies: true }),
      ...(leak !== undefined && { leak }),
    })
    return { ...answer, tokens, refreshToken, accessToken }
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
