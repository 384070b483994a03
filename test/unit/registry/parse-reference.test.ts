import { describe, expect, it } from 'vitest'
import { parseReference } from '../../../src/registry/parse-reference.ts'

const parse = (text: string) => parseReference({ registry: 'r', text })

describe('the default text of a model reference', () => {
  it.each([
    ['churn', { name: 'churn', alias: 'latest-approved' }],
    ['churn@champion', { name: 'churn', alias: 'champion' }],
    ['churn:3', { name: 'churn', version: '3' }],
    ['org/churn:v1.2', { name: 'org/churn', version: 'v1.2' }],
    ['churn:sha256:00ff', { name: 'churn', version: 'sha256:00ff' }],
    ['churn:a@b', { name: 'churn', version: 'a@b' }],
    ['main.risk.churn@champion', { name: 'main.risk.churn', alias: 'champion' }],
  ])('reads %s', (text, parts) => {
    expect(parse(text)).toEqual({ registry: 'r', ...parts })
  })

  it.each([
    '',
    ' ',
    '@champion',
    ':3',
    'churn@',
    'churn:',
    'churn @a',
    'churn@a b',
    'churn@a@b',
    'churn@a:1',
  ])('refuses "%s" and shows a valid form', (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'invalid-reference', message: expect.stringContaining('name@alias') }),
    )
  })

  it('accepts a reference in parts, and refuses empty parts', () => {
    const reference = { registry: 'r', name: 'anything at all', version: '@:' }
    expect(parseReference(reference)).toBe(reference)
    for (const empty of [
      { registry: 'r', name: '', version: '1' },
      { registry: 'r', name: 'churn', version: '' },
      { registry: 'r', name: 'churn', alias: '' },
    ]) {
      expect(() => parseReference(empty)).toThrow(expect.objectContaining({ code: 'invalid-reference' }))
    }
  })
})
