/**
 * What the pages of both servers share: how they look, templates that are compiled once, assets that are fetched once, and the security headers
 * of everything that a browser shows. It has no page of its own, and knows nothing of what is on them.
 */
export { type Assets, createAssets, look } from './assets.ts'
export { pageHeaders } from './page-headers.ts'
export { createTemplates, type Render } from './templates.ts'
