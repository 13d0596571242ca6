/** What this capability is handed of passwords. */
export interface PasswordFunctions {
  hash(password: string, wanted: AbortSignal): Promise<string>
  check(
    password: string,
    stored: string | undefined,
    wanted: AbortSignal,
  ): Promise<{ matches: boolean; outdated: boolean; readable: boolean }>
}
