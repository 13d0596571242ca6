/** What every peer answers on its protected route: as much as the pair's own does. */
export const answer = id => ({ message: 'This is only for signed-in users.', user: { id } })

/** Refused, in a few bytes, and without a line in a log: what Express does by itself writes a stack for each. */
export const refuse = (_error, _req, res, _next) => {
  res.status(401).json({ error: 'unauthorized' })
}

/** Says that the server listens, and with which cookies the sessions that it has opened are presented. */
export const sayReady = (cookies = []) => console.log(`ready ${JSON.stringify({ cookies })}`)
