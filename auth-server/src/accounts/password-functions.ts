/** What this capability is handed of passwords. */
export interface PasswordFunctions {
  hash(password: string): Promise<string>
  check(password: string, stored: string | undefined): Promise<{ matches: boolean; outdated: boolean }>
}
