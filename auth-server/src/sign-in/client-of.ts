import type { Request } from 'express'
import type { Opening } from './needs.ts'

/** Where a request comes from. */
export const clientOf = (req: Request): Opening['client'] => ({ ip: req.ip, userAgent: req.headers['user-agent'] })
