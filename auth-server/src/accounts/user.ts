import type { Account } from './account-store.ts'

/** What the outside sees of an account. */
export interface User {
  readonly id: string
  readonly email: string
  readonly confirmed: boolean
  /** RFC 3339, UTC. */
  readonly createdAt: string
}

export const toUser = ({ id, email, confirmed, createdAt }: Account): User => ({
  id,
  email,
  confirmed,
  createdAt: createdAt.toISOString(),
})
