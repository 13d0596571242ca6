import { pageHeaders } from '@auth-pair/pages'
import type { RequestHandler, Response } from 'express'
import type { CookieHeaders, PagesNeeds } from './needs.ts'

export interface Sender {
  /** The security headers of pages and of what they load. */
  readonly headers: RequestHandler
  page(res: Response, status: number, html: string, more?: Readonly<Record<string, string>>): void
  /** 303: see there. 307: send the same form there. Only to an address of this server. */
  redirect(res: Response, status: 303 | 307, to: `/${string}`, cookies?: CookieHeaders): void
}

export const createSender = ({ https, returnOrigins }: Pick<PagesNeeds, 'https' | 'returnOrigins'>): Sender => {
  const self = ["'self'"]
  const security = pageHeaders({
    https,
    allows: {
      styleSrc: self,
      scriptSrc: self,
      imgSrc: self,
      connectSrc: self,
      // the proof of work
      workerSrc: self,
      // Chromium holds redirects after a form to it, and a sign-in may end at another front end
      formAction: [...self, ...returnOrigins],
    },
    // with `no-referrer`, of a page or of a redirect, browsers send `Origin: null` along with a form, and nobody could tell whose it is
    referrer: 'same-origin',
  })

  const begin = (res: Response, status: number) => {
    security(res.req, res, () => {})
    res.statusCode = status
  }

  return {
    headers: (_req, res, next) => {
      begin(res, 200)
      next()
    },
    page: (res, status, html, more = {}) => {
      // the deadline of the request may have answered already
      if (res.headersSent) return
      begin(res, status)
      for (const [name, value] of Object.entries(more)) res.setHeader(name, value)
      res.setHeader('Content-Type', 'text/html; charset=utf-8')
      res.end(html)
    },
    redirect: (res, status, to, cookies = []) => {
      if (res.headersSent) return
      begin(res, status)
      for (let i = 0; i < cookies.length; i += 2) res.append(cookies[i] ?? '', cookies[i + 1])
      res.setHeader('Location', to)
      res.end()
    },
  }
}
