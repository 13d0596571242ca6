import type { PublishedKey } from './published-keys.ts'
import type { ConfiguredKey, KeySettings } from './read-key-settings.ts'

/** What an auth-server publishes, and how that differs from the configuration. */
export interface Comparison {
  readonly url: string
  readonly published: readonly PublishedKey[]
  readonly differences: readonly string[]
}

/** The differences between what is configured and what is published, each as a sentence. */
export const compare = ({ keys, isService }: KeySettings, published: readonly PublishedKey[]): string[] => {
  // a service has no private key to compare
  if (isService) return []
  const wanted = keys.filter(key => key.published)
  const missing = wanted
    .filter(({ kid }) => !published.some(key => key.kid === kid))
    .map(({ kid, setting }) => `${kid} (${setting}) is not published there: that server does not have it yet`)
  const unexpected = published
    .filter(({ kid }) => !wanted.some(key => key.kid === kid))
    .map(({ kid }) => `${kid} is published there, and not configured here`)
  // of two keys, the one that signs is published first
  const [first] = published
  const signing = wanted.find(key => key.signs)
  const stillOther =
    missing.length + unexpected.length === 0 && published.length > 1 && first && signing && first.kid !== signing.kid
      ? [`${first.kid} still signs there, not ${signing.kid}: that server has not been restarted since`]
      : []
  return [...missing, ...unexpected, ...stillOther]
}

/** The configured keys as a table, and what was found out about a server. Nothing in it is secret. */
export const writeList = ({ keys, isService, jwksUrl }: KeySettings, comparison?: Comparison): string => {
  const rows = [
    ['kid', 'algorithm', 'setting', 'what it does'],
    ...keys.map(key => [key.kid, key.algorithm, key.setting, rolesOf(key)]),
  ]
  const lines = table(rows)
  if (isService) lines.push('', `This is a verifying service: it also accepts what ${jwksUrl} publishes.`)
  if (comparison) lines.push('', ...writeComparison(comparison, isService))
  return `${lines.join('\n')}\n`
}

const rolesOf = ({ signs, accepted, published, admitsServices }: ConfiguredKey): string =>
  [
    signs && 'signs',
    accepted && 'is accepted',
    published && 'is published',
    admitsServices && 'lets services follow revocations',
  ]
    .filter(Boolean)
    .join(', ')

const writeComparison = ({ url, published, differences }: Comparison, isService: boolean): string[] => {
  const rows = published.map(({ kid, alg }) => [`  ${kid}`, alg])
  const verdict = isService ? [] : ['It is as configured here.']
  return [
    `${url} publishes ${published.length === 0 ? 'no keys.' : 'these keys:'}`,
    ...table(rows),
    ...(differences.length === 0 ? verdict : differences.map(sentence => `DIFFERS: ${sentence}.`)),
  ]
}

const table = (rows: readonly (readonly string[])[]): string[] => {
  const width = (column: number) => Math.max(...rows.map(row => row[column]?.length ?? 0))
  return rows.map(row => row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(width(i)) : cell)).join('  '))
}
