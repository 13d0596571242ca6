export interface NotesNeeds {
  readonly runs: number
  readonly scriptCalls: number
  readonly scriptS: number
  /** How honest sessions were ended by the script under the other assumptions, first lines first. */
  readonly trace: readonly string[]
}

/** What a reader has to know to judge the figures. */
export const notes = ({ runs, scriptCalls, scriptS, trace }: NotesNeeds): string[] => [
  `**What was assumed.** An access token lives 300 s. The tabs share one cookie jar, and when the access token in it expires, every tab sends
one request within 5 s, with the refresh token that the jar holds at that moment. A request is under way for 10 to 300 ms, a reply for
10 to 300 ms or, where it may be late, to 9 s, evenly distributed. A reply that arrives overwrites the jar, older or not; a reply that is
lost leaves it as it is, and the tab waits for the next expiry, unless it says that it asks again. The thief copies the jar once, between the 10th and the 20th
minute, goes on with a jar of his own and loses no reply; the thefts of the first table happen to one tab that loses none either. Found means that the session was ended. All rules get the same traffic.`,
  `**What is real.** "This one" is \`rotate-1.lua\` on a redis-server, through the session store of the auth-server with the time handed
in: ${scriptCalls} calls in ${Math.round(scriptS)} s. The other rules are models of a few lines (\`bench/src/refresh-policies/rules.ts\`). That of Supabase follows its source (the
refresh tokens with a counter). SuperTokens' source has no time in which the parent goes on to work: the row with 30 s is kinder than it is.`,
  `**How sure.** None in ${runs} means, with 95 % certainty, fewer than ${((100 * 3) / runs).toFixed(2)} %.`,
  ...(trace.length === 0
    ? []
    : [
        `**An honest session that this one ended**, under the last of the other assumptions. A token turned because its predecessor came again;
a reply from before that turn arrived after it and put a retired token into the jar; and nobody asked until the turn had settled.`,
        codeBlock(trace),
      ]),
]

export const codeBlock = (lines: readonly string[]): string => ['```', ...lines, '```'].join('\n')
