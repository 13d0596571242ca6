/** The email of one of many accounts; `name` is what they have in common. */
export const emailOf = (name: string, i: number): string => `${name}${i}@example.org`
