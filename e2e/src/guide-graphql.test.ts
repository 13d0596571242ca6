import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documentedCode, toPattern, writeDocumentedFiles } from './documented-code.ts'
import { expectAnswers, stepsOf } from './documented-steps.ts'
import { npmStart, root, stopAll } from './pair.ts'

jest.setTimeout(90_000)

const page = 'docs/graphql.md'
const blocks = documentedCode(page)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

let pair: Awaited<ReturnType<typeof npmStart>>
beforeAll(async () => {
  pair = await npmStart({ EMBEDDED_REDIS: 'memory' })
  await pair.untilReady()
})
afterAll(stopAll)

describe('the page on GraphQL', () => {
  test('has a test for every block', () => {
    const named = blocks.map(({ language, attributes: { file, output } }) => [language, file ?? output])
    expect(named).toEqual([
      ['sh', undefined],
      ['js', 'typed.mjs'],
      ['text', 'typed.mjs'],
    ])
  })

  test('answers with curl what it says: the older shape, from an account to its end at the service', () => {
    expectAnswers(stepsOf(page, 'The older shape, with curl'), pair, 10)
  })

  test('prints what it says with graphql-request: the typed shape', () => {
    const folder = writeDocumentedFiles(blocks, pair)
    const printed = blocks.find(({ attributes }) => attributes.output === 'typed.mjs')?.code ?? 'nothing'
    const { status, stdout, stderr } = spawnSync(process.execPath, ['typed.mjs'], { cwd: folder, encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: expect.stringMatching(toPattern(printed)),
      stderr: '',
    })
  })

  test('names every operation of the schema with its arguments, and no other', () => {
    const [first = ''] = textOf(page).match(/(?<=^\| operation \|.*\n\| --- .*\n)(?:\|.*\n)+/m) ?? []
    const named = [...first.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(/(?<=`)\w[^`]*(?=`)/g))
    // those of the older shape stand without their arguments, which the lines with curl show
    const bare = new Set(['register', 'login'])
    const operations = operationsOf(textOf('docs/schema.graphql')).map(({ name, args }) =>
      args.length > 0 && !bare.has(name) ? `${name}(${args.join(', ')})` : name,
    )
    expect([...named].sort()).toEqual([...new Set(operations)].sort())
  })

  test('says of two mutations that they are queries too, and they are the ones', () => {
    const names = operationsOf(textOf('docs/schema.graphql')).map(({ name }) => name)
    const twice = names.filter((name, i) => names.indexOf(name) !== i).sort()
    expect(twice).toEqual(['logout', 'refresh'])
    expect(textOf(page)).toContain(
      '`refresh` and `logout` are mutations; as older services differ in it, they are queries too.',
    )
  })
})

/** The fields of `Query` and `Mutation`, each with the names of its arguments. */
const operationsOf = (schema: string) =>
  [...schema.matchAll(/^type (?:Query|Mutation) \{\n([\s\S]*?)^\}/gm)].flatMap(([, fields = '']) =>
    [...fields.matchAll(/^ {2}(\w+)(?:\((.*)\))?: /gm)].map(([, name = '', args = '']) => ({
      name,
      args: [...args.matchAll(/(\w+):/g)].map(([, arg = '']) => arg),
    })),
  )
