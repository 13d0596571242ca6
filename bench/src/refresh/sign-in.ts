/** A user of an auth-server, who can sign in anew and present what came of it in either way. */
export const createUser = async (authUrl: string, email = 'ada@example.com') => {
  const credentials = { email, password: 'correct horse battery' }
  const send = async (path: string, body: object): Promise<Response> => {
    const headers = { 'Content-Type': 'application/json' }
    const res = await fetch(`${authUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!res.ok) throw new Error(`${path} answered ${res.status}`)
    return res
  }
  await send('/api/signup', credentials)
  return {
    bearer: async (): Promise<Record<string, string>> => {
      const body: unknown = await (await send('/api/signin', { ...credentials, tokenTransport: 'body' })).json()
      return { Authorization: `Bearer ${(body as { refreshToken: string }).refreshToken}` }
    },
    cookie: async (): Promise<Record<string, string>> => {
      const [refresh = ''] = (await send('/api/signin', credentials)).headers.getSetCookie()
      return { Cookie: refresh.split(';', 1)[0] ?? '' }
    },
  }
}
