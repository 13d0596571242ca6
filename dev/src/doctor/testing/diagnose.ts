import { PassThrough } from 'node:stream'
import type { Finding, Level } from '../finding.ts'
import { type Options, readOptions } from '../options.ts'
import { createReport } from '../report.ts'
import { runDoctor } from '../run-doctor.ts'

type Needs = Partial<Omit<Parameters<typeof runDoctor>[0], 'options' | 'report'>>

/** What the doctor finds when it is called with these arguments. */
export const diagnose = async (args: readonly string[], needs: Needs = {}) => {
  const options = readOptions([...args, '--json']) as Options
  if (typeof options === 'string') throw new Error(options)
  const out = new PassThrough()
  let text = ''
  out.on('data', chunk => {
    text += chunk
  })
  const code = await runDoctor({
    account: options.signUp ? 'sign-up' : undefined,
    settings: undefined,
    ownVersion: '0.1.0',
    signal: new AbortController().signal,
    ...needs,
    options,
    report: createReport({ out, json: true }),
  })
  const findings: Finding[] = text.split('\n').flatMap(line => (line ? [JSON.parse(line)] : []))
  return { code, findings, text }
}

/** The findings of a level, without what differs from run to run. */
export const only = ({ findings }: { findings: readonly Finding[] }, level: Level = 'wrong'): string[] =>
  findings.filter(finding => finding.level === level).map(({ check, text }) => `${check}: ${text}`)
