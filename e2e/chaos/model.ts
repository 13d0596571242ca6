/** What the clients know: users with their passwords, and the sessions they hold tokens of. */

export interface ModelUser {
  readonly email: string
  readonly password: string
  id?: string
  /** `asking`: the sign-up has not been answered yet. `asked`: it was answered, and not with yes or no. */
  account: 'asking' | 'asked' | 'there'
  disabled: boolean
  sessions: number
}

export interface ModelSession {
  readonly id: string
  readonly user: ModelUser
  readonly transport: 'cookie' | 'body'
  /** The newest that came. After an answer that did not come, it is presented again. */
  refreshToken: string
  accessToken: string
  /** When the access token expires, in milliseconds since the epoch. */
  expires: number
  /** `leaving`: its end was asked for and not confirmed. `over`: its end was confirmed, or a server said so. */
  state: 'live' | 'leaving' | 'over'
  /** A client does one thing at a time with its refresh token. */
  busy: boolean
}

export interface Model {
  readonly users: ModelUser[]
  readonly sessions: ModelSession[]
  newUser(): ModelUser
}

/** A password that nobody's answer or log may show. */
export const canary = 'canary-0f7e'

export const createModel = (name: string): Model => {
  const users: ModelUser[] = []
  return {
    users,
    sessions: [],
    newUser: () => {
      const number = users.length
      const user: ModelUser = {
        email: `Ada-${name}-${number}@example.com`,
        password: `${canary} horse battery ${number}`,
        account: 'asking',
        disabled: false,
        sessions: 0,
      }
      users.push(user)
      return user
    },
  }
}
