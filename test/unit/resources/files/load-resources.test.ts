import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf, loadResources, parseResources, problemsOf } from '../../../../src/resources/index.ts'

const valid = 'test/unit/resources/files/fixtures/valid'
const named = (name: string): string =>
  `kind: ModelDeployment\nmetadata: { name: ${name} }\nspec: { model: mlflow/${name}, target: prod }\n`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelspine-resources-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function refusal(loading: Promise<unknown>): Promise<ReturnType<typeof problemsOf>> {
  return loading.then(
    () => expect.unreachable('it was accepted'),
    (error: unknown) => problemsOf(error),
  )
}

describe('loading files', () => {
  it('reads a deployment', async () => {
    const [deployment, ...others] = await loadResources(`${valid}/deployment.yaml`)
    expect(others).toEqual([])
    expect(deployment).toMatchObject({
      metadata: { name: 'churn', labels: { team: 'risk' } },
      spec: {
        runtime: {
          env: { THREADS: '2' },
          secrets: { TOKEN: 'env:TOKEN' },
          resources: { cpu: 2, memory: '4Gi' },
        },
        scale: { min: 1, max: 4 },
        analysis: [{ pass: { noWorseThan: 'stable', by: 0.01, better: 'higher' } }, { name: 'errors' }],
      },
    })
  })

  it('reads several documents and skips empty ones', async () => {
    const resources = await loadResources(`${valid}/two-documents.yaml`)
    expect(resources.map(({ kind, metadata }) => `${kind} ${keyOf(metadata)}`)).toEqual([
      'ModelDeployment default/first',
      'ModelRoute default/second',
    ])
  })

  it('replaces each alias with the value of its anchor', async () => {
    const [resource] = await loadResources(`${valid}/aliases.yaml`)
    expect(resource?.spec).toMatchObject({ strategy: { blueGreen: { for: '10m', keepPrevious: '10m' } } })
  })

  it('reads JSON with tabs, escapes, a byte order mark and the $schema of an editor', async () => {
    const [route] = await loadResources(`${valid}/route.json`)
    expect(route).not.toHaveProperty('$schema')
    expect(route?.metadata.annotations).toEqual({ note: '😀' })
    expect(route?.spec).toMatchObject({ backends: [{ deployment: 'prod/churn', weight: 0.5 }] })
  })

  it('reads a folder and its subfolders in sorted order, and skips hidden and other files', async () => {
    const resources = await loadResources(`${valid}/folder`)
    expect(resources.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
  })

  it('keeps the order of the paths, and reads a file once although it is named twice', async () => {
    const paths = [`${valid}/folder/b.yml`, `${valid}/folder`, `./${valid}/folder/b.yml`]
    const resources = await loadResources(paths)
    expect(resources.map(({ metadata }) => metadata.name)).toEqual(['b', 'a', 'c'])
  })

  it('follows links to files, but not links to folders', async () => {
    const home = join(folder, 'links')
    await mkdir(join(home, '..data'), { recursive: true })
    await writeFile(join(home, '..data', 'a.yaml'), named('a'))
    await symlink(join('..data', 'a.yaml'), join(home, 'a.yaml'))
    await symlink(home, join(home, 'around'))
    expect(await loadResources(home)).toHaveLength(1)
  })

  it('names both places of a resource that two files declare', async () => {
    const home = join(folder, 'twice')
    await mkdir(home)
    await writeFile(join(home, 'a.yaml'), named('churn'))
    await writeFile(join(home, 'b.yaml'), `# first line\n${named('churn')}`)
    const [problem, ...others] = await refusal(loadResources(home))
    expect(others).toEqual([])
    expect(problem).toMatchObject({ file: join(home, 'b.yaml'), line: 3, field: 'metadata.name' })
    expect(problem?.message).toContain(`${join(home, 'a.yaml')}:2:13`)
  })

  it('accepts the same name in two namespaces and for two kinds', async () => {
    const route =
      'kind: ModelRoute\nmetadata: { name: a }\nspec: { operations: [chat], backends: [{ deployment: a }] }\n'
    const elsewhere = named('a').replace('name: a }', 'name: a, namespace: other }')
    expect(await parseResources([named('a'), route, elsewhere].join('---\n'))).toHaveLength(3)
  })

  it('reports every path that does not exist', async () => {
    const problems = await refusal(loadResources([join(folder, 'nowhere'), join(folder, 'none.yaml')]))
    expect(problems.map(({ file, message }) => [file, message.includes('does not exist')])).toEqual([
      [join(folder, 'nowhere'), true],
      [join(folder, 'none.yaml'), true],
    ])
  })

  it('refuses a folder without resource files', async () => {
    const home = join(folder, 'empty')
    await mkdir(home)
    await writeFile(join(home, 'notes.txt'), 'text')
    const [problem] = await refusal(loadResources(home))
    expect(problem?.message).toContain('holds no .yaml, .yml or .json file')
  })

  it('refuses a file that is not UTF-8', async () => {
    const path = join(folder, 'latin.yaml')
    await writeFile(path, Uint8Array.of(0x6b, 0xff, 0xfe))
    const [problem] = await refusal(loadResources(path))
    expect(problem).toMatchObject({ file: path, remedy: 'Save it as UTF-8.' })
  })

  it('refuses a file of more than one mebibyte without reading it', async () => {
    const path = join(folder, 'large.yaml')
    await writeFile(path, `# ${'x'.repeat(1024 * 1024)}`)
    const [problem] = await refusal(loadResources(path))
    expect(problem?.message).toContain('at most 1048576 bytes')
  })

  it('returns no resource when one of several files is wrong', async () => {
    const problems = await refusal(
      loadResources([`${valid}/folder`, 'test/unit/resources/files/fixtures/malformed/deadline-zero.yaml']),
    )
    expect(problems).toHaveLength(1)
  })
})

describe('parsing a text', () => {
  it('names the line even without a file', async () => {
    const [problem] = await refusal(parseResources('\n\nkind: ModelRouter\n'))
    expect(problem).toMatchObject({ line: 3, field: 'kind' })
    expect(problem).not.toHaveProperty('file')
  })

  it('names the file that the caller gives', async () => {
    const [problem] = await refusal(parseResources('kind: x', { file: 'git:main/a.yaml' }))
    expect(problem?.file).toBe('git:main/a.yaml')
  })

  it('accepts only JSON in a text that is named .json', async () => {
    expect(await parseResources(named('a'), { file: 'a.yaml' })).toHaveLength(1)
    const [problem] = await refusal(parseResources(named('a'), { file: 'a.json' }))
    expect(problem?.message).toContain('not JSON')
  })

  it('returns no resources for an empty text', async () => {
    expect(await parseResources('')).toEqual([])
    expect(await parseResources('# only a comment\n')).toEqual([])
  })

  it('refuses a text that is too long or nested too deeply', async () => {
    expect((await refusal(parseResources(' '.repeat(1024 * 1024 + 1))))[0]?.message).toContain('characters')
    expect((await refusal(parseResources('['.repeat(50_000)))).length).toBeGreaterThan(0)
  })

  it('never quotes the text after the colon in a line that it cannot read', async () => {
    for (const line of [
      '"hunter2',
      '@hunter2',
      '!x hunter2',
      'a: hunter2',
      '[hunter2',
      '&a &b hunter2',
      '- hunter2',
    ]) {
      const problems = await refusal(parseResources(`${named('a')}  runtime: { }\nTOKEN: ${line}\n`))
      expect(JSON.stringify(problems)).not.toContain('hunter2')
    }
  })
})
