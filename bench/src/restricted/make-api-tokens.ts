/** What one address may sign up in an hour without a challenge, with the settings as they ship, but for the one who saw whether all works. */
const people = 4
/** The most that one person may have. */
const each = 50

/** Makes API tokens as people do: over HTTP, each by one who has just signed up. */
export const makeApiTokens = async (authUrl: string): Promise<string[]> => {
  const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<unknown> => {
    const res = await fetch(`${authUrl}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (res.status !== 201) throw new Error(`${path} answers ${res.status} ${await res.text()}`)
    return res.json()
  }
  const tokens: string[] = []
  for (let person = 0; person < people; person++) {
    const credentials = {
      email: `grace-${person}@example.com`,
      password: 'correct horse battery',
      tokenTransport: 'body',
    }
    const { accessToken } = (await post('/api/signup', credentials)) as { accessToken: string }
    for (let i = 0; i < each; i++) {
      const wish = { name: `token ${i}`, expiresInDays: 1 }
      const made = await post('/api/tokens', wish, { Authorization: `Bearer ${accessToken}` })
      tokens.push((made as { token: string }).token)
    }
  }
  return tokens
}
