import { type Ask, Unanswered } from './ask.ts'
import { redirect } from './check-reachable.ts'
import { note, ok, quote, type Verdict, wrong } from './finding.ts'

/** What becomes of people who type the name of an https server without the scheme. `plain` is the same place by http. */
export const checkPlainHttp = async (plain: URL, ask: Ask): Promise<Verdict> => {
  try {
    const answer = await ask({ url: plain })
    const to = redirect(answer)
    if (to?.startsWith(`https://${plain.hostname}`)) return ok('Plain http leads to https.')
    if (to !== undefined) return wrong(`Plain http leads to ${quote(to)}, not to https at the same name.`)
    if (answer.status >= 400) return ok(`Plain http is refused (${answer.status}).`)
    return wrong('Plain http is served, too: whoever comes that way sends passwords in the open. Let it lead to https.')
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    return note('Plain http is not answered. That is safe; people who type the name without https:// find nothing.')
  }
}
