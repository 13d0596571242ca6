/** Where a Node client keeps its session: one text, which is a secret. */
export interface Store {
  /** The text that is kept. Throws AuthError `store-unusable` when that cannot be told. */
  read(): Promise<string | undefined>
  /**
   * Resolves when the text is safe, or gone. It is never kept by half. Throws AuthError `store-unusable`. With `former` it does nothing, and gives
   * false, where another text is kept than that: somebody has signed in or out in a turn that overlapped this one.
   */
  write(text: string | undefined, former?: string): Promise<unknown>
  /**
   * Waits for its turn among all who use this place, and gives the way to end it. A turn may be taken from somebody who holds it for too long: two
   * who refresh at once get the same next token from the auth-server, and what must not be overwritten is compared by `write`.
   * Rejects with the signal's reason when that comes first.
   */
  lock(signal?: AbortSignal): Promise<() => Promise<void>>
}

/** A turn that is held for longer was left behind: a refresh ends within 10 s. Milliseconds. */
export const longestTurnMs = 15_000
