import { describe, expect, it } from 'vitest'
import { errorCodes, ModelspineError } from '../../src/errors.ts'
import { filesUnder } from './source-files.ts'

const page = filesUnder('docs', '.md').find(({ path }) => path === 'docs/errors.md')

/** The table rows that begin with a code: `| `conflict` | yes | … |`. */
const rows = [...(page?.text ?? '').matchAll(/^\|\s*`([a-z-]+)`\s*\|\s*(\S+)\s*\|/gm)]

describe('docs/errors.md', () => {
  it('has one row for each code, and none for a code that does not exist', () => {
    expect(rows.map(([, code]) => code).sort()).toEqual([...errorCodes].sort())
  })

  it('says for each code whether the same call may succeed later', () => {
    const said = Object.fromEntries(rows.map(([, code, retryable]) => [code, retryable]))
    const real = errorCodes.map((code) => [code, new ModelspineError(code, '').retryable ? 'yes' : 'no'])
    expect(said).toEqual(Object.fromEntries(real))
  })
})
