import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatProblem, loadResources, type Problem, problemsOf } from '../../../../src/resources/index.ts'

const folder = 'test/unit/resources/files/fixtures/malformed'
const fixtures = readdirSync(folder).filter((name) => !name.endsWith('.expect'))

interface Expectation {
  readonly line: number
  readonly field: string
  readonly value: string
  readonly remedy: string
}

/** Reads `# expect: line | field | value | part of the remedy`. The rows for JSON are in another file. */
function expectationsOf(name: string): readonly Expectation[] {
  const beside = `${folder}/${name}.expect`
  const rows = existsSync(beside)
    ? readFileSync(beside, 'utf8').trimEnd().split('\n')
    : [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/^# expect: (.*)$/gm)].map(([, row = '']) => row)
  return rows.map((row) => {
    const [line, field = '', value = '', remedy = ''] = row.split('|').map((cell) => cell.trim())
    return { line: Number(line), field, value, remedy }
  })
}

async function problemsIn(name: string): Promise<readonly Problem[]> {
  const error: unknown = await loadResources(`${folder}/${name}`).then(
    () => expect.unreachable('it was accepted'),
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'invalid-resource', retryable: false })
  return problemsOf(error)
}

describe('malformed resources', () => {
  it('are more than 45', () => {
    expect(fixtures.length).toBeGreaterThan(45)
  })

  it.each(fixtures)('are refused with file, line, field, value and remedy: %s', async (name) => {
    const expected = expectationsOf(name)
    expect(expected).not.toEqual([])
    const problems = await problemsIn(name)
    expect(problems.map(({ line, field, value }) => ({ line, field, value }))).toEqual(
      expected.map(({ line, field, value }) => ({ line, field, value })),
    )
    for (const [index, problem] of problems.entries()) {
      expect(problem.file).toBe(`${folder}/${name}`)
      expect(problem.column).toBeGreaterThan(0)
      expect(expected[index]?.remedy).not.toBe('')
      expect(problem.remedy).toContain(expected[index]?.remedy)
      expect(problem.message).toContain(problem.remedy)
      expect(problem.message).toContain(problem.field)
      expect(problem.message).toContain(problem.value === 'nothing' ? 'missing' : problem.value)
      expect(formatProblem(problem)).toContain(`${folder}/${name}:${problem.line}:`)
    }
  })

  it('never show a value that may be a secret', async () => {
    const path = `${folder}/secret-in-clear.yaml`
    expect(readFileSync(path, 'utf8')).toContain('hunter2')
    const error: unknown = await loadResources(path).catch((reason: unknown) => reason)
    expect(`${error} ${JSON.stringify(error)} ${JSON.stringify(problemsOf(error))}`).not.toContain('hunter2')
  })

  it('are reported for all files at once, in the order of the files', async () => {
    const error: unknown = await loadResources(folder).catch((reason: unknown) => reason)
    const problems = problemsOf(error)
    const files = [...new Set(problems.map(({ file }) => file))]
    expect(files).toEqual([...fixtures].sort().map((name) => `${folder}/${name}`))
    expect(String(error).split('\n').length - 1).toBe(problems.length)
  })
})
