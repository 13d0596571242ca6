/** Where a Node client keeps its session: one text, which is a secret. */
export interface Store {
  /** The text that is kept. Throws AuthError `store-unusable` when that cannot be told. */
  read(): Promise<string | undefined>
  /** Resolves when the text is safe, or gone. It is never kept by half. Throws AuthError `store-unusable`. */
  write(text: string | undefined): Promise<void>
  /**
   * Waits for its turn among all who use this place, and gives the way to end it. The turns are for economy: the auth-server gives the same
   * next token to everybody who presents the same one, so a turn may be taken from somebody who holds it for too long.
   * Rejects with the signal's reason when that comes first.
   */
  lock(signal?: AbortSignal): Promise<() => Promise<void>>
}

/** A turn that is held for longer was left behind: a refresh ends within 10 s. Milliseconds. */
export const longestTurnMs = 15_000
