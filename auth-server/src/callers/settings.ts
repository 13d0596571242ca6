import { type SettingNotes, secret } from '@auth-pair/service'
import { z } from 'zod'

/** A program that this server knows by a secret of its own. */
export interface Client {
  readonly id: string
  readonly secret: string
}

const about =
  'Who may ask about tokens, revoke them and redeem codes besides services with a verifier token: `id:secret`, comma-separated or one a line, each secret at least 32 bytes. An id may be named twice while one secret takes the place of another.'

const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const good = secret('')

/** The setting of the clients. No complaint repeats a secret. */
export const clientSettings = {
  CLIENTS: z
    .string()
    .transform((value, context): Client[] => {
      const entries = value.split(/[,\n]/).map(entry => entry.trim())
      const clients = entries.filter(Boolean).map(toClient)
      if (!clients.every(({ id }) => idForm.test(id)))
        context.addIssue('has to be a list of id:secret, each id 1 to 64 letters, digits, points, - and _')
      else if (!clients.every(({ secret }) => good.safeParse(secret).success))
        context.addIssue('has to have random secrets of at least 32 bytes, for example from: openssl rand -base64 48')
      return clients
    })
    .default([])
    .meta({ default: 'none', about, secret: true } satisfies SettingNotes),
}

const toClient = (entry: string): Client => {
  const colon = entry.indexOf(':')
  return colon < 0 ? { id: '', secret: '' } : { id: entry.slice(0, colon), secret: entry.slice(colon + 1) }
}
