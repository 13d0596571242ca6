import { buildBrowserClient } from '../../../packages/client/build/browser.ts'

/** A package that goes to npm. The rest of what its folder holds, and every other package, stays here. */
export interface PublishedPackage {
  /** Seen from the root of the repository. */
  readonly folder: string
  /** Those of its `exports` that are published. */
  readonly entries: readonly string[]
  /** Files beside what is compiled, for those who have no tool that reads packages. */
  readonly bundles?: () => Promise<readonly { readonly name: string; readonly text: string }[]>
}

export const publishedPackages: readonly PublishedPackage[] = [
  // what the pair's own servers share and sign with is nobody else's
  { folder: 'packages/access-token', entries: ['.'] },
  { folder: 'packages/web-app', entries: ['.'] },
  { folder: 'packages/client', entries: ['.', './browser'], bundles: buildBrowserClient },
]
