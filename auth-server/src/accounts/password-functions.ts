/** What this capability is handed of passwords. */
export interface PasswordFunctions {
  hash(password: string, isWanted: () => boolean): Promise<string>
  check(
    password: string,
    stored: string | undefined,
    isWanted: () => boolean,
  ): Promise<{ matches: boolean; outdated: boolean }>
}
