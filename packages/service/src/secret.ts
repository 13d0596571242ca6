import { z } from 'zod'
import type { SettingNotes } from './settings.ts'

const minBytes = 32

/** A secret that signs or authenticates. Required unless `optional` is said. */
export const secret = (about: string) =>
  z
    .string(`is required: at least ${minBytes} random bytes, for example from: openssl rand -base64 48`)
    .refine(isLongEnough, {
      error: `has to be at least ${minBytes} bytes long, for example from: openssl rand -base64 48`,
      abort: true,
    })
    .refine(isVaried, 'repeats a few characters: use a random one, for example from: openssl rand -base64 48')
    .meta({ default: 'none', about, secret: true } satisfies SettingNotes)

// RFC 7518, section 3.2: a key of the hash's size or larger
const isLongEnough = (value: string): boolean => Buffer.byteLength(value) >= minBytes
const isVaried = (value: string): boolean => new Set(value).size >= 10

/**
 * Secrets that everybody can read: this project's own samples, and those of widely copied documentation that are long
 * enough to be taken for real ones. They are refused wherever the outside comes in by https.
 */
const published = new Set([
  'development-only-access-token-secret-change-me',
  'development-only-refresh-token-secret-change-me',
  'development-only-browser-session-secret-change-me',
  // jwt.io
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  // Supabase's self-hosting samples
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  'super-secret-jwt-token-with-at-least-32-characters-long',
])

export const isPublishedSecret = (value: string): boolean => published.has(value)
