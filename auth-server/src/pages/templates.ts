import { join } from 'node:path'
import { createTemplates, type Render as RenderOf } from '@auth-pair/pages'

/** Writes a page of this server. */
export type Render = RenderOf<'sign-in' | 'sign-up' | 'account' | 'token-made' | 'problem'>

export const pageTemplates = (host: string, assetPath: (name: string) => string): Render =>
  createTemplates({ folder: join(import.meta.dirname, 'templates'), host, assetPath })
